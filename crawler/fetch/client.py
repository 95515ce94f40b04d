"""The Fetcher: one polite, bounded, guarded GET, from the host line to the whole body.

    turn in the host's line -> guard -> connection to a judged address -> status -> redirect (again from the start)
                                                                                  -> body, decoded and whole

Each step is a module of its own; here they are put in order.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import httpx

from crawler.errors import FetchError
from crawler.fetch.access import SourceAccess, line_of
from crawler.fetch.answers import Answers, Redirect
from crawler.fetch.body import Room
from crawler.fetch.exchange import exchange
from crawler.fetch.failures import never_connected
from crawler.fetch.guard import Guard, IPNetwork
from crawler.fetch.lines import HostLines
from crawler.fetch.redirects import Journey
from crawler.fetch.requests import build_request
from crawler.fetch.resolver import Resolve
from crawler.fetch.slots import Slots
from crawler.fetch.transport import PoolTransport, guarded_pool
from crawler.model import Fetch, Fetched, NotModified, Request


class Fetcher:
    """Owns the connections; gives out a Fetch for each Source. An async context manager.

    With a `proxy`, the proxy resolves the names: only addresses that are written in a URL can be judged here.
    `resolver`, `transport` and `tls` are seams for tests (and `tls` for private certificates).
    """

    def __init__(
        self,
        *,
        user_agent: str,
        concurrency: int,
        max_body: int,
        allow_private: Sequence[IPNetwork],
        configured_hosts: Collection[tuple[str, int]],
        proxy: str | None,
        lines: HostLines,
        resolver: Resolve | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._user_agent, self._concurrency, self._proxy, self._lines = user_agent, concurrency, proxy, lines
        self._guard = Guard(allow_private=allow_private, configured_hosts=configured_hosts, proxied=proxy is not None)
        self._slots = Slots(concurrency)
        self._answers = Answers(lines=lines, room=Room(max_body), max_body=max_body)
        self._resolver = resolver
        self._transport, self._tls = transport, tls
        self._pool: PoolTransport | None = None

    async def __aenter__(self) -> Self:
        if self._transport is None:
            self._transport = self._pool = self._open_pool()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            await self._pool.aclose()
            self._transport = self._pool = None

    def for_source(self, access: SourceAccess) -> Fetch:
        """The Fetch that asks with this Source's timeout, delay and secrets."""

        async def fetch(request: Request, /) -> Fetched | NotModified:
            return await self._fetch(access, request)

        return fetch

    async def _fetch(self, access: SourceAccess, request: Request) -> Fetched | NotModified:
        journey = Journey.start(access, request)
        try:
            while True:
                answer = await self._hop(journey)
                if not isinstance(answer, Redirect):
                    return answer
                if not request.follow:
                    raise FetchError("protocol", "a redirect, which is not followed here", status=answer.status)
                journey.follow(answer.status, answer.location)
        except FetchError as error:
            raise journey.failed(error) from None

    async def _hop(self, journey: Journey) -> Fetched | NotModified | Redirect:
        self._guard.check(journey.url)
        host = line_of(journey.url)
        turn = self._lines.turn(host, delay=journey.access.per_host_delay, patience=journey.access.timeout)
        async with turn, self._slots.slot(host):
            loop = asyncio.get_running_loop()
            deadline = asyncio.timeout(journey.budget)
            try:
                async with deadline:
                    return await self._exchange(journey, deadline)
            except TimeoutError:
                raise FetchError("timeout", f"no whole answer within {journey.access.timeout:g} s") from None
            finally:
                journey.budget = max(0.0, (deadline.when() or loop.time()) - loop.time())

    async def _exchange(self, journey: Journey, deadline: asyncio.Timeout) -> Fetched | NotModified | Redirect:
        request = build_request(journey, user_agent=self._user_agent)
        response = await self._send(journey, request)
        try:
            return await self._answers.read(journey, response, deadline)
        finally:
            with suppress(httpx.HTTPError):  # the answer is judged already; this only ends a connection
                await response.aclose()

    async def _send(self, journey: Journey, request: httpx.Request) -> httpx.Response:
        if self._transport is None:
            raise RuntimeError("a Fetcher is used inside `async with` only")
        journey.requests += 1
        try:
            return await exchange(self._transport, request)
        except FetchError as error:
            if never_connected(error):
                journey.requests -= 1
            raise

    def _open_pool(self) -> PoolTransport:
        return guarded_pool(
            self._guard, connections=self._concurrency, proxy=self._proxy, resolver=self._resolver, tls=self._tls
        )
