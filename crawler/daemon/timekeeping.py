"""What is done about a wall clock that has jumped: all due times move along, so that polls neither stop nor burst."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from crawler.daemon.clocks import Clocks, Jump
from crawler.daemon.guarding import Guarded
from crawler.model import ConfiguredSource
from crawler.schedule import MADE
from crawler.watch import Opened

log = structlog.get_logger()

#: A stored time that lies further ahead than this was not written by the clock as it goes now.
AHEAD = timedelta(minutes=1)


class Timekeeping:
    """Notices jumps, and has the store and the host lines follow them."""

    def __init__(
        self, parts: Opened, guarded: Guarded, wall: Callable[[], datetime], steady: Callable[[], float]
    ) -> None:
        self._parts, self._guarded, self._wall = parts, guarded, wall
        self._clocks = Clocks(wall, steady)
        #: not yet followed: the store may be blocked just now
        self._jumps: list[Jump] = []
        self._minding = asyncio.Lock()
        self._afterwards: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Follow what happened to the clock while nobody looked. Raises StoreError."""
        latest, now = self._parts.store.latest_time(), self._wall()
        if now < MADE:
            _tell_that_it_is_wrong(now)
        if latest is not None and latest > now + AHEAD:
            self._jumps.append(Jump(before=latest, after=now))
        await self._follow()

    async def mind(
        self, underway: Sequence[asyncio.Task[None]], entries: Callable[[], Sequence[ConfiguredSource]]
    ) -> bool:
        """Follow a jump, if there was one, before anything is begun by the old times. Returns whether there was.

        What is `underway` may still go by the old clock when it ends: afterwards the times of all `entries` are looked
        over once more. Raises StoreError.
        """
        jump = self._clocks.jump()
        if jump is not None:
            self._jumps.append(jump)
        if not await self._follow():
            return False
        if underway:
            task = asyncio.create_task(self._guarded(self._look_over(underway, entries)))
            self._afterwards.add(task)
            task.add_done_callback(self._afterwards.discard)
        return True

    async def _follow(self) -> bool:
        # Whoever comes second has to wait: it would begin everything that seems to be due.
        async with self._minding:
            jumped = bool(self._jumps)
            while self._jumps:
                await self._move_along(self._jumps[0])
                del self._jumps[0]
            return jumped

    async def _move_along(self, jump: Jump) -> None:
        # First of all: while the store is blocked this is tried each second, and need not be told as often.
        await self._parts.store.shift(jump.before, jump.after)
        seconds = round(jump.step.total_seconds())
        before, after = f"{jump.before:%Y-%m-%dT%H:%M:%SZ}", f"{jump.after:%Y-%m-%dT%H:%M:%SZ}"
        log.warning("clock", status="jumped", seconds=seconds, before=before, after=after)
        if jump.after < MADE:
            _tell_that_it_is_wrong(jump.after)
        self._parts.lines.shift(seconds)

    async def _look_over(
        self, underway: Sequence[asyncio.Task[None]], entries: Callable[[], Sequence[ConfiguredSource]]
    ) -> None:
        await asyncio.wait(underway)
        await self._parts.store.bound(entries(), self._wall())


def _tell_that_it_is_wrong(now: datetime) -> None:
    log.error("clock", status="wrong", error=f"it says {now:%Y-%m-%d}: put it right; the polls go on meanwhile")
