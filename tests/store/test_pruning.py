"""Retention: what is too old goes, and nothing else; polls go on meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from crawler.errors import StoreRefused
from crawler.model import ConfiguredSource, Pruned, Retained
from crawler.store import SqliteStore, pruning
from crawler.store.verifying import verify
from tests.cli.scene import record, scene

#: `ago(days)` counts back from here.
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEPT = Retained(polls=timedelta(days=30), alerts=timedelta(days=90))


def ago(days):
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def path(tmp_path):
    """A store with one source and nothing else."""
    path = tmp_path / "crawler.db"
    with scene(path) as story:
        story.sources(ConfiguredSource(name="site.example", url="https://site.example/", kind="auto"))
        story.discovered("site.example")
    return path


def execute(path, *statements):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for statement in statements:
            connection.execute(statement)


def ids(path, table):
    with closing(sqlite3.connect(path)) as connection:
        return [found for (found,) in connection.execute(f"SELECT id FROM {table} ORDER BY id")]


def column(path, sql):
    with closing(sqlite3.connect(path)) as connection:
        return [found for (found,) in connection.execute(sql)]


def prune(path, kept, *, now=NOW):
    """What `prune` took away, which is what it had said that it would."""

    async def both():
        with SqliteStore(path) as store:
            told = await store.prune(kept, now, dry_run=True)
            return told, await store.prune(kept, now)

    told, gone = asyncio.run(both())
    assert told == gone
    assert verify(path).findings == ()
    return gone


def poll(path, number, days):
    execute(
        path,
        "INSERT INTO polls (id, endpoint_id, kind, started_at, last_at, duration_ms, outcome)"
        f" VALUES ({number}, 1, 'poll', '{ago(days + 1)}', '{ago(days)}', 1, 'unchanged')",
    )


def many(path, number):
    """So many polls, all of them too old."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO polls (endpoint_id, kind, started_at, last_at, duration_ms, outcome)"
            " VALUES (1, 'poll', ?, ?, 1, 'unchanged')",
            [(ago(40), ago(40))] * number,
        )


def change(path, number, days, *, old=None, new=None, kind="edited", poll_id=None):
    values = ", ".join("NULL" if each is None else str(each) for each in (poll_id, old, new))
    execute(
        path,
        "INSERT INTO changes (id, post_id, kind, detected_at, fields, summary, diff, details,"
        f" poll_id, old_revision_id, new_revision_id) VALUES ('c_{number}', 1, '{kind}', '{ago(days)}',"
        f" '[]', '', '', '[]', {values})",
    )


def alert(path, number, state, *, about, delivered=None):
    name = "change_id" if about.startswith("c_") else "notice_id"
    at = "NULL" if delivered is None else f"'{ago(delivered)}'"
    execute(
        path,
        f"INSERT INTO alerts (id, {name}, sink, state, delivered_at) VALUES ({number}, '{about}', 's{number}',"
        f" '{state}', {at})",
    )


def notice(path, name, days, *, kind="failing", source="1"):
    execute(path, f"INSERT INTO notices VALUES ('{name}', '{kind}', {source}, '{ago(days)}', '')")


def post(path, *days, latest=None):
    """Post 1 with a revision seen so many days ago each, each with an original of its own, all of them indexed."""
    known = [record(1, "Title", f"<p>text{number}</p>") for number in range(1, len(days) + 1)]
    with scene(path) as story:
        for number, (each, seen) in enumerate(zip(known, days, strict=True)):
            at = f"{NOW - timedelta(days=seen):%Y-%m-%d %H:%M}"
            if number:
                story.look("site.example", at, each)
            else:
                story.baseline("site.example", at, each)
    execute(path, "DELETE FROM alerts", "DELETE FROM changes")


# polls


@pytest.mark.parametrize(
    ("days", "left"),
    [
        ([40, 31, 29, 1], [3, 4]),
        ([30, 29.9], [1, 2]),  # exactly as old as it may be
        ([400], [1]),  # the newest poll of an endpoint stays: the next one goes by it
        ([400, 399, 398], [3]),
    ],
)
def test_polls_go_when_they_are_too_old(path, days, left):
    for number, each in enumerate(days, start=1):
        poll(path, number, each)
    assert prune(path, KEPT).polls == len(days) - len(left)
    assert ids(path, "polls") == left


