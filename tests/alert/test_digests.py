"""Digests: more than fifty Changes alike of one poll or sweep go out as one, stored before it is sent."""

from __future__ import annotations

import asyncio
import json
import random
import tracemalloc
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.alert import JsonlSink, deliver
from crawler.decide.grouping import MANY, PATIENCE
from crawler.errors import SinkError
from crawler.model import Retained, Walk
from crawler.store import SqliteStore
from tests.store.builders import NOW, edit, entry, keys, new_post, plan, poll, sighting, site, state
from tests.store.effort import counted

BULK = MANY + 10


class Sink:
    """Takes alerts, and refuses the first ones with `refusals`."""

    full_text = False

    def __init__(self, name="log", *refusals):
        self.name, self.refusals, self.payloads = name, [*refusals], []

    async def send(self, payload):
        self.payloads.append(payload)
        if self.refusals:
            raise self.refusals.pop(0)

    @property
    def ids(self):
        return [payload["data"]["id"] for payload in self.payloads]


class Story:
    """A Source whose posts are edited, poll by poll."""

    def __init__(self, store, sinks=("log",), posts=BULK, collections=("posts",)):
        self.store, self.sinks = store, sinks
        run(store.sync([entry()], sinks, NOW))
        urls = tuple(f"https://example.org/wp-json/wp/v2/{name}" for name in collections)
        run(store.register(store.sources()[0], site(urls=urls), NOW))
        self.endpoints = store.endpoints(store.sources()[0].id)
        self.endpoint = self.endpoints[0]
        for at in range(1, posts + 1, 1000):
            numbers = range(at, min(at + 1000, posts + 1))
            run(store.commit(plan(self.endpoint, *(new_post(sighting(number)) for number in numbers))))

    def edits(self, numbers, title="B", *, at=NOW, ends=True, sinks=None, record=None, continues=False, **more):
        """One Plan of a poll, in which these posts get another title."""
        changes = []
        for number in numbers:
            seen = sighting(number, title=title)
            (post,) = self.store.known(self.endpoint.source_id, self.endpoint.id, keys(seen)).posts.values()
            taken = self.sinks if sinks is None else sinks
            changes.append(edit(post, seen, change_id=f"c_{number:05}{title}", sinks=taken))
        last_ok = at if ends else NOW - timedelta(hours=1)
        told = state(self.endpoint.id, last_try_at=at, last_ok_at=last_ok)
        if record is not None and record.kind == "sweep":
            told = None
        record = record or poll(at=at, continues=continues)
        run(self.store.commit(plan(self.endpoint, *changes, record=record, now=at, endpoint_state=told, **more)))

    def sweep(self, numbers, title="B", *, done, at=NOW, begun=NOW, next_at=None, **more):
        """One page of a sweep."""
        walk = Walk(endpoint_id=self.endpoint.id, kind="sweep", started_at=begun, done=done, next_at=next_at)
        run(self.store.keep_walks([replace(walk, done=False)]))
        self.edits(numbers, title, at=at, record=poll(kind="sweep", at=at), walk=walk, **more)


def run(coroutine):
    return asyncio.run(coroutine)


def delivered(store, *sinks, after=timedelta()):
    return run(deliver(store, sinks, lambda: NOW + after))


def change_ids(numbers, title="B"):
    return [f"c_{number:05}{title}" for number in numbers]


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        yield store


def rows(store, sql):
    return [dict(row) for row in store._reader.execute(sql)]


@pytest.mark.parametrize(("count", "alerts"), [(1, 1), (MANY, MANY), (MANY + 1, 1), (BULK, 1)])
def test_more_than_fifty_alike_in_one_poll_are_one(store, count, alerts):
    Story(store).edits(range(1, count + 1))
    sink = Sink()
    assert delivered(store, sink) == 0
    assert len(sink.payloads) == alerts
    told = rows(store, "SELECT state, count(*) AS n, count(digest_id) AS digests FROM alerts GROUP BY state")
    assert told == [{"state": "delivered", "n": count, "digests": count if alerts == 1 < count else 0}]


def test_the_object_is_that_of_the_contract(store):
    Story(store, posts=150).edits(range(1, 151))
    sink = Sink()
    delivered(store, sink)
    (payload,) = sink.payloads
    assert (payload["type"], payload["timestamp"]) == ("digest", "2026-11-23T12:00:00Z")
    data = payload["data"]
    assert (data["reason"], data["count"], data["kind"], data["fields"]) == ("group", 150, "edited", ["title"])
    assert data["id"].startswith("d_")
    assert data["ids"] == change_ids(range(1, 151))
    assert data["summary"] == "example.org · 150 posts: title edited"
    assert [change["id"] for change in data["changes"]] == data["ids"][:100]
    assert data["changes"][0]["kind"] == "edited"


