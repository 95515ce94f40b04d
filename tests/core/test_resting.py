"""Sinks that do not take Alerts: how long they rest, what is given up, and what is told of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.decide.resting import ALONE, LASTING, REFUSALS, failed, taken
from crawler.model import Refusal, SinkStanding, TriedAlert
from tests.core.values import NOW

DOWN, BAD = Refusal(error="503"), Refusal(error="400", permanent=True)
WELL = SinkStanding(sink="log")


def tried(attempts=0, *, due_at=NOW, since=None):
    return TriedAlert(id=1, attempts=attempts, due_at=due_at, tried_since=since)


def troubled(failures, *, days=0.0, **more):
    return SinkStanding(sink="log", failures=failures, failing_since=NOW - timedelta(days=days), **more)


def test_the_first_failure_rests_the_sink_for_seconds():
    found = failed(WELL, tried(), DOWN, NOW)
    assert timedelta(seconds=4) <= found.standing.until - NOW <= timedelta(seconds=6)
    assert (found.standing.failures, found.standing.failing_since, found.standing.last_error) == (1, NOW, "503")
    assert found.standing.rests(NOW) and not found.standing.rests(found.standing.until)


def test_many_that_fail_rest_the_sink_and_keep_their_turns():
    early = NOW - timedelta(hours=1)
    found = failed(troubled(12), tried(due_at=early), DOWN, NOW)
    assert timedelta(hours=1.6) <= found.standing.until - NOW <= timedelta(hours=2.4)
    assert found.due == early


def test_one_that_fails_alone_waits_by_itself_and_lets_others_by():
    found = failed(troubled(5), tried(attempts=5), DOWN, NOW)
    assert found.standing.until - NOW <= ALONE
    assert found.due - NOW >= timedelta(hours=4)


@pytest.mark.parametrize(("wait", "expected"), [(3600, timedelta(hours=1)), (1e9, timedelta(days=1))])
def test_a_wait_that_was_asked_for_is_the_whole_sinks_and_bounded(wait, expected):
    found = failed(WELL, tried(), Refusal(error="429", wait=wait), NOW)
    assert found.standing.until == found.due == NOW + expected


def test_what_has_waited_for_three_days_is_given_up_only_where_the_sink_was_tried_all_that_time():
    assert failed(troubled(40, days=3), tried(), DOWN, NOW).given_up == NOW - LASTING
    assert failed(troubled(40, days=2.9), tried(), DOWN, NOW).given_up is None
    assert failed(troubled(2, days=30), tried(), DOWN, NOW).given_up is None


@pytest.mark.parametrize(("attempts", "days", "is_dead"), [(9, 4, False), (10, 2, False), (10, 3, True), (30, 3, True)])
def test_an_alert_that_fails_alone_dies_after_all_its_attempts_and_three_days(attempts, days, is_dead):
    found = failed(WELL, tried(attempts, since=NOW - timedelta(days=days)), DOWN, NOW)
    assert (found.due is None) == is_dead
    assert found.given_up is None


def test_what_is_refused_for_good_is_dead_at_once_and_several_in_a_row_rest_the_sink():
    standing = WELL
    for number in range(1, REFUSALS + 2):
        found = failed(standing, tried(), BAD, NOW)
        assert found.due is None
        assert found.standing.rests(NOW) == (number >= REFUSALS)
        standing = found.standing


def test_our_own_mistake_is_nothing_against_the_sink_and_tried_again():
    mistake = Refusal(error="mistake", by_sink=False)
    for standing in (WELL, troubled(40, days=3)):
        found = failed(standing, tried(), mistake, NOW)
        assert (found.standing, found.given_up) == (standing, None)
        assert NOW < found.due < NOW + timedelta(minutes=1)
    found = failed(WELL, tried(10, since=NOW - LASTING), mistake, NOW)
    assert (found.due, found.standing, found.tell) == (None, WELL, "refused")


@pytest.mark.parametrize(
    ("standing", "refusal", "attempts", "tell"),
    [
        (WELL, BAD, 0, "refused"),
        (SinkStanding(sink="log", refusal_told_at=NOW - timedelta(hours=23)), BAD, 0, None),
        (SinkStanding(sink="log", refusal_told_at=NOW - timedelta(hours=25)), BAD, 0, "refused"),
        (troubled(40, days=3), DOWN, 0, "down"),
        (troubled(40, days=3, told_at=NOW - timedelta(days=2)), DOWN, 0, None),
        (troubled(40, days=3, refusal_told_at=NOW - timedelta(days=2)), DOWN, 0, None),
        (troubled(40, days=3, refusal_told_at=NOW - timedelta(days=4)), DOWN, 0, "down"),
        (troubled(REFUSALS - 1), BAD, 0, "down"),
        (troubled(10, days=3), DOWN, 10, "down"),
        (WELL, DOWN, 10, "refused"),
    ],
)
def test_each_incident_is_told_once(standing, refusal, attempts, tell):
    assert failed(standing, tried(attempts), refusal, NOW).tell == tell


def test_a_sink_that_takes_an_alert_is_well_again():
    told = troubled(40, days=3, told_at=NOW, until=NOW + ALONE, last_error="503", refusal_told_at=NOW)
    assert taken(told) == SinkStanding(sink="log", refusal_told_at=NOW)
