"""From a real store to the sinks: at least once, in order per post, marked only after the sink said yes."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import timedelta
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from crawler.alert import JsonlSink, StdoutSink, deliver
from crawler.errors import SinkError
from crawler.schedule import ATTEMPTS
from crawler.store import SqliteStore
from tests.alert.alerts import prepared
from tests.store.builders import NOW

EDITS = [(1, "B", "c_1"), (2, "B", "c_2"), (1, "C", "c_3"), (1, "D", "c_4")]


class Sink:
    """Takes alerts; `refusals` are what is raised for an alert, each one once."""

    full_text = False

    def __init__(self, name="log", store=None, **refusals):
        self.name, self._store, self._refusals = name, store, {key: [*errors] for key, errors in refusals.items()}
        self.taken, self.marked_before = [], []

    async def send(self, payload):
        alert = payload["data"]["id"]
        if self._refusals.get(alert):
            raise self._refusals[alert].pop(0)
        if self._store is not None:
            self.marked_before.append(states(self._store, self.name)[alert])
        self.taken.append(alert)
        return f"took {alert}"


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        yield store


def rows(store, sink, columns="*"):
    found = store._reader.execute(f"SELECT {columns} FROM alerts WHERE sink = ? ORDER BY id", (sink,))
    return {row["change_id"]: dict(row) for row in found}


def states(store, sink):
    return {change: row["state"] for change, row in rows(store, sink).items()}


def run(store, *sinks, after=timedelta(), page_url=None):
    return asyncio.run(deliver(store, sinks, lambda: NOW + after, page_url=page_url))


def test_all_that_is_due_goes_out_in_order_and_only_once(store):
    prepared(store, ["log"], *EDITS)
    sink = Sink()
    assert [run(store, sink), run(store, sink)] == [0, 0]
    assert sink.taken == ["c_1", "c_2", "c_3", "c_4"]
    told = rows(store, "log")["c_2"]
    assert (told["state"], told["reply"], told["attempts"]) == ("delivered", "took c_2", 1)
    assert told["delivered_at"] == "2026-11-23T12:00:00Z"


def test_an_alert_is_marked_only_after_the_sink_said_yes(store):
    prepared(store, ["log"], *EDITS)
    sink = Sink(store=store)
    run(store, sink)
    assert sink.marked_before == ["pending"] * 4


def test_one_that_is_stopped_in_the_middle_comes_again(store):
    prepared(store, ["log"], *EDITS[:1])
    sink = Sink(c_1=[asyncio.CancelledError()])
    with pytest.raises(asyncio.CancelledError):
        run(store, sink)
    assert states(store, "log") == {"c_1": "pending"}
    assert run(store, sink) == 0
    assert sink.taken == ["c_1"]


def test_a_sink_that_fails_holds_up_no_other(store):
    prepared(store, ["log", "out"], *EDITS)
    failing, working = Sink("log", c_1=[SinkError("down")] * 99), Sink("out")
    assert run(store, failing, working) == 1
    assert (failing.taken, working.taken) == ([], ["c_1", "c_2", "c_3", "c_4"])


def test_a_sink_that_hangs_holds_up_no_other(store):
    prepared(store, ["log", "out"], *EDITS)
    all_taken = asyncio.Event()

    class Hanging(Sink):
        async def send(self, payload):
            await asyncio.wait_for(all_taken.wait(), 30)
            return await super().send(payload)

    class Working(Sink):
        async def send(self, payload):
            reply = await super().send(payload)
            if len(self.taken) == len(EDITS):
                all_taken.set()
            return reply

    assert run(store, Hanging("log"), Working("out")) == 0


def test_the_alerts_of_a_post_keep_their_order_through_failures(store):
    prepared(store, ["log"], *EDITS)
    sink = Sink(c_1=[SinkError("down"), SinkError("down")], c_3=[SinkError("down")])
    for hours in range(6):
        run(store, sink, after=timedelta(hours=hours))
    assert sorted(sink.taken) == ["c_1", "c_2", "c_3", "c_4"]
    assert [alert for alert in sink.taken if alert != "c_2"] == ["c_1", "c_3", "c_4"]


def test_a_refusal_is_tried_again_later_with_its_reason_kept(store):
    prepared(store, ["log"], *EDITS[:1])
    sink = Sink(c_1=[SinkError("hooks.example.org: 503")])
    assert run(store, sink) == 1
    row = rows(store, "log")["c_1"]
    assert (row["state"], row["attempts"], row["last_error"]) == ("pending", 1, "hooks.example.org: 503")
    assert run(store, sink) == 0
    assert sink.taken == []
    assert run(store, sink, after=ATTEMPTS[0] * 1.2) == 0
    assert sink.taken == ["c_1"]
    assert rows(store, "log")["c_1"]["last_error"] is None


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()])
def test_what_the_machine_is_short_of_costs_no_alert(store, error):
    prepared(store, ["log"], *EDITS[:1])
    sink = Sink(c_1=[error])
    assert run(store, sink) == 1
    told = rows(store, "log")["c_1"]
    assert (told["state"], told["last_error"]) == ("pending", f"log: {str(error) or 'MemoryError'}")
    assert run(store, sink, after=timedelta(hours=1)) == 0
    assert sink.taken == ["c_1"]


def test_a_receiver_may_ask_for_a_longer_wait(store):
    prepared(store, ["log"], *EDITS[:1])
    sink = Sink(c_1=[SinkError("busy", retry_after=3600)])
    run(store, sink)
    assert rows(store, "log")["c_1"]["next_attempt_at"] == "2026-11-23T13:00:00Z"


def test_an_alert_is_dead_after_about_three_days(store):
    prepared(store, ["log"], *EDITS[:1])
    sink = Sink(c_1=[SinkError("down")] * 99)
    tries = 0
    while states(store, "log")["c_1"] == "pending":
        tries += run(store, sink, after=timedelta(days=tries))
    assert tries == len(ATTEMPTS) + 1


def test_what_is_refused_for_good_is_dead_at_once_and_the_others_go_on(store):
    prepared(store, ["log"], *EDITS)
    sink = Sink(c_1=[SinkError("no such address", permanent=True)])
    assert run(store, sink) == 1
    assert states(store, "log") == {"c_1": "dead", "c_2": "delivered", "c_3": "delivered", "c_4": "delivered"}
    assert rows(store, "log")["c_1"]["last_error"] == "no such address"


#: what no sink means to raise: a library's own trouble, an event loop that ends, a text that has no bytes
MISTAKES = [
    RuntimeError("cannot schedule new futures"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "no"),
    KeyError("x"),
]


@pytest.mark.parametrize("error", MISTAKES, ids=lambda error: type(error).__name__)
def test_a_mistake_that_passes_costs_no_alert(store, error):
    prepared(store, ["log"], *EDITS[:1])
    sink = Sink(c_1=[error] * 4)
    with capture_logs() as logged:
        for hours in range(4):
            assert run(store, sink, after=timedelta(hours=hours)) == 1
    told = rows(store, "log")["c_1"]
    assert told["state"] == "pending"
    assert told["last_error"] == f"a mistake in crawler itself: {type(error).__name__}: {error}"
    assert [each["id"] for each in logged if each.get("exc_info")] == ["c_1"] * 4
    assert run(store, sink, after=timedelta(days=1)) == 0
    assert sink.taken == ["c_1"]


def test_an_alert_that_can_never_be_written_out_holds_up_only_its_post_and_is_dead_in_the_end(store):
    """The first one is of a day that zones west of Greenwich do not have."""
    prepared(store, ["out"], *EDITS)
    store._connection.execute("UPDATE changes SET detected_at = '0001-01-01T00:00:00Z' WHERE id = 'c_1'")
    store._connection.commit()
    out = io.StringIO()
    sink = StdoutSink("out", zone=ZoneInfo("America/New_York"), out=out)
    run(store, sink)
    run(store, sink, after=timedelta(minutes=1))
    assert states(store, "out") == {"c_1": "pending", "c_2": "delivered", "c_3": "pending", "c_4": "pending"}
    assert "OverflowError" in rows(store, "out")["c_1"]["last_error"]
    for days in range(1, len(ATTEMPTS) + 1):
        run(store, sink, after=timedelta(days=days))
    run(store, sink, after=timedelta(days=days, hours=1))
    assert states(store, "out") == {"c_1": "dead", "c_2": "delivered", "c_3": "delivered", "c_4": "delivered"}
    assert out.getvalue().count("\n\n") == 3


def test_an_alert_that_there_was_no_memory_to_make_is_made_later(store, monkeypatch):
    prepared(store, ["log"], *EDITS[:1])
    sink = Sink()
    with monkeypatch.context() as short:
        short.setattr(SqliteStore, "news", Mock(side_effect=MemoryError))
        assert run(store, sink) == 1
    assert run(store, sink, after=timedelta(days=1)) == 0
    assert sink.taken == ["c_1"]


def test_many_mistakes_pass_for_no_sink_that_is_down(store):
    """Strangers write what alerts are made of: such posts may be many, and come first."""
    edits = [(number, "B", f"c_{number:02}") for number in range(1, 21)]
    prepared(store, ["log"], *edits)
    sink = Sink(**{change: [ValueError("odd")] * 9 for _, _, change in edits[:-1]})
    with capture_logs():
        assert run(store, sink) == 1
        assert sink.taken == ["c_20"]
        prepared(store, ["log"], (21, "B", "c_21"))
        assert run(store, sink, after=timedelta(days=3)) == 1
    assert sink.taken == ["c_20", "c_21"]
    assert [*states(store, "log").values()].count("pending") == 19


def test_an_alert_that_cannot_be_read_from_the_store_holds_up_only_its_post(store):
    prepared(store, ["log"], *EDITS)
    store._connection.execute("""UPDATE changes SET details = '[{"nonsense":1}]' WHERE id = 'c_1'""")
    store._connection.commit()
    sink = Sink()
    for minutes in range(3):
        run(store, sink, after=timedelta(minutes=minutes))
    assert states(store, "log") == {"c_1": "pending", "c_2": "delivered", "c_3": "pending", "c_4": "pending"}
    assert "a mistake in crawler itself: ValidationError" in rows(store, "log")["c_1"]["last_error"]
    store._connection.execute("UPDATE changes SET details = '[]'")
    store._connection.commit()
    run(store, sink, after=timedelta(days=1))
    assert sink.taken == ["c_2", "c_1", "c_3", "c_4"]


def test_the_page_of_a_change_is_in_its_alert_where_there_is_one(store, tmp_path):
    prepared(store, ["log"], *EDITS[:1])
    run(store, JsonlSink("log", tmp_path / "alerts.jsonl"), page_url="https://crawler.example.org/")
    told = json.loads((tmp_path / "alerts.jsonl").read_text())
    assert told["data"]["url"] == "https://crawler.example.org/changes/c_1"


@pytest.mark.parametrize("full_text", [True, False])
def test_the_full_text_is_for_sinks_that_want_it(store, tmp_path, full_text):
    path = tmp_path / "alerts.jsonl"
    prepared(store, ["log"], *EDITS[:1])
    store._connection.execute("""UPDATE changes SET details = '[{"name":"content"}]'""")
    store._connection.commit()
    run(store, JsonlSink("log", path, full_text=full_text))
    (field,) = json.loads(path.read_text())["data"]["fields"]
    assert (field["old"], field["new"]) == (("Some words.", "Some words.") if full_text else (None, None))
