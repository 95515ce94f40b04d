"""Once a minute the store is looked after: its disk, its backups, what is too old, what hosts have asked for."""

from __future__ import annotations

import asyncio
import shutil
from collections import namedtuple
from datetime import timedelta

import pytest
import structlog

from tests.daemon.bench import World

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path, hosts=2)
    world.taking_notices()
    return world


def notices(world):
    return [alert["type"] for alert in world.alerts() if not alert["type"].startswith("post.")]


def test_too_little_room_pauses_the_polls_is_told_once_and_they_go_on(world, monkeypatch):
    free = [10**9]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**10, 0, free[0]))
    words = []

    async def story():
        async with world.running() as daemon:
            for room in (10**9, 10**6, 10**6, 80 * 2**20, 10**9, 10**6):
                free[0] = room
                asked = sum(map(len, world.asked.values()))
                await daemon.look_after()
                await world.run(daemon, hours=0.5)
                words.append((daemon.health.word(), sum(map(len, world.asked.values())) > asked))
            assert "disk is full" in daemon._status()

    with structlog.testing.capture_logs() as logs:
        asyncio.run(story())
    full, fine = ("disk", False), ("ok", True)
    assert words == [fine, full, full, full, fine, full]
    assert notices(world) == ["program.disk_full", "program.disk_full"]
    assert [log["status"] for log in logs if log["event"] == "disk"] == ["full", "fine again", "full"]


def test_backups_are_made_when_they_are_due_and_a_restart_neither_skips_nor_repeats_one(world):
    world.write(more="backup: {to: backups, every: 6h, keep: 2}\n")
    made = []

    async def story(hours):
        async with world.running() as daemon:
            for _ in range(hours):
                await world.run(daemon, hours=1, step=600)
                await daemon.look_after()
                await daemon.idle()
                made.append(sorted(path.name for path in (world.folder / "backups").iterdir()))

    asyncio.run(story(2))
    asyncio.run(story(12))
    names = {name for listing in made for name in listing}
    assert len(names) == 3
    assert max(map(len, made)) == 2
    assert made[0] == made[5]


def test_what_is_too_old_goes_once_a_day(world):
    world.write(more="retention: {polls: 1d}\n")

    async def story():
        async with world.running() as daemon:
            for _ in range(4):
                world.sites["s000.example"].publish(f"Each day {world.clock()}", "<p>Text.</p>")
                await world.run(daemon, hours=24, step=900)
                await daemon.look_after()
                await daemon.idle()

    with structlog.testing.capture_logs() as logs:
        asyncio.run(story())
    pruned = [log["polls"] for log in logs if log["event"] == "prune"]
    assert len(pruned) == 4
    assert sum(pruned) > 0
    oldest = world.one("SELECT min(last_at) FROM polls")
    assert oldest >= f"{world.clock() - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    # what the first reading found is no change
    assert world.one("SELECT count(*) FROM changes") == 3


def test_what_hosts_asked_for_survives_a_kill(world):
    async def story():
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            daemon._parts.lines.hold("s000.example", 3600)
            await daemon.look_after()
            return world.rows("SELECT host FROM hosts")

    assert asyncio.run(story()) == [{"host": "s000.example"}]
