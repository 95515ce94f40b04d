"""The promises of the Store protocol, held against every store there is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.errors import StoreConflict
from crawler.model import Key, Refusal, SourceFacts, Trouble, Validators, Walk
from crawler.store import SqliteStore
from tests.store.builders import NOW, edit, entry, keys, new_post, plan, poll, sighting, site, state

SINKS = ["log", "out"]


@pytest.fixture(params=[SqliteStore])
def store(request, tmp_path):
    with request.param(tmp_path / "crawler.db") as store:
        yield store


@pytest.fixture
def endpoint(store):
    """The one collection of the one source."""

    async def prepare():
        await store.sync([entry()], SINKS, NOW)
        await store.register(store.sources()[0], site(), NOW)

    asyncio.run(prepare())
    (endpoint,) = store.endpoints(store.sources()[0].id)
    return endpoint


def commit(store, *plans):
    async def together():
        return await asyncio.gather(*(store.commit(each) for each in plans), return_exceptions=True)

    outcomes = asyncio.run(together())
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


def known_post(store, endpoint, seen):
    known = store.known(endpoint.source_id, endpoint.id, keys(seen))
    (post,) = known.posts.values()
    return post


def rows(store, sql, *parameters):
    return [dict(row) for row in store._reader.execute(sql, parameters)]


def test_what_was_committed_is_known_by_each_of_its_keys(store, endpoint):
    seen = sighting(7)
    commit(store, plan(endpoint, new_post(seen)))
    for key in keys(seen):
        known = store.known(endpoint.source_id, endpoint.id, [key])
        (post,) = known.posts.values()
        assert known.owners == {key: post.id}
        assert post.latest.fields == seen.fields
        assert post.seen.raw_hash == seen.raw_hash
    assert store.known(endpoint.source_id, endpoint.id, [Key("wp-id", "8")]).posts == {}
    assert store.sightings_of(endpoint.id, [7, 8])[7].raw_hash == seen.raw_hash
    assert store.recent_hashes(endpoint.id) == {seen.raw_hash}


def test_post_revision_change_and_alerts_are_written_together(store, endpoint):
    first, second = sighting(7), sighting(7, title="B post")
    commit(store, plan(endpoint, new_post(first)))
    post = known_post(store, endpoint, first)
    commit(store, plan(endpoint, edit(post, second, change_id="c_1", sinks=SINKS), now=NOW + timedelta(hours=1)))
    assert rows(store, "SELECT number, title FROM revisions") == [
        {"number": 1, "title": "A post"},
        {"number": 2, "title": "B post"},
    ]
    assert rows(store, "SELECT id, kind, old_revision_id, new_revision_id FROM changes") == [
        {"id": "c_1", "kind": "edited", "old_revision_id": 1, "new_revision_id": 2}
    ]
    assert [row["sink"] for row in rows(store, "SELECT sink FROM alerts WHERE state = 'pending'")] == SINKS
    assert rows(store, "SELECT title, revisions, latest_revision_id FROM posts") == [
        {"title": "B post", "revisions": 2, "latest_revision_id": 2}
    ]
    again = known_post(store, endpoint, second)
    assert (again.previous_change, again.earlier) == ("c_1", {first.text_hash: 1})


def test_a_plan_made_on_a_state_that_has_moved_is_refused_whole(store, endpoint):
    first = sighting(7)
    commit(store, plan(endpoint, new_post(first)))
    post = known_post(store, endpoint, first)
    late = edit(post, sighting(7, title="Late"), change_id="c_late")
    commit(store, plan(endpoint, edit(post, sighting(7, title="Early"), change_id="c_early")))
    before = rows(store, "SELECT * FROM polls")
    with pytest.raises(StoreConflict):
        commit(
            store,
            plan(
                endpoint,
                late,
                new_post(sighting(8)),
                endpoint_state=state(endpoint.id, validators=Validators(etag='"late"')),
            ),
        )
    assert [row["title"] for row in rows(store, "SELECT title FROM posts")] == ["Early"]
    assert rows(store, "SELECT * FROM polls") == before
    assert store.endpoints(endpoint.source_id)[0].validators == Validators()


def test_plans_that_are_ready_together_all_land_and_one_bad_one_takes_none_with_it(store, endpoint):
    commit(store, plan(endpoint, new_post(sighting(1))))
    good = [plan(endpoint, new_post(sighting(number))) for number in range(2, 40)]
    bad = plan(endpoint, new_post(sighting(1)))
    with pytest.raises(StoreConflict):
        commit(store, *good[:20], bad, *good[20:])
    assert len(rows(store, "SELECT 1 FROM posts")) == 39


def test_a_strong_key_never_moves_and_a_link_does(store, endpoint):
    old, new = sighting(1), replace(sighting(2), link=sighting(1).link)
    commit(store, plan(endpoint, new_post(old)))
    taker = replace(new_post(new), keys=(Key("wp-id", "2"), Key("link", "example.org/1")))
    commit(store, plan(endpoint, taker))
    owners = store.known(endpoint.source_id, endpoint.id, [Key("link", "example.org/1")]).owners
    assert owners == {Key("link", "example.org/1"): 2}
    with pytest.raises(StoreConflict):
        commit(store, plan(endpoint, replace(new_post(sighting(3)), keys=(Key("wp-id", "1"),))))


def test_quiet_polls_in_a_row_are_one_row(store, endpoint):
    for hours in range(5):
        at = NOW + timedelta(hours=hours)
        commit(store, plan(endpoint, record=poll("not_modified", at=at), now=at))
    (row,) = rows(store, "SELECT repeats, requests, started_at, last_at FROM polls")
    assert row == {
        "repeats": 5,
        "requests": 5,
        "started_at": "2026-11-23T12:00:00Z",
        "last_at": "2026-11-23T16:00:00Z",
    }
    commit(store, plan(endpoint, record=poll("failed", reason="timeout")))
    commit(store, plan(endpoint, record=poll("not_modified")))
    assert [row["outcome"] for row in rows(store, "SELECT outcome FROM polls ORDER BY id")] == [
        "not_modified",
        "failed",
        "not_modified",
    ]


def test_a_poll_that_begins_quietly_and_has_news_leaves_the_row_of_the_quiet_ones(store, endpoint):
    for hours in range(3):
        at = NOW + timedelta(hours=hours)
        commit(store, plan(endpoint, record=poll("unchanged", at=at), now=at))
    commit(store, plan(endpoint, record=poll("changed", at=at, continues=True, changed=2), now=at))
    assert rows(store, "SELECT repeats, outcome, changed, started_at FROM polls ORDER BY id") == [
        {"repeats": 2, "outcome": "unchanged", "changed": 0, "started_at": "2026-11-23T12:00:00Z"},
        {"repeats": 1, "outcome": "changed", "changed": 2, "started_at": "2026-11-23T14:00:00Z"},
    ]


def test_the_plans_of_one_poll_share_its_row(store, endpoint):
    commit(store, plan(endpoint, new_post(sighting(1)), record=poll(new=1, seen=1)))
    commit(store, plan(endpoint, new_post(sighting(2)), record=poll(new=1, seen=1, error="odd", continues=True)))
    (row,) = rows(store, "SELECT new, seen, requests, error FROM polls")
    assert row == {"new": 2, "seen": 2, "requests": 2, "error": "odd"}


def test_a_walk_is_kept_page_by_page(store, endpoint):
    walk = Walk(endpoint_id=endpoint.id, kind="baseline", started_at=NOW)
    assert store.walk(endpoint.id) is None
    for onward in (
        replace(walk, cursor="2026-11-22T08:00:00", seen=100, total=250),
        replace(walk, cursor="2026-11-20T08:00:00", offset=3, seen=200, total=250, done=True),
    ):
        commit(store, plan(endpoint, walk=onward))
        assert store.walk(endpoint.id) == onward


def test_facts_that_a_poll_did_not_learn_stay(store, endpoint):
    commit(store, plan(endpoint, facts=SourceFacts(title="Known", baseline_at=NOW)))
    commit(store, plan(endpoint, facts=SourceFacts()))
    (source,) = store.sources()
    assert (source.title, source.baseline_at) == ("Known", NOW)


def test_due_are_sources_whose_time_has_come_and_those_never_looked_at(store, endpoint):
    commit(store, plan(endpoint, endpoint_state=state(endpoint.id, next_poll_at=NOW + timedelta(minutes=15))))

    async def more():
        await store.sync(
            [entry(), entry("new", "https://new.example/"), entry("p", "https://p/", paused=True)], [], NOW
        )

    asyncio.run(more())
    assert [source.name for source in store.due(NOW)] == ["new"]
    assert [source.name for source in store.due(NOW + timedelta(hours=1))] == ["example.org", "new"]


def test_a_source_that_could_not_be_polled_at_all_is_left_alone_for_a_while(store):
    asyncio.run(store.sync([entry()], [], NOW))
    (source,) = store.due(NOW)
    asyncio.run(store.postpone(source.id, "dns: no such host", NOW + timedelta(minutes=30)))
    assert store.due(NOW + timedelta(minutes=29)) == []
    assert [source.name for source in store.due(NOW + timedelta(minutes=31))] == ["example.org"]


def test_a_source_is_no_longer_failing_once_a_poll_of_it_succeeds(store, endpoint):
    asyncio.run(store.postpone(endpoint.source_id, "trouble", NOW + timedelta(minutes=30)))
    for _ in range(3):
        asyncio.run(store.conclude(endpoint.source_id, Trouble(whole=True, reason="timeout", error="no"), NOW, []))
    commit(store, plan(endpoint, record=poll("failed", reason="timeout")))
    assert store.sources()[0].state == "failing"
    commit(store, plan(endpoint))
    assert (store.sources()[0].state, store.sources()[0].failures) == ("active", 0)
    assert rows(store, "SELECT last_error, next_try_at FROM sources") == [{"last_error": None, "next_try_at": None}]


SYNCS = {
    "renamed": ([entry("other")], [("other", "https://example.org/", "active")]),
    "moved": ([entry(url="https://example.net/")], [("example.org", "https://example.net/", "active")]),
    "both": (
        [entry("new", "https://new.example/")],
        [("example.org", "https://example.org/", "removed"), ("new", "https://new.example/", "active")],
    ),
    "paused": ([entry(paused=True)], [("example.org", "https://example.org/", "paused")]),
    "removed": ([], [("example.org", "https://example.org/", "removed")]),
    "name taken by another": (
        [entry("other"), entry("example.org", "https://example.net/")],
        [("other", "https://example.org/", "active"), ("example.org", "https://example.net/", "active")],
    ),
}


@pytest.mark.parametrize("case", SYNCS)
def test_the_stored_sources_follow_the_config(store, endpoint, case):
    entries, expected = SYNCS[case]
    commit(store, plan(endpoint, new_post(sighting(1))))
    asyncio.run(store.sync(entries, SINKS, NOW))
    assert [(each.name, each.url, each.state) for each in store.sources()] == expected
    assert len(rows(store, "SELECT 1 FROM posts")) == 1
    still_polled = bool(store.endpoints(endpoint.source_id))
    assert still_polled == (case not in ("moved",))


def test_names_can_be_swapped(store):
    a, b = entry("a", "https://a.example/"), entry("b", "https://b.example/")
    asyncio.run(store.sync([a, b], [], NOW))
    asyncio.run(store.sync([replace(a, name="b"), replace(b, name="a")], [], NOW))
    assert [(each.name, each.url) for each in store.sources()] == [("b", a.url), ("a", b.url)]


def test_a_source_that_comes_back_has_its_history(store, endpoint):
    commit(store, plan(endpoint, new_post(sighting(1))))
    asyncio.run(store.sync([], SINKS, NOW))
    asyncio.run(store.sync([entry()], SINKS, NOW))
    (source,) = store.sources()
    assert (source.id, source.state) == (endpoint.source_id, "active")
    assert store.endpoints(source.id)


def test_what_a_removed_sink_had_pending_is_cancelled(store, endpoint):
    first = sighting(7)
    commit(store, plan(endpoint, new_post(first)))
    post = known_post(store, endpoint, first)
    commit(store, plan(endpoint, edit(post, sighting(7, title="B"), change_id="c_1", sinks=SINKS)))
    asyncio.run(store.sync([entry()], ["out"], NOW))
    assert rows(store, "SELECT sink, state FROM alerts") == [
        {"sink": "log", "state": "cancelled"},
        {"sink": "out", "state": "pending"},
    ]


def test_what_a_poll_under_way_brings_for_a_sink_that_has_left_is_cancelled_at_the_next_start(store, endpoint):
    commit(store, plan(endpoint, new_post(sighting(7))))
    asyncio.run(store.sync([entry()], ["out"], NOW))
    post = known_post(store, endpoint, sighting(7))
    commit(store, plan(endpoint, edit(post, sighting(7, title="B"), change_id="c_1", sinks=SINKS)))
    asyncio.run(store.sync([entry()], ["out"], NOW))
    assert rows(store, "SELECT sink, state FROM alerts ORDER BY sink") == [
        {"sink": "log", "state": "cancelled"},
        {"sink": "out", "state": "pending"},
    ]


def test_a_sink_that_is_added_later_or_renamed_begins_with_new_changes(store, endpoint):
    commit(store, plan(endpoint, new_post(sighting(7))))
    for title, sinks in (("B", ["log"]), ("C", ["later"])):
        asyncio.run(store.sync([entry()], sinks, NOW))
        post = known_post(store, endpoint, sighting(7))
        change = edit(post, sighting(7, title=title), change_id=f"c_{title}", sinks=sinks)
        commit(store, plan(endpoint, change))
    assert [each.data_id for each in asyncio.run(store.pending("later", NOW, 10))] == ["c_C"]
    assert rows(store, "SELECT change_id, sink, state FROM alerts ORDER BY id") == [
        {"change_id": "c_B", "sink": "log", "state": "cancelled"},
        {"change_id": "c_C", "sink": "later", "state": "pending"},
    ]


def test_alerts_of_one_post_wait_for_the_earlier_ones(store, endpoint):
    for number in (1, 2):
        commit(store, plan(endpoint, new_post(sighting(number))))
    for number, title, change in ((1, "B", "c_1"), (2, "B", "c_2"), (1, "C", "c_3")):
        post = known_post(store, endpoint, sighting(number))
        commit(store, plan(endpoint, edit(post, sighting(number, title=title), change_id=change, sinks=["log"])))
    jobs = asyncio.run(store.pending("log", NOW, 10))
    assert [job.data_id for job in jobs] == ["c_1", "c_2", "c_3"]
    asyncio.run(store.refused(jobs[0].id, Refusal(error="no luck", wait=300), NOW))
    later = NOW + timedelta(minutes=6)
    assert asyncio.run(store.pending("log", NOW, 10)) == []  # the sink rests
    assert [job.data_id for job in asyncio.run(store.pending("log", later, 10))] == ["c_2"]  # and is tried with one
    asyncio.run(store.delivered(jobs[0].id, NOW, None))
    assert [job.data_id for job in asyncio.run(store.pending("log", later, 10))] == ["c_2", "c_3"]
    asyncio.run(store.refused(jobs[1].id, Refusal(error="never", permanent=True), NOW))
    assert [row["state"] for row in rows(store, "SELECT state FROM alerts ORDER BY id")] == [
        "delivered",
        "dead",
        "pending",
    ]


def test_hosts_that_asked_for_peace_are_remembered(store):
    asyncio.run(store.keep_lines({"example.org": NOW}))
    assert store.lines() == {"example.org": NOW}
    asyncio.run(store.keep_lines({}))
    assert store.lines() == {}


def test_the_full_text_index_has_caught_up_when_the_store_is_closed(tmp_path):
    path = tmp_path / "crawler.db"
    with SqliteStore(path) as store:
        asyncio.run(store.sync([entry()], [], NOW))
        asyncio.run(store.register(store.sources()[0], site(), NOW))
        (endpoint,) = store.endpoints(1)
        posts = [new_post(sighting(number, content=f"Unusual word{number} here")) for number in range(1, 251)]
        commit(store, plan(endpoint, *posts))
    with SqliteStore(path) as store:
        found = rows(store, "SELECT rowid FROM revisions_fts WHERE revisions_fts MATCH 'word249'")
        assert [row["rowid"] for row in found] == [249]
