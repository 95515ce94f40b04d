"""A day of a hundred sources in some seconds: what is stored, opened and used is what it should be at the end."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from pathlib import Path

import pytest
import structlog

from tests.daemon.bench import World
from tests.site import Fault

pytestmark = pytest.mark.process

HOSTS = 100
#: In a day every 15 minutes, of which each is late by half a step on average.
FEWEST, MOST = 89, 98


def usage(world):
    """Open descriptors, threads, and resident memory in MiB."""
    for site in world.sites.values():
        site.requests.clear()
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len(os.listdir("/proc/self/fd")), threading.active_count(), pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """The world after its day, and what was used after twelve hours and at the end."""
    world = World(tmp_path_factory.mktemp("day"), hosts=HOSTS)
    used = []

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=6, step=60)
            for number in range(10):
                world.sites[f"s{number:03}.example"].edit(1, title=f"Edited {number}")
            world.sites["s050.example"].fail("*", Fault(status=503), times=None)
            await world.run(daemon, hours=3, step=60)
            world.sites["s050.example"].heal()
            # By now all that this day needs has been loaded once.
            await world.run(daemon, hours=3, step=60)
            used.append(usage(world))
            await world.run(daemon, hours=12, step=60)
            used.append(usage(world))

    before = structlog.get_config()
    structlog.configure(processors=[no_log])  # pytest would keep all of it
    try:
        asyncio.run(story())
    finally:
        structlog.configure(**before)
    return world, used


def no_log(*_):
    raise structlog.DropEvent


def test_every_source_was_polled_as_often_as_it_should(day):
    world, _ = day
    counts = {host: len(times) for host, times in world.asked.items() if host != "s050.example"}
    assert len(counts) == HOSTS - 1
    assert FEWEST <= min(counts.values()) <= max(counts.values()) <= MOST + 2


def test_quiet_polls_are_one_row(day):
    world, _ = day
    rows = world.rows(
        "SELECT s.name, count(*) AS n, sum(repeats) AS polls FROM polls p JOIN endpoints e"
        " ON e.id = p.endpoint_id JOIN sources s ON s.id = e.source_id GROUP BY s.id ORDER BY s.name"
    )
    quiet = rows[10:50] + rows[51:]
    # the first reading, the polls before validators can be trusted, and all the others
    assert max(row["n"] for row in quiet) <= 3
    assert min(row["polls"] for row in quiet) >= FEWEST
    assert max(row["n"] for row in rows[:10]) <= 6
    assert 4 <= rows[50]["n"] <= 20


def test_edits_are_told_once_and_nothing_else(day):
    world, _ = day
    titles = sorted(alert["data"]["post"]["title"] for alert in world.alerts())
    assert titles == [f"Edited {number}" for number in range(10)]
    assert world.rows("SELECT state, count(*) AS n FROM alerts GROUP BY state") == [{"state": "delivered", "n": 10}]


def test_coverage_has_one_span_a_source_and_a_gap_where_it_failed(day):
    world, _ = day
    spans = world.rows(
        "SELECT s.name, c.from_at, c.to_at, c.end_reason FROM coverage_spans c JOIN sources s"
        " ON s.id = c.source_id WHERE c.sees = 'new' ORDER BY s.name, c.from_at"
    )
    whole = [span for span in spans if span["name"] != "s050.example"]
    assert len(whole) == HOSTS - 1
    assert all(span["end_reason"] is None for span in whole)
    last = (world.clock()).strftime("%Y-%m-%dT%H")
    assert all(span["to_at"] >= last[:11] for span in whole)
    assert [span["end_reason"] for span in spans if span["name"] == "s050.example"] == ["failing", None]


def test_the_store_has_not_grown_with_polls(day):
    world, _ = day
    assert world.one("PRAGMA integrity_check") == "ok"
    assert world.one("SELECT count(*) FROM posts") == HOSTS
    assert world.one("SELECT count(*) FROM revisions") == HOSTS + 10
    assert (world.folder / "crawler.db").stat().st_size < 2 * 2**20
    # SQLite checkpoints each thousand pages of 4 KiB.
    assert sum(path.stat().st_size for path in world.folder.glob("crawler.db-wal")) < 6 * 2**20


def test_descriptors_threads_and_memory_are_as_at_noon(day):
    _, ((early_files, early_threads, early_memory), (files, threads, memory)) = day
    assert files == early_files
    assert threads == early_threads
    assert memory < early_memory * 1.05