def test_a_change_outlives_its_poll(path):
    post(path, 300, 200)
    execute(path, "DELETE FROM polls")
    poll(path, 1, 200)
    poll(path, 2, 1)
    change(path, 1, 200, old=1, new=2, poll_id=1)
    assert prune(path, KEPT).polls == 1
    assert column(path, "SELECT poll_id FROM changes") == [None]


# alerts and notices


@pytest.mark.parametrize(
    ("state", "detected", "delivered", "goes"),
    [
        ("delivered", 200, 100, True),
        ("delivered", 200, 89, False),
        ("dead", 91, None, True),
        ("dead", 89, None, False),
        ("cancelled", 91, None, True),
        ("pending", 1000, None, False),
    ],
)
def test_alerts_that_are_over_go_when_they_are_too_old(path, state, detected, delivered, goes):
    post(path, 2000, 1000)
    change(path, 1, detected, old=1, new=2)
    alert(path, 1, state, about="c_1", delivered=delivered)
    notice(path, "n_1", detected)
    notice(path, "n_2", 0)
    alert(path, 2, state, about="n_1", delivered=delivered)
    gone = prune(path, KEPT)
    assert ids(path, "alerts") == ([] if goes else [1, 2])
    assert ids(path, "notices") == (["n_2"] if goes else ["n_1", "n_2"])
    assert (gone.alerts, gone.notices) == ((2, 1) if goes else (0, 0))
    assert ids(path, "changes") == ["c_1"]


def test_the_newest_notice_of_each_kind_and_source_stays_because_the_next_one_goes_by_it(path):
    for number, (kind, source, days) in enumerate(
        [
            ("failing", "1", 400),
            ("failing", "1", 300),
            ("recovered", "1", 350),
            ("network", "NULL", 500),
            ("network", "NULL", 450),
        ]
    ):
        notice(path, f"n_{number}", days, kind=kind, source=source)
    assert prune(path, KEPT).notices == 2
    assert ids(path, "notices") == ["n_1", "n_2", "n_4"]


# revisions


@pytest.mark.parametrize(
    ("days", "shown", "left"),
    [
        ((90, 80, 70, 1), [], [3, 4]),  # number 3 is too old and goes as well, see below
        ((90, 80, 70), [], [3]),
        ((90, 80, 70), [(1, 2)], [1, 2, 3]),
        ((90, 80, 70), [(2, 3)], [2, 3]),
        ((90, 80, 70, 60), [(2, None)], [2, 3, 4]),  # number 3 stays, too: there is never a gap
        ((20, 10, 1), [], [1, 2, 3]),
    ],
)
def test_revisions_go_when_they_are_too_old_and_nothing_shows_them(path, days, shown, left):
    post(path, *days)
    for number, (old, new) in enumerate(shown):
        change(path, number, 50, old=old, new=new, kind="edited" if new else "deleted")
    if left == [3, 4] and not shown:
        left = [4]
    gone = prune(path, Retained(revisions=timedelta(days=30)))
    assert gone == Pruned(revisions=len(days) - len(left), originals=len(days) - len(left))
    assert ids(path, "revisions") == left
    assert column(path, "SELECT revisions FROM posts") == [len(left)]
    found = (
        "SELECT rowid FROM revisions_fts WHERE revisions_fts MATCH 'text1 OR text2 OR text3 OR text4' ORDER BY rowid"
    )
    assert column(path, found) == left


def test_the_next_revision_after_pruning_has_the_next_number_and_leads_from_the_latest(path):
    post(path, 90, 80, 70)
    prune(path, Retained(revisions=timedelta(days=30)))
    with scene(path) as story:
        story.look("site.example", "2026-11-23 11:00", record(1, "Title", "<p>text4</p>"))
    assert column(path, "SELECT number FROM revisions ORDER BY number") == [3, 4]
    assert column(path, "SELECT old_revision || ' ' || new_revision FROM recent_changes") == ["3 4"]
    assert verify(path).findings == ()


# originals


