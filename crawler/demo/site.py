"""The site as a whole: which part answers a request, and what every answer has in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlsplit

from crawler.demo import feed, pages, params, rest
from crawler.demo.answer import Answer, compressed
from crawler.demo.blog import Blog

REST_PATH = re.compile(r"(?:/index\.php)?/wp-json(?P<route>/(?!/).*)?")
FEED_PATH = re.compile(r"(?:/comments|/category/[^/]+|/tag/[^/]+)?/feed(?:/rss2?)?/?")


@dataclass(kw_only=True)
class Site(Blog):
    """A site to watch: `publish`, `edit`, `trash` … change it, `respond` answers for it.

    site = Site(zone="Asia/Seoul")
    post = site.publish("Hello", "<p>First.</p>", categories=["News"])
    site.silent_edit(post.id, content="<p>Second.</p>")
    site.respond("GET", "/feed/")
    """

    gzip: bool = True

    def respond(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return (status, headers, body) for one request; `url` may be a path alone."""
        asked = lowered(headers or {})
        now = self.clock()
        return self.as_sent(self.right_answer(url, asked), method, asked, now)

    def right_answer(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Return what the site has to say; the headers' names are in lower case."""
        parts = urlsplit(url)
        path, query = parts.path or "/", dict(parse_qsl(parts.query, keep_blank_values=True))
        if path == "/robots.txt":
            return self._with_api_link(pages.robots(self))
        if self.kind == "feed":
            return feed.plain_feed(self, headers) if path == self.feed_path else pages.plain_page(self, path)
        match = REST_PATH.fullmatch(path) if self.pretty else None
        route = query.get("rest_route") or (match and (match["route"] or "/"))
        if route:
            return self._with_api_link(self._rest_answer(route, query))
        feed_path = "/comments/feed" if query.get("feed", "").startswith("comments") else path
        if "feed" in query or (self.pretty and FEED_PATH.fullmatch(path)):
            return self._with_api_link(feed.wordpress_feed(self, feed_path, query, headers))
        return self._with_api_link(pages.wordpress_page(self, path, query))

    def as_sent(self, answer: Answer, method: str, headers: Mapping[str, str], now: datetime) -> Answer:
        """Return the answer as a web server sends it, at this time."""
        if self.gzip and "gzip" in headers.get("accept-encoding", ""):
            answer = compressed(answer)
        answer = answer._replace(headers=[("Date", format_datetime(now, usegmt=True)), *answer.headers])
        return answer._replace(body=b"") if method == "HEAD" else answer

    def _rest_answer(self, route: str, query: Mapping[str, str]) -> Answer:
        if not self.rest:
            message = "DRA: Only authenticated users can access the REST API."
            return params.error(401, "rest_login_required", message)
        return rest.respond(self, route, query)

    def _with_api_link(self, answer: Answer) -> Answer:
        # Redirects and 304 have none, and the links to other pages of a collection take its place.
        content = answer.header("Content-Type") or ""
        if answer.status in (301, 304) or self.kind == "feed" or (answer.header("Link") and "json" in content):
            return answer
        link = ("Link", f'<{self.rest_url("/")}>; rel="https://api.w.org/"')
        return answer._replace(headers=[answer.headers[0], link, *answer.headers[1:]])


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