def test_what_is_not_alike_goes_its_own_way(store):
    story = Story(store, posts=2 * MANY)
    story.edits(range(1, MANY + 1), at=NOW)
    story.edits(range(MANY + 1, 2 * MANY + 1), at=NOW)
    sink = Sink()
    delivered(store, sink)
    assert len(sink.payloads) == 2 * MANY


def test_one_poll_in_many_plans_is_one_digest_and_waits_for_its_end(store):
    story = Story(store)
    story.edits(range(1, 21), ends=False)
    sink = Sink()
    delivered(store, sink, after=timedelta(minutes=1))
    assert sink.payloads == []
    story.edits(range(21, BULK + 1), ends=False, continues=True)
    delivered(store, sink, after=timedelta(minutes=2))
    assert sink.payloads == []
    story.edits([], continues=True)
    delivered(store, sink, after=timedelta(minutes=2))
    assert [payload["data"]["count"] for payload in sink.payloads] == [BULK]


def test_a_poll_that_does_not_end_delivers_what_it_has(store):
    story = Story(store)
    story.edits(range(1, 6), ends=False)
    sink = Sink()
    delivered(store, sink, after=PATIENCE["poll"] - timedelta(seconds=1))
    assert sink.payloads == []
    delivered(store, sink, after=PATIENCE["poll"])
    assert sink.ids == change_ids(range(1, 6))


