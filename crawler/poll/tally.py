"""What one endpoint's part of a poll sent and read."""

from __future__ import annotations

from crawler.errors import FetchError
from crawler.model import Fetch, Fetched, NotModified, Request


class Tally:
    """A Fetch that counts: what one endpoint's poll sent and read."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        #: since the last commit, and in all
        self.requests = self.bytes = self.sent = 0
        self.status: int | None = None

    async def __call__(self, request: Request, /) -> Fetched | NotModified:
        try:
            answer = await self._fetch(request)
        except FetchError as error:
            self._count(error.requests)
            self.status = error.status
            raise
        self._count(answer.requests)
        self.bytes += answer.wire_bytes if isinstance(answer, Fetched) else 0
        self.status = 200 if isinstance(answer, Fetched) else 304
        return answer

    def _count(self, requests: int) -> None:
        self.requests += requests
        self.sent += requests
