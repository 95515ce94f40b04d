"""Suspects and sweeps in the store: whose turn it is, what clears them, one transaction for a removal."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlite_utils import Database

from crawler.errors import StoreConflict
from crawler.model import ChangePlan, RemovalPlan, SourceFacts, Suspicion, Walk
from crawler.store import SqliteStore
from crawler.store.schema import migrations
from crawler.text import canonical_link
from tests.store.builders import NOW, entry, new_post, plan, poll, sighting, site

HOUR = timedelta(hours=1)
URLS = ("https://example.org/wp-json/wp/v2/posts", "https://example.org/feed/")


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        yield store


@pytest.fixture
def endpoints(store):
    async def prepare():
        await store.sync([entry()], ["log"], NOW)
        await store.register(store.sources()[0], site(urls=URLS), NOW)

    asyncio.run(prepare())
    return {each.kind: each for each in store.endpoints(store.sources()[0].id)}


@pytest.fixture
def rest(store, endpoints):
    facts = SourceFacts(baseline_at=NOW)
    posts = [new_post(sighting(number)) for number in (1, 2, 3)]
    commit(store, plan(endpoints["rest"], *posts, facts=facts))
    return endpoints["rest"]


def commit(store, *plans):
    async def one_after_the_other():
        for each in plans:
            await store.commit(each)

    asyncio.run(one_after_the_other())


def rows(store, sql):
    return [dict(row) for row in store._reader.execute(sql)]


def swept(endpoint, **more):
    """A Plan of a sweep: the endpoint stays as it was."""
    return replace(plan(endpoint, record=poll(kind="sweep")), endpoint=None, **more)


def suspected(store, rest, *ids, **more):
    found = store.missing(rest.source_id, NOW + HOUR, now=NOW + HOUR)
    suspects = tuple(replace(each, **more) for each in found if each.wp_id in ids)
    commit(store, swept(rest, suspicion=Suspicion(suspects=suspects)))
    return suspects


def execute(store, sql):
    store._connection.execute(sql)
    store._connection.commit()


def due(store, now):
    """Whether a suspect or a sweep makes the Source due; nothing else is."""
    store._connection.execute("UPDATE endpoints SET next_poll_at = '9999-01-01T00:00:00Z'")
    store._connection.commit()
    return bool(store.due(now))


def test_missing_is_what_no_collection_has_shown_since(store, rest, endpoints):
    assert store.missing(rest.source_id, NOW, now=NOW) == []
    later = plan(rest, seen=(1,))
    commit(store, replace(later, now=NOW + HOUR))
    assert [each.wp_id for each in store.missing(rest.source_id, NOW + HOUR, now=NOW)] == [2, 3]
    commit(store, replace(plan(endpoints["feed"], seen=(2,)), now=NOW + HOUR))
    assert [each.wp_id for each in store.missing(rest.source_id, NOW + HOUR, now=NOW)] == [2, 3]


def test_what_a_collection_shows_is_cleared_and_what_a_feed_shows_is_not(store, rest, endpoints):
    suspected(store, rest, 1, 2)
    commit(store, plan(endpoints["feed"], seen=(1,)))
    assert len(store.suspects(rest.source_id)) == 2
    commit(store, plan(rest, seen=(1,)))
    assert [each.wp_id for each in store.suspects(rest.source_id)] == [2]


def test_what_is_gone_is_neither_missing_nor_cleared(store, rest):
    suspected(store, rest, 1)
    execute(store, "UPDATE posts SET state = 'unpublished' WHERE wp_id = 1")
    commit(store, plan(rest, seen=(1,)))
    assert [each.wp_id for each in store.suspects(rest.source_id)] == [1]
    assert [each.wp_id for each in store.missing(rest.source_id, NOW + HOUR, now=NOW)] == [2, 3]


def test_no_suspect_is_a_witness(store, rest):
    suspected(store, rest, 1, 2)
    assert store.witnesses(rest.id, 3) == [3]


@pytest.mark.parametrize(("owner", "replaced"), [(3, True), (2, False), (None, False)])
def test_a_suspect_is_replaced_where_its_link_is_another_posts_key(store, rest, owner, replaced):
    suspected(store, rest, 2)
    execute(store, "DELETE FROM post_keys WHERE kind = 'link'")
    if owner is not None:
        link = canonical_link("https://example.org/2/")
        execute(store, f"INSERT INTO post_keys VALUES ({rest.source_id}, 'link', '{link}', {owner})")
    assert [each.is_replaced for each in store.suspects(rest.source_id)] == [replaced]


def test_a_suspect_is_read_as_it_was_written(store, rest):
    (written,) = suspected(store, rest, 2, kind="deleted", checks=1, trouble=2, sweeps=3, held=True, evidence="404")
    assert store.suspects(rest.source_id) == [written]


def test_a_source_is_due_when_a_suspect_is(store, rest):
    suspected(store, rest, 2, next_check_at=NOW + 2 * HOUR)
    assert not due(store, NOW + HOUR)
    assert due(store, NOW + 2 * HOUR)
    asyncio.run(store.put_off(rest.source_id, NOW + 5 * HOUR))
    assert not due(store, NOW + 4 * HOUR)
    assert due(store, NOW + 5 * HOUR)


@pytest.mark.parametrize(
    "so",
    [
        "UPDATE suspects SET held = 1",
        "UPDATE sources SET state = 'paused'",
        "UPDATE endpoints SET retired_at = 'now' WHERE kind = 'rest'",
    ],
)
def test_a_source_is_not_due_for_a_suspect_that_will_not_be_looked_at(store, rest, so):
    suspected(store, rest, 2)
    assert due(store, NOW + HOUR)
    store._connection.execute(so)
    store._connection.commit()
    assert not due(store, NOW + HOUR)


def test_a_source_is_due_when_its_sweep_goes_on(store, rest):
    walk = Walk(endpoint_id=rest.id, kind="sweep", started_at=NOW, next_at=NOW + HOUR)
    asyncio.run(store.keep_walks([walk]))
    assert not due(store, NOW)
    assert due(store, NOW + HOUR)
    asyncio.run(store.keep_walks([replace(walk, done=True)]))
    assert not due(store, NOW + HOUR)


def test_a_sweep_leaves_the_endpoint_and_the_walk_of_the_baseline_alone(store, rest):
    baseline = Walk(endpoint_id=rest.id, kind="baseline", started_at=NOW, done=True)
    sweep = Walk(endpoint_id=rest.id, kind="sweep", started_at=NOW + HOUR, unread=2, failures=1, last_error="cut")
    commit(store, plan(rest, walk=baseline))
    (before,) = rows(store, "SELECT * FROM endpoints WHERE kind = 'rest'")
    commit(store, swept(rest, walk=sweep, facts=SourceFacts(last_sweep_at=NOW + HOUR)))
    assert rows(store, "SELECT * FROM endpoints WHERE kind = 'rest'") == [before]
    assert store.walk(rest.id) == baseline
    assert store.walk(rest.id, "sweep") == sweep
    assert store.source(rest.source_id).last_sweep_at == NOW + HOUR


def removal(post_id, change_id="c_1"):
    change = ChangePlan(kind="deleted", silent=None, old=None, old_seen_at=NOW, fields=(), id=change_id, sinks=("log",))
    return RemovalPlan(post_id=post_id, state="deleted", change=change)


def test_a_removal_its_change_and_its_alert_are_one_transaction(store, rest):
    suspected(store, rest, 2)
    suspicion = Suspicion(removals=(removal(2),), cleared=(2,))
    commit(store, swept(rest, suspicion=suspicion))
    assert rows(store, "SELECT kind, new_revision_id FROM changes") == [{"kind": "deleted", "new_revision_id": None}]
    assert rows(store, "SELECT change_id, sink, state FROM alerts") == [
        {"change_id": "c_1", "sink": "log", "state": "pending"}
    ]
    assert rows(store, "SELECT state, revisions FROM posts WHERE id = 2") == [{"state": "deleted", "revisions": 1}]
    assert store.suspects(rest.source_id) == []
    suspected(store, rest, 3)
    with pytest.raises(StoreConflict):
        commit(store, swept(rest, suspicion=Suspicion(removals=(removal(3),), cleared=(3,))))
    assert rows(store, "SELECT state FROM posts WHERE id = 3") == [{"state": "public"}]
    assert [each.post_id for each in store.suspects(rest.source_id)] == [3]


def test_posts_that_are_gone_are_read_anew_when_they_are_shown(store, rest):
    known = store.recent_hashes(rest.id)
    commit(store, swept(rest, suspicion=Suspicion(removals=(removal(2),))))
    assert len(known - store.recent_hashes(rest.id)) == 1
    assert len(known - store.hashes_before(rest.id, NOW + HOUR)) == 1
    assert set(store.sightings_of(rest.id, [1, 2, 3])) == {1, 3}


def test_an_older_stores_walks_and_suspects_are_kept(tmp_path):
    path = tmp_path / "crawler.db"
    with closing(sqlite3.connect(path)) as connection:
        database = Database(connection)
        migrations.apply(database, stop_before="m0007_sweeps")
        connection.executescript(
            """
            INSERT INTO sources (id, name, url, kind) VALUES (1, 'a', 'https://a.example/', 'wordpress');
            INSERT INTO endpoints (id, source_id, kind, url, host, rank, shard)
            VALUES (1, 1, 'rest', 'https://a.example/wp-json/wp/v2/posts', 'a.example', 1, 1);
            INSERT INTO walks (endpoint_id, kind, started_at, seen, done) VALUES (1, 'baseline', '2026', 7, 1);
            INSERT INTO posts (id, source_id, type, state, first_seen_at, last_seen_at)
            VALUES (1, 1, 'post', 'public', '2026', '2026');
            INSERT INTO suspects (post_id, kind, evidence, first_at, next_check_at)
            VALUES (1, 'missing', 'x', '2026', '2027');
            """
        )
        migrations.apply(database)
        walk = connection.execute("SELECT endpoint_id, kind, seen, done, failures FROM walks").fetchall()
        suspect = connection.execute("SELECT post_id, source_id, kind, checks FROM suspects").fetchall()
    assert walk == [(1, "baseline", 7, 1, 0)]
    assert suspect == [(1, 1, None, 0)]
