"""The daemon: polls what is due, delivers what is pending, until it is told to stop. Decides nothing itself.

each second ── has the clock jumped? ── polls ── deliveries ── errands of the command line
each 10 s ──── does the store answer? ── a line for the service manager
each minute ── room on the disk, backup, retention
SIGHUP ─────── the config is read again: all of it is swapped, or nothing
SIGTERM ────── nothing is begun; what is under way ends or is dropped whole, within 15 s; a second one: at once
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from crawler.commands.performing import Beside, perform
from crawler.commands.turns import Turns
from crawler.config import Config
from crawler.daemon.delivering import Delivering
from crawler.daemon.draining import ended
from crawler.daemon.guarding import Guard
from crawler.daemon.health import Health
from crawler.daemon.heartbeat import Heartbeat
from crawler.daemon.keeping import Keeping
from crawler.daemon.listening import Listening
from crawler.daemon.metrics import Metrics
from crawler.daemon.notify import Notifier
from crawler.daemon.polling import Polling
from crawler.daemon.reloading import Watches
from crawler.daemon.serving import Serving, Tell
from crawler.daemon.signals import Signals
from crawler.daemon.status import status_line
from crawler.daemon.timekeeping import Timekeeping
from crawler.daemon.timing import Timing
from crawler.errands import folder_of
from crawler.errors import ConfigError, CrawlerError, Problem, StoreError
from crawler.poll import Polled
from crawler.threads import in_thread
from crawler.watch import Equip, Opened, Watch, configured

log = structlog.get_logger()

TICK_SECONDS = 1.0
PING_SECONDS = 10.0
KEEPING_SECONDS = 60.0
#: Polls under way may end within this after a stop; what is then still open is dropped whole.
DRAIN_SECONDS = 9.0
#: So long before that no further alert is begun: one that is cut short may have been taken, and would come again.
LAST_ALERT_SECONDS = 4.0
#: For a config of ten thousand sources on a busy machine.
READ_SECONDS = 30.0


def _now() -> datetime:
    return datetime.now(UTC)


def _nothing(_: Config) -> None:
    """For whoever need not know."""


class Daemon:
    """`run` is the life of it. `start`, `tick`, `ping`, `reload` and `end` are its parts, for whoever has the time.

    `load` reads the config as it is now; `reloaded` is told of each that came into use. `wall` and `steady` are
    clocks; `steady` stands still while the machine sleeps.
    """

    def __init__(
        self,
        parts: Opened,
        equip: Equip,
        load: Callable[[], Config],
        *,
        notifier: Notifier | None = None,
        metrics: Metrics | None = None,
        reloaded: Callable[[Config], None] = _nothing,
        wall: Callable[[], datetime] = _now,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts, self._load, self._reloaded, self._wall = parts, load, reloaded, wall
        #: the config as it is written now is not the one in use
        self._is_refused = False
        self._notifier = notifier or Notifier()
        self.health = Health(steady)
        self._listening = Listening(metrics, self.health) if metrics is not None else None
        self.hosts, self.sinks = Turns(), Turns()
        self._signals = Signals()
        self._guard = Guard(parts, self.health, self._signals.stop)
        self._timekeeping = Timekeeping(parts, self._guard.guarded, wall, steady)
        self._watches = Watches(parts, equip)
        self._polling = Polling(self.hosts, self._guard.guarded, self._told)
        self._delivering = Delivering(self.sinks, self._guard.guarded, steady)
        self._serving = Serving(self._perform)
        self._beside = Beside(hosts=self.hosts, sinks=self.sinks, stopping=self._signals.stop.is_set)
        self._heartbeat = Heartbeat(self.health, self._guard.guarded, steady)
        self._keeping = Keeping(parts, self.health, self._guard.guarded, wall)
        self._timing = Timing()

    @property
    def watch(self) -> Watch:
        """What the config in use makes of it."""
        return self._watches.current

    async def run(self, config: Config) -> None:
        """Watch until SIGTERM or SIGINT. Raises StoreError when the store can no longer be used."""
        self._signals.install()
        await self.start(config)
        self._timing.every(TICK_SECONDS, self.tick)
        self._timing.every(PING_SECONDS, self.ping)
        self._timing.every(KEEPING_SECONDS, self.look_after)
        if self._notifier.watchdog_seconds:
            self._timing.every(self._notifier.watchdog_seconds / 4, self._feed_watchdog)
        beside = [asyncio.create_task(self._keep_time()), asyncio.create_task(self._reload_when_asked())]
        self._timing.start()
        await self._signals.stop.wait()
        for task in beside:
            task.cancel()
        await self.end()
        if self._guard.failure is not None:
            raise self._guard.failure

    async def start(self, config: Config) -> None:
        """Take the config into use. Raises ConfigError or StoreError, and CrawlerError for `metrics`."""
        await self._listen(config)
        await self._timekeeping.begin()
        await self._watches.use(config, self._wall())
        self._serving.serve(folder_of(config.store))
        self.health.phase("ready")
        status = self._status()
        log.info("started", sources=len(self.watch.pairs(self._parts.store.sources())), status=status)
        self._notifier.ready(status)

    async def tick(self) -> None:
        """Begin what is due, and return at once."""
        await self._guard.guarded(self._begin_what_is_due())

    async def idle(self) -> None:
        """Come back when nothing is under way."""
        while tasks := [*self._polling.tasks, *self._delivering.tasks, *self._serving.tasks, *self._keeping.tasks]:
            await asyncio.wait(tasks)

    async def ping(self) -> None:
        """Ask the store whether it answers, and tell how things are."""
        await self._guard.ping()
        await self._guard.guarded(self._tell_status())

    async def look_after(self) -> None:
        """See to the store's disk, backups and retention."""
        if self._guard.blocked is None:
            await self._guard.guarded(self._keeping.look(self.watch))

    async def reload(self) -> None:
        """Read the config again and use it; a bad one is reported, and the old one stays."""
        self._notifier.reloading()
        try:
            config = await self._read()
            await self._watches.use(config, self._wall(), users=self._users)
        except (ConfigError, StoreError) as error:
            self._is_refused = True
            for line in str(error).splitlines():
                log.error("reload", status="refused", error=line)
        except Exception:
            # A mistake of ours costs this reload; the service manager must not wait for its end for ever.
            self._is_refused = True
            log.exception("reload", status="failed")
        else:
            self._is_refused = False
            self._reloaded(config)
            self._polling.look_for_new()
            log.info("reload", status="done", sources=len(config.sources), sinks=len(config.sinks))
            try:
                await self._listen(config)
            except CrawlerError as error:
                log.error("reload", status="metrics as before", error=str(error))
        self._notifier.ready(self._status())

    async def end(self) -> None:
        """Let what is under way end, tell what it found, and close; all of it together has a limit."""
        self.health.phase("stopping")
        self._polling.stop()
        self._notifier.stopping("finishing what is under way")
        self._timing.pause()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAIN_SECONDS
        loop.call_at(deadline - LAST_ALERT_SECONDS, self.watch.over.set)
        hurry = self._signals.hurry
        underway = [*self._polling.tasks, *self._serving.tasks, *self._keeping.tasks]
        await ended(underway, deadline=deadline, hurry=hurry)
        await ended(self._delivering.tasks, deadline=deadline, hurry=hurry)
        if self._guard.failure is None and self._guard.blocked is None and not hurry.is_set():
            # Those may have looked before the last poll had found something.
            self._delivering.begin(self.watch)
            await ended(self._delivering.tasks, deadline=deadline, hurry=hurry)
        await ended(self._heartbeat.tasks, deadline=0, hurry=hurry)
        self._timing.shutdown()
        await self._watches.close()
        self._serving.close()
        if self._listening is not None:
            await asyncio.to_thread(self._listening.stop)
        log.info("stopped")

    async def _read(self) -> Config:
        """The config as it is written now. Raises ConfigError, also where reading it does not come to an end."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await asyncio.wrap_future(in_thread(self._load))
        except TimeoutError:
            text = f"could not be read within {READ_SECONDS:g} s; is it a pipe, or on a disk that hangs?"
            raise ConfigError([Problem(str(self.watch.config.path), None, "", text)]) from None

    def _users(self) -> list[asyncio.Task[None]]:
        """What is under way with the Watch in use."""
        return [*self._polling.tasks, *self._delivering.tasks, *self._serving.tasks, *self._heartbeat.tasks]

    async def _listen(self, config: Config) -> None:
        if self._listening is not None:
            await asyncio.to_thread(self._listening.follow, config)

    async def _begin_what_is_due(self) -> None:
        # First of all: what follows may find that the store is blocked, which is no standstill.
        self.health.beat("clock")
        if self._delivering.advances:
            self.health.beat("delivery")
        await self._mind_the_clock()
        if self._guard.blocked is None and not self._signals.stop.is_set():
            if not self._keeping.is_full:
                self._polling.begin(self.watch, self._wall())
            self._delivering.begin(self.watch)
        if not self._signals.stop.is_set():
            self._serving.serve(folder_of(self.watch.config.store))
            self._heartbeat.begin(self.watch)

    async def _told(self, polled: Polled) -> None:
        if polled.changes:
            self._delivering.begin(self.watch)

    async def _perform(self, what: str, arguments: Mapping[str, Any], tell: Tell) -> int:
        """Do what a command asks for; trouble with the store is the daemon's as well as the command's."""
        try:
            return await perform(self.watch, what, arguments, tell, self._beside)
        except StoreError as error:
            self._guard.tell(error)
            raise

    async def _mind_the_clock(self) -> None:
        underway = [*self._polling.tasks, *self._serving.tasks]
        if await self._timekeeping.mind(underway, lambda: configured(self.watch.config)):
            self._timing.catch_up()

    async def _keep_time(self) -> None:
        """The scheduler goes by the wall clock, and would sleep for as long as that is put back: this does not."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await self._guard.guarded(self._mind_the_clock())

    async def _reload_when_asked(self) -> None:
        while True:
            await self._signals.reload.wait()
            self._signals.reload.clear()
            await self._guard.guarded(self.reload())

    async def _feed_watchdog(self) -> None:
        if self.health.advances():
            self._notifier.alive()

    async def _tell_status(self) -> None:
        self._notifier.status(self._status())

    def _status(self) -> str:
        line = status_line(self._parts.store, blocked=self._guard.blocked, is_full=self._keeping.is_full)
        return f"{line}; the new config was refused, the log says why" if self._is_refused else line