def test_a_killed_poll_goes_on_with_the_next_one(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        Story(store).edits(range(1, 41), ends=False)
    with SqliteStore(tmp_path / "crawler.db") as store:
        sink = Sink()
        delivered(store, sink, after=timedelta(minutes=1))
        assert sink.payloads == []
        story = object.__new__(Story)
        story.store, story.sinks, story.endpoint = store, ["log"], store.endpoints(1)[0]
        # It looks once more from where the last one began, and is cut short, too.
        story.edits(range(41, 51), ends=False, at=NOW + timedelta(minutes=2))
        story.edits(range(51, BULK + 1), at=NOW + timedelta(minutes=3))
        delivered(store, sink, after=timedelta(minutes=3))
        assert [payload["data"]["count"] for payload in sink.payloads] == [BULK]
        # That was its end.
        story.edits(range(1, 41), "C", at=NOW + timedelta(minutes=4))
        story.edits(range(41, BULK + 1), "C", at=NOW + timedelta(minutes=5))
        delivered(store, sink, after=timedelta(minutes=5))
        assert len(sink.payloads) == 1 + BULK


def test_a_poll_that_failed_is_over(store):
    story = Story(store)
    story.edits(range(1, 6), ends=False)
    failed = state(story.endpoint.id, failures=1, last_error="timeout: no answer", last_ok_at=NOW - timedelta(hours=1))
    record = poll("failed", reason="timeout", error="no answer", continues=True)
    run(store.commit(plan(story.endpoint, record=record, endpoint_state=failed)))
    sink = Sink()
    delivered(store, sink)
    assert len(sink.payloads) == 5


def test_a_sweep_in_several_polls_is_one(store):
    story = Story(store)
    story.sweep(range(1, 31), done=False)
    sink = Sink()
    delivered(store, sink, after=timedelta(minutes=1))
    assert sink.payloads == []
    story.edits([1], "C", at=NOW + timedelta(minutes=1))
    delivered(store, sink, after=timedelta(minutes=1))
    assert sink.payloads == [], "the alert of a post came before an earlier one"
    story.sweep(range(31, BULK + 1), done=True, at=NOW + timedelta(minutes=2))
    delivered(store, sink, after=timedelta(minutes=2))
    assert [payload["type"] for payload in sink.payloads] == ["digest", "post.edited"]
    assert sink.payloads[0]["data"]["ids"] == change_ids(range(1, BULK + 1))


def test_a_sweep_that_is_paced_tells_at_each_stop_what_it_has(store):
    story = Story(store, posts=2 * BULK)
    later = NOW + timedelta(hours=2)
    story.sweep(range(1, BULK + 1), done=False, next_at=later)
    sink = Sink()
    delivered(store, sink)
    story.sweep(range(BULK + 1, BULK + 6), done=True, at=later)
    delivered(store, sink, after=timedelta(hours=2))
    assert [payload["type"] for payload in sink.payloads] == ["digest", *["post.edited"] * 5]


def test_two_sweeps_are_two(store):
    story = Story(store)
    for number, begun in enumerate((NOW, NOW + timedelta(days=1))):
        story.sweep(range(1 + 30 * number, 31 + 30 * number), done=True, at=begun, begun=begun)
    sink = Sink()
    delivered(store, sink, after=timedelta(days=1))
    assert len(sink.payloads) == 60


def test_it_is_on_disk_before_it_is_sent_and_comes_again_as_it_was(store):
    story = Story(store)
    story.edits(range(1, BULK + 1))
    stored = []

    class Looking(Sink):
        async def send(self, payload):
            stored.append(rows(store, "SELECT DISTINCT digest_id FROM alerts"))
            return await super().send(payload)

    sink = Looking("log", SinkError("down"), SinkError("down"))
    for hours in range(4):
        assert delivered(store, sink, after=timedelta(hours=hours)) == (hours < 2)
        # More of the same come meanwhile, and are none of it.
        story.edits([1], f"C{hours}", at=NOW + timedelta(hours=hours))
    first, second, third, *later = sink.payloads
    assert json.dumps(first) == json.dumps(second) == json.dumps(third)
    assert stored[0] == [{"digest_id": first["data"]["id"]}]
    assert [payload["type"] for payload in later] == ["post.edited"] * 3
    told = rows(store, "SELECT DISTINCT state, attempts, last_error FROM alerts WHERE digest_id IS NOT NULL")
    assert told == [{"state": "delivered", "attempts": 3, "last_error": None}]


def test_one_that_is_killed_while_it_is_sent_comes_again_under_its_id(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        Story(store).edits(range(1, BULK + 1))
        first = Sink("log", asyncio.CancelledError())
        with pytest.raises(asyncio.CancelledError):
            delivered(store, first)
    with SqliteStore(tmp_path / "crawler.db") as store:
        again = Sink()
        delivered(store, again)
        delivered(store, again)
    assert again.payloads == first.payloads


def test_its_alerts_die_together_and_are_retried_together(store):
    story = Story(store)
    story.edits(range(1, BULK + 1))
    story.edits([1], "C")
    sink = Sink("log", SinkError("no such address", permanent=True))
    assert delivered(store, sink) == 1
    states = rows(store, "SELECT state, count(*) AS n FROM alerts GROUP BY state ORDER BY state")
    assert states == [{"state": "dead", "n": BULK}, {"state": "delivered", "n": 1}]
    made_due = run(store.retry([17], ["log"], NOW))
    assert len(made_due) == BULK
    assert {each.digest_id for each in store.alert_states(made_due)} == {sink.ids[0]}
    delivered(store, sink)
    assert sink.payloads[-1] == sink.payloads[0]
    assert len(sink.payloads) == 3


def test_a_sink_that_takes_only_some_gets_a_digest_of_those(store):
    story = Story(store, ["log", "some", "few", "all"], posts=3 * BULK)
    story.edits(range(1, BULK + 1), sinks=["log", "some", "all"], ends=False)
    story.edits(range(BULK + 1, 3 * BULK + 1), sinks=["log", "all"], continues=True, ends=False)
    story.edits([], continues=True)
    story.edits(range(1, 4), "C", sinks=["few"])
    sinks = [Sink(name) for name in story.sinks]
    delivered(store, *sinks)
    log, some, _, everything = sinks
    assert [data["count"] for data in (log.payloads[0]["data"], some.payloads[0]["data"])] == [3 * BULK, BULK]
    assert [len(each.payloads) for each in sinks] == [1, 1, 3, 1]
    # The same Changes are the same digest, whoever gets it.
    assert log.payloads == everything.payloads
    assert log.ids != some.ids


def test_a_post_that_waits_for_an_earlier_alert_is_not_in_it(store):
    story = Story(store)
    story.edits([7], "A")
    sink = Sink("log", *[SinkError("down")] * 3)
    for seconds in (0, 10, 120):  # it has to wait for longer than its sink
        delivered(store, sink, after=timedelta(seconds=seconds))
    story.edits(range(1, BULK + 1))
    delivered(store, sink, after=timedelta(seconds=200))
    assert [payload["type"] for payload in sink.payloads[2:]] == ["post.edited", "digest"]
    assert change_ids([7])[0] not in sink.payloads[3]["data"]["ids"]
    delivered(store, sink, after=timedelta(hours=1))
    assert sink.ids[4:] == [*change_ids([7], "A"), *change_ids([7])]


def test_one_that_went_out_alone_is_never_in_a_digest(store):
    story = Story(store, posts=2 * BULK)
    story.edits(range(1, 11), ends=False)
    sink = Sink("log", SinkError("down"))
    delivered(store, sink, after=PATIENCE["poll"])
    story.edits(range(11, 2 * BULK), continues=True, at=NOW + PATIENCE["poll"])
    delivered(store, sink, after=PATIENCE["poll"])
    delivered(store, sink, after=timedelta(hours=1))
    alone = [payload["data"]["id"] for payload in sink.payloads if payload["type"] == "post.edited"]
    (digest,) = [payload["data"] for payload in sink.payloads if payload["type"] == "digest"]
    assert alone[0] == change_ids([1])[0]
    assert set(alone).isdisjoint(digest["ids"])
    assert {*alone, *digest["ids"]} == set(change_ids(range(1, 2 * BULK)))


def test_what_is_left_behind_by_a_source_or_sink_is_cancelled(store):
    Story(store, ["log", "other"]).edits(range(1, BULK + 1))
    sink = Sink("log", SinkError("down"))
    delivered(store, sink)
    run(store.sync([], ["log"], NOW))
    assert rows(store, "SELECT DISTINCT state FROM alerts") == [{"state": "cancelled"}]
    delivered(store, sink, after=timedelta(hours=1))
    assert len(sink.payloads) == 1


def test_digests_of_which_no_alert_is_kept_are_forgotten(store):
    Story(store).edits(range(1, BULK + 1))
    delivered(store, Sink())
    assert len(rows(store, "SELECT * FROM digests")) == 1
    run(store.prune(Retained(alerts=timedelta(days=90)), NOW + timedelta(days=100)))
    assert rows(store, "SELECT * FROM digests") == rows(store, "SELECT * FROM alerts") == []


def test_ten_thousand_at_once_are_two_lines_and_cost_little_memory(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        story = Story(store, posts=10_000)
        text = "Many words are in it. " * 2000
        store._connection.execute("UPDATE revisions SET content = ? WHERE id % 100 = 1", (text,))
        store._connection.commit()
        for at in range(1, 10_001, 1000):
            story.edits(range(at, at + 1000), ends=at == 9001, continues=at > 1)
        path = tmp_path / "alerts.jsonl"
        tracemalloc.start()
        delivered(store, JsonlSink("log", path, full_text=True))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        lines = path.read_text().splitlines()
        assert len(lines) == 2
        for data in (json.loads(line)["data"] for line in lines):
            assert len(data["ids"]) == data["count"] == 5000
            assert 30 <= len(data["changes"]) <= 100
        assert most < 30 * 2**20
        # Killed before it was marked, it comes again, and is found although the line is longer than others.
        store._connection.execute("UPDATE alerts SET state = 'pending', attempts = 0, next_attempt_at = '2026-01-01'")
        store._connection.commit()
        delivered(store, JsonlSink("log", path, full_text=True))
        assert path.read_text().splitlines() == lines


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_each_change_comes_once_and_in_order_of_its_post(store, monkeypatch, seed):
    monkeypatch.setattr("crawler.decide.grouping.MANY", 4)
    chance = random.Random(seed)
    story = Story(store, posts=12)
    refusals = [SinkError("down") if chance.random() < 0.5 else None for _ in range(200)]

    class Moody(Sink):
        async def send(self, payload):
            refusal = refusals.pop() if refusals else None
            self.payloads.append((payload, refusal is None))
            if refusal is not None:
                raise refusal

    sink, at = Moody(), NOW
    for step in range(60):
        at += timedelta(minutes=chance.choice([0, 1, 7, 40]))
        numbers = sorted(chance.sample(range(1, 13), chance.randint(1, 10)))
        if chance.random() < 0.5:
            story.edits(numbers, f"T{step:02}", at=at, ends=chance.random() < 0.6, continues=chance.random() < 0.3)
        else:
            story.sweep(numbers, f"T{step:02}", at=at, begun=at.replace(minute=0), done=chance.random() < 0.6)
        delivered(store, sink, after=at - NOW)
    for _ in range(150):  # a sink in trouble is tried with one
        at += timedelta(hours=3)
        delivered(store, sink, after=at - NOW)
    assert rows(store, "SELECT DISTINCT state FROM alerts") == [{"state": "delivered"}]
    taken = [payload["data"] for payload, is_taken in sink.payloads if is_taken]
    changes = [change_id for data in taken for change_id in data.get("ids", [data["id"]])]
    assert len(changes) == len(set(changes)) == rows(store, "SELECT count(*) AS n FROM changes")[0]["n"]
    for number in range(1, 13):
        told = [each for each in changes if each.startswith(f"c_{number:05}")]
        found = rows(store, f"SELECT id FROM changes WHERE id LIKE 'c_{number:05}%' ORDER BY seq")
        assert told == [row["id"] for row in found]
    assert {len(data["ids"]) > 4 for data in taken if "ids" in data} == {True}
    # A Change that was ever sent alone was never sent in a digest, and one digest's Changes in no other.
    sent = {(change_id, data["id"]) for payload, _ in sink.payloads for data in [payload["data"]]
            for change_id in data.get("ids", [data["id"]])}  # fmt: skip
    assert len(sent) == len(changes)


def test_what_it_takes_to_find_a_digest_grows_with_its_size_and_no_faster(tmp_path):
    def steps(posts):
        with SqliteStore(tmp_path / f"{posts}.db") as store:
            Story(store, posts=posts).edits(range(1, posts + 1))
            with counted(store, every=10) as effort:
                assert len(run(store.pending("log", NOW, 100))) == 1
            return effort.count

    assert steps(800) < 6 * steps(200)
