"""A fast site on no network at all: answers as WordPress was measured to, or as a plain feed does.

`Site` is changed as an editor would; `site.transport()` hands it to httpx, `serve(site)` puts it on loopback.
"""

from tests.site.answer import Answer, Asked, Fault
from tests.site.posts import Clock, Post
from tests.site.server import serve
from tests.site.site import Site

__all__ = ["Answer", "Asked", "Clock", "Fault", "Post", "Site", "serve"]
