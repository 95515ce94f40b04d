"""The connection pool: httpx's transport interface over aiohttp, with everything taken out that acts on its own."""

from __future__ import annotations

import ssl
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from crawler.fetch.access import ascii_host, parse_url, port_of
from crawler.fetch.guard import Guard
from crawler.fetch.resolver import GuardedResolver, Resolve, SystemResolver

#: A SYN that is dropped shall not take up the whole time of a request: another address may do.
CONNECT_SECONDS = 10.0
#: Idle connections are closed before most servers would do it.
_KEEP_ALIVE_SECONDS = 15.0
#: The library's 8190 is less than what honest sites send in one Link or policy header.
_HEADER_LINE = 32 * 1024

#: Whether the request of this task went out on a connection that had been used before.
reused_connection: ContextVar[bool] = ContextVar("reused_connection", default=False)


class PoolTransport(AiohttpTransport):
    """AiohttpTransport on a session of ours, that sends addresses as they are and through the configured proxy."""

    def __init__(self, resolver: GuardedResolver, *, connections: int, tls: ssl.SSLContext, proxy: str | None) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._session = _session(resolver, connections=connections, tls=tls)
        self._proxy = proxy

    def get_client(self) -> Any:
        """Called by the transport for every request, since what it gets here is no plain session."""
        return self

    def request(self, *, method: str, url: str, **options: Any) -> Any:
        """The one call that the transport makes of its session."""
        options["proxy"] = self._proxy
        # encoded: as it stands, for else %2C would be sent as a comma.
        return self._session.request(method, URL(url, encoded=True), **options)

    async def aclose(self) -> None:
        await self._session.close()


def default_tls() -> ssl.SSLContext:
    """Verification on, TLS 1.2 and up, roots of trust that no environment variable can replace."""
    return httpx.create_ssl_context(trust_env=False)


def _session(resolver: GuardedResolver, *, connections: int, tls: ssl.SSLContext) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=resolver,
        use_dns_cache=False,  # every connection goes to addresses that were judged for it
        ssl=tls,
        limit=connections,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        max_line_size=_HEADER_LINE,
        max_field_size=_HEADER_LINE,
        trace_configs=[_reuse_trace()],
    )
    # The library would ask again after any lost connection, also on a fresh one; we do it only after a stale one.
    session._retry_connection = False
    return session


def _reuse_trace() -> aiohttp.TraceConfig:
    async def mark(session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        reused_connection.set(True)

    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(mark)
    return trace


def guarded_pool(
    guard: Guard, *, connections: int, proxy: str | None, resolver: Resolve | None, tls: ssl.SSLContext | None
) -> PoolTransport:
    """A pool that connects only where the Guard lets it, or to the proxy."""
    at = parse_url(proxy) if proxy else None
    guarded = GuardedResolver(
        guard, resolver or SystemResolver(), proxy=(ascii_host(at), port_of(at)) if at is not None else None
    )
    return PoolTransport(guarded, connections=connections, tls=tls or default_tls(), proxy=proxy)
