"""The demo's site as tests need it: with faults, a record of what was asked, and on no network at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

import httpx

from crawler import demo
from crawler.demo.answer import Answer
from crawler.demo.site import lowered
from tests.site.asked import Asked, Fault


@dataclass(kw_only=True)
class Site(demo.Site):
    """A site to watch whose answers can be spoilt.

    site = Site(clock=Clock(), zone="Asia/Seoul")
    site.fail("/wp-json/*", Fault(status=503), times=2)
    httpx.Client(transport=site.transport()).get(site.url + "/feed/")
    """

    #: what was asked, oldest first
    requests: list[Asked] = field(default_factory=list)
    faults: list[tuple[str, Fault, int | None]] = field(default_factory=list)

    def fail(self, pattern: str, fault: Fault, *, times: int | None = 1) -> None:
        """Spoil the next answers whose path and query match, `*` being anything; `times=None` until `heal`."""
        self.faults.append((pattern, fault, times))

    def heal(self) -> None:
        """Take all faults back."""
        self.faults.clear()

    def respond(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.handle(method, url, headers or {})[0]

    def handle(self, method: str, url: str, headers: Mapping[str, str]) -> tuple[Answer, Fault | None]:
        """Answer and record one request; the fault, if any, is for the front: cut, hang and drip are its to do."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        asked = lowered(headers)
        now = self.clock()
        answer = self.right_answer(url, asked)
        if fault := self._next_fault(path):
            answer = fault.spoil(answer)
        answer = self.as_sent(answer, method, asked, now)
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
