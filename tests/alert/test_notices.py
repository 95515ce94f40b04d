"""Notices on their way to the sinks: in order, among Changes, at least once, and harmless to read."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.alert import JsonlSink, StdoutSink, deliver
from crawler.errors import SinkError
from crawler.model import Trouble
from crawler.render import incident
from crawler.store import SqliteStore
from tests.alert.alerts import prepared
from tests.alert.test_delivery import Sink
from tests.store.builders import NOW, entry


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        yield store


def tell(store, kind, *, name="example.org", minutes=0, text="Some words.", sinks=("log",)):
    source_id = next((each.id for each in store.sources() if each.name == name), None)
    asyncio.run(store.notice(kind, source_id, text, NOW + timedelta(minutes=minutes), sinks))


def run(store, *sinks, minutes=60):
    return asyncio.run(deliver(store, sinks, lambda: NOW + timedelta(minutes=minutes)))


class Kinds(Sink):
    """Remembers kinds, not ids; `refusals` are by kind, too."""

    async def send(self, payload):
        kind = payload["data"]["kind"]
        if self._refusals.get(kind):
            raise self._refusals[kind].pop(0)
        self.taken.append(kind)


def test_notices_and_changes_leave_in_the_order_in_which_they_came(store):
    prepared(store, ["log"], (1, "B", "c_1"))
    tell(store, "failing", minutes=1)
    tell(store, "network", name=None, minutes=2)
    tell(store, "recovered", minutes=3)
    sink = Kinds()
    assert run(store, sink) == 0
    assert sink.taken == ["edited", "failing", "network", "recovered"]
    run(store, sink)
    assert len(sink.taken) == 4


def test_what_is_told_of_one_source_keeps_its_order_through_failures(store):
    asyncio.run(store.sync([entry(), entry("other", "https://other.example/")], ["log"], NOW))
    tell(store, "failing", minutes=1)
    tell(store, "recovered", minutes=2)
    tell(store, "gone", name="other", minutes=3)
    sink = Kinds(failing=[SinkError("down")] * 2)
    run(store, sink, minutes=60)
    assert sink.taken == []
    run(store, sink, minutes=60.2)
    assert sink.taken == ["gone"]  # `recovered` waits for what it is the end of
    run(store, sink, minutes=120)
    assert sink.taken == ["gone", "failing", "recovered"]


def test_a_crash_after_sending_tells_the_same_id_again(store, tmp_path):
    asyncio.run(store.sync([entry()], ["log"], NOW))
    tell(store, "failing")
    file = JsonlSink("log", tmp_path / "alerts.jsonl")
    run(store, file)
    store._connection.execute("UPDATE alerts SET state = 'pending', next_attempt_at = '2026-11-23T12:00:00Z'")
    store._connection.commit()
    run(store, file)
    (line,) = (tmp_path / "alerts.jsonl").read_text().splitlines()
    assert json.loads(line)["type"] == "source.failing"


def test_people_read_who_and_what_first(store):
    asyncio.run(store.sync([entry()], ["out"], NOW))
    tell(store, "failing", text="Nothing of it could be read.\nLook at it.", sinks=("out",))
    tell(store, "disk_full", name=None, text="No room.", sinks=("out",))
    out = io.StringIO()
    run(store, StdoutSink("out", zone=ZoneInfo("UTC"), out=out))
    assert out.getvalue() == (
        "example.org · failing\n  Nothing of it could be read.\n  Look at it.\n\ncrawler · disk full\n  No room.\n\n"
    )


def test_what_a_site_says_cannot_forge_lines_or_drive_a_terminal():
    trouble = Trouble(whole=True, reason="http_4xx", error="403\nYour bank: \x1b[31mcall us\u202e now")
    text = incident.failing("https://example.org/", trouble, NOW, 3)
    assert text.count("\n") == 2
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("reason", [*incident._REASONS])
def test_every_reason_is_told_in_words_with_something_to_do(reason):
    text = incident.failing("https://example.org/", Trouble(whole=True, reason=reason, error=""), NOW, 3)
    first, _, last = text.splitlines()
    assert incident._REASONS[reason][0] in first
    assert len(last) > len("https://example.org/ ") + 10
