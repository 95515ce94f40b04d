"""When an endpoint is polled next: every `every`, later after failures, never before what the site asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlsplit

#: A failing endpoint is asked ever more rarely, but at least once a day; nobody may ask us to wait longer.
LONGEST = timedelta(hours=24)
#: REST is looked at this often even when the feed signals nothing: a frozen feed must not hide edits for long.
#: With the jitter that is once an hour.
HOURLY = timedelta(minutes=54)
SHARDS = 4096
#: A truncated body is usually transient.
SOON = timedelta(minutes=2)


def next_poll(
    *, now: datetime, every: timedelta, name: str, failures: int = 0, transient: bool = False, wait: float | None = None
) -> datetime:
    """The next due time: `every` ± 10 %, doubled with each failure in a row up to 24 h.

    The jitter is a hash of `name` and the hour, so that sources drift apart and a test can foresee it.
    `transient`: the first failure was a cut answer; look again in two minutes. `wait`: seconds that the site asked for.
    """
    step: timedelta = every * 2 ** min(failures, 20)
    if transient and failures == 1:
        step = min(SOON, every)
    step *= 1 + _jitter(f"{name} {now:%Y%m%d%H}")
    if failures:
        step = min(step, max(LONGEST, every))
    return now + max(step, _asked(wait))


#: A walk of more requests than this is spread over the period of the sweep.
PACED = 500
#: Over so much of it, that the next one finds the last one done.
_SPREAD = 0.9


def next_page(started: datetime, period: timedelta, *, read: int, pages: int) -> datetime:
    """When a walk that began at `started` and has read so many of its pages may ask for the next one."""
    return started if pages <= PACED else started + period * _SPREAD * (read / pages)


#: What is left of `max-age` counts up to here: cache plugins let every answer be kept for a year. That is meant for
#: browsers, whose users reload, and is nobody's wish about feeds.
FRESH = timedelta(hours=1)
_HOUR = timedelta(hours=1)


def heeded(
    due: datetime,
    *,
    now: datetime,
    min_interval: float | None = None,
    fresh_for: float | None = None,
    skip_hours: Collection[int] = (),
    latest: datetime | None = None,
) -> datetime:
    """`due`, or later where a feed asked not to be read so soon: by its ttl, its answer's max-age, its skipHours.

    The first two are seconds from now. What falls into hours that are skipped moves to their end. `latest`: no wish
    counts beyond this. `sy:updatePeriod` is no wish: WordPress writes it into every feed.
    """
    asked = now + max(_asked(min_interval), min(_asked(fresh_for), FRESH))
    later = _unskipped(max(due, asked), skip_hours)
    return later if latest is None else min(later, max(due, latest))


def _unskipped(moment: datetime, hours: Collection[int]) -> datetime:
    """The moment, or when the run of skipped hours that it lies in ends; nobody can skip the whole day."""
    if {*range(24)}.issubset(hours):
        return moment
    utc = moment.astimezone(UTC)
    while utc.hour in hours:
        utc = utc.replace(minute=0, second=0, microsecond=0) + _HOUR
    return utc


#: This program was not made before: a clock that says so is wrong, and so are the times that it gives.
MADE = datetime(2026, 11, 23, tzinfo=UTC)


def wrong_clock(now: datetime) -> str | None:
    """What to write beside times that cannot be right; None where they can."""
    return f"the clock of this machine was wrong: it said {now:%Y-%m-%d}" if now < MADE else None


#: Up to so many Sources are polled at once when they come together.
AT_ONCE = 100


def first_poll(url: str, every: timedelta | None, now: datetime, *, among: int) -> datetime | None:
    """When a new Source is looked at first: None, at once, unless it came `among` many; then one a second, by host."""
    if among <= AT_ONCE:
        return None
    return now + spread_over(every, among) * (shard(urlsplit(url).netloc.lower()) / SHARDS)


def spread_over(every: timedelta | None, many: int) -> timedelta:
    """How long so many polls that all are due at once take: one a second, but no longer than `every`."""
    window = timedelta(seconds=many)
    return window if every is None else min(every, window)


def shard(host: str) -> int:
    """`blake2b(host) % 4096`, stable over processes and versions."""
    return int.from_bytes(blake2b(host.encode(), digest_size=8).digest(), "big") % SHARDS


def _jitter(seed: str) -> float:
    """Between -0.1 and 0.1."""
    number = int.from_bytes(blake2b(seed.encode(), digest_size=4).digest(), "big")
    return (number / 0xFFFFFFFF - 0.5) / 5


def _asked(wait: float | None) -> timedelta:
    """The wait that was asked for, within reason: a header can say anything."""
    return timedelta(seconds=max(0.0, min(wait or 0.0, LONGEST.total_seconds())))


#: The waits after each failed delivery of one Alert, about three days in all (Standard Webhooks).
ATTEMPTS = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
#: A Sink as a whole rests for no longer: once it is back, what has piled up should not wait for a day.
LONGEST_REST = timedelta(hours=2)


def next_attempt(now: datetime, attempts: int, *, wait: float | None = None, name: str = "") -> datetime:
    """When an Alert that has failed `attempts` + 1 times is tried again: ± 20 %, so that many do not come at once.

    `wait`: seconds that the receiver asked for. `name`: of what is tried.
    """
    return now + max(_varied(ATTEMPTS[min(attempts, len(ATTEMPTS) - 1)], now, name), _asked(wait))


def rest(now: datetime, failures: int, *, wait: float | None = None, name: str = "") -> datetime:
    """Until when a Sink is left alone that has failed so many times in a row."""
    step = min(ATTEMPTS[min(failures, len(ATTEMPTS)) - 1], LONGEST_REST)
    return now + max(_varied(step, now, name), _asked(wait))


def _varied(step: timedelta, now: datetime, name: str) -> timedelta:
    return step * (1 + 2 * _jitter(f"{name} {now:%Y%m%d%H%M%S}"))
