"""What failed and working polls mean for a Source: a table of what it was and what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.decide import health
from crawler.decide.health import Health
from crawler.decide.moving import proposed_url

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SINCE = NOW - timedelta(hours=1)


def was(state="active", failures=2, *, told=False):
    return Health(state=state, failures=failures, failing_since=SINCE if failures else None, is_told=told)


FAILED = {
    "the first": (was(failures=0), False, "up", ("active", 1, False, None)),
    "the second": (was(failures=1), False, "up", ("active", 2, False, None)),
    "the third": (was(), False, "up", ("failing", 3, True, "failing")),
    "the fourth": (was("failing", 3, told=True), False, "up", ("failing", 4, True, None)),
    "the third, of all": (was(), False, "down", ("failing", 3, False, "network")),
    "while that is known": (was(), False, "told", ("failing", 3, False, None)),
    "still, after the network": (was("failing", 7), False, "up", ("failing", 8, True, "failing")),
    "told, then the network": (was("failing", 7, told=True), False, "down", ("failing", 8, True, None)),
    "gone": (was(), True, "up", ("gone", 3, True, "gone")),
    "gone, whatever the others do": (was(), True, "down", ("gone", 3, True, "gone")),
    "gone after having failed": (was("failing", 5, told=True), True, "up", ("gone", 6, True, "gone")),
    "gone, still": (was("gone", 6, told=True), True, "up", ("gone", 7, True, None)),
    "gone, then broken": (was("gone", 6, told=True), False, "up", ("gone", 7, True, None)),
    "suspect": (was("suspect"), False, "up", ("suspect", 3, True, "failing")),
    "suspect, still": (was("suspect", 5, told=True), False, "up", ("suspect", 6, True, None)),
    "suspect and gone": (was("suspect"), True, "up", ("suspect", 3, True, "gone")),
    "suspect and gone, still": (was("suspect", 5, told=True), True, "up", ("suspect", 6, True, None)),
}


@pytest.mark.parametrize(("before", "is_gone", "network", "expected"), FAILED.values(), ids=FAILED)
def test_a_failed_poll(before, is_gone, network, expected):
    verdict = health.failed(before, NOW, is_gone=is_gone, network=network)
    after = verdict.health
    assert (after.state, after.failures, after.is_told, verdict.notice) == expected
    assert after.failing_since == (SINCE if before.failures else NOW)


WORKED = {
    "nothing had been": (was(failures=0), ("active", None)),
    "a bad minute": (was(), ("active", None)),
    "told": (was("failing", 5, told=True), ("active", "recovered")),
    "not told, because of the network": (was("failing", 5), ("active", None)),
    "gone": (was("gone", 5, told=True), ("active", "recovered")),
    "suspect": (was("suspect", 5, told=True), ("suspect", "recovered")),
    "paused": (was("paused", 5), ("paused", None)),
}


@pytest.mark.parametrize(("before", "expected"), WORKED.values(), ids=WORKED)
def test_a_poll_that_works(before, expected):
    verdict = health.worked(before)
    assert (verdict.health.state, verdict.notice) == expected
    assert verdict.health.is_fine


@pytest.mark.parametrize(
    ("told", "read", "hosts", "expected"),
    [
        (False, False, 2, "down"),
        (False, False, 1, "up"),
        (False, True, 9, "up"),
        (True, False, 9, "told"),
    ],
)
def test_the_network_is_down_when_nothing_works_on_several_hosts(told, read, hosts, expected):
    assert health.network(is_told=told, anything_read=read, hosts=hosts) == expected


@pytest.mark.parametrize(
    ("every", "late", "expected"),
    [(15, 15, False), (15, 30, False), (15, 31, True), (1, 4, False), (1, 6, True), (1440, 2000, False)],
)
def test_a_look_is_missed_after_twice_the_time_it_should_have_taken(every, late, expected):
    """In minutes."""
    due, now = NOW + timedelta(minutes=every), NOW + timedelta(minutes=late)
    assert health.was_missed(NOW, due, now) == expected


@pytest.mark.parametrize(
    ("url", "endpoint", "moved_to", "expected"),
    [
        ("https://a.example/", "https://a.example/feed/", "https://b.example/feed/", "https://b.example/"),
        ("https://a.example", "https://a.example/feed/", "https://b.example/news/feed", "https://b.example/news/"),
        ("http://a.example/blog/", "http://a.example/blog/feed/", "https://a.example/blog/feed/",
         "https://a.example/blog/"),
        ("https://a.example/news.xml", "https://a.example/news.xml", "https://b.example/x.xml",
         "https://b.example/x.xml"),
        ("https://a.example/", "https://feeds.example/a", "https://feeds.example/b", "https://feeds.example/"),
        ("https://a.example/", "https://a.example/feed/", "https://b.example/rss", "https://b.example/"),
    ],
)  # fmt: skip
def test_the_url_to_write_for_a_source_that_has_moved(url, endpoint, moved_to, expected):
    assert proposed_url(url, endpoint, moved_to) == expected
