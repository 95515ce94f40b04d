"""Keys that go over from one Post to another, and what stays behind so that all that was told is still found."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.errors import StoreConflict
from crawler.model import Key
from crawler.store import SqliteStore
from tests.store.builders import NOW, edit, entry, new_post, plan, sighting, site

URLS = ("https://example.org/wp-json/wp/v2/posts", "https://example.org/feed/")
GUID = Key("guid", "https://example.org/new")


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        asyncio.run(store.sync([entry()], ["log"], NOW))
        (source,) = store.sources()
        asyncio.run(store.register(source, site(urls=URLS), NOW))
        yield store


def endpoints(store):
    rest, feed = sorted(store.endpoints(1), key=lambda each: each.kind, reverse=True)
    return rest, feed


def feeds_post():
    """A Post that only a feed has shown."""
    shown = replace(sighting(9), wp_id=None, guid=GUID.value)
    return replace(new_post(shown), keys=(GUID, Key("link", "example.org/new/")))


def commit(store, endpoint, *posts):
    asyncio.run(store.commit(plan(endpoint, *posts, now=NOW + timedelta(hours=1))))


def known(store, endpoint, *keys):
    return store.known(1, endpoint.id, keys)


@pytest.fixture
def two(store):
    """Post 1 with the id 5, post 2 of the feed, with an edit that was told."""
    rest, feed = endpoints(store)
    commit(store, rest, new_post(sighting(5)))
    commit(store, feed, feeds_post())
    post = known(store, feed, GUID).posts[2]
    commit(
        store, feed, edit(post, replace(sighting(9, title="Edited"), wp_id=None), change_id="c_told", sinks=("log",))
    )
    return store


def merge(store, **more):
    rest, _ = endpoints(store)
    post = known(store, rest, Key("wp-id", "5")).posts[1]
    absorbing = edit(post, sighting(5, title="Edited"), change_id="c_new")
    commit(store, rest, replace(absorbing, keys=(GUID,), **({"taken": (GUID,), "absorbs": 2} | more)))


def test_all_keys_of_a_post_that_is_absorbed_go_over(two):
    merge(two)
    rest, feed = endpoints(two)
    keys = (Key("wp-id", "5"), GUID, Key("link", "example.org/new/"))
    assert known(two, rest, *keys).owners == dict.fromkeys(keys, 1)
    assert known(two, feed, GUID).posts[1].seen is not None


def test_its_history_stays_where_it_was_told(two):
    rows = two._reader.execute
    before = rows("SELECT id, post_id, number FROM revisions WHERE post_id = 2").fetchall()
    merge(two)
    assert rows("SELECT id, post_id, number FROM revisions WHERE post_id = 2").fetchall() == before
    (change,) = rows("SELECT post_id, old_revision_id, new_revision_id FROM changes WHERE id = 'c_told'").fetchall()
    assert change["post_id"] == 2
    (alert,) = asyncio.run(two.pending("log", NOW + timedelta(hours=2), 10))
    assert two.news(alert.id).post.id == 2
    (post,) = rows("SELECT state, revisions, merged_into FROM posts WHERE id = 2").fetchall()
    assert tuple(post) == ("deleted", 2, 1)
    assert rows("SELECT count(*) FROM removed_posts").fetchone()[0] == 0


def test_a_post_that_has_an_id_by_now_is_not_absorbed_and_nothing_is_written(two):
    _, feed = endpoints(two)
    post = known(two, feed, GUID).posts[2]
    commit(two, feed, replace(edit(post, sighting(9, title="Now with an id"), change_id="c_id"), keys=()))
    with pytest.raises(StoreConflict):
        merge(two)
    assert two._reader.execute("SELECT count(*) FROM changes WHERE id = 'c_new'").fetchone()[0] == 0
    assert known(two, feed, GUID).owners == {GUID: 2}


def test_a_strong_key_moves_only_where_the_plan_takes_it(two):
    with pytest.raises(StoreConflict):
        merge(two, absorbs=None, taken=())
    merge(two, absorbs=None)
    _, feed = endpoints(two)
    assert known(two, feed, GUID).owners == {GUID: 1}
