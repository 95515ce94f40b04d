"""The site as a whole: which part answers a request, what every answer has in common, faults and the record."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.site import feed, pages, params, rest
from tests.site.answer import Answer, Asked, Fault, compressed
from tests.site.blog import Blog

REST_PATH = re.compile(r"(?:/index\.php)?/wp-json(?P<route>/(?!/).*)?")
FEED_PATH = re.compile(r"(?:/comments|/category/[^/]+|/tag/[^/]+)?/feed(?:/rss2?)?/?")


@dataclass(kw_only=True)
class Site(Blog):
    """A site to watch: `publish`, `edit`, `trash` … change it, `respond` answers for it.

    site = Site(clock=Clock(), zone="Asia/Seoul")
    post = site.publish("Hello", "<p>First.</p>", categories=["News"])
    site.silent_edit(post.id, content="<p>Second.</p>")
    site.fail("/wp-json/*", Fault(status=503), times=2)
    httpx.Client(transport=site.transport()).get(site.url + "/feed/")
    """

    #: what was asked, oldest first
    requests: list[Asked] = field(default_factory=list)
    gzip: bool = True
    faults: list[tuple[str, Fault, int | None]] = field(default_factory=list)

    def fail(self, pattern: str, fault: Fault, *, times: int | None = 1) -> None:
        """Spoil the next answers whose path and query match, `*` being anything; `times=None` until `heal`."""
        self.faults.append((pattern, fault, times))

    def heal(self) -> None:
        """Take all faults back."""
        self.faults.clear()

    def respond(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return (status, headers, body) for one request; `url` may be a path alone."""
        return self.handle(method, url, headers or {})[0]

    def handle(self, method: str, url: str, headers: Mapping[str, str]) -> tuple[Answer, Fault | None]:
        """Answer and record one request; the fault, if any, is for the front: cut, hang and drip are its to do."""
        parts = urlsplit(url)
        asked = {name.lower(): value for name, value in headers.items()}
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        now = self.clock()
        answer = self._right_answer(parts.path or "/", dict(parse_qsl(parts.query, keep_blank_values=True)), asked)
        if fault := self._next_fault(path):
            answer = fault.spoil(answer)
        if self.gzip and "gzip" in asked.get("accept-encoding", ""):
            answer = compressed(answer)
        answer = answer._replace(headers=[("Date", format_datetime(now, usegmt=True)), *answer.headers])
        if method == "HEAD":
            answer = answer._replace(body=b"")
        size = len(answer.body)
        record = Asked(method=method, path=path, headers=asked, status=answer.status, size=size, at=now)
        self.requests.append(record)
        return answer, fault

    def transport(self) -> httpx.MockTransport:
        """Return a transport that answers every host as this site."""

        def answer_httpx(request: httpx.Request) -> httpx.Response:
            answer, fault = self.handle(request.method, str(request.url), request.headers)
            if fault and fault.hang:
                raise httpx.ReadTimeout("the site was told to hang", request=request)
            if fault and fault.cut is not None:
                return httpx.Response(answer.status, headers=answer.headers, stream=_Cut(answer.body[: fault.cut]))
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

        return httpx.MockTransport(answer_httpx)

    def _next_fault(self, path: str) -> Fault | None:
        for place, (pattern, fault, times) in enumerate(self.faults):
            if fnmatchcase(path, pattern):
                if times == 1:
                    del self.faults[place]
                elif times:
                    self.faults[place] = (pattern, fault, times - 1)
                return fault
        return None

    def _right_answer(self, path: str, query: dict[str, str], headers: Mapping[str, str]) -> Answer:
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


class _Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part
