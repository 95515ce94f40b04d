"""Bodies read from the wire: whole within the limits, or the beginning of an error page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

import httpx

from crawler.errors import FetchError
from crawler.fetch.decode import Decoder
from crawler.fetch.failures import translated

#: Of an error page so much is kept; WordPress says why in the first few hundred bytes.
_ERROR_BODY = 64 * 1024
#: Bodies beyond this size wait for room; below, as many as there are requests may be in flight.
_LARGE = 1024 * 1024
#: All large bodies in flight together may take this much.
_ROOM = 48 * 1024 * 1024


class Room:
    """Memory for large bodies: so many at once, the others wait while the network holds their bytes back."""

    def __init__(self, max_body: int) -> None:
        self._places = asyncio.Semaphore(max(1, _ROOM // max(1, max_body)))

    @asynccontextmanager
    async def reader(self, deadline: asyncio.Timeout) -> AsyncIterator[_RoomTicket]:
        """A ticket for one body, given back at the end."""
        ticket = _RoomTicket(self._places, deadline)
        try:
            yield ticket
        finally:
            ticket.give_back()


class _RoomTicket:
    def __init__(self, places: asyncio.Semaphore, deadline: asyncio.Timeout) -> None:
        self._places, self._deadline, self._taken = places, deadline, False

    async def take(self) -> None:
        """Wait for room, once. This waiting does not count: the site cannot help it."""
        if self._taken:
            return
        loop = asyncio.get_running_loop()
        until, started = self._deadline.when(), loop.time()
        self._deadline.reschedule(None)
        await self._places.acquire()
        self._taken = True
        if until is not None:
            self._deadline.reschedule(until + loop.time() - started)

    def give_back(self) -> None:
        if self._taken:
            self._places.release()


async def read_whole(response: httpx.Response, ticket: _RoomTicket, *, limit: int) -> tuple[bytes, int]:
    """The decoded body and its size on the wire. Raises FetchError when it is not whole or too large."""
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < 20 and int(announced) > limit:
        raise FetchError("too_large", f"the answer is {announced} bytes long, more than fetch.max_body ({limit})")
    decoder = Decoder(response.headers.get("content-encoding", ""), limit=limit)
    with translated("body"):
        async for chunk in _stream(response):
            decoder.feed(chunk)
            if decoder.decoded_bytes > _LARGE:
                await ticket.take()
    return decoder.finish(), decoder.wire_bytes


async def read_beginning(response: httpx.Response) -> bytes:
    """Up to 64 KiB of an error page, decoded as far as it goes. Only a passing deadline is an error here."""
    try:
        # Room for one step more than is kept, so that the limit is reached by length and not by exception.
        decoder = Decoder(response.headers.get("content-encoding", ""), limit=4 * _ERROR_BODY)
    except FetchError:
        return b""
    try:
        with translated("body"):
            async for chunk in _stream(response):
                decoder.feed(chunk)
                if decoder.decoded_bytes >= _ERROR_BODY:
                    break
    except FetchError:
        pass
    return decoder.partial()[:_ERROR_BODY]


async def read_first(response: httpx.Response, *, most: int, seconds: float) -> bytes:
    """The first bytes of a body that nothing depends on: what came in time, unpacked never."""
    if response.headers.get("content-encoding", "identity") != "identity":
        return b""
    body = b""
    with suppress(FetchError, TimeoutError), translated("body"):
        async with asyncio.timeout(seconds):
            async for chunk in _stream(response):
                body = (body + chunk)[:most]
                if len(body) == most:
                    break
    return body


def _stream(response: httpx.Response) -> AsyncIterator[bytes]:
    # The raw stream: `aiter_raw` would refuse answers that a test's transport made with their content.
    return aiter(cast(httpx.AsyncByteStream, response.stream))
