"""Opening a store: one writer, and a file that is not ours, damaged or newer is refused and left as it was."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from crawler.errors import StoreError, StoreLocked, StoreRefused, StoreUnavailable
from crawler.store import SqliteStore
from crawler.store.opening import WriteLock, open_reader, open_writer
from crawler.store.schema import migrations
from tests.store.builders import NOW, entry


def text_file(path):
    path.write_text("these are notes, not a database\n" * 100)


def empty_file(path):
    path.write_bytes(b"")


def foreign_database(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE contacts (name TEXT)")


def newer_store(path):
    open_writer(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('crawler', 'm9999_future', '')"
        )


def damaged_store(path):
    open_writer(path).close()
    body = bytearray(path.read_bytes())
    body[100:4096] = b"\xff" * 3996
    path.write_bytes(body)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (text_file, "damaged"),
        (empty_file, "empty file"),
        (foreign_database, "another program"),
        (newer_store, "newer version"),
        (damaged_store, "damaged"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
@pytest.mark.parametrize("opener", [open_writer, open_reader], ids=["to write", "to read"])
def test_what_is_no_store_of_ours_is_refused_and_left_alone(tmp_path, make, says, opener):
    path = tmp_path / "crawler.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(StoreRefused, match=says):
        opener(path)
    assert path.read_bytes() == before


def test_reading_a_store_that_is_not_there_says_what_makes_it(tmp_path):
    with pytest.raises(StoreError, match="crawler poll"):
        open_reader(tmp_path / "crawler.db")
    assert list(tmp_path.iterdir()) == []


def test_reading_an_older_store_neither_migrates_nor_breaks_it(tmp_path):
    path = tmp_path / "crawler.db"
    open_writer(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = ?", (migrations._migrations[-1].name,))
    with pytest.raises(StoreRefused, match="older version"):
        open_reader(path)


@pytest.fixture
def older(tmp_path):
    """A store with one Change, to which a migration has yet to come."""
    path = tmp_path / "crawler.db"
    with closing(open_writer(path)) as connection:
        connection.execute("INSERT INTO sources (id, name, url, kind) VALUES (1, 'a', 'https://a/', 'feed')")
        connection.execute(
            "INSERT INTO posts (id, source_id, type, state, first_seen_at, last_seen_at)"
            " VALUES (1, 1, 'post', 'public', '', '')"
        )
        connection.execute(
            "INSERT INTO changes (id, post_id, kind, detected_at, fields, summary, diff, details)"
            " VALUES ('c_1', 1, 'edited', '2026-01-01T00:00:00Z', '[]', '', '', '[]')"
        )
    return path


@pytest.fixture
def coming():
    """A migration of a later version."""

    @migrations(name="m9000_later")
    def later(db):
        db.execute("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")

    yield "m9000_later"
    migrations._migrations.pop()


def test_a_store_with_changes_is_copied_before_it_is_migrated(older, coming):
    open_writer(older).close()
    copy = older.with_name(f"crawler.db.before-{coming}")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT id FROM changes").fetchall() == [("c_1",)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)
    with closing(open_reader(older)) as migrated:
        assert migrated.execute("SELECT count(*) FROM later").fetchone()[0] == 0


def test_without_room_for_the_copy_nothing_is_migrated(older, coming, monkeypatch):
    usage = shutil.disk_usage(older.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(StoreUnavailable, match="too little room"):
        open_writer(older)
    with closing(sqlite3.connect(older)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)


def test_a_store_that_is_up_to_date_is_not_copied(older):
    open_writer(older).close()
    assert not list(older.parent.glob("*.before-*"))


def test_a_second_writer_is_refused_with_the_pid_of_the_first(tmp_path):
    with SqliteStore(tmp_path / "crawler.db"), pytest.raises(StoreLocked) as refusal:
        SqliteStore(tmp_path / "crawler.db").__enter__()
    assert refusal.value.pid == os.getpid()
    with SqliteStore(tmp_path / "crawler.db"):
        pass


def test_a_link_to_a_store_is_no_way_round_its_lock(tmp_path):
    (tmp_path / "link.db").symlink_to("crawler.db")
    with SqliteStore(tmp_path / "link.db"), pytest.raises(StoreLocked):
        SqliteStore(tmp_path / "crawler.db").__enter__()
    assert (tmp_path / "link.db").is_symlink()
    with SqliteStore(tmp_path / "crawler.db"), pytest.raises(StoreLocked):
        SqliteStore(tmp_path / "link.db").__enter__()


def test_a_lock_that_is_a_link_empties_no_other_file(tmp_path):
    (tmp_path / "other").write_text("precious")
    (tmp_path / "crawler.db.lock").symlink_to("other")
    with pytest.raises(StoreUnavailable, match=r"crawler\.db\.lock"):
        SqliteStore(tmp_path / "crawler.db").__enter__()
    assert (tmp_path / "other").read_text() == "precious"


@pytest.mark.process
def test_the_lock_goes_with_its_process_however_that_ends(tmp_path):
    path = tmp_path / "crawler.db"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, pathlib\nfrom crawler.store.opening import WriteLock\n"
            "lock = WriteLock(pathlib.Path(sys.argv[1]))\nlock.acquire()\nprint('held', flush=True)\nsys.stdin.read()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(StoreLocked) as refusal:
        WriteLock(path).acquire()
    assert refusal.value.pid == holder.pid
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    lock = WriteLock(path)
    lock.acquire()
    lock.release()


def test_the_store_is_for_its_owner_only(tmp_path):
    open_writer(tmp_path / "crawler.db").close()
    assert (tmp_path / "crawler.db").stat().st_mode & 0o077 == 0


def test_readers_can_read_while_the_writer_is_open(tmp_path):
    with SqliteStore(tmp_path / "crawler.db"), closing(open_reader(tmp_path / "crawler.db")) as reader:
        assert reader.execute("SELECT count(*) FROM sources").fetchone()[0] == 0
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM sources")


def test_a_folder_that_cannot_be_written_says_so_and_for_whom(tmp_path):
    with pytest.raises(StoreError, match=rf"no-such-folder.* writable for the user {os.geteuid()}"):
        SqliteStore(tmp_path / "no-such-folder" / "crawler.db").__enter__()


def gone(path):
    for each in path.parent.glob("crawler.db*"):
        each.unlink()


def another(path):
    open_writer(path.with_name("other.db")).close()
    path.with_name("other.db").rename(path)


@pytest.mark.parametrize("away", [gone, another])
def test_nothing_is_written_to_a_store_that_was_removed_or_replaced(tmp_path, away):
    path = tmp_path / "crawler.db"
    with SqliteStore(path) as store:
        asyncio.run(store.sync([entry()], [], NOW))
        away(path)
        for touch in (lambda: asyncio.run(store.keep_lines({"example.org": NOW})), lambda: store.due(NOW)):
            with pytest.raises(StoreRefused, match="removed or replaced while running"):
                touch()
        assert store.lines() == {}
