"""The daemon's own polls: a task for each host with something due, and never two for one host."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from crawler.commands.turns import Turns
from crawler.daemon.guarding import Guarded
from crawler.poll import Polled, by_host, poll_host
from crawler.poll.hosts import Pair
from crawler.watch import Watch

#: Hosts polled at once, waiting for a slot included: more tasks would only cost memory.
MOST = 512
#: Those of them that may be hosts in trouble: however many of these are due, the others begin in time.
MOST_TROUBLED = 256
#: Sources that were never read are looked for this often: that reads all Sources, too dear for every second.
BARE_EVERY = timedelta(minutes=1)
#: For so long after the config was read they are looked for more often: many new ones are begun one a second.
EAGER, EAGER_EVERY = timedelta(minutes=30), timedelta(seconds=5)

Told = Callable[[Polled], Awaitable[None]]


class Polling:
    """Begins what is due. `hosts` are the turns that it shares with the commands beside it."""

    def __init__(self, hosts: Turns, guarded: Guarded, told: Told) -> None:
        self._hosts, self._guarded, self._told = hosts, guarded, told
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._troubled: set[str] = set()
        self._underway: dict[str, tuple[int, ...]] = {}
        self._bare_at: datetime | None = None
        self._eager_from: datetime | None = None
        self._is_stopping = False

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The polls under way, a task a host."""
        return list(self._tasks.values())

    def begin(self, watch: Watch, now: datetime) -> None:
        """Start a task for each host with something due, as far as there is room, and return at once."""
        due = watch.store.due(now, bare=self._looks_for_bare(now), limit=2 * MOST, besides=self._ids())
        for host, pairs in by_host(watch.pairs(due)).items():
            if host not in self._tasks and host not in self._hosts and self._has_room_for(pairs):
                self._begin(watch, host, pairs)

    def look_for_new(self) -> None:
        """Look for new Sources at the next beginning, and often for a while: the config may have brought some."""
        self._bare_at = self._eager_from = None

    def stop(self) -> None:
        """Begin nothing more, not even the next Source of a host that is being polled."""
        self._is_stopping = True

    def _begin(self, watch: Watch, host: str, pairs: list[Pair]) -> None:
        if _are_troubled(pairs):
            self._troubled.add(host)
        self._underway[host] = tuple(source.id for source, _ in pairs)
        self._tasks[host] = asyncio.create_task(self._poll(watch, host, pairs))

    async def _poll(self, watch: Watch, host: str, pairs: list[Pair]) -> None:
        try:
            async with self._hosts(host):
                stopping = self._stops_soon
                await self._guarded(poll_host(watch.desk, pairs, self._told, forced=False, stopping=stopping))
        finally:
            self._troubled.discard(host)
            del self._tasks[host], self._underway[host]

    def _stops_soon(self) -> bool:
        return self._is_stopping

    def _looks_for_bare(self, now: datetime) -> bool:
        if self._eager_from is None:
            self._eager_from = now
        often = EAGER_EVERY if self._eager_from <= now < self._eager_from + EAGER else BARE_EVERY
        if self._bare_at is not None and self._bare_at <= now < self._bare_at + often:
            return False
        self._bare_at = now
        return True

    def _ids(self) -> list[int]:
        return [source_id for ids in self._underway.values() for source_id in ids]

    def _has_room_for(self, pairs: list[Pair]) -> bool:
        if _are_troubled(pairs) and len(self._troubled) >= MOST_TROUBLED:
            return False
        return len(self._tasks) < MOST


def _are_troubled(pairs: list[Pair]) -> bool:
    """Whether none of these Sources answered when it was asked last."""
    return all(source.trouble for source, _ in pairs)
