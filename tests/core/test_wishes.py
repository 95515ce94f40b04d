"""When a feed that asked for peace is polled: not sooner than it asked, and hardly later."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.schedule import FRESH, LONGEST, heeded

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = (22, 23, 0, 1)


def at(text: str, day: int = 9) -> datetime:
    return datetime.fromisoformat(f"2023-05-{day:02}T{text}+00:00")


NOW = at("08:20:24")
#: due in minutes by itself, what was asked for, due in minutes
CASES = {
    "nothing was asked for": (15, {}, 15),
    "ttl": (15, {"min_interval": 3600}, 60),
    "ttl below every": (15, {"min_interval": 300}, 15),
    "a longer every stays": (7 * 1440, {"min_interval": 3600, "fresh_for": 3600}, 7 * 1440),
    "ttl of a day": (15, {"min_interval": 86400}, 1440),
    "ttl of a year": (15, {"min_interval": 86400 * 365}, 1440),
    "ttl without end": (15, {"min_interval": 6e19}, 1440),
    "no ttl": (15, {"min_interval": 0}, 15),
    "max-age": (15, {"fresh_for": 1800}, 30),
    "max-age below every": (15, {"fresh_for": 60}, 15),
    "max-age of an hour": (15, {"fresh_for": 3600}, 60),
    "max-age of a year": (15, {"fresh_for": 31536000}, 60),
    "ttl and max-age": (15, {"min_interval": 2400, "fresh_for": 1800}, 40),
    "max-age and ttl": (15, {"min_interval": 1800, "fresh_for": 2400}, 40),
    "an hour that is skipped": (45, {"skip_hours": (9,)}, 99.6),
    "an hour that is not": (15, {"skip_hours": (9,)}, 15),
    "ttl into an hour that is skipped": (15, {"min_interval": 3600, "skip_hours": (9, 10)}, 159.6),
    "every into an hour that is skipped": (1440 + 60, {"skip_hours": (9,)}, 1440 + 99.6),
    "all hours are no wish": (45, {"skip_hours": tuple(range(24))}, 45),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_feed_asks_for_is_a_lower_bound(case):
    minutes, asked, expected = CASES[case]
    assert heeded(NOW + timedelta(minutes=minutes), now=NOW, **asked) == NOW + timedelta(minutes=expected)


@pytest.mark.parametrize(
    ("due", "moved"),
    [
        (at("21:59:59"), at("21:59:59")),
        (at("22:00:00"), at("02:00:00", 10)),
        (at("23:15:00"), at("02:00:00", 10)),
        (at("00:00:00", 10), at("02:00:00", 10)),
        (at("01:59:59", 10), at("02:00:00", 10)),
        (at("02:00:00", 10), at("02:00:00", 10)),
    ],
)
def test_a_run_of_skipped_hours_goes_over_midnight(due, moved):
    assert heeded(due, now=NOW, skip_hours=NIGHT) == moved


def test_runs_of_skipped_hours_are_left_one_at_a_time():
    assert heeded(at("09:30:00"), now=NOW, skip_hours=(9, 11)) == at("10:00:00")


def test_hours_are_those_of_utc_whatever_the_zone_of_the_time():
    due = datetime.fromisoformat("2023-05-09T18:30:00+09:00")
    assert heeded(due, now=NOW, skip_hours=(9,)) == at("10:00:00")
    assert heeded(due, now=NOW, skip_hours=(18,)) == due


@pytest.mark.parametrize(
    ("minutes", "asked", "expected"),
    [
        (15, {"min_interval": 86400}, 54),
        (15, {"fresh_for": 31536000}, 54),
        (45, {"skip_hours": tuple(range(9, 20))}, 54),
        (15, {"min_interval": 1800}, 30),
        (120, {"min_interval": 300}, 120),
        (120, {"min_interval": 86400}, 120),
    ],
)
def test_no_wish_counts_beyond_the_look_that_happens_anyway(minutes, asked, expected):
    latest = NOW + timedelta(minutes=54)
    assert heeded(NOW + timedelta(minutes=minutes), now=NOW, latest=latest, **asked) == NOW + timedelta(
        minutes=expected
    )


SECONDS = st.none() | st.floats(min_value=0, allow_nan=False) | st.integers(0, 200_000)
TIMES = st.timedeltas(timedelta(), 3000 * DAY).map(lambda later: NOW + later)


@given(TIMES, st.timedeltas(timedelta(), 30 * DAY), SECONDS, SECONDS, st.sets(st.integers(0, 23), max_size=23))
@example(at("23:59:59"), timedelta(minutes=15), 86400, 3600, set(range(23)))
def test_a_feed_is_polled_no_sooner_than_it_asked_and_less_than_a_day_later(now, wait, ttl, fresh, hours):
    due = now + wait
    polled = heeded(due, now=now, min_interval=ttl, fresh_for=fresh, skip_hours=hours)
    bounds = (due, now + min(timedelta(seconds=min(ttl or 0, 1e6)), LONGEST))
    asked = max(*bounds, now + min(timedelta(seconds=min(fresh or 0, 1e6)), FRESH))
    assert polled >= asked
    assert polled.hour not in hours
    assert polled - asked < DAY
    assert polled == asked or {(asked + step * HOUR).hour for step in range((polled - asked) // HOUR + 1)} <= hours
    assert heeded(polled, now=now, min_interval=ttl, fresh_for=fresh, skip_hours=hours) == polled
