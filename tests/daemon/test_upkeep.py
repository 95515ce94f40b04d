"""The daemon's backups, retention and room on the disk, with every time as a parameter."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.config import load
from crawler.daemon import upkeep
from crawler.daemon.upkeep import back_up, free_space, newest_backup, next_backup_at, prune_daily
from crawler.errors import StoreError, StoreRefused, StoreUnavailable
from crawler.model import Retained
from crawler.store import SqliteStore
from crawler.store.verifying import verify

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SINKS = ("log",)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("store: crawler.db\nbackup: {to: backups, every: 24h, keep: 3}\nsources: []\n")
    return load(path, env={})


@pytest.fixture
def store(config):
    with SqliteStore(config.store) as store:
        yield store


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def made(store, config, at=NOW):
    return asyncio.run(back_up(store, config.backup, at, SINKS))


def notices(config):
    with closing(sqlite3.connect(config.store)) as connection:
        sql = "SELECT n.kind, a.sink, n.text FROM notices n JOIN alerts a ON a.notice_id = n.id ORDER BY n.at"
        return connection.execute(sql).fetchall()


# backups


def test_a_backup_is_named_by_store_and_time_and_is_whole(store, config, folder):
    path = made(store, config)
    assert path == folder / "crawler-20261123T120000Z.db"
    assert verify(path).findings == ()
    assert newest_backup(config) == NOW
    assert notices(config) == []


def test_the_newest_are_kept_and_nothing_else_is_touched(store, config, folder):
    folder.mkdir()
    foreign = [
        "crawler.db",
        "crawler-20200101T000000Z.db.gz",
        "crawler-20200101.db",
        "crawler-20209999T000000Z.db",
        "other-20200101T000000Z.db",
        "crawler-monday.db",
    ]
    for name in foreign:
        (folder / name).write_text("not ours")
    (folder / "crawler-20200101T000000Z.db").mkdir()
    (folder / "crawler-20200102T000000Z.db").symlink_to(folder / "crawler.db")
    before = names(folder)
    for day in range(5):
        assert made(store, config, NOW + day * DAY)
    ours = [f"crawler-202611{day}T120000Z.db" for day in (25, 26, 27)]
    assert names(folder) == sorted([*before, *ours])
    assert (folder / "crawler.db").read_text() == "not ours"


def test_one_from_the_future_does_not_cost_the_new_one_its_life(store, config, folder):
    folder.mkdir()
    (folder / "crawler-20990101T000000Z.db").write_text("made while the clock was wrong")
    config = replace(config, backup=replace(config.backup, keep=1))
    assert made(store, config)
    assert names(folder) == ["crawler-20261123T120000Z.db"]


def test_what_a_killed_backup_left_does_not_pile_up(store, config, folder):
    folder.mkdir()
    (folder / "crawler.db.new").write_bytes(b"half" * 1000)
    made(store, config)
    assert names(folder) == ["crawler-20261123T120000Z.db"]


def no_room(monkeypatch, folder):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1_000_000))


def no_folder(monkeypatch, folder):
    folder.write_text("a file is in the way")


def no_permission(monkeypatch, folder):
    def refuse(path, *_args, **_more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(folder), "iterdir", refuse)
    monkeypatch.setattr(type(folder), "mkdir", refuse)


@pytest.mark.parametrize("trouble", [no_room, no_folder, no_permission])
def test_a_backup_that_fails_is_told_once_until_there_is_a_new_one(store, config, folder, monkeypatch, trouble):
    with monkeypatch.context() as patched:
        trouble(patched, folder)
        for hour in range(3):
            assert made(store, config, NOW + hour * HOUR) is None
        ((kind, sink, text),) = notices(config)
    assert (kind, sink) == ("backup_failed", "log")
    assert "No backup of " in text
    assert "there is none yet" in text
    if folder.is_file():
        folder.unlink()
    assert made(store, config, NOW + 3 * HOUR)
    with monkeypatch.context() as patched:
        no_room(patched, folder)
        for hour in range(27, 30):
            assert made(store, config, NOW + hour * HOUR) is None
    assert len(notices(config)) == 2
    assert "the last good one is of 2026-11-23 15:00 UTC" in notices(config)[1][2]
    assert names(folder) == ["crawler-20261123T150000Z.db"]


def test_a_backup_blocks_neither_the_loop_nor_the_writer(store, config, monkeypatch):
    go_on = threading.Event()
    copy = upkeep.copy_store

    def slow(*args, **more):
        assert go_on.wait(20)
        return copy(*args, **more)

    monkeypatch.setattr(upkeep, "copy_store", slow)

    async def both():
        backup = asyncio.ensure_future(back_up(store, config.backup, NOW, SINKS))
        await store.keep_lines({"a.example": NOW})
        assert not backup.done()
        go_on.set()
        return await backup

    assert asyncio.run(both())


def test_a_backup_that_is_cancelled_ends_at_once_and_leaves_nothing(store, config, folder, monkeypatch):
    monkeypatch.setattr("crawler.store.copying.STEPS", 10)
    begun = threading.Event()
    watching = "crawler.store.copying._watching"

    def watched(_unfinished, _size, _report, stop):
        def look():
            begun.set()
            stop.__self__.wait(20)
            return stop()

        return look

    monkeypatch.setattr(watching, watched)

    async def cancelled():
        backup = asyncio.ensure_future(back_up(store, config.backup, NOW, SINKS))
        assert await asyncio.to_thread(begun.wait, 10)
        backup.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(backup, 10)

    asyncio.run(cancelled())
    assert names(folder) == []
    assert notices(config) == []


@pytest.mark.parametrize(
    ("made_at", "failed_at", "due"),
    [
        pytest.param(None, None, NOW, id="none yet"),
        pytest.param(NOW - 23 * HOUR, None, NOW + HOUR, id="by the file, whenever the daemon was started"),
        pytest.param(NOW - 3 * DAY, None, NOW - 2 * DAY, id="overdue"),
        pytest.param(NOW + DAY, None, NOW, id="made while the clock was wrong"),
        pytest.param(None, NOW - HOUR / 2, NOW + HOUR / 2, id="failed: again within the hour"),
        pytest.param(NOW - 3 * DAY, NOW - HOUR / 2, NOW + HOUR / 2, id="overdue and failed"),
        pytest.param(NOW - 3 * DAY, NOW - 2 * HOUR, NOW - HOUR, id="failed long ago"),
        pytest.param(NOW - 23 * HOUR, NOW - HOUR / 2, NOW + HOUR, id="failed before the newest was made"),
        pytest.param(None, NOW + DAY, NOW, id="failed while the clock was wrong"),
    ],
)
def test_when_the_next_backup_is_due(made_at, failed_at, due):
    assert next_backup_at(made_at, DAY, NOW, failed_at=failed_at) == due


def test_a_failed_backup_waits_no_longer_than_the_next_one_would():
    assert next_backup_at(None, HOUR / 6, NOW, failed_at=NOW) == NOW + HOUR / 6


def test_the_newest_backup_until_now_leaves_out_those_from_the_future(config, folder):
    assert newest_backup(config) is None
    folder.mkdir()
    for name in ("crawler-20261120T000000Z.db", "crawler-20990101T000000Z.db"):
        (folder / name).write_text("")
    assert newest_backup(config).year == 2099
    assert newest_backup(config, until=NOW) == datetime(2026, 11, 20, tzinfo=UTC)
    assert newest_backup(replace(config, backup=None)) is None


# retention


@pytest.mark.parametrize(
    ("last", "pruned"),
    [(None, True), (NOW - HOUR, False), (NOW - DAY, True), (NOW + HOUR, False), (NOW + 9 * DAY, True)],
)
def test_pruning_is_done_once_a_day_whatever_the_clock_does(store, last, pruned):
    done = asyncio.run(prune_daily(store, Retained(polls=DAY), NOW, last))
    assert done == (NOW if pruned else last)


class Failing:
    def __init__(self, error):
        self.error = error

    async def prune(self, _kept, _now):
        raise self.error


def test_a_prune_that_fails_is_tried_again_a_day_later():
    assert asyncio.run(prune_daily(Failing(StoreError("no")), Retained(), NOW, None)) == NOW


@pytest.mark.parametrize("error", [StoreUnavailable("full"), StoreRefused("gone")])
def test_what_ails_the_whole_store_is_passed_on(error):
    with pytest.raises(type(error)):
        asyncio.run(prune_daily(Failing(error), Retained(), NOW, None))


# room


@pytest.mark.parametrize(
    ("free", "was_full", "is_full"),
    [(63, False, True), (65, False, False), (65, True, True), (95, True, True), (97, True, False)],
)
def test_polling_pauses_under_64_mib_and_goes_on_a_little_above(tmp_path, monkeypatch, free, was_full, is_full):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=free * 1024 * 1024))
    space = free_space(tmp_path / "crawler.db", was_full=was_full)
    assert space == (free * 1024 * 1024, is_full)
    assert f"{free * 1.048576:.0f} MB are free" in upkeep.full_text(tmp_path / "crawler.db", space)
