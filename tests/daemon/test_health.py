"""One word for how the daemon does, and whether the watchdog is to be fed."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from crawler.daemon.health import LIMITS, Health
from crawler.store import opening
from tests.daemon.bench import World


class Monotonic:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Monotonic()


@pytest.fixture
def health(seconds):
    """Of a daemon that has just become ready."""
    health = Health(seconds)
    health.phase("ready")
    return health


def go_on(health, seconds, *, until, without=(), step=10.0):
    """Let time pass while every part but these comes round."""
    while seconds.now < until:
        seconds.now += step
        for part in LIMITS:
            if part not in without:
                health.beat(part)


def test_it_is_ok_while_all_parts_come_round(health, seconds):
    go_on(health, seconds, until=seconds.now + 7200)
    assert health.word() == "ok"
    assert health.advances()


@pytest.mark.parametrize(("part", "limit"), LIMITS.items())
def test_a_part_that_stands_still_is_named_and_the_watchdog_gets_no_more(health, seconds, part, limit):
    begin = seconds.now
    go_on(health, seconds, until=begin + limit, without=[part])
    assert (health.word(), health.advances()) == ("ok", True)
    go_on(health, seconds, until=begin + limit + 10, without=[part])
    assert (health.word(), health.advances()) == (part, False)
    health.beat(part)
    assert (health.word(), health.advances()) == ("ok", True)


def test_each_part_is_given_less_time_than_the_service_manager_gives_all_of_them():
    assert set(LIMITS) == {"clock", "store", "delivery"}
    assert all(0 < limit <= 120 for limit in LIMITS.values())


@pytest.mark.parametrize("part", ["disk", "store"])
def test_trouble_pauses_the_polls_but_is_no_reason_to_be_killed(health, seconds, part):
    health.trouble(part, "no room on the disk")
    go_on(health, seconds, until=seconds.now + 86400)
    assert health.word() == part
    assert health.troubles == {part: "no room on the disk"}
    assert health.advances()
    assert health.is_ready
    health.trouble(part, None)
    assert health.word() == "ok"
    health.trouble(part, None)


def test_a_store_that_hangs_while_in_trouble_is_a_standstill_all_the_same(health, seconds):
    health.trouble("store", "locked")
    go_on(health, seconds, until=seconds.now + LIMITS["store"] + 10, without=["store"])
    assert (health.word(), health.advances()) == ("store", False)


@pytest.mark.parametrize("phase", ["starting", "stopping"])
def test_a_start_and_a_stop_are_no_standstill(seconds, phase):
    health = Health(seconds)
    health.phase(phase)
    seconds.now += 86400
    assert health.word() == phase
    assert health.advances()
    assert not health.is_ready


def test_what_a_long_start_took_does_not_count_against_the_parts(seconds):
    health = Health(seconds)
    seconds.now += 86400
    health.phase("ready")
    assert (health.word(), health.advances()) == ("ok", True)


@pytest.mark.parametrize("jump", [timedelta(), timedelta(hours=1)], ids=["", "and the clock is put"])
def test_a_daemon_whose_store_is_locked_for_long_is_not_killed_and_goes_on_afterwards(tmp_path, monkeypatch, jump):
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.05)
    world = World(tmp_path, 2)

    async def story():
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            with closing(sqlite3.connect(tmp_path / "crawler.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                world.wrong = jump
                for _ in range(20):
                    await world.step(daemon, seconds=10)
                    await daemon.ping()
                    assert daemon.health.advances()
                assert daemon.health.word() == "store"
                other.execute("ROLLBACK")
            await daemon.ping()
            assert daemon.health.word() == "ok"
            await world.step(daemon, minutes=20)

    asyncio.run(story())
    assert world.one("SELECT min(n) FROM (SELECT sum(repeats) AS n FROM polls GROUP BY endpoint_id)") >= 2


def test_a_delivery_that_hangs_is_a_standstill_until_it_ends(tmp_path, monkeypatch):
    world, released = World(tmp_path, 1), asyncio.Event()

    async def hanging(*_):
        await released.wait()

    monkeypatch.setattr("crawler.daemon.delivering.deliver_to", hanging)

    async def story():
        async with world.running() as daemon:
            for _ in range(8):
                world.clock.advance(seconds=30)
                await daemon.tick()
                await daemon.ping()
            assert (daemon.health.word(), daemon.health.advances()) == ("delivery", False)
            released.set()
            await world.step(daemon, seconds=1)
            await world.step(daemon, seconds=1)
            assert (daemon.health.word(), daemon.health.advances()) == ("ok", True)

    asyncio.run(story())
