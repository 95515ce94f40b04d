"""The daemon as a whole: how it begins, how it lives through a store in trouble, and that it ends what it began."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
import structlog

from crawler.store import opening
from tests.daemon.bench import World


def test_few_new_sources_are_read_at_once_and_many_one_a_second(tmp_path):
    few, many = World(tmp_path / "few", hosts=100), World(tmp_path / "many", hosts=150)

    async def story(world):
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            at_once = len(world.asked)
            await world.run(daemon, hours=0.1)
            return at_once

    assert asyncio.run(story(few)) == 100
    assert asyncio.run(story(many)) < 20
    assert len(many.asked) == 150
    first = sorted(times[0] for times in many.asked.values())
    assert first[75] - first[0] > 40


def test_after_a_long_stop_what_is_due_is_spread(tmp_path):
    world = World(tmp_path, hosts=120)

    async def story(hours):
        async with world.running() as daemon:
            await world.run(daemon, hours=hours)

    asyncio.run(story(0.3))
    world.clock.advance(hours=8)
    begun = world.steady()
    asyncio.run(story(0.3))
    seconds = [next(time for time in times if time > begun) - begun for times in world.asked.values()]
    assert len(seconds) == 120
    assert sum(second <= 30 for second in seconds) < 60
    assert max(seconds) <= 120 + 30


def test_a_short_stop_changes_nothing_about_when_what_is_due(tmp_path):
    world = World(tmp_path, hosts=5)

    async def story(hours):
        async with world.running() as daemon:
            await world.run(daemon, hours=hours)

    asyncio.run(story(0.4))
    due = world.rows("SELECT id, next_poll_at FROM endpoints ORDER BY id")
    asyncio.run(story(0.01))
    assert world.rows("SELECT id, next_poll_at FROM endpoints ORDER BY id") == due


@pytest.fixture
def short_waits(monkeypatch):
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.1)


def test_a_store_that_is_locked_pauses_the_polls_and_they_go_on_by_themselves(tmp_path, short_waits):
    world = World(tmp_path, hosts=3)

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=0.1)
            world.clock.advance(minutes=20)
            world.sites["s000.example"].publish("While it was locked", "<p>More.</p>")
            with closing(sqlite3.connect(tmp_path / "crawler.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await world.step(daemon, minutes=20)
                asked = sum(map(len, world.asked.values()))
                word, trouble = daemon.health.word(), daemon.health.troubles["store"]
                for _ in range(5):
                    await daemon.ping()
                    await world.step(daemon, seconds=10)
                assert sum(map(len, world.asked.values())) == asked, "it asks sites although it can keep nothing"
                assert daemon.health.advances(), "it answers, so it is not to be killed"
                other.execute("ROLLBACK")
            await daemon.ping()
            assert daemon.health.word() == "ok"
            await world.run(daemon, hours=0.6)
            return word, trouble

    with structlog.testing.capture_logs() as logs:
        word, trouble = asyncio.run(story())
    assert word == "store"
    assert "locked" in trouble
    assert [log["status"] for log in logs if log["event"] == "store"] == ["paused", "resumed"]
    assert [alert["data"]["post"]["title"] for alert in world.alerts()] == ["While it was locked"]


def test_a_mistake_of_ours_in_one_poll_costs_no_other(tmp_path, monkeypatch):
    world = World(tmp_path, hosts=3)

    async def story():
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            monkeypatch.setattr(daemon._parts.store, "known", broken(daemon._parts.store.known))
            for site in world.sites.values():
                site.publish("Next", "<p>More.</p>")
            await world.run(daemon, hours=0.3)

    def broken(known):
        def of(source_id, *rest):
            if source_id == 1:
                raise ZeroDivisionError("ours")
            return known(source_id, *rest)

        return of

    asyncio.run(story())
    assert sorted(alert["data"]["source"]["name"] for alert in world.alerts()) == ["s001.example", "s002.example"]
    assert "mistake in crawler" in world.one("SELECT last_error FROM sources WHERE id = 1")


def test_the_end_waits_for_a_poll_under_way_but_not_for_ever(tmp_path, monkeypatch):
    world = World(tmp_path, hosts=2)
    monkeypatch.setattr("crawler.daemon.daemon.DRAIN_SECONDS", 0.3)

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=0.1)
            world.hold.clear()
            world.clock.advance(minutes=20)
            await daemon.tick()
            await asyncio.sleep(0.05)
            begun = asyncio.get_running_loop().time()
        return asyncio.get_running_loop().time() - begun

    assert 0.2 < asyncio.run(story()) < 3
    assert world.rows("SELECT * FROM polls WHERE outcome = 'failed'") == []


def test_the_status_line_is_for_people(tmp_path):
    world = World(tmp_path, hosts=2)

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=0.1)
            return daemon._status()

    assert asyncio.run(story()).startswith("watching 2 sources")


def test_polls_of_one_host_never_overlap_with_what_a_command_asks(tmp_path):
    world = World(tmp_path, hosts=1)

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=0.1)
            asked = len(world.asked["s000.example"])
            async with daemon.hosts("s000.example"):
                await world.run(daemon, hours=1)
            assert len(world.asked["s000.example"]) == asked
            await world.step(daemon, seconds=1)
            assert len(world.asked["s000.example"]) == asked + 1

    asyncio.run(story())


def test_the_clock_of_a_machine_that_slept_is_no_standstill(tmp_path):
    world = World(tmp_path, hosts=1)

    async def story():
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            world.slept += timedelta(hours=8)
            world.clock.advance(hours=8)
            assert daemon.health.advances()
            world.clock.advance(minutes=5)
            assert not daemon.health.advances(), "nobody ticks"
            await daemon.tick()
            await daemon.ping()
            assert daemon.health.advances()

    asyncio.run(story())
