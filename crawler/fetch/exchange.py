"""One request over the pool, and a second time only where a kept connection had been closed meanwhile."""

from __future__ import annotations

import httpx

from crawler.errors import FetchError
from crawler.fetch.failures import is_stale_connection, translated
from crawler.fetch.transport import reused_connection


async def exchange(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    """The head of the answer. Raises FetchError."""
    reused_connection.set(False)
    try:
        return await _once(transport, request)
    except FetchError as error:
        if not (reused_connection.get() and is_stale_connection(error)):
            raise
    # The server had closed the connection: nobody's fault, and nothing has been answered.
    reused_connection.set(False)
    return await _once(transport, request)


async def _once(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    with translated("head"):
        return await transport.handle_async_request(request)
