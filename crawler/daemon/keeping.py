"""Looks after the store once a minute: room on its disk, the backup, retention, and what hosts have asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import structlog

from crawler.daemon.guarding import Guarded
from crawler.daemon.health import Health
from crawler.daemon.upkeep import back_up, free_space, full_text, newest_backup, next_backup_at, prune_daily
from crawler.route import notified
from crawler.watch import Opened, Watch

log = structlog.get_logger()


class Keeping:
    """Begins what is due of that; a backup and a pruning are tasks of their own, one of each at a time."""

    def __init__(self, parts: Opened, health: Health, guarded: Guarded, wall: Callable[[], datetime]) -> None:
        self._parts, self._health, self._guarded, self._wall = parts, health, guarded, wall
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._full_since: datetime | None = None
        self._failed_at: datetime | None = None
        self._pruned_at: datetime | None = None

    @property
    def is_full(self) -> bool:
        """Whether there is too little room on the disk to poll."""
        return self._full_since is not None

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What is under way."""
        return list(self._tasks.values())

    async def look(self, watch: Watch) -> None:
        """Look once, and begin what is due. Raises StoreError."""
        now = self._wall()
        await self._look_at_the_disk(watch, now)
        await self._parts.store.keep_lines(self._parts.lines.snapshot())
        self._begin("backup", self._back_up, watch, now)
        self._begin("prune", self._prune, watch, now)

    def _begin(
        self, name: str, work: Callable[[Watch, datetime], Coroutine[Any, Any, None]], watch: Watch, now: datetime
    ) -> None:
        if name not in self._tasks:
            self._tasks[name] = asyncio.create_task(self._guarded(work(watch, now)))
            self._tasks[name].add_done_callback(lambda _: self._tasks.pop(name))

    async def _look_at_the_disk(self, watch: Watch, now: datetime) -> None:
        space = free_space(self._parts.store.path, was_full=self.is_full)
        if not space.is_full:
            if self.is_full:
                log.info("disk", status="fine again", free=space.free)
            self._full_since = None
            self._health.trouble("disk", None)
            return
        text = full_text(self._parts.store.path, space)
        if self._full_since is None:
            self._full_since = now
            log.error("disk", status="full", error=text)
        self._health.trouble("disk", text)
        # While there still is room for a line: polls stop before it is used up.
        sinks = notified(watch.desk.routes)
        await self._parts.store.notice("disk_full", None, text, now, sinks, since=self._full_since)

    async def _back_up(self, watch: Watch, now: datetime) -> None:
        """Make a backup if it is time. Where there is too little room, that fails with a Notice."""
        config = watch.config.backup
        if config is None:
            return
        newest = await asyncio.to_thread(newest_backup, watch.config, until=now)
        if next_backup_at(newest, config.every, now, failed_at=self._failed_at) <= now:
            made = await back_up(self._parts.store, config, now, notified(watch.desk.routes))
            self._failed_at = None if made is not None else now

    async def _prune(self, watch: Watch, now: datetime) -> None:
        self._pruned_at = await prune_daily(self._parts.store, watch.config.retention.retained(), now, self._pruned_at)
