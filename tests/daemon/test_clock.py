"""Whatever the clock of the machine does: polls neither stop nor burst."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import apscheduler.schedulers.base
import pytest
import structlog

from crawler.cli.compose import equipped
from crawler.daemon import Daemon
from crawler.daemon.clocks import Clocks
from crawler.daemon.timing import Timing
from crawler.fetch import HostLines
from crawler.store import SqliteStore
from crawler.watch import Opened
from tests.daemon.bench import World

HOUR = timedelta(hours=1)
#: seconds: 15 minutes and the jitter of ten per cent
LONGEST, SHORTEST = 15 * 60 * 1.1, 15 * 60 * 0.9
STEP = 30


def back_an_hour(world):
    world.wrong -= HOUR


def on_an_hour(world):
    world.wrong += HOUR


def to_1970(world):
    world.wrong = datetime(1970, 1, 1, tzinfo=UTC) - world.clock()


def ten_years_on(world):
    world.wrong = timedelta(days=3650)


def eight_hours_of_sleep(world):
    world.clock.advance(hours=8)
    world.slept += timedelta(hours=8)


JUMPS = [back_an_hour, on_an_hour, to_1970, ten_years_on, eight_hours_of_sleep]


def gaps(times):
    return [later - earlier for earlier, later in pairwise(times)]


@pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: jump.__name__)
def test_polls_neither_stop_nor_burst(tmp_path, jump):
    world = World(tmp_path, hosts=20)

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=1)
            jump(world)
            await world.run(daemon, hours=1)
            world.wrong = timedelta()  # somebody puts it right
            await world.run(daemon, hours=1)

    asyncio.run(story())
    for host, times in world.asked.items():
        # The first poll is discovery, which asks too; the look that follows it comes 15 minutes later.
        # After a jump a sweep may come with a poll: it is no look of its own.
        looks = sorted({time for time in times if time > 60})
        assert max(gaps(looks)) <= LONGEST + STEP, host
        assert min(gaps(looks)) >= SHORTEST - STEP - 1, host
        assert 10 <= len(looks) <= 14, host
    after = [time for times in world.asked.values() for time in set(times) if time > 60]
    busiest = max(after.count(time) for time in after)
    assert busiest <= 14, "they all come at once"


def test_jumps_are_written_down_and_what_was_stored_meanwhile_is_flagged(tmp_path, caplog):
    world = World(tmp_path, hosts=2)

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=0.5)
            to_1970(world)
            await world.run(daemon, hours=0.5)
            world.wrong = timedelta()
            await world.run(daemon, hours=0.5)

    asyncio.run(story())
    jumps = world.rows("SELECT from_at, to_at FROM clock_jumps ORDER BY id")
    assert [(jump["from_at"][:4], jump["to_at"][:4]) for jump in jumps] == [("2026", "1970"), ("1970", "2026")]
    impossible = world.rows("SELECT error FROM polls WHERE last_at < '2000'")
    assert impossible
    assert all("clock" in row["error"] for row in impossible)
    assert not world.rows("SELECT 1 FROM polls WHERE started_at > '2000' AND error IS NOT NULL")


@pytest.mark.parametrize("jump", [back_an_hour, on_an_hour], ids=lambda jump: jump.__name__)
def test_the_peace_that_a_host_asked_for_keeps_its_length(tmp_path, jump):
    world = World(tmp_path, hosts=1)

    async def story():
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            daemon._parts.lines.hold("s000.example", 1800)
            jump(world)
            await world.step(daemon, seconds=30)
            return daemon._parts.lines.held_for("s000.example")

    assert asyncio.run(story()) == pytest.approx(1770, abs=2)


def test_a_poll_that_ends_while_the_clock_is_put_back_is_not_its_sources_last(tmp_path, monkeypatch):
    """By the wrong clock it has decided when the next one is due, and writes that when the clock is right again."""
    world = World(tmp_path, hosts=2)
    ten_years_on(world)
    commit, released = SqliteStore.commit, asyncio.Event()

    async def late(store, plan):
        await released.wait()
        return await commit(store, plan)

    monkeypatch.setattr(SqliteStore, "commit", late)

    async def story():
        async with world.running() as daemon:
            released.set()
            await world.run(daemon, hours=0.5)
            released.clear()
            world.clock.advance(minutes=20)
            await daemon.tick()
            await asyncio.sleep(0.05)
            world.wrong = timedelta()
            await daemon.tick()
            released.set()
            await daemon.idle()
            begun = world.steady()
            await world.run(daemon, hours=1)
            return begun

    with structlog.testing.capture_logs() as logs:
        begun = asyncio.run(story())
    assert min(log["ms"] for log in logs if log["event"] == "poll") >= 0
    for times in world.asked.values():
        assert 3 <= sum(time > begun for time in times) <= 5


def test_a_clock_put_back_while_nothing_ran_does_not_stop_the_polls(tmp_path):
    world = World(tmp_path, hosts=3)

    async def first():
        ten_years_on(world)
        async with world.running() as daemon:
            await world.run(daemon, hours=1)

    async def second():
        world.wrong = timedelta()
        async with world.running() as daemon:
            await world.run(daemon, hours=1)

    asyncio.run(first())
    begun = world.steady()
    asyncio.run(second())
    asyncio.run(second())
    for times in world.asked.values():
        assert 6 <= sum(time > begun for time in times) <= 12
    assert len(world.rows("SELECT 1 FROM clock_jumps")) == 1


def test_sleep_of_less_than_the_interval_and_small_steps_are_no_jumps():
    now = [datetime(2026, 11, 23, tzinfo=UTC), 0.0]
    clocks = Clocks(lambda: now[0], lambda: now[1])
    now[0] += timedelta(hours=5)
    now[1] += 5 * 3600 - 4
    assert clocks.jump() is None
    now[0] -= timedelta(seconds=60)
    jump = clocks.jump()
    assert jump is not None
    assert jump.step == timedelta(seconds=-60)
    assert clocks.jump() is None


def test_a_change_of_summer_time_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Paris")
    world = World(tmp_path, hosts=1)
    world.clock.now = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    world.begin = world.clock()

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=3)

    asyncio.run(story())
    assert not world.rows("SELECT 1 FROM clock_jumps")
    (times,) = world.asked.values()
    assert max(gaps([time for time in times if time > 60])) <= LONGEST + STEP


@pytest.fixture
def offset(monkeypatch):
    """What the clock that the scheduler goes by is wrong by."""
    found = [timedelta()]

    class Put(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + found[0]

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Put)
    monkeypatch.setattr("crawler.daemon.timing.datetime", Put)
    return found


def test_the_scheduler_ticks_on_although_its_clock_is_put_back(offset):
    ticks = []

    async def tick():
        ticks.append(1)

    async def story():
        timing = Timing()
        timing.every(0.05, tick)
        timing.start()
        await asyncio.sleep(0.3)
        offset[0] = -HOUR
        before = len(ticks)
        await asyncio.sleep(0.3)
        stopped = len(ticks) - before
        timing.catch_up()
        await asyncio.sleep(0.3)
        timing.shutdown()
        return before, stopped, len(ticks) - before - stopped

    before, stopped, again = asyncio.run(story())
    assert before >= 2
    assert stopped <= 1, "the scheduler does not need catch_up any more"
    assert again >= 2


def test_the_daemon_notices_by_itself_that_the_scheduler_sleeps(tmp_path, monkeypatch, offset):
    monkeypatch.setattr("crawler.daemon.daemon.TICK_SECONDS", 0.05)
    config = World(tmp_path, hosts=0).load()

    async def story(store):
        ticks = asyncio.Queue()

        class Ticking(Daemon):
            async def tick(self):
                ticks.put_nowait(None)
                await super().tick()

        async def ticked(times):
            async with asyncio.timeout(10):
                for _ in range(times):
                    await ticks.get()

        parts = Opened(store=store, run=None, lines=HostLines())
        daemon = Ticking(
            parts,
            lambda config: equipped(parts, config, lambda *_: None),
            lambda: config,
            wall=lambda: datetime.now(UTC) + offset[0],
        )
        running = asyncio.create_task(daemon.run(config))
        await ticked(3)
        offset[0] = -HOUR
        await ticked(5)
        running.cancel()
        await daemon.end()

    with SqliteStore(config.store) as store:
        asyncio.run(story(store))
