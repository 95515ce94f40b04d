"""The config is read again: all of it is swapped, or nothing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing

import pytest
import structlog

from crawler.alert import JsonlSink
from tests.daemon.bench import World
from tests.site import Site


@pytest.fixture
def world(tmp_path):
    return World(tmp_path, hosts=5)


def names(world):
    return [f"s{number:03}.example" for number in range(world)]


def states(world):
    return {row["name"]: row["state"] for row in world.rows("SELECT name, state FROM sources")}


def run(world, *steps):
    """Start a daemon, read everything once, then let each step happen and half an hour pass."""

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=0.5)
            for step in steps:
                step()
                await daemon.reload()
                await world.run(daemon, hours=0.5)

    with structlog.testing.capture_logs() as logs:
        asyncio.run(story())
    return logs


def reloads(logs):
    return [(log["status"], log.get("error")) for log in logs if log["event"] == "reload"]


def test_sources_are_added_and_removed(world):
    world.sites["new.example"] = Site(clock=world.clock, url="https://new.example")
    world.sites["new.example"].publish("Here", "<p>Text.</p>")
    wanted = [*names(4), "new.example"]
    logs = run(world, lambda: world.write(wanted))
    assert reloads(logs) == [("done", None)]
    assert states(world) == {**dict.fromkeys(wanted, "active"), "s004.example": "removed"}
    assert world.one("SELECT count(*) FROM posts p JOIN sources s ON s.id = source_id WHERE name = 'new.example'") == 1
    last = world.asked["s004.example"][-1]
    assert last <= 1800 + 30 < world.asked["s000.example"][-1]


def test_a_renamed_source_and_a_moved_one_keep_their_history(world):
    def rename_and_move():
        text = (world.folder / "config.yaml").read_text()
        text = text.replace("name: s000.example,", "name: renamed,")
        text = text.replace("'https://s001.example/feed/'", "'https://s001.example/feed/?moved'")
        (world.folder / "config.yaml").write_text(text)

    logs = run(world, rename_and_move)
    assert reloads(logs) == [("done", None)]
    assert set(states(world)) == {"renamed", *names(5)[1:]}
    assert world.one("SELECT count(*) FROM posts") == 5
    assert world.one("SELECT url FROM sources WHERE name = 's001.example'").endswith("?moved")
    assert world.alerts() == []


def test_a_shorter_interval_holds_at_once(world):
    before = {}

    def shorter():
        before.update({host: len(times) for host, times in world.asked.items()})
        world.write(every="5m")

    run(world, shorter)
    for host, times in world.asked.items():
        assert 5 <= len(times) - before[host] <= 7


def test_new_sinks_and_routes_hold_from_then_on(world):
    def other_sink():
        text = (world.folder / "config.yaml").read_text().replace("path: alerts.jsonl", "path: other.jsonl")
        (world.folder / "config.yaml").write_text(text)
        world.clock.advance(seconds=60)
        world.sites["s000.example"].publish("Later", "<p>More.</p>")

    run(world, other_sink)
    assert world.alerts() == []
    assert "Later" in (world.folder / "other.jsonl").read_text()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text: text.replace("every: 15m", "evry: 15m", 1), "evry"),
        (lambda text: text + "  - {url: 'nonsense'}\n", "url"),
        (lambda text: "sources: [", "config.yaml"),
        (lambda text: text.replace("store: crawler.db", "store: elsewhere.db"), "needs a restart"),
        (lambda text: "\n".join(text.splitlines()[:-3]) + "\n", "3 of 5 sources would be given up"),
    ],
    ids=["unknown key", "bad url", "no yaml", "another store", "most sources gone"],
)
def test_a_bad_config_is_reported_and_the_old_one_stays(world, spoil, told):
    def write_bad():
        path = world.folder / "config.yaml"
        path.write_text(spoil(path.read_text()))

    logs = run(world, write_bad)
    refused = [error for status, error in reloads(logs) if status == "refused"]
    assert refused
    assert any(told in error for error in refused), refused
    assert states(world) == dict.fromkeys(names(5), "active")
    assert any("the new config was refused" in line for line in world.statuses)
    for times in world.asked.values():
        assert times[-1] > 2400, "it is polled no longer"


def test_a_config_that_is_gone_is_reported_and_the_old_one_stays(world):
    logs = run(world, (world.folder / "config.yaml").unlink)
    assert [status for status, _ in reloads(logs)] == ["refused"]
    assert states(world) == dict.fromkeys(names(5), "active")


def test_half_of_the_sources_may_go(tmp_path):
    world = World(tmp_path, hosts=4)
    assert reloads(run(world, lambda: world.write(names(2)))) == [("done", None)]
    assert sorted(states(world).values()) == ["active", "active", "removed", "removed"]


def test_what_a_poll_finds_for_a_source_that_has_left_meanwhile_is_not_written(world):
    """The poll under way goes on with the old Watch, whose connections stay open for it."""
    release = asyncio.Event()

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=0.5)
            world.clock.advance(seconds=60)
            world.sites["s000.example"].publish("Too late", "<p>More.</p>")
            world.sites["s001.example"].publish("In time", "<p>More.</p>")
            world.hold = release
            for _ in range(40):
                world.clock.advance(seconds=30)
                await daemon.tick()
            assert daemon._polling.tasks
            world.write(names(5)[1:])
            await daemon.reload()
            release.set()
            await daemon.idle()
            await world.step(daemon, seconds=1)

    asyncio.run(story())
    assert [alert["data"]["post"]["title"] for alert in world.alerts()] == ["In time"]
    assert states(world)["s000.example"] == "removed"


def test_a_poll_that_begins_while_the_store_takes_the_new_config_keeps_its_connections(world):
    release = asyncio.Event()

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=0.5)
            with closing(sqlite3.connect(world.folder / "crawler.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                world.opened.clear()
                reload = asyncio.create_task(daemon.reload())
                await world.opened.wait()
                world.hold = release
                world.clock.advance(minutes=20)
                await daemon.tick()
                assert len(daemon._polling.tasks) == 5
                other.execute("ROLLBACK")
            await reload
            release.set()
            await daemon.idle()

    asyncio.run(story())
    assert world.rows("SELECT * FROM sources WHERE failures OR last_error IS NOT NULL") == []


def test_a_config_that_does_not_come_to_an_end_is_refused_and_the_next_one_is_read(world, monkeypatch):
    monkeypatch.setattr("crawler.daemon.daemon.READ_SECONDS", 0.2)

    def pipe():
        (world.folder / "config.yaml").unlink()
        os.mkfifo(world.folder / "config.yaml")

    def file_again():
        (world.folder / "config.yaml").unlink()
        world.write(names(4))

    refused, done = reloads(run(world, pipe, file_again))
    assert refused[0] == "refused"
    assert "could not be read within 0.2 s" in refused[1]
    assert done == ("done", None)
    assert sorted(states(world).values()) == ["active"] * 4 + ["removed"]


def test_a_mistake_of_ours_in_a_reload_leaves_the_old_config_and_nobody_waiting(world, monkeypatch):
    def broken():
        monkeypatch.setattr("crawler.watch.ConfiguredSource", None)

    logs = run(world, broken)
    assert [log["status"] for log in logs if log["event"] == "reload"] == ["failed"]
    assert "the new config was refused" in world.statuses[-1]
    for times in world.asked.values():
        assert times[-1] > 2400, "it is polled no longer"


@pytest.mark.parametrize("change", ["another address", "no sink"])
def test_of_what_waits_no_more_than_the_alert_under_way_goes_to_a_sink_as_it_was(world, monkeypatch, change):
    begun, go_on = asyncio.Event(), asyncio.Event()
    send = JsonlSink.send

    async def slow(sink, payload):
        begun.set()
        await go_on.wait()
        return await send(sink, payload)

    monkeypatch.setattr(JsonlSink, "send", slow)
    path = world.folder / "config.yaml"

    async def story():
        async with world.running() as daemon:
            await world.run(daemon, hours=0.5)
            for number in range(9):
                world.sites["s000.example"].publish(f"News {number}", "<p>Text.</p>")
            world.clock.advance(minutes=20)
            await daemon.tick()
            await begun.wait()
            lines = path.read_text().splitlines(keepends=True)
            (place,) = [number for number, line in enumerate(lines) if "type: jsonl" in line]
            text = lines[place].replace("alerts.jsonl", "other.jsonl")
            lines[place] = text if change == "another address" else text.replace("name: log", "name: other")
            path.write_text("".join(lines))
            await daemon.reload()
            go_on.set()
            await daemon.idle()
            await world.step(daemon, seconds=1)

    asyncio.run(story())
    assert len(world.alerts()) == 1
    there = world.folder / "other.jsonl"
    states = world.rows("SELECT state, count(*) AS n FROM alerts GROUP BY state ORDER BY state")
    if change == "another address":
        assert len(there.read_text().splitlines()) == 8
        assert states == [{"state": "delivered", "n": 9}]
    else:
        assert states == [{"state": "cancelled", "n": 8}, {"state": "delivered", "n": 1}]
