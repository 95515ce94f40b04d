"""What an answer means: the status table. Everything but 200, 304 and a redirect is a FetchError."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import httpx

from crawler.errors import FetchError, Reason
from crawler.fetch.access import line_of
from crawler.fetch.body import Room, read_beginning, read_whole
from crawler.fetch.dates import http_date, retry_after
from crawler.fetch.freshness import fresh_for
from crawler.fetch.lines import HostLines
from crawler.fetch.redirects import REDIRECTS, Journey
from crawler.model import Fetched, NotModified

#: All header lines of one answer together.
_MAX_HEADERS = 100_000

_EXPLAINED = {
    401: "it wants a user name and password, or others than these",
    403: "it does not let this program in",
    404: "there is nothing at this address",
    408: "it gave up waiting",
    410: "it says that this is gone for good",
    204: "an answer without content",
    206: "only a part came, although the whole was asked for",
    304: "'not modified', although nothing was said about an earlier answer",
    502: "the server behind it does not work",
    503: "it is closed for maintenance or overloaded",
    504: "the server behind it does not answer",
}


class Redirect(NamedTuple):
    """Go on there."""

    status: int
    location: str | None


class Answers:
    """Reads answers and tells the host lines of any Retry-After."""

    def __init__(self, *, lines: HostLines, room: Room, max_body: int) -> None:
        self._lines, self._room, self._max_body = lines, room, max_body

    async def read(
        self, journey: Journey, response: httpx.Response, deadline: asyncio.Timeout
    ) -> Fetched | NotModified | Redirect:
        """The answer to the journey's present hop. Raises FetchError."""
        size = sum(len(name) + len(value) for name, value in response.headers.raw)
        if size > _MAX_HEADERS:
            raise FetchError("too_large", f"the headers of the answer are {size} bytes long")
        status = response.status_code
        if status == 200:
            return await self._whole(journey, response, deadline)
        if status == 304 and any(journey.request.validators):
            date = http_date(response.headers.get("date"))
            return NotModified(
                url=str(journey.url),
                date=date,
                moved_to=journey.moved_to,
                fresh_for=fresh_for(response.headers),
                requests=journey.requests,
            )
        if status in REDIRECTS:
            return Redirect(status, response.headers.get("location"))
        raise await self._failure(journey, response)

    async def _whole(self, journey: Journey, response: httpx.Response, deadline: asyncio.Timeout) -> Fetched:
        async with self._room.reader(deadline) as ticket:
            body, wire_bytes = await read_whole(response, ticket, limit=self._max_body)
        return Fetched(
            url=str(journey.url),
            headers=dict(response.headers.items()),
            body=body,
            date=http_date(response.headers.get("date")),
            moved_to=journey.moved_to,
            fresh_for=fresh_for(response.headers),
            requests=journey.requests,
            wire_bytes=wire_bytes,
        )

    async def _failure(self, journey: Journey, response: httpx.Response) -> FetchError:
        status = response.status_code
        body = await read_beginning(response) if status >= 400 else b""
        wish = self._retry_after(journey, response)
        text = f"the server answered {status}"
        if status in _EXPLAINED:
            text += f": {_EXPLAINED[status]}"
        if wish:
            text += f"; it asks not to come back for {wish:.0f} s"
        return FetchError(_reason(status, wish), text, status=status, body=body, retry_after=wish)

    def _retry_after(self, journey: Journey, response: httpx.Response) -> float | None:
        if response.status_code not in (429, 503):
            return None
        wish = retry_after(response.headers.get("retry-after"), now=self._lines.now())
        if wish:
            self._lines.hold(line_of(journey.url), wish)
        return wish


def _reason(status: int, retry_after: float | None) -> Reason:
    if status == 429 or (status == 503 and retry_after is not None):
        return "rate_limited"
    if 400 <= status < 500:
        return "http_4xx"
    if 500 <= status < 600:
        return "http_5xx"
    if 200 <= status < 300 and status != 206:
        return "not_data"
    return "protocol"
