"""The writer thread: what shares a transaction, and what a wait that is given up means."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing, contextmanager

import pytest

from crawler.errors import StoreUnavailable
from crawler.store.opening import open_writer
from crawler.store.writer import GROUP, Writer


@pytest.fixture
def connection(tmp_path):
    with closing(open_writer(tmp_path / "crawler.db")) as connection:
        yield connection


@contextmanager
def writing(connection, tmp_path):
    writer = Writer(connection, tmp_path / "crawler.db")
    try:
        yield writer
    finally:
        writer.stop()


def put(key):
    return lambda db: db.execute("INSERT INTO meta (key, value) VALUES (?, '')", (key,))


def keys(connection):
    return {row["key"] for row in connection.execute("SELECT key FROM meta WHERE value = ''")}


async def held_up(writer, *writes):
    """Have these writes become ready while the thread is busy with another."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(db):
        begun.set()
        assert go_on.wait(10)

    first = asyncio.ensure_future(writer.write(hold))
    await asyncio.to_thread(begun.wait, 10)
    tasks = [asyncio.ensure_future(writer.write(write)) for write in writes]
    await asyncio.sleep(0)
    return first, tasks, go_on


def test_what_is_ready_together_shares_transactions(connection, tmp_path):
    commits = []

    async def check(writer):
        first, tasks, go_on = await held_up(writer, *(put(f"k{number}") for number in range(2 * GROUP)))
        connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
        go_on.set()
        await asyncio.gather(first, *tasks)

    with writing(connection, tmp_path) as writer:
        asyncio.run(check(writer))
        assert len(keys(connection)) == 2 * GROUP
    assert len(commits) == 3  # that of the one who held it up, and two groups


def test_a_write_whose_waiter_gave_up_is_done_all_the_same(connection, tmp_path):
    async def check(writer):
        first, (task, other), go_on = await held_up(writer, put("given up"), put("waited for"))
        task.cancel()
        go_on.set()
        await asyncio.gather(first, other)
        assert task.cancelled()

    with writing(connection, tmp_path) as writer:
        asyncio.run(check(writer))
        assert keys(connection) == {"given up", "waited for"}


def test_a_write_that_fails_tells_its_own_waiter_only(connection, tmp_path):
    async def check(writer):
        first, tasks, go_on = await held_up(writer, put("one"), put("one"), put("two"))
        go_on.set()
        await first
        return await asyncio.gather(*tasks, return_exceptions=True)

    with writing(connection, tmp_path) as writer:
        good, bad, other = asyncio.run(check(writer))
        assert keys(connection) == {"one", "two"}
    assert not isinstance(good, Exception)
    assert "UNIQUE" in str(bad)
    assert not isinstance(other, Exception)


def test_the_loop_may_be_gone_before_the_write_is_done(connection, tmp_path):
    with writing(connection, tmp_path) as writer:

        async def leave():
            _, _, go_on = await held_up(writer, put("left behind"))
            return go_on

        with asyncio.Runner() as runner:
            go_on = runner.run(leave())
        go_on.set()
    assert keys(connection) == {"left behind"}


def test_an_end_waits_for_a_locked_store_once(connection, tmp_path):
    connection.execute("PRAGMA busy_timeout = 300")

    async def seconds(writer):
        tasks = [asyncio.ensure_future(writer.write(put(f"k{number}"))) for number in range(20 * GROUP)]
        await asyncio.sleep(0)
        begun = time.monotonic()
        await asyncio.to_thread(writer.stop)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
        return time.monotonic() - begun

    with closing(sqlite3.connect(tmp_path / "crawler.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert asyncio.run(seconds(Writer(connection, tmp_path / "crawler.db"))) < 3
