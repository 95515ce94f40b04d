"""The Sender: one guarded POST to the one address it is made for. Redirects are answers like others."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx

from crawler.errors import FetchError
from crawler.fetch.access import SourceAccess, ascii_host, line_of, parse_url, port_of, secret_headers
from crawler.fetch.body import read_first
from crawler.fetch.dates import retry_after
from crawler.fetch.exchange import exchange
from crawler.fetch.guard import Guard, IPNetwork
from crawler.fetch.redirects import REDIRECTS
from crawler.fetch.requests import encoded, sendable_secrets
from crawler.fetch.resolver import Resolve
from crawler.fetch.transport import CONNECT_SECONDS, PoolTransport, guarded_pool
from crawler.model.web import Answer

#: What an answer may take, from the look-up of the name to the last byte that is read.
SECONDS = 15.0
#: Of the body so much is read …
_MOST_BODY = 4096
#: … and waited for so long: what counts is the status.
_BODY_SECONDS = 2.0
_MAX_HEADERS = 100_000


class Sender:
    """A Send; owns its connections. An async context manager.

    Plain http is for addresses in `allow_private` only. A `proxy` is gone through unless there is an
    `allow_private`: behind it nobody here could judge the addresses. `resolver` and `tls` are seams for tests.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        user_agent: str,
        allow_private: Sequence[IPNetwork] = (),
        proxy: str | None = None,
        seconds: float = SECONDS,
        resolver: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        address = parse_url(url)
        self._url = address.copy_with(userinfo=b"")
        self._user_agent, self._seconds = user_agent, seconds
        self._secrets = secret_headers(SourceAccess(origin_url=url, headers=headers), address)
        self._proxy = None if allow_private else proxy
        self._guard = Guard(
            allow_private=allow_private,
            configured_hosts=[(ascii_host(address), port_of(address))],
            proxied=self._proxy is not None,
            public=address.scheme != "http",
            advice="if it is meant, write its network in the sink's allow_private",
        )
        self._resolver, self._tls = resolver, tls
        self._pool: PoolTransport | None = None

    async def __aenter__(self) -> Self:
        self._pool = guarded_pool(self._guard, connections=1, proxy=self._proxy, resolver=self._resolver, tls=self._tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    async def __call__(self, body: bytes, headers: Mapping[str, str], /) -> Answer:
        lines = {"user-agent": self._user_agent, "accept": "*/*", **sendable_secrets(self._secrets), **headers}
        return await self._asked("POST", lines, body)

    async def reached(self) -> Answer:
        """The answer to a HEAD, without secrets."""
        return await self._asked("HEAD", {"user-agent": self._user_agent, "accept": "*/*"}, b"")

    async def _asked(self, method: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._pool is None:
            raise RuntimeError("a Sender is used inside `async with` only")
        request = httpx.Request(
            method,
            self._url,
            headers=encoded({**headers, "accept-encoding": "identity"}),
            content=body,
            extensions={"timeout": {"connect": CONNECT_SECONDS}},
        )
        until = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(until):
                self._guard.check(self._url)
                response = await exchange(self._pool, request)
        except TimeoutError:
            raise FetchError("timeout", f"no answer within {self._seconds:g} s") from None
        try:
            return await _read(response, until)
        finally:
            with suppress(httpx.HTTPError):  # the answer is judged already; this only ends a connection
                await response.aclose()


async def _read(response: httpx.Response, until: float) -> Answer:
    if sum(len(name) + len(value) for name, value in response.headers.raw) > _MAX_HEADERS:
        raise FetchError("too_large", "the headers of the answer are too long")
    status, wish, leads_to = response.status_code, None, None
    if status in (429, 503):
        wish = retry_after(response.headers.get("retry-after"), now=datetime.now(UTC))
    if status in REDIRECTS:
        leads_to = _host(response)
    patience = min(_BODY_SECONDS, until - asyncio.get_running_loop().time())
    body = await read_first(response, most=_MOST_BODY, seconds=patience)
    return Answer(status=status, body=body.decode("utf-8", "replace"), retry_after=wish, leads_to=leads_to)


def _host(response: httpx.Response) -> str | None:
    """The host of a redirect: its path may repeat what is secret in ours."""
    try:
        return line_of(response.request.url.join(response.headers.get("location", ""))) or None
    except (httpx.InvalidURL, ValueError, UnicodeError):
        return None
