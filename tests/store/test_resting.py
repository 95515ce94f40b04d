"""Sinks in trouble as the store keeps them: over a restart, through the three days, and what is told of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from crawler.alert import deliver, delivery
from crawler.errors import SinkError
from crawler.store import SqliteStore
from crawler.store.measuring import measure
from tests.alert.alerts import prepared
from tests.alert.test_delivery import Sink
from tests.store.builders import NOW, entry

NOTIFIED = ["log", "team"]


def run(store, *sinks, after):
    return asyncio.run(deliver(store, sinks, lambda: NOW + after, notified=NOTIFIED))


def rows(store, sql):
    return [tuple(row) for row in store._reader.execute(sql)]


class Told(Sink):
    async def send(self, payload):
        self.taken.append((payload["type"], payload["data"].get("text", "")))


@pytest.fixture
def path(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        prepared(store, ["log"], *((number, "B", f"c_{number}") for number in range(1, 6)))
    return tmp_path / "crawler.db"


def test_a_restart_does_not_wake_a_sink_that_rests_but_a_retry_does(path):
    down = Sink(**{f"c_{number}": [SinkError("down", retry_after=600)] for number in range(1, 6)})
    with SqliteStore(path) as store:
        assert run(store, down, after=timedelta()) == 1
    with SqliteStore(path) as store:
        well = Sink()
        assert run(store, well, after=timedelta(minutes=9)) == 0
        assert well.taken == []
        asyncio.run(store.retry([], ["log"], NOW + timedelta(minutes=9)))
        run(store, well, after=timedelta(minutes=9))
        assert sorted(well.taken) == ["c_1", "c_2", "c_3", "c_4", "c_5"]


def test_what_waits_for_a_sink_that_rests_is_counted_and_grows_old(path):
    down = Sink(c_1=[SinkError("down", retry_after=600)], c_2=[SinkError("400", permanent=True)])
    with SqliteStore(path) as store:
        run(store, down, after=timedelta())
        found = measure(path, NOW + timedelta(minutes=5), never_swept=[])
        assert found.alerts == {("log", "pending"): 5}
        assert found.oldest_pending == {"log": NOW}
        for minutes in (11, 12):
            run(store, down, after=timedelta(minutes=minutes))
        counted = measure(path, NOW, never_swept=[]).alerts
        # and the Notice of the one that was refused
        assert counted == {("log", "dead"): 1, ("log", "delivered"): 4, ("team", "pending"): 1}


def test_of_a_dead_sink_the_others_are_told_once_and_once_that_it_is_back(path):
    with SqliteStore(path) as store:
        down, team = (
            Sink(**{f"c_{number}": [SinkError("nobody answers")] * 999 for number in range(1, 6)}),
            Told("team"),
        )
        for hours in range(96):
            run(store, down, team, after=timedelta(hours=hours))
        assert rows(store, "SELECT DISTINCT state FROM alerts WHERE change_id IS NOT NULL") == [("dead",)]
        ((kind, text),) = team.taken
        assert kind == "program.sink_dead"
        assert "log has taken nothing since 2026-11-23 12:00 UTC: nobody answers" in text
        assert rows(store, "SELECT sink FROM alerts WHERE notice_id IS NOT NULL") == [("team",)]
        asyncio.run(store.retry([], ["log"], NOW + timedelta(days=5)))
        run(store, Sink(), team, after=timedelta(days=5))
        run(store, Sink(), team, after=timedelta(days=5))
        assert [kind for kind, _ in team.taken] == ["program.sink_dead", "program.recovered"]


def test_alerts_that_are_refused_one_by_one_are_told_once_a_day(path):
    with SqliteStore(path) as store:
        refusing = Sink(c_1=[SinkError("400", permanent=True)], c_3=[SinkError("400", permanent=True)])
        team = Told("team")
        run(store, refusing, team, after=timedelta())
        run(store, refusing, team, after=timedelta(hours=1))
        assert refusing.taken == ["c_2", "c_4", "c_5"]
        ((kind, text),) = team.taken
        assert (kind, "log did not take an alert: 400" in text) == ("program.sink_dead", True)


def test_a_sink_that_refuses_everything_is_not_asked_for_each(path):
    with SqliteStore(path) as store:
        gone = Sink(**{f"c_{number}": [SinkError("410", permanent=True)] for number in range(1, 6)})
        run(store, gone, after=timedelta())
        states = rows(store, "SELECT state, count(*) FROM alerts WHERE sink = 'log' GROUP BY state")
        assert states == [("dead", 3), ("pending", 2)]


def test_one_alert_that_always_fails_holds_up_no_other(path):
    with SqliteStore(path) as store:
        choosy = Sink(c_1=[SinkError("500")] * 999)
        for seconds in (0, 7, 14):
            run(store, choosy, after=timedelta(seconds=seconds))
        assert sorted(choosy.taken) == ["c_2", "c_3", "c_4", "c_5"]
        for days in range(1, 15):
            run(store, choosy, after=timedelta(days=days))
        assert rows(store, "SELECT state, attempts FROM alerts WHERE change_id = 'c_1'") == [("dead", 11)]


def test_many_alerts_that_always_fail_hold_up_those_behind_them_for_no_days(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        prepared(store, ["log"], *((number, "B", f"c_{number:02}") for number in range(1, 61)))
        choosy = Sink(**{f"c_{number:02}": [SinkError("403")] * 999 for number in range(1, 41)})
        for minutes in range(90):
            run(store, choosy, after=timedelta(minutes=minutes))
        assert sorted(choosy.taken) == [f"c_{number}" for number in range(41, 61)]


def test_a_sink_that_forgets_its_own_limit_is_left_after_that_of_the_delivery(path, monkeypatch):
    monkeypatch.setattr(delivery, "SECONDS", 0.05)

    class Forgetful(Sink):
        async def send(self, _payload):
            await asyncio.sleep(60)

    with SqliteStore(path) as store:
        assert run(store, Forgetful(), after=timedelta()) == 1
        ((state, error),) = rows(store, "SELECT state, last_error FROM alerts WHERE attempts > 0")
        assert (state, error) == ("pending", "log: not taken within 0.05 s")


def test_a_clock_that_is_put_back_makes_no_rest_longer(path):
    with SqliteStore(path) as store:
        run(store, Sink(c_1=[SinkError("down", retry_after=600)]), after=timedelta())
        asyncio.run(store.shift(NOW, NOW - timedelta(hours=1)))
        well = Sink()
        for minutes, taken in ((9, 0), (11, 5)):
            run(store, well, after=timedelta(minutes=minutes - 60))
            assert len(well.taken) == taken


AHEAD = timedelta(days=1500)


def put_right(store, *, by):
    """The clock was ahead: the daemon sees it being put back, a `poll` only that it is another time."""
    if by == "daemon":
        asyncio.run(store.shift(NOW + AHEAD, NOW))
    asyncio.run(store.sync([entry()], NOTIFIED, NOW))


@pytest.mark.parametrize("by", ["daemon", "poll"])
def test_what_a_clock_told_that_was_years_ahead_is_delivered_all_the_same(tmp_path, by):
    with SqliteStore(tmp_path / "crawler.db") as store:
        prepared(store, NOTIFIED, *((number, "B", f"c_{number}") for number in range(1, 4)), at=NOW + AHEAD)
        run(store, Sink(c_1=[SinkError("down", retry_after=600)]), after=AHEAD)
        put_right(store, by=by)
        well = Sink()
        run(store, well, after=timedelta(hours=1))
        assert sorted(well.taken) == ["c_1", "c_2", "c_3"]


@pytest.mark.parametrize("by", ["daemon", "poll"])
def test_a_sink_that_was_down_by_a_clock_years_ahead_is_given_up_and_told_of_in_time(path, by):
    with SqliteStore(path) as store:
        down, team = Sink(**{f"c_{number}": [SinkError("down")] * 999 for number in range(1, 6)}), Told("team")
        run(store, down, after=AHEAD)
        put_right(store, by=by)
        for hours in range(96):
            run(store, down, team, after=timedelta(hours=hours))
        assert [kind for kind, _ in team.taken] == ["program.sink_dead"]
