"""A bench for polls: fast sites at the edge of the network, everything behind it real and in one process.

The store is SQLite in a folder, the config a real file, parsing and diffing the real code (without the child
processes, which have tests of their own), the clock the sites' own.
"""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from crawler.alert import JsonlSink, Sink, StdoutSink, deliver
from crawler.cli.compose import access, user_agent
from crawler.config import Config, load
from crawler.fetch import Fetcher, HostLines
from crawler.model import ConfiguredSource
from crawler.poll import Desk, Polled, poll_hosts
from crawler.poll.desk import Sweeping
from crawler.store import SqliteStore
from crawler.tasks import run_inline
from tests.site import Clock, Site

CONFIG = """
store: crawler.db
sinks:
  - name: log
    type: jsonl
    path: alerts.jsonl
    when: {kinds: [published, edited, protected, unpublished, deleted, restored]}
  - {name: out, type: stdout}
defaults: {per_host_delay: 0s}
sources:
"""


async def _inline(task: Any) -> Any:
    return run_inline(task)


class Router(httpx.AsyncBaseTransport):
    """Hands each request to the site of its host."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._transports = {host: site.transport() for host, site in sites.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transport = self._transports.get(request.url.netloc.decode())
        if transport is None:
            raise httpx.ConnectError("no such host", request=request)
        return await transport.handle_async_request(request)


class Bench:
    """`Bench(folder, clock, {"example.org": site}, "  - url: https://example.org/")`, then `poll()` and look."""

    def __init__(self, folder: Path, clock: Clock, sites: Mapping[str, Site], sources: str, **more: str) -> None:
        self.folder, self.clock, self.sites = folder, clock, dict(sites)
        self.out = io.StringIO()
        self.progress: list[tuple[str, int, int | None]] = []
        self.write_config(sources, **more)

    def write_config(self, sources: str, **more: str) -> None:
        """Write the config anew; keywords are further top-level keys."""
        text = CONFIG + sources + "\n" + "".join(f"{key}: {value}\n" for key, value in more.items())
        (self.folder / "config.yaml").write_text(text)

    @property
    def config(self) -> Config:
        return load(self.folder / "config.yaml", env={})

    def poll(self, *, minutes: float = 15, sweeping: Sweeping = "due") -> list[Polled]:
        """Let some time pass, then poll every source as `crawler poll` does, or `crawler sweep`."""
        self.clock.advance(minutes=minutes)
        outcomes = asyncio.run(self._poll(sweeping))
        for polled in outcomes:
            assert "mistake in crawler" not in (polled.error or ""), polled.error
        return outcomes

    def sweep(self, *, minutes: float = 15, accept: bool = False) -> Polled:
        """Let some time pass, then sweep as `crawler sweep` does; returns what came of the first source."""
        return self.poll(minutes=minutes, sweeping="accept" if accept else "now")[0]

    def fetcher(self, config: Config) -> Fetcher:
        """The way to the sites."""
        # They are names that no resolver knows, so the guard has nothing to judge: tests of it stand elsewhere.
        return Fetcher(
            user_agent=user_agent(config),
            concurrency=4,
            max_body=config.fetch.max_body,
            allow_private=(),
            configured_hosts=(),
            proxy=None,
            lines=HostLines(now=self.clock),
            transport=Router(self.sites),
        )

    async def _poll(self, sweeping: Sweeping) -> list[Polled]:
        config = self.config
        outcomes: list[Polled] = []

        async def told(polled: Polled) -> None:
            outcomes.append(polled)

        fetcher = self.fetcher(config)
        with SqliteStore(config.store) as store:
            await store.sync(
                [
                    ConfiguredSource(
                        name=each.name, url=each.url, kind=each.kind, groups=each.groups, paused=each.paused
                    )
                    for each in config.sources
                ],
                [sink.name for sink in config.sinks],
                self.clock(),
            )
            async with fetcher:
                desk = Desk(
                    store=store,
                    fetch_for=lambda source: fetcher.for_source(access(source)),
                    run=_inline,
                    routes=config.routes(),
                    clock=self.clock,
                    user_agent=user_agent(config),
                    progress=lambda *told: self.progress.append(told),
                    sweeping=sweeping,
                )
                configs = {each.name: each for each in config.sources}
                pairs = [
                    (source, configs[source.name])
                    for source in store.sources()
                    if source.name in configs and source.state not in ("removed", "duplicate", "paused")
                ]
                await poll_hosts(desk, pairs, told, concurrency=4)
                sinks: list[Sink] = [
                    JsonlSink("log", self.folder / "alerts.jsonl"),
                    StdoutSink("out", zone=config.timezone, out=self.out),
                ]
                await deliver(store, sinks, self.clock)
        return outcomes

    def rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """Ask the store, as anybody with sqlite3 can."""
        with closing(sqlite3.connect(f"file:{self.folder / 'crawler.db'}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, parameters)]

    def rewrite(self, sql: str, *parameters: object) -> None:
        """Make the store as another version, or the years, would have left it."""
        with closing(sqlite3.connect(self.folder / "crawler.db")) as connection, connection:
            connection.execute(sql, parameters)

    def one(self, sql: str, *parameters: object) -> Any:
        """The first column of the first row."""
        return next(iter(self.rows(sql, *parameters)[0].values()))

    def changes(self) -> list[dict[str, Any]]:
        """All Changes, oldest first, `fields` as a list."""
        rows = self.rows("SELECT * FROM recent_changes ORDER BY detected_at, id")
        return [{**row, "fields": json.loads(row["fields"])} for row in rows]

    def alerts(self) -> list[dict[str, Any]]:
        """What the jsonl sink has."""
        path = self.folder / "alerts.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def settle(clock: Clock) -> None:
    """Let enough time pass that the site's validators can be trusted."""
    clock.now += timedelta(minutes=1)
