"""Backup and restore killed with SIGKILL before and after every call that they make of the system.

Each runs in a child of its own, in which the calls are counted: `kill 3rd, after` is a point between two calls.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from contextlib import closing

import pytest

from crawler.model import ConfiguredSource
from crawler.store import copying
from crawler.store.copying import back_up
from crawler.store.opening import open_writer
from crawler.store.restoring import restore
from crawler.store.verifying import verify
from tests.cli.scene import record, scene

pytestmark = pytest.mark.process

CALLS = ("open", "ftruncate", "fchmod", "fsync", "rename", "link", "unlink", "fchown", "close")
MOST = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store with a history, and a backup of it."""
    folder = tmp_path_factory.mktemp("made")
    with scene(folder / "crawler.db") as story:
        story.sources(ConfiguredSource(name="site.example", url="https://site.example/", kind="auto"))
        story.discovered("site.example")
        story.baseline("site.example", "2024-03-01 10:00", *(record(n, "A title " * n) for n in range(1, 40)))
    back_up(folder / "crawler.db", folder / "good.db")
    return folder


def fresh(made, folder):
    """Both, and in the store a last write whose journal the death of its writer has left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("crawler.db", "good.db"):
        shutil.copy(made / name, folder)
    in_child(lambda: write_last(folder / "crawler.db"))
    assert (folder / "crawler.db-wal").stat().st_size
    return folder / "crawler.db", folder / "good.db"


def write_last(path):
    connection = open_writer(path)
    connection.execute("INSERT INTO meta (key, value) VALUES ('only', 'here')")
    os._exit(0)


def in_child(work):
    """Do it in a child process; returns whether that was killed."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def dying(work, number):
    """`work`, killed at the point of that number: two points a call, one before and one after it."""

    def point():
        nonlocal number
        number -= 1
        if not number:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(call):
        original = getattr(os, call)

        def counted(*args, **kwargs):
            point()
            result = original(*args, **kwargs)
            point()
            return result

        setattr(os, call, counted)

    def look():
        point()
        return False

    def run():
        for call in CALLS:
            around(call)
        # SQLite's own calls cannot be counted from here: half of a copy is what is there at each of its looks.
        copying.STEPS = 1_000
        copying._watching = lambda *_args: look
        work()

    return run


def points(made, folder, work):
    """Yields a folder for each point at which `work` was killed, until it came through."""
    for number in range(1, MOST * len(CALLS)):
        store, good = fresh(made, folder)
        if not in_child(dying(lambda store=store, good=good: work(store, good), number)):
            assert number > 20
            return
        yield store, good
    raise AssertionError("it never came through")


def has_last_write(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM meta WHERE key = 'only'").fetchone() == (1,)


def is_whole(path):
    return verify(path).findings == ()


def test_a_killed_backup_leaves_nothing_or_all_under_its_name_and_the_next_one_succeeds(made, tmp_path):
    finished = []
    for store, _ in points(made, tmp_path / "at", lambda store, _: back_up(store, store.with_name("copy.db"))):
        copy = store.with_name("copy.db")
        finished.append(copy.exists())
        if copy.exists():
            assert is_whole(copy) and has_last_write(copy)
            copy.unlink()
        back_up(store, copy)
        assert is_whole(copy) and has_last_write(copy)
        assert is_whole(store) and has_last_write(store)
        assert not list(store.parent.glob("copy.db?*"))
    assert finished == sorted(finished) and len(set(finished)) == 2


def test_a_killed_restore_leaves_the_old_store_or_the_new_one_and_loses_neither(made, tmp_path):
    replaced = []
    for store, good in points(made, tmp_path / "at", lambda store, good: restore(good, store, lambda *_: None)):
        kept = store.with_name("crawler.db.before-restore")
        assert is_whole(good)
        assert is_whole(store)
        replaced.append(not has_last_write(store))
        assert has_last_write(kept if replaced[-1] else store)
        with closing(open_writer(store)) as daemon:  # started in between, it goes on with a whole store
            daemon.execute("INSERT INTO meta (key, value) VALUES ('next', 'write')")
        assert is_whole(store)
        restore(good, store, lambda *_: None)
        assert is_whole(store) and not has_last_write(store)
        assert has_last_write(kept)
        assert not {"crawler.db-wal", "crawler.db.restoring"} & {each.name for each in store.parent.iterdir()}
    assert replaced == sorted(replaced) and len(set(replaced)) == 2
