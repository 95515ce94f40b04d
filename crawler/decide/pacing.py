"""When a Sink's Changes go out, and which of them as one: `digest`, `quiet` and `storm`.

digest  a window opens with the first Change that waits and ends so much later; if that is in quiet hours, with them
quiet   nothing goes out; afterwards all that waits goes out as one
storm   in each hour of the clock the first ones of a Source go out alone, the others as one when it has ended

All of it follows from when Changes were detected, so there is nothing to remember, and another config counts at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from crawler.model.pace import Hold, Pace

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
#: A digest has the ids of all its Changes, 30 bytes each, and an alert has 256 KiB.
MOST_MEMBERS = 5000


class Told(NamedTuple):
    """A Change that was or will be an Alert to the Sink, in no digest yet."""

    alert: int
    source: int
    #: in which it was detected, as text
    hour: str
    #: it has not been sent
    waits: bool


def quiet_until(pace: Pace, at: datetime) -> datetime | None:
    """When the quiet hours end in which `at` lies; None: it lies in none."""
    until = None
    for start, end in _spans(pace, at):
        # Where a whole day is left out, one span ends as the next begins.
        if start <= (until or at) < end:
            until = end
    return until


def last_quiet(pace: Pace, at: datetime) -> datetime | None:
    """When quiet hours have last ended."""
    return max((end for _, end in _spans(pace, at) if end <= at), default=None)


def window(pace: Pace, since: datetime, now: datetime) -> Hold:
    """The window of a Sink with `digest` that opened with a Change detected at `since`. It may be over."""
    # A clock that was put back makes `since` the future: nothing waits for that to come.
    end = since + (pace.digest or timedelta()) if since <= now else now
    quiet = quiet_until(pace, end)
    # It may be quiet again when somebody looks, for the first time since the window ended.
    later = quiet_until(pace, now) if now >= (quiet or end) else None
    until = later or quiet or end
    return Hold(reason="schedule" if until == end else "quiet", until=until)


def overflow(told: Iterable[Told], most: int) -> list[Told]:
    """Those that wait although `most` of their Source go out alone in that hour. `told`: all of it, by number."""
    counts: Counter[tuple[int, str]] = Counter()
    held = []
    for each in told:
        place = each.source, each.hour
        counts[place] += 1
        if each.waits and counts[place] > most:
            held.append(each)
    return held


def storm(hour: datetime, now: datetime) -> Hold:
    """Until when those wait that were too many in this hour."""
    # A clock that was put back makes it the future: nothing waits for that to come.
    return Hold(reason="storm", until=hour + _HOUR if hour <= now else now)


def divided(members: Sequence[int], most: int | None = None) -> Iterator[Sequence[int]]:
    """In parts of about the same size, each small enough for one digest."""
    parts = -(-len(members) // (most or MOST_MEMBERS))
    for part in range(parts):
        yield members[len(members) * part // parts : len(members) * (part + 1) // parts]


def _spans(pace: Pace, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The quiet hours of the days around."""
    if pace.quiet is None:
        return
    start, end = pace.quiet
    today = at.astimezone(pace.zone).date()
    for day in (today + number * _DAY for number in range(-2, 2)):
        begins = _instant(day, start, pace.zone, last=False)
        ends = _instant(day if start < end else day + _DAY, end, pace.zone, last=True)
        if begins < ends:
            yield begins, ends


def _instant(day: date, wall: time, zone: tzinfo, *, last: bool) -> datetime:
    """When the clock shows this. Of two times when it is put back, one; when it jumps over it, the jump."""
    first, second = (datetime.combine(day, wall.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if last else first
    # In a jump `fold` means the offset: 0 that of before, by which it is after the jump, and 1 the other way round.
    wanted, before, after = datetime.combine(day, wall), second, first
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) >= wanted:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
