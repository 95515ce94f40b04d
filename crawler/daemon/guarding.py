"""Trouble with the store: what may pass pauses the watch, and it goes on by itself; what cannot pass ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from crawler.daemon.health import Health
from crawler.errors import StoreError, StoreUnavailable
from crawler.watch import Opened

log = structlog.get_logger()

#: `Guard.guarded`, for those whose work it does.
Guarded = Callable[[Awaitable[object]], Coroutine[Any, Any, None]]


class Guard:
    """Does the daemon's work so that no piece of it takes another along. `stop` is set where only a new start helps."""

    def __init__(self, parts: Opened, health: Health, stop: asyncio.Event) -> None:
        self._parts, self._health, self._stop = parts, health, stop
        #: why nothing can be written at present
        self.blocked: str | None = None
        #: why only a new start helps
        self.failure: StoreError | None = None

    async def guarded(self, work: Awaitable[object]) -> None:
        """Do this. A mistake of ours costs this piece of work and is logged: nobody waits to hear of it."""
        try:
            await work
        except StoreError as error:
            self.tell(error)
        except Exception:
            log.exception("work", status="failed")

    def tell(self, error: StoreError) -> None:
        """Something came upon this error of the store."""
        if not isinstance(error, StoreUnavailable):
            self.failure = self.failure or error
            self._stop.set()
            return
        if self.blocked is None:
            log.error("store", status="paused", error=str(error))
        self.blocked = str(error)
        self._health.trouble("store", self.blocked)

    async def ping(self) -> None:
        """Ask the store whether it answers; whatever it answers, its thread is alive."""
        try:
            if self.blocked is None:
                await self._parts.store.ping()
            else:
                # A write of something real: an empty one works on a full disk, too.
                await self._parts.store.keep_lines(self._parts.lines.snapshot())
                self._resume()
        except StoreError as error:
            self.tell(error)
        self._health.beat("store")

    def _resume(self) -> None:
        log.info("store", status="resumed")
        self.blocked = None
        self._health.trouble("store", None)
