"""Slots: how many requests are under way at once, and that slow hosts never hold all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

#: A host is quick when its last request held its slot for no longer.
SLOW_SECONDS = 5.0


class Slots:
    """At most `size` requests at once. Hosts that hung or dripped last time, and new ones, share half of them.

    Sixteen hosts that hang for thirty seconds each would otherwise keep all others waiting for as long. A host that
    refuses at once costs nothing: it counts as quick.
    """

    def __init__(self, size: int, *, slow: float = SLOW_SECONDS, monotonic: Callable[[], float] = time.monotonic):
        self._all = asyncio.Semaphore(size)
        self._half = asyncio.Semaphore(max(1, size // 2))
        self._slow_seconds, self._monotonic = slow, monotonic
        self._quick: set[str] = set()

    @asynccontextmanager
    async def slot(self, host: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it."""
        async with AsyncExitStack() as held:
            if host not in self._quick:
                await held.enter_async_context(self._half)
            await held.enter_async_context(self._all)
            began = self._monotonic()
            try:
                yield
            finally:
                if self._monotonic() - began > self._slow_seconds:
                    self._quick.discard(host)
                else:
                    self._quick.add(host)
