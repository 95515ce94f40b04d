"""Slots: how many requests are under way at once, and that slow hosts never hold all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

#: A request that held its slot for longer makes its host a slow one, until one of its requests is quick again.
SLOW_SECONDS = 5.0


class Slots:
    """At most `size` requests at once. Hosts that hung or dripped last time share half of them.

    Sixteen hosts that hang for thirty seconds each would otherwise keep all others waiting for as long. A host that
    refuses at once costs nothing and is none of them.
    """

    def __init__(self, size: int, *, slow: float = SLOW_SECONDS, monotonic: Callable[[], float] = time.monotonic):
        self._all = asyncio.Semaphore(size)
        self._half = asyncio.Semaphore(max(1, size // 2))
        self._slow_seconds, self._monotonic = slow, monotonic
        self._slow: set[str] = set()

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it."""
        async with AsyncExitStack() as held:
            if host in self._slow:
                await held.enter_async_context(self._half)
            await held.enter_async_context(self._all)
            began = self._monotonic()
            try:
                yield
            finally:
                if self._monotonic() - began > self._slow_seconds:
                    self._slow.add(host)
                else:
                    self._slow.discard(host)
