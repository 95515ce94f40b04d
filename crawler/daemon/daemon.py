"""The clock: polls what is due, delivers what is pending, until it is told to stop. Decides nothing itself."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.alert import Sink, deliver
from crawler.config import SourceConfig
from crawler.errors import StoreError
from crawler.model import Source
from crawler.poll import Desk, Polled, by_host, poll_host

log = structlog.get_logger()

TICK_SECONDS = 1
#: Polls under way may end within this after a stop; what is then still open is dropped whole.
DRAIN_SECONDS = 10.0

Pairs = Callable[[Iterable[Source]], list[tuple[Source, SourceConfig]]]


class Daemon:
    """One tick a second starts a task for each host with something due and returns at once."""

    def __init__(self, desk: Desk, sinks: tuple[Sink, ...], pairs: Pairs) -> None:
        self._desk, self._sinks, self._pairs = desk, sinks, pairs
        self._running: dict[str, asyncio.Task[None]] = {}
        self._deliveries: dict[str, asyncio.Task[None]] = {}
        self._stop = asyncio.Event()
        self._failure: StoreError | None = None

    async def run(self) -> None:
        """Watch until SIGTERM or SIGINT. Raises StoreError when the store can no longer be written."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        # Left alone it would end the process in the middle of whatever it does.
        loop.add_signal_handler(
            signal.SIGHUP, lambda: log.warning("reload", status="not available yet, restart instead")
        )
        scheduler = AsyncIOScheduler(timezone=UTC)
        # A tick that comes late runs once, for whatever is due by then; it never piles up.
        scheduler.add_job(
            self._tick, "interval", seconds=TICK_SECONDS, misfire_grace_time=None, coalesce=True, max_instances=1
        )
        scheduler.start()
        log.info("started", sources=len(self._pairs(self._desk.store.sources())))
        await self._stop.wait()
        # Shutting the scheduler down with wait=True would cancel what runs: pause it, drain, then shut down.
        scheduler.pause()
        await self._drain()
        scheduler.shutdown(wait=False)
        log.info("stopped")
        if self._failure is not None:
            raise self._failure

    async def _tick(self) -> None:
        await self._guarded(self._begin_what_is_due())

    async def _begin_what_is_due(self) -> None:
        due = self._desk.store.due(self._desk.clock())
        for host, pairs in by_host(self._pairs(due)).items():
            if host not in self._running:
                self._running[host] = asyncio.create_task(self._polled(host, pairs))
        self._deliver()

    async def _polled(self, host: str, pairs: list[tuple[Source, SourceConfig]]) -> None:
        try:
            await self._guarded(poll_host(self._desk, pairs, self._told, forced=False, stopping=self._stop.is_set))
        finally:
            del self._running[host]

    async def _told(self, polled: Polled) -> None:
        if polled.changes:
            self._deliver()

    def _deliver(self) -> list[asyncio.Task[None]]:
        """Start a delivery to each Sink that has none under way: one that hangs holds up no other."""
        for sink in self._sinks:
            delivery = self._deliveries.get(sink.name)
            if delivery is None or delivery.done():
                work = self._guarded(deliver(self._desk.store, [sink], self._desk.clock))
                self._deliveries[sink.name] = asyncio.create_task(work)
        return list(self._deliveries.values())

    async def _guarded(self, work: Awaitable[object]) -> None:
        """A store that cannot be written ends the daemon: it must not poll on and forget."""
        try:
            await work
        except StoreError as error:
            self._failure = self._failure or error
            self._stop.set()
        except Exception:
            # A mistake of ours costs this piece of work; nobody waits for its task to hear of it.
            log.exception("work", status="failed")

    async def _drain(self) -> None:
        """Let polls under way end, then tell what they found; all of it together has a limit."""
        deadline = asyncio.get_running_loop().time() + DRAIN_SECONDS
        await _ended(self._running.values(), deadline)
        await _ended(self._deliveries.values(), deadline)
        if self._failure is None:
            # Those may have looked before the last poll had found something.
            await _ended(self._deliver(), deadline)


async def _ended(tasks: Iterable[asyncio.Task[None]], deadline: float) -> None:
    """Wait until these have ended; cancel what has not by the deadline."""
    left = list(tasks)
    if not left:
        return
    _, late = await asyncio.wait(left, timeout=max(0.0, deadline - asyncio.get_running_loop().time()))
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
