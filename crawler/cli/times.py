"""Times as people type and read them, in the time zone of the config."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from crawler.config.scalars import duration

_DAYS = 48


def moment(text: str, *, zone: tzinfo) -> datetime:
    """`2024-03-01` (its first second), `2024-03-01T12:00`, `2024-03-01T12:00Z`, in UTC. Raises ValueError."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time; write 2024-03-01 or 2024-03-01T12:00") from None


def moment_or_age(text: str, *, zone: tzinfo, now: datetime) -> datetime:
    """Like `moment`, or an age: `2d` is two days before now."""
    try:
        return now - duration(text)
    except ValueError:
        pass
    except OverflowError:
        raise ValueError(f"{text!r} is longer ago than there are dates") from None
    try:
        return moment(text, zone=zone)
    except ValueError:
        raise ValueError(f"{text!r} is neither an age such as 2d or 3h nor a date such as 2024-03-01") from None


def local(value: datetime | str | None, zone: tzinfo, *, with_zone: bool = False) -> str:
    """`2024-03-01 12:00` on the clock of the zone, `2024-03-01 12:00 CET` with it; "" for no time."""
    if value is None:
        return ""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z" if with_zone else "%Y-%m-%d %H:%M")


def age(value: str | None, now: datetime) -> str:
    """How long ago a stored time was: `5 m`, `3 h`, `12 d`; "" for no time."""
    return "" if value is None else _span((now - datetime.fromisoformat(value)).total_seconds())


def until(value: str | None, now: datetime) -> str:
    """How long it is until a stored time: `in 5 m`; `due` once it has come."""
    if value is None:
        return ""
    seconds = (datetime.fromisoformat(value) - now).total_seconds()
    if seconds > 0:
        return f"in {_span(seconds)}"
    return "due" if seconds > -120 else f"due since {_span(-seconds)}"


def _span(seconds: float) -> str:
    minutes = max(0, round(seconds / 60))
    if minutes < 120:
        return f"{minutes} m"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < _DAYS else f"{round(hours / 24):,} d"