@pytest.mark.parametrize(
    ("kept", "left", "with_original"),
    [
        (Retained(), [1, 2, 3], [1, 2, 3]),
        (Retained(originals=timedelta(days=75)), [3], [3]),
        (Retained(originals=timedelta(days=1)), [3], [3]),  # never the latest revision's
        (Retained(originals=timedelta(days=85)), [2, 3], [2, 3]),
        (Retained(originals=timedelta(days=100)), [1, 2, 3], [1, 2, 3]),
    ],
)
def test_originals_go_by_the_age_of_their_revision(path, kept, left, with_original):
    post(path, 90, 80, 70)
    change(path, 1, 80, old=1, new=2)
    assert prune(path, kept) == Pruned(originals=3 - len(left))
    assert ids(path, "originals") == left
    assert column(path, "SELECT id FROM revisions WHERE original_id IS NOT NULL ORDER BY id") == with_original
    assert ids(path, "revisions") == [1, 2, 3]


def test_an_original_that_the_latest_revision_shares_with_an_old_one_stays_with_both(path):
    post(path, 90, 80, 70)
    execute(path, "UPDATE revisions SET original_id = 1 WHERE id = 3", "DELETE FROM originals WHERE id = 3")
    assert prune(path, Retained(originals=timedelta(days=1))).originals == 1
    assert column(path, "SELECT original_id FROM revisions ORDER BY id") == [1, None, 1]


def test_an_original_that_a_poll_comes_to_need_meanwhile_stays_with_all_that_had_it(path, monkeypatch):
    post(path, 90, 80, 70)
    take = pruning._take_some

    def needed_first(connection, **more):
        connection.execute("UPDATE revisions SET original_id = 1 WHERE id = 3")
        return take(connection, **more)

    monkeypatch.setattr(pruning, "_take_some", needed_first)
    with SqliteStore(path) as store:
        gone = asyncio.run(store.prune(Retained(originals=timedelta(days=1)), NOW))
    assert gone.originals == 2  # 3 is nobody's by then
    assert column(path, "SELECT original_id FROM revisions ORDER BY id") == [1, None, 1]
    assert ids(path, "originals") == [1]


# how


def test_what_is_made_pending_again_meanwhile_stays(path, monkeypatch):
    post(path, 300, 200)
    change(path, 1, 200, old=1, new=2)
    alert(path, 1, "dead", about="c_1")
    take = pruning._take_some

    def retried_first(connection, **more):
        connection.execute("UPDATE alerts SET state = 'pending'")
        return take(connection, **more)

    monkeypatch.setattr(pruning, "_take_some", retried_first)
    with SqliteStore(path) as store:
        assert asyncio.run(store.prune(KEPT, NOW)).alerts == 0
    assert ids(path, "alerts") == [1]


def test_a_long_prune_lets_other_writes_through(path, monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 10)
    monkeypatch.setattr(pruning, "PAGE", 40)
    many(path, 201)
    seen = []

    async def both():
        with SqliteStore(path) as store:
            pruning_ = asyncio.ensure_future(store.prune(KEPT, NOW))
            while not pruning_.done():
                await store.ping()
                seen.append(store._reader.execute("SELECT count(*) FROM polls").fetchone()[0])
            return await pruning_

    assert asyncio.run(both()).polls == 200
    assert len(set(seen)) > 5


def test_a_transaction_ends_when_it_has_taken_long_enough(path, monkeypatch):
    for number in range(1, 12):
        poll(path, number, 100)
    done = []
    take = pruning._take_some

    def counted(connection, **more):
        done.append(take(connection, **more))
        return done[-1]

    monkeypatch.setattr(pruning, "_take_some", counted)
    monkeypatch.setattr(pruning, "SECONDS", -1.0)
    assert prune(path, KEPT).polls == 10
    assert done == [(1, 1)] * 10


def test_what_is_kept_forever_is_not_even_looked_for(path, monkeypatch):
    poll(path, 1, 9000)
    poll(path, 2, 8000)
    monkeypatch.setattr(pruning, "_find", None)
    assert prune(path, Retained()) == Pruned()


def test_nothing_is_taken_from_a_store_that_has_been_replaced(path):
    poll(path, 1, 100)
    poll(path, 2, 100)
    with SqliteStore(path) as store:
        path.rename(path.with_name("moved.db"))
        path.write_bytes(path.with_name("moved.db").read_bytes())
        with pytest.raises(StoreRefused, match="replaced"):
            asyncio.run(store.prune(KEPT, NOW))
    assert ids(path, "polls") == ids(path.with_name("moved.db"), "polls") == [1, 2]


def test_a_hundred_thousand_rows_go_in_seconds(path):
    many(path, 100_000)
    begun = time.monotonic()
    assert prune(path, KEPT).polls == 99_999
    assert time.monotonic() - begun < 30
