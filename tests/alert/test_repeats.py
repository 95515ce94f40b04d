"""An alert that comes again is what it was, byte for byte: a receiver may know a repeat by its id or by its bytes."""

from __future__ import annotations

import asyncio
import json
from datetime import time, timedelta

import pytest

from crawler.alert import JsonlSink, WebhookSink, deliver
from crawler.decide.grouping import MANY
from crawler.errors import SinkError
from crawler.model import Retained
from crawler.model.pace import Pace
from crawler.model.web import Answer
from crawler.store import SqliteStore
from tests.alert.test_digests import Story
from tests.store.builders import NOW, entry

BULK = MANY + 10
SINKS = ("hook", "log")


def run(coroutine):
    return asyncio.run(coroutine)


class Receiver:
    """Answers with these statuses, the last one for ever; a mistake is made instead."""

    def __init__(self, *statuses):
        self.statuses, self.bodies, self.ids = [*statuses], [], []

    async def __call__(self, body, headers, /):
        self.bodies.append(body)
        self.ids.append(headers["webhook-id"])
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if isinstance(status, Exception):
            raise status
        return Answer(status=status, body="", retry_after=None, leads_to=None)

    async def reached(self):
        raise NotImplementedError


def hook(receiver, **more):
    return WebhookSink("hook", receiver, clock=lambda: NOW, **more)


def delivered(store, sink, *, after=timedelta(), **more):
    return run(deliver(store, [sink], lambda: NOW + after, **more))


def written(sql):
    def write(store):
        store._connection.execute(sql)
        store._connection.commit()

    return write


def synced(**more):
    return lambda store: run(store.sync([entry(**more)], SINKS, NOW))


def edited_again(store):
    story = object.__new__(Story)
    story.store, story.sinks, story.endpoint = store, [], store.endpoints(1)[0]
    story.edits([1], "Another title", at=NOW + timedelta(minutes=1))


#: what happens before an alert comes again
MEANWHILE = {
    "its source is renamed": synced(name="renamed"),
    "its source moves": synced(url="https://example.net/"),
    "its source gets a group": synced(groups=("papers",)),
    "its posts are edited": edited_again,
    "its posts are found under other ids": written("UPDATE posts SET wp_id = id + 1000, guid = 'g' || id"),
    "its texts are derived anew": written("UPDATE revisions SET content_hash = 'h' || id, content = 'Others.'"),
    "another version says it in other words": written("UPDATE changes SET summary = 'in other words'"),
    "the sink wants the full text": None,
}
SOME = ("its source is renamed", "its texts are derived anew", "the sink wants the full text")
COUNTS = {"an alert": 1, "a digest": BULK}


@pytest.fixture(params=COUNTS)
def path(request, tmp_path):
    """A store in which something is due: an alert, or a digest."""
    path = tmp_path / "crawler.db"
    with SqliteStore(path) as store:
        story = Story(store, SINKS, posts=COUNTS[request.param])
        story.edits(range(1, COUNTS[request.param] + 1))
        written("""UPDATE changes SET details = '[{"name":"content"}]'""")(store)
    return path


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_a_webhook_that_is_tried_again_has_the_same_body_whatever_has_moved_since(path, meanwhile):
    receiver, happens = Receiver(500, 503, 200), MEANWHILE[meanwhile]
    with SqliteStore(path) as store:
        assert delivered(store, hook(receiver)) == 1
        if happens is not None:
            happens(store)
    with SqliteStore(path) as store:
        for hours in (1, 2):
            sink = hook(receiver, full_text=happens is None)
            delivered(store, sink, after=timedelta(hours=hours), page_url="https://crawler.example.org")
        first, second, third = receiver.bodies
        assert first == second == third
        assert len(set(receiver.ids)) == 1
        # What it took is not kept twice.
        assert [*store._reader.execute("SELECT 1 FROM alerts WHERE sink = 'hook' AND body IS NOT NULL")] == []
        assert [*store._reader.execute("SELECT 1 FROM digests WHERE sink = 'hook' AND body IS NOT NULL")] == []


@pytest.mark.parametrize("meanwhile", SOME)
def test_a_dead_one_that_is_wanted_after_all_is_what_it_was(path, meanwhile):
    receiver, happens = Receiver(410, 200), MEANWHILE[meanwhile]
    with SqliteStore(path) as store:
        delivered(store, hook(receiver))
        if happens is not None:
            happens(store)
        made_due = run(store.retry([], ["hook"], NOW))
        delivered(store, hook(receiver, full_text=happens is None), page_url="https://crawler.example.org")
        assert {each.state for each in store.alert_states(made_due)} == {"delivered"}
    first, second = receiver.bodies
    assert first == second


@pytest.mark.parametrize("pace", [{"quiet": (time(0), time(7))}, {"digest": timedelta(hours=1)}, {"storm": 1}])
def test_dead_ones_that_are_wanted_after_all_come_in_no_digest(tmp_path, pace):
    receiver = Receiver(*[SinkError("410", permanent=True)] * 3, 200)
    with SqliteStore(tmp_path / "crawler.db") as store:
        Story(store, SINKS, posts=3).edits(range(1, 4))
        for day in range(3):
            delivered(store, hook(receiver), after=timedelta(days=day))
        run(store.retry([], ["hook"], NOW + timedelta(days=4)))
        delivered(store, hook(receiver), after=timedelta(days=4), paces={"hook": Pace(**pace)})
    assert receiver.bodies[3:] == receiver.bodies[:3]


