"""When a Sink's Changes go out: windows, quiet hours with every jump of the clock, hours of storm."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.decide.pacing import MOST_MEMBERS, Told, divided, last_quiet, overflow, quiet_until, storm, window
from crawler.model.pace import AT_ONCE, Hold, Pace

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NIGHT = (time(22), time(7))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def pace(quiet=None, zone="UTC", **more):
    return Pace(quiet=quiet, zone=ZoneInfo(zone), **more)


#: (from, to, zone), when it is asked, when the quiet hours end: None, it is not quiet
QUIET = {
    "by day": (*NIGHT, "UTC", "2026-11-23T12:00", None),
    "the last minute before": (*NIGHT, "UTC", "2026-11-23T21:59:59", None),
    "when it begins": (*NIGHT, "UTC", "2026-11-23T22:00", "2026-11-24T07:00"),
    "before midnight": (*NIGHT, "UTC", "2026-11-23T23:59:59", "2026-11-24T07:00"),
    "after midnight": (*NIGHT, "UTC", "2026-11-23T00:00", "2026-11-23T07:00"),
    "the last second": (*NIGHT, "UTC", "2026-11-23T06:59:59", "2026-11-23T07:00"),
    "when it ends": (*NIGHT, "UTC", "2026-11-23T07:00", None),
    "a span within the day": (time(12), time(13), "UTC", "2026-11-23T12:30", "2026-11-23T13:00"),
    "and outside it": (time(12), time(13), "UTC", "2026-11-23T13:30", None),
    "up to midnight": (time(22), time(0), "UTC", "2026-11-23T23:30", "2026-11-24T00:00"),
    "all but a minute": (time(0, 1), time(0), "UTC", "2026-11-23T00:00:30", None),
    "in Seoul it is night already": (*NIGHT, "Asia/Seoul", "2026-11-23T13:00", "2026-11-23T22:00"),
    "in Kathmandu the hours are odd": (*NIGHT, "Asia/Kathmandu", "2026-11-23T16:15", "2026-11-24T01:15"),
    "a night of ten hours": (*NIGHT, "Europe/Berlin", "2026-10-24T20:00", "2026-10-25T06:00"),
    "a night of eight hours": (*NIGHT, "Europe/Berlin", "2026-03-28T21:00", "2026-03-29T05:00"),
    "its beginning does not exist, before": (time(2, 30), time(6), "Europe/Berlin", "2026-03-29T00:59:59", None),
    "its beginning does not exist": (time(2, 30), time(6), "Europe/Berlin", "2026-03-29T01:00", "2026-03-29T04:00"),
    "its end does not exist": (time(22), time(2, 30), "Europe/Berlin", "2026-03-29T00:59:59", "2026-03-29T01:00"),
    "its end does not exist, after": (time(22), time(2, 30), "Europe/Berlin", "2026-03-29T01:00", None),
    "nothing of it exists": (time(2, 10), time(2, 50), "Europe/Berlin", "2026-03-29T01:00", None),
    "its end comes twice, after the first": (
        time(22), time(2, 30), "Europe/Berlin", "2026-10-25T00:45", "2026-10-25T01:30",
    ),
    "its end comes twice, after the second": (time(22), time(2, 30), "Europe/Berlin", "2026-10-25T01:30", None),
    "its beginning comes twice": (time(2, 30), time(6), "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T05:00"),
    "all of it comes twice, in between": (
        time(2, 10), time(2, 20), "Europe/Berlin", "2026-10-25T01:05", "2026-10-25T01:20",
    ),
    "a day that does not exist": (*NIGHT, "Pacific/Apia", "2011-12-30T09:30", "2011-12-30T17:00"),
}  # fmt: skip


@pytest.mark.parametrize("what", QUIET)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(what):
    start, end, zone, at, expected = QUIET[what]
    asked = pace((start, end), zone)
    found = quiet_until(asked, utc(at))
    assert found == (utc(expected) if expected else None)
    if found is not None:
        assert quiet_until(asked, found) is None
        assert last_quiet(asked, found) == found


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_whenever_the_clock_shows_a_quiet_time_it_is_quiet(zone):
    for start, end in [NIGHT, (time(1, 45), time(2, 15)), (time(2, 15), time(1, 45)), (time(0), time(23, 59))]:
        asked = pace((start, end), zone)
        at = utc("2026-03-01T00:05")
        while at < utc("2026-11-10T00:00"):
            wall = at.astimezone(asked.zone).time()
            shown = start <= wall < end if start < end else wall >= start or wall < end
            until = quiet_until(asked, at)
            assert until is not None or not shown
            # The other way round only between two showings of the same time, an hour at most.
            assert shown or until is None or until - at <= 2 * HOUR
            at += timedelta(minutes=97)


def test_without_quiet_hours_it_never_is():
    assert quiet_until(AT_ONCE, NOW) is last_quiet(AT_ONCE, NOW) is None


def test_they_have_last_ended_this_morning():
    assert last_quiet(pace(NIGHT), NOW) == utc("2026-11-23T07:00")
    assert last_quiet(pace(NIGHT), utc("2026-11-23T06:59")) == utc("2026-11-22T07:00")


#: when the first was detected, when it is asked, until when it waits and why
WINDOWS = {
    "it has just opened": ({}, "12:00", "12:00", "schedule", "13:00"),
    "it is over": ({}, "12:00", "13:30", "schedule", "13:00"),
    "it ends in quiet hours": ({"quiet": NIGHT}, "21:30", "21:40", "quiet", "31:00"),
    "it opened in quiet hours": ({"quiet": NIGHT}, "22:30", "23:00", "quiet", "31:00"),
    "it opened in quiet hours and ends afterwards": ({"quiet": NIGHT}, "06:30", "06:40", "schedule", "07:30"),
    "it was over before they began, and nobody looked": ({"quiet": NIGHT}, "20:00", "23:00", "quiet", "31:00"),
    "the clock was put back": ({}, "15:00", "12:00", "schedule", "12:00"),
    "the clock was put back into quiet hours": ({"quiet": NIGHT}, "15:00", "06:00", "quiet", "07:00"),
}


@pytest.mark.parametrize("what", WINDOWS)
def test_a_window_opens_with_the_first_and_ends_an_hour_later(what):
    def at(clock):
        hours, minutes = map(int, clock.split(":"))
        return utc("2026-11-23T00:00") + timedelta(hours=hours, minutes=minutes)

    more, since, now, reason, until = WINDOWS[what]
    assert window(pace(digest=HOUR, **more), at(since), at(now)) == Hold(reason=reason, until=at(until))


def told(*minutes, source=1, waits=True, first=1):
    return [
        Told(alert=number, source=source, hour=f"{NOW + timedelta(minutes=minute):%Y-%m-%dT%H}", waits=waits)
        for number, minute in enumerate(minutes, first)
    ]


def too_many(told, most):
    return [each.alert for each in overflow(told, most)]


def test_the_first_ones_of_an_hour_go_out_alone():
    assert too_many(told(*range(30)), 30) == []
    assert too_many(told(*range(33)), 30) == [31, 32, 33]


def test_each_hour_and_each_source_has_its_own():
    assert too_many([*told(0, 1, 58, 61, 62), *told(3, 4, source=2, first=6)], 2) == [3]


def test_those_that_went_out_count():
    gone = told(0, 1, waits=False)
    assert too_many([*gone, *told(2, first=3)], 2) == [3]
    assert too_many(gone, 1) == []


def test_a_storm_lasts_to_the_end_of_its_hour_and_never_longer():
    assert storm(NOW, NOW + 30 * HOUR / 60) == Hold(reason="storm", until=NOW + HOUR)
    assert storm(NOW + HOUR, NOW) == Hold(reason="storm", until=NOW), "the clock was put back"


@pytest.mark.parametrize(
    ("members", "parts"),
    [(0, []), (1, [1]), (MOST_MEMBERS, [MOST_MEMBERS]), (5001, [2500, 2501]), (20_000, [5000] * 4)],
)
def test_very_many_are_several(members, parts):
    found = list(divided(range(members)))
    assert [len(each) for each in found] == parts
    assert [each for part in found for each in part] == list(range(members))
