"""The demo's little site for tests: on no network at all, with faults and a record of what it was asked.

`Site` is changed as an editor would; `site.transport()` hands it to httpx, `serve(site)` puts it on loopback.
"""

from crawler.demo import Clock, Post
from crawler.demo.answer import Answer
from tests.site.asked import Asked, Fault
from tests.site.server import serve
from tests.site.site import Site

__all__ = ["Answer", "Asked", "Clock", "Fault", "Post", "Site", "serve"]