def test_a_mistake_of_ours_between_two_tries_changes_nothing(path):
    receiver = Receiver(500, KeyError("x"), 200)
    with SqliteStore(path) as store:
        for hours in range(3):
            delivered(store, hook(receiver), after=timedelta(hours=hours))
            MEANWHILE["its source is renamed"](store)
    first, second, third = receiver.bodies
    assert first == second == third


def test_an_alert_that_a_mistake_was_made_with_is_made_anew(tmp_path):
    receiver = Receiver(KeyError("x"), 200)
    with SqliteStore(tmp_path / "crawler.db") as store:
        Story(store, ["hook"], posts=1).edits([1])
        delivered(store, hook(receiver))
        MEANWHILE["its source is renamed"](store)
        delivered(store, hook(receiver), after=timedelta(hours=1))
    assert ["renamed" in each.decode() for each in receiver.bodies] == [False, True]


def test_what_was_sent_is_kept_once(path):
    """Not with each alert of a digest: they may be thousands."""
    with SqliteStore(path) as store:
        delivered(store, hook(Receiver(500)))
        (kept,) = store._reader.execute(
            "SELECT (SELECT count(body) FROM alerts) + (SELECT count(body) FROM digests) AS n"
        )
    assert kept["n"] == 1


class Killed(JsonlSink):
    """Is killed when the line is written."""

    async def send(self, payload):
        await super().send(payload)
        raise asyncio.CancelledError


@pytest.mark.parametrize("meanwhile", SOME)
def test_a_digest_that_was_written_before_a_crash_is_the_same_line_in_a_file_that_was_rotated(tmp_path, meanwhile):
    happens, file = MEANWHILE[meanwhile], tmp_path / "alerts.jsonl"
    with SqliteStore(tmp_path / "crawler.db") as store:
        Story(store, SINKS).edits(range(1, BULK + 1))
        written("""UPDATE changes SET details = '[{"name":"content"}]'""")(store)
        with pytest.raises(asyncio.CancelledError):
            delivered(store, Killed("log", file))
        if happens is not None:
            happens(store)
    file.rename(tmp_path / "rotated")
    with SqliteStore(tmp_path / "crawler.db") as store:
        sink = JsonlSink("log", file, full_text=happens is None)
        delivered(store, sink, page_url="https://crawler.example.org")
    assert file.read_bytes() == (tmp_path / "rotated").read_bytes()
    assert json.loads(file.read_text())["data"]["count"] == BULK


def test_a_dead_digest_of_which_some_alerts_are_not_kept_any_more_is_what_it_was(tmp_path):
    receiver = Receiver(410, 200)
    with SqliteStore(tmp_path / "crawler.db") as store:
        story = Story(store, ["hook"])
        story.edits(range(1, 31), ends=False)
        story.edits(range(31, BULK + 1), at=NOW + timedelta(minutes=5), continues=True)
        delivered(store, hook(receiver), after=timedelta(minutes=5))
        run(store.prune(Retained(alerts=timedelta(days=90)), NOW + timedelta(days=90, minutes=2)))
        assert len(run(store.retry([], ["hook"], NOW + timedelta(days=90)))) == BULK - 30
        delivered(store, hook(receiver), after=timedelta(days=90))
    first, second = receiver.bodies
    assert first == second
    assert json.loads(first)["data"]["count"] == BULK


def test_the_same_digest_to_another_sink_is_its_own(tmp_path):
    receivers = {name: Receiver(500, 200) for name in SINKS}
    with SqliteStore(tmp_path / "crawler.db") as store:
        Story(store, SINKS).edits(range(1, BULK + 1))
        written("""UPDATE changes SET details = '[{"name":"content"}]'""")(store)
        for hours, whole in enumerate((True, False)):
            for name, full_text in (("hook", whole), ("log", not whole)):
                sink = WebhookSink(name, receivers[name], clock=lambda: NOW, full_text=full_text)
                delivered(store, sink, after=timedelta(hours=hours))
    (one, one_again), (other, other_again) = (receiver.bodies for receiver in receivers.values())
    assert one == one_again != other == other_again
    assert receivers["hook"].ids == receivers["log"].ids


def test_what_has_no_body_yet_is_made_when_it_is_sent(path):
    """As after an upgrade from a version that kept none: nothing is known of what was sent."""
    receiver = Receiver(500, 500, 200)
    with SqliteStore(path) as store:
        delivered(store, hook(receiver))
        written("UPDATE alerts SET body = NULL")(store)
        written("UPDATE digests SET body = NULL")(store)
        MEANWHILE["its source is renamed"](store)
        for hours in (1, 2):
            delivered(store, hook(receiver), after=timedelta(hours=hours))
    first, second, third = receiver.bodies
    assert first != second == third
    assert json.loads(second)["data"]["source"]["name"] == "renamed"
