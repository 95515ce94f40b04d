"""The daemon in a world with clocks of its own: real store, real config, real polls; only time and network are made."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from crawler.alert import JsonlSink
from crawler.cli.compose import access
from crawler.config import Config, load
from crawler.daemon import Daemon
from crawler.daemon.notify import Notifier
from crawler.fetch import Fetcher, HostLines
from crawler.poll import Desk
from crawler.store import SqliteStore
from crawler.tasks import run_inline
from crawler.watch import Opened, Watch
from tests.bench import Router
from tests.site import Clock, Site

CONFIG = """
store: crawler.db
sinks:
  - {name: log, type: jsonl, path: alerts.jsonl, when: {kinds: [published, edited]}}
defaults: {per_host_delay: 0s}
sources:
"""


class World:
    """`clock` is the true time, which the sites have; `wall` is what this machine's clock says.

    `steady` counts the seconds of the true time during which the machine was awake.
    """

    def __init__(
        self, folder: Path, hosts: int, *, every: str = "15m", sites: Mapping[str, Site] | None = None
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.clock = folder, Clock()
        self.begin = self.clock()
        #: what the machine's clock is wrong by
        self.wrong, self.slept = timedelta(), timedelta()
        self.sites = dict(sites or {})
        for number in range(hosts):
            site = Site(clock=self.clock, url=f"https://s{number:03}.example")
            site.publish(f"First of {number}", "<p>Some text.</p>")
            self.sites[f"s{number:03}.example"] = site
        #: no request is answered before this is set
        self.hold = asyncio.Event()
        self.hold.set()
        #: what the service manager was told with READY
        self.statuses: list[str] = []
        self.asked: dict[str, list[float]] = defaultdict(list)
        #: a Watch has been opened
        self.opened = asyncio.Event()
        self.write(every=every)

    def write(self, names: list[str] | None = None, *, every: str = "15m", more: str = "") -> None:
        """Write the config: a feed a site."""
        hosts = list(self.sites) if names is None else names
        lines = [f"  - {{name: {host}, url: 'https://{host}/feed/', kind: feed, every: {every}}}\n" for host in hosts]
        (self.folder / "config.yaml").write_text(CONFIG + ("".join(lines) or "  []\n") + more)

    def taking_notices(self) -> None:
        """Let the sink take Notices, too."""
        path = self.folder / "config.yaml"
        path.write_text(path.read_text().replace("path: alerts.jsonl,", "path: alerts.jsonl, notices: true,"))

    def wall(self):
        return self.clock() + self.wrong

    def steady(self) -> float:
        return (self.clock() - self.begin - self.slept).total_seconds()

    def load(self) -> Config:
        return load(self.folder / "config.yaml", env={})

    @asynccontextmanager
    async def running(self, config: Config | None = None):
        """A daemon that has started; `step` lets time pass for it."""
        config = config or self.load()
        lines = HostLines(now=self.wall, monotonic=self.steady)
        with SqliteStore(config.store) as store:
            parts = Opened(store=store, run=_inline, lines=lines)
            notifier = Notifier()
            notifier.ready = self.statuses.append
            daemon = Daemon(
                parts,
                lambda config: self._equip(parts, config),
                self.load,
                notifier=notifier,
                wall=self.wall,
                steady=self.steady,
            )
            await daemon.start(config)
            try:
                yield daemon
            finally:
                await daemon.end()

    async def step(self, daemon: Daemon, **by: float) -> None:
        """Let time pass, then whatever is due happen."""
        self.clock.advance(**by)
        await daemon.tick()
        await daemon.ping()
        await daemon.idle()

    async def run(self, daemon: Daemon, *, hours: float, step: float = 30) -> None:
        """Let hours pass, `step` seconds at a time."""
        for _ in range(round(hours * 3600 / step)):
            await self.step(daemon, seconds=step)

    @asynccontextmanager
    async def _equip(self, parts: Opened, config: Config):
        transport = _Noting(self)
        fetcher = Fetcher(
            user_agent="crawler",
            concurrency=16,
            max_body=config.fetch.max_body,
            allow_private=(),
            configured_hosts=(),
            proxy=None,
            lines=parts.lines,
            transport=transport,
        )
        self.opened.set()
        async with fetcher, transport:
            desk = Desk(
                store=parts.store,
                fetch_for=lambda source: fetcher.for_source(access(source)),
                run=parts.run,
                routes=config.routes(),
                clock=self.wall,
                user_agent="crawler",
                progress=lambda *_: None,
            )
            sinks = tuple(JsonlSink(sink.name, sink.path) for sink in config.sinks)
            configs = {each.name: each for each in config.sources}
            yield Watch(config=config, store=parts.store, desk=desk, sinks=sinks, configs=configs)

    def rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """Ask the store, as anybody with sqlite3 can."""
        with closing(sqlite3.connect(f"file:{self.folder / 'crawler.db'}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, parameters)]

    def one(self, sql: str, *parameters: object) -> Any:
        return next(iter(self.rows(sql, *parameters)[0].values()))

    def alerts(self) -> list[dict[str, Any]]:
        path = self.folder / "alerts.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class _Noting(Router):
    """Notes by the steady clock when each host was asked."""

    def __init__(self, world: World) -> None:
        super().__init__(world.sites)
        self._world, self._is_closed = world, False

    async def aclose(self) -> None:
        self._is_closed = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._world.asked[request.url.host].append(self._world.steady())
        await self._world.hold.wait()
        if self._is_closed:
            raise RuntimeError("the connections of this Watch have been closed")
        return await super().handle_async_request(request)


async def _inline(task: Any) -> Any:
    return run_inline(task)
