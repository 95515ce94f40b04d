"""Times as people type and read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.cli import times

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2024, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-01", "2024-02-29T23:00:00+00:00"),
        ("2024-07-01", "2024-06-30T22:00:00+00:00"),
        ("2024-03-01T12:00", "2024-03-01T11:00:00+00:00"),
        ("2024-03-01T12:00:30", "2024-03-01T11:00:30+00:00"),
        ("2024-03-01T12:00Z", "2024-03-01T12:00:00+00:00"),
        ("2024-03-01T12:00+09:00", "2024-03-01T03:00:00+00:00"),
        ("2024-10-27T02:30", "2024-10-27T00:30:00+00:00"),  # twice that night: the first
        ("2d", "2024-03-08T12:00:00+00:00"),
        ("1h30m", "2024-03-10T10:30:00+00:00"),
        ("0s", "2024-03-10T12:00:00+00:00"),
    ],
)
def test_a_time_is_read_on_the_clock_of_the_config(text, expected):
    assert times.moment_or_age(text, zone=BERLIN, now=NOW).isoformat() == expected


@pytest.mark.parametrize("text", ["", "now", "2024", "2d ago", "-2d", "0001-01-01", "9999-12-31T23:59-12:00", "24:00"])
def test_what_is_no_time_is_told(text):
    with pytest.raises(ValueError, match=r"is neither an age|is longer ago"):
        times.moment_or_age(text, zone=BERLIN, now=NOW)


@pytest.mark.parametrize(
    ("minutes", "age", "until"),
    [
        (0, "0 m", "due"),
        (1, "1 m", "due"),
        (5, "5 m", "due since 5 m"),
        (119, "119 m", "due since 119 m"),
        (120, "2 h", "due since 2 h"),
        (47 * 60, "47 h", "due since 47 h"),
        (48 * 60, "2 d", "due since 2 d"),
        (1_500 * 24 * 60, "1,500 d", "due since 1,500 d"),
        (-7, "0 m", "in 7 m"),
        (-24 * 60, "0 m", "in 24 h"),
    ],
)
def test_how_long_ago_and_how_long_until(minutes, age, until):
    stored = (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert times.age(stored, NOW) == age
    assert times.until(stored, NOW) == until


def test_no_time_is_shown_as_nothing():
    assert (times.age(None, NOW), times.until(None, NOW), times.local(None, BERLIN)) == ("", "", "")
    assert times.local("2024-07-01T10:00:00Z", BERLIN, with_zone=True) == "2024-07-01 12:00 CEST"
