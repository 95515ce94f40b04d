"""When things are tried again: jitter, back-off, what a site asked for, shards and deliveries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.schedule import next_attempt, next_poll, rest, shard
from tests.core.values import NOW

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)


def step(every=QUARTER, *, name="example.org", now=NOW, **more):
    return next_poll(now=now, every=every, name=name, **more) - now


def is_about(actual, expected):
    return expected * 0.9 <= actual <= expected * 1.1


def test_jitter_keeps_within_a_tenth_and_uses_all_of_it():
    steps = [step(name=f"source {number}") / QUARTER for number in range(500)]
    assert 0.9 <= min(steps) < 0.91
    assert 1.09 < max(steps) <= 1.1
    assert 0.99 < sum(steps) / 500 < 1.01


def test_jitter_is_the_same_within_an_hour_and_another_in_the_next():
    assert step() == step(now=NOW + timedelta(minutes=59))
    assert len({step(now=NOW + hours * HOUR) for hours in range(24)}) == 24
    assert step() != step(name="example.net")


@pytest.mark.parametrize(
    ("failures", "expected"),
    [(0, QUARTER), (1, QUARTER * 2), (2, QUARTER * 4), (3, QUARTER * 8), (6, QUARTER * 64)],
)
def test_each_failure_in_a_row_doubles_the_wait(failures, expected):
    assert is_about(step(failures=failures), expected)


@pytest.mark.parametrize("failures", [8, 20, 21, 5000])
def test_a_failing_endpoint_is_asked_at_least_once_a_day(failures):
    steps = [step(failures=failures, name=f"source {number}") for number in range(100)]
    assert max(steps) == DAY


def test_the_wait_for_a_failing_endpoint_still_has_jitter_below_the_longest():
    assert len({step(failures=6, name=f"source {number}") for number in range(100)}) == 100


@pytest.mark.parametrize("failures", [1, 5, 40])
def test_an_endpoint_that_is_asked_more_seldom_than_daily_is_not_asked_sooner_for_failing(failures):
    week = timedelta(days=7)
    steps = [step(week, failures=failures, name=f"source {number}") for number in range(50)]
    assert max(steps) == week
    assert min(steps) >= week * 0.9


def test_an_answer_cut_short_is_asked_for_again_in_two_minutes_once():
    assert is_about(step(failures=1, transient=True), timedelta(minutes=2))
    assert is_about(step(timedelta(seconds=60), failures=1, transient=True), timedelta(seconds=60))
    assert is_about(step(failures=2, transient=True), QUARTER * 4)


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (None, QUARTER),
        (0, QUARTER),
        (-5, QUARTER),
        (float("-inf"), QUARTER),
        (60, QUARTER),
        (7200, timedelta(hours=2)),
        (86400, DAY),
        (86401, DAY),
        (1e300, DAY),
        (float("inf"), DAY),
    ],
)
def test_what_a_site_asked_for_lies_between_every_and_a_day(wait, expected):
    assert step(wait=wait) == (step() if expected == QUARTER else expected)


def test_a_wait_is_kept_behind_a_longer_back_off():
    assert step(failures=6, wait=60) == step(failures=6)
    assert step(failures=1, transient=True, wait=600) == timedelta(seconds=600)
    assert step(timedelta(days=3), wait=1e9) == step(timedelta(days=3))


@pytest.mark.parametrize(
    ("host", "expected"), [("example.org", 3509), ("koreapro.org", 3506), ("xn--bcher-kva.example", 1721), ("", 692)]
)
def test_a_host_keeps_its_shard_for_ever(host, expected):
    assert shard(host) == expected


def test_shards_are_spread():
    shards = {shard(f"site{number}.example") for number in range(4096)}
    assert min(shards) >= 0
    assert max(shards) < 4096
    assert len(shards) > 2400


def test_a_delivery_is_tried_for_about_three_days():
    at = NOW
    for tries in range(10):
        at = next_attempt(at, tries)
    assert timedelta(days=2.5) < at - NOW < timedelta(days=3.8)


def test_the_first_retries_come_soon_and_each_later_than_the_one_before():
    expected = [5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    for name in map(str, range(200)):
        waits = [(next_attempt(NOW, attempts, name=name) - NOW).total_seconds() for attempts in range(10)]
        for wait, seconds in zip(waits, expected, strict=True):
            assert 0.8 * seconds <= wait <= 1.2 * seconds
    assert len({next_attempt(NOW, 9, name=name) for name in map(str, range(200))}) > 190


def test_a_sink_rests_ever_longer_but_no_more_than_two_hours():
    waits = [(rest(NOW, failures) - NOW).total_seconds() for failures in range(1, 40)]
    for wait, seconds in zip(waits, [5, 60, 300, 1800, *[7200] * 35], strict=True):
        assert 0.8 * seconds <= wait <= 1.2 * seconds
    assert rest(NOW, 1, wait=1e12) == NOW + DAY


@pytest.mark.parametrize(("wait", "expected"), [(1, None), (3600, HOUR), (1e12, DAY), (float("inf"), DAY), (-1, None)])
def test_a_receiver_may_ask_for_a_later_delivery_within_a_day(wait, expected):
    due = next_attempt(NOW, 1, wait=wait)
    assert due == (next_attempt(NOW, 1) if expected is None else NOW + expected)
