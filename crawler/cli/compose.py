"""Puts the parts together for the commands that watch: store, fetcher, children, sinks."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawler import __version__
from crawler.alert import JsonlSink, Sink, StdoutSink
from crawler.cli.colours import paint
from crawler.config import Config, SinkConfig, SourceConfig
from crawler.fetch import Fetcher, HostLines, SourceAccess
from crawler.model import ConfiguredSource, Fetch, Source
from crawler.poll import Desk
from crawler.store import SqliteStore, Store
from crawler.workers import Workers

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """What the watching commands work with."""

    config: Config
    store: Store
    desk: Desk
    sinks: tuple[Sink, ...]

    def pairs(self, sources: Sequence[Source]) -> list[tuple[Source, SourceConfig]]:
        """These Sources with what the config says of them; removed ones and duplicates are left out."""
        configs = {config.name: config for config in self.config.sources}
        return [
            (source, configs[source.name])
            for source in sources
            if source.name in configs and source.state not in ("removed", "duplicate")
        ]


def now() -> datetime:
    """The clock of the program."""
    return datetime.now(UTC)


def user_agent(config: Config) -> str:
    """Says who asks, so that a site's owner can write to them."""
    contact = f" (+{config.contact})" if config.contact else ""
    return f"crawler/{__version__}{contact}"


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
async def watching(config: Config, progress: Progress) -> AsyncIterator[Watch]:
    """Open everything that polling needs; the store is brought in line with the config first."""
    lines = HostLines()
    with SqliteStore(config.store) as store:
        entries = [
            ConfiguredSource(
                name=each.name,
                url=each.url,
                kind=each.kind,
                groups=each.groups,
                paused=each.paused,
                every=each.every,
            )
            for each in config.sources
        ]
        await store.sync(entries, [sink.name for sink in config.sinks], now())
        lines.restore(store.lines())
        async with Workers() as workers, fetching(config, lines) as fetch_for:
            desk = Desk(
                store=store,
                fetch_for=fetch_for,
                run=workers.run,
                routes=config.routes(),
                clock=now,
                user_agent=user_agent(config),
                progress=progress,
            )
            try:
                yield Watch(
                    config=config, store=store, desk=desk, sinks=tuple(_sink(sink, config) for sink in config.sinks)
                )
            finally:
                await store.keep_lines(lines.snapshot())


def _sink(sink: SinkConfig, config: Config) -> Sink:
    if sink.type == "jsonl":
        return JsonlSink(sink.name, sink.path or Path("alerts.jsonl"), full_text=sink.full_text)
    return StdoutSink(sink.name, zone=config.timezone, paint=paint(sys.stdout))


def _host(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
