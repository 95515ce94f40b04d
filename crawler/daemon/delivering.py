"""The daemon's deliveries: one at a time to each Sink, so that one that hangs holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from crawler.alert import Sink
from crawler.commands.delivering import deliver_to
from crawler.commands.turns import Turns
from crawler.daemon.guarding import Guarded
from crawler.watch import Watch

#: A Sink has 15 s for an alert; a delivery in which nothing has ended for longer has come to a standstill.
STANDSTILL_SECONDS = 60.0


class Delivering:
    """Begins deliveries. `sinks` are the turns that it shares with the commands beside it."""

    def __init__(self, sinks: Turns, guarded: Guarded, steady: Callable[[], float]) -> None:
        self._sinks, self._guarded, self._steady = sinks, guarded, steady
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: when something last ended in the delivery to each Sink, by the steady clock
        self._moved: dict[str, float] = {}

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The deliveries under way, a task a Sink."""
        return list(self._tasks.values())

    @property
    def advances(self) -> bool:
        """Whether none of them has come to a standstill."""
        now = self._steady()
        return all(now - self._moved[name] < STANDSTILL_SECONDS for name in self._tasks)

    def begin(self, watch: Watch) -> None:
        """Start a delivery to each Sink that has none under way, and return at once."""
        for sink in watch.sinks:
            if sink.name not in self._tasks and sink.name not in self._sinks:
                self._moved[sink.name] = self._steady()
                self._tasks[sink.name] = asyncio.create_task(self._deliver(watch, sink))

    async def _deliver(self, watch: Watch, sink: Sink) -> None:
        try:
            async with self._sinks(sink.name):
                seen = _Seen(sink, lambda: self._moved.update({sink.name: self._steady()}))
                await self._guarded(deliver_to(watch, seen))
        finally:
            del self._tasks[sink.name]


class _Seen:
    """A Sink that tells when a sending has ended, whatever came of it."""

    def __init__(self, sink: Sink, ended: Callable[[], None]) -> None:
        self.name, self.full_text = sink.name, sink.full_text
        self._sink, self._ended = sink, ended

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        try:
            return await self._sink.send(payload)
        finally:
            self._ended()

    async def reached(self) -> str:
        return await self._sink.reached()
