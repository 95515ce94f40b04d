"""A Fetcher for tests: loopback allowed on the ports it is told, no delay, short deadlines."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from ipaddress import ip_network
from urllib.parse import urlsplit

from crawler.errors import FetchError
from crawler.fetch import Fetcher, HostLines, SourceAccess
from crawler.model import Fetched, NotModified, Request, Validators

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
NONE = Validators()
MAX_BODY = 4 * 1024 * 1024


@asynccontextmanager
async def a_fetcher(*configured: str, **options) -> AsyncIterator[Fetcher]:
    """A Fetcher in whose config the given URLs stand."""
    settings = {
        "user_agent": "crawler/1 (+me@example.org)",
        "concurrency": 8,
        "max_body": MAX_BODY,
        "allow_private": LOOPBACK,
        "configured_hosts": places(configured),
        "proxy": None,
        "lines": HostLines(),
        **options,
    }
    async with Fetcher(**settings) as fetcher:
        yield fetcher


def places(urls: Collection[str]) -> set[tuple[str, int]]:
    parts = [urlsplit(url) for url in urls]
    return {(part.hostname, part.port or {"http": 80, "https": 443}[part.scheme]) for part in parts}


def access(origin_url: str, *, timeout: float = 2.0, per_host_delay: float = 0.0, **options) -> SourceAccess:
    return SourceAccess(origin_url=origin_url, timeout=timeout, per_host_delay=per_host_delay, **options)


async def get(fetcher: Fetcher, url: str, *, validators: Validators = NONE, **options) -> Fetched | NotModified:
    """Fetch `url` for a source that has this very origin."""
    return await fetcher.for_source(access(url, **options))(Request(url=url, validators=validators))


async def failure(fetcher: Fetcher, url: str, **options) -> FetchError:
    """The FetchError of fetching `url`; anything else fails the test."""
    try:
        answer = await get(fetcher, url, **options)
    except FetchError as error:
        return error
    raise AssertionError(f"no failure but {answer!r:.200}")


def running(test):
    """Let pytest run an `async def` test."""

    @functools.wraps(test)
    def run(**fixtures):
        asyncio.run(asyncio.wait_for(test(**fixtures), 30))

    return run
