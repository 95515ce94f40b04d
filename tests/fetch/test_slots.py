"""Slots: hosts that hang never hold all of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from crawler.fetch.slots import Slots


class World:
    """Requests that end when they are told to, under a clock of their own."""

    def __init__(self, size):
        self.time = 0.0
        self.slots = Slots(size, slow=5.0, monotonic=lambda: self.time)
        self.held: set[str] = set()
        self.tasks: dict[str, asyncio.Task] = {}
        self.ends: dict[str, asyncio.Event] = {}

    async def _request(self, host):
        async with self.slots.slot(host):
            self.held.add(host)
            await self.ends[host].wait()
            self.held.discard(host)

    async def begin(self, *hosts):
        for host in hosts:
            self.ends[host] = asyncio.Event()
            self.tasks[host] = asyncio.create_task(self._request(host))
        for _ in range(5):
            await asyncio.sleep(0)

    async def end(self, *hosts):
        for host in hosts:
            self.ends[host].set()
        for host in hosts:
            with suppress(asyncio.CancelledError):
                await self.tasks[host]
        for _ in range(5):
            await asyncio.sleep(0)


def test_hosts_that_nobody_knows_yet_share_half_of_the_slots():
    async def story():
        world = World(4)
        await world.begin("new1", "new2", "new3")
        assert world.held == {"new1", "new2"}
        await world.end("new1", "new2")
        await world.begin("new1", "new2")
        assert world.held == {"new1", "new2", "new3"}
        await world.end("new1", "new2", "new3")

    asyncio.run(story())


def test_hosts_that_were_slow_share_half_of_the_slots():
    async def story():
        world = World(4)
        quick, slow = ["quick1", "quick2", "quick3"], ["slow1", "slow2", "slow3"]
        for host in (*quick, *slow):
            await world.begin(host)
            world.time += 30.0 if host in slow else 0.1
            await world.end(host)
        await world.begin(*slow)
        assert world.held == {"slow1", "slow2"}
        await world.begin(*quick)
        assert world.held == {"slow1", "slow2", "quick1", "quick2"}
        await world.end("quick1")
        assert "quick3" in world.held
        await world.end("quick2", "quick3", *slow)

    asyncio.run(story())


def test_a_slow_host_that_is_quick_again_is_like_the_others():
    async def story():
        world = World(2)
        for seconds in (30.0, 0.1):
            for host in ("one", "two"):
                await world.begin(host)
                world.time += seconds
                await world.end(host)
        await world.begin("one", "two")
        assert world.held == {"one", "two"}
        await world.end("one", "two")

    asyncio.run(story())


def test_even_one_slot_serves_a_slow_host():
    async def story():
        world = World(1)
        await world.begin("one")
        world.time = 30.0
        await world.end("one")
        await world.begin("one")
        assert world.held == {"one"}
        await world.end("one")

    asyncio.run(story())
