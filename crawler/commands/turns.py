"""Turns: one poll of a host and one delivery to a Sink at a time, whoever begins them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """`async with turns("example.org"):` waits until nobody else has the turn of that name, and holds it.

    The daemon asks `name in turns` before it begins something of its own, and never waits.
    """

    def __init__(self) -> None:
        self._held: dict[str, asyncio.Event] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._held

    @asynccontextmanager
    async def __call__(self, name: str) -> AsyncIterator[None]:
        while (other := self._held.get(name)) is not None:
            await other.wait()
        self._held[name] = ended = asyncio.Event()
        try:
            yield
        finally:
            del self._held[name]
            ended.set()
