"""Puts the parts together for the commands that watch: store, fetcher, children, sinks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from crawler.cli.agent import user_agent
from crawler.cli.sinks import opened_sinks
from crawler.config import Config, SourceConfig
from crawler.daemon.metrics import Metrics
from crawler.errors import StoreUnavailable
from crawler.fetch import Fetcher, HostLines, SourceAccess
from crawler.model import Fetch
from crawler.poll import Desk
from crawler.store import SqliteStore
from crawler.watch import Opened, Watch, configured
from crawler.workers import Workers

Progress = Callable[[str, int, int | None], None]

#: The last write has so long before the end goes on; it is still done where the store takes it.
KEEP_SECONDS = 1.0
#: What the answer to a heartbeat may take and be; nobody reads it.
_HEARTBEAT_SECONDS, _MOST_HEARTBEAT = 15.0, 1024 * 1024


def now() -> datetime:
    """The clock of the program."""
    return datetime.now(UTC)


def access(source: SourceConfig) -> SourceAccess:
    """What the Fetch of a Source may use."""
    return SourceAccess(
        origin_url=source.url,
        timeout=source.timeout.total_seconds(),
        per_host_delay=source.per_host_delay.total_seconds(),
        headers={name: value.get_secret_value() for name, value in source.headers.items()},
        username=source.username,
        password=source.password.get_secret_value() if source.password is not None else None,
    )


@asynccontextmanager
async def fetching(config: Config, lines: HostLines) -> AsyncIterator[Callable[[SourceConfig], Fetch]]:
    """The Fetch for each Source, over one pool of connections."""
    proxy = config.fetch.proxy
    async with Fetcher(
        user_agent=user_agent(config),
        concurrency=config.fetch.concurrency,
        max_body=config.fetch.max_body,
        allow_private=config.fetch.allow_private,
        configured_hosts={_host(source.url) for source in config.sources},
        proxy=proxy.get_secret_value() if proxy is not None else None,
        lines=lines,
    ) as fetcher:
        yield lambda source: fetcher.for_source(access(source))


@asynccontextmanager
async def _heartbeat(config: Config) -> AsyncIterator[Fetch | None]:
    """What asks the address of the heartbeat: apart from the polls, so that it does not wait behind them."""
    if config.heartbeat is None:
        yield None
        return
    url, proxy = config.heartbeat.url.get_secret_value(), config.fetch.proxy
    async with Fetcher(
        user_agent=user_agent(config),
        concurrency=1,
        max_body=_MOST_HEARTBEAT,
        allow_private=config.fetch.allow_private,
        configured_hosts={_host(url)},
        proxy=proxy.get_secret_value() if proxy is not None else None,
        lines=HostLines(),
    ) as fetcher:
        yield fetcher.for_source(SourceAccess(url, timeout=_HEARTBEAT_SECONDS, per_host_delay=0))


@asynccontextmanager
async def opened(
    config: Config, *, patience: float = math.inf, metrics: Metrics | None = None
) -> AsyncIterator[Opened]:
    """Open what lives as long as the process: the store, the child processes, the host lines.

    `patience`: seconds that the full-text index may take at the end. `metrics` counts what is done with them.
    """
    lines, counts = HostLines(), metrics or Metrics(config.store)
    with SqliteStore(config.store, patience=patience, committed=counts.committed) as store:
        lines.restore(store.lines())
        async with Workers(told=counts.child_killed) as workers:
            try:
                yield Opened(store=store, run=workers.run, lines=lines)
            finally:
                await _keep(store, lines)


async def _keep(store: SqliteStore, lines: HostLines) -> None:
    """Write down what hosts asked for. Where the store cannot take it just now, the end is none the worse for it."""
    with suppress(StoreUnavailable, TimeoutError):
        async with asyncio.timeout(KEEP_SECONDS):
            await store.keep_lines(lines.snapshot())


@asynccontextmanager
async def equipped(parts: Opened, config: Config, progress: Progress) -> AsyncIterator[Watch]:
    """Make a Watch of a config. The store is not yet brought in line with it."""
    async with (
        fetching(config, parts.lines) as fetch_for,
        opened_sinks(config, config.sinks) as sinks,
        _heartbeat(config) as heartbeat,
    ):
        desk = Desk(
            store=parts.store,
            fetch_for=fetch_for,
            run=parts.run,
            routes=config.routes(),
            clock=now,
            user_agent=user_agent(config),
            progress=progress,
        )
        yield Watch(
            config=config,
            store=parts.store,
            desk=desk,
            sinks=sinks,
            heartbeat=heartbeat,
            configs={each.name: each for each in config.sources},
        )


@asynccontextmanager
async def watching(config: Config, progress: Progress) -> AsyncIterator[Watch]:
    """Open everything that polling needs; the store is brought in line with the config first."""
    async with opened(config) as parts:
        await parts.store.sync(configured(config), [sink.name for sink in config.sinks], now())
        async with equipped(parts, config, progress) as watch:
            yield watch


def _host(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
