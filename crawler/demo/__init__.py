"""A little site that answers as WordPress was measured to, or as a plain feed does: for `crawler demo` and the tests.

`Site` is changed as an editor would; `serve(site)` puts it on loopback.
"""

from crawler.demo.posts import Clock, Post
from crawler.demo.server import serve
from crawler.demo.site import Site

__all__ = ["Clock", "Post", "Site", "serve"]
