"""The two forms of date that nearly all feeds use."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from crawler.parse import values

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RFC_822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(?P<day>\d\d?) (?P<month>[A-Z][a-z]{2}) (?P<year>[12]\d{3})"
    r" (?P<time>\d\d:\d\d:\d\d) (?:GMT|UTC|(?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d))"
)
_W3C = re.compile(
    r"(?P<year>[12]\d{3})-(?P<month>\d\d)-(?P<day>\d\d)T(?P<time>\d\d:\d\d:\d\d)"
    r"(?:Z|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d))"
)


def common(text: str) -> datetime | None:
    """`Mon, 08 May 2023 23:00:24 +0000` or `2023-05-08T23:00:24Z` in UTC; None for other forms and odd years."""
    match = _RFC_822.fullmatch(text) or _W3C.fullmatch(text)
    if match is None:
        return None
    month = match["month"]
    number = int(month) if month.isdigit() else _MONTHS.index(month) + 1 if month in _MONTHS else 0
    ahead = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    try:
        hour, minute, second = map(int, match["time"].split(":"))
        zone = timezone(-ahead if match["sign"] == "-" else ahead)
        local = datetime(int(match["year"]), number, int(match["day"]), hour, minute, second, tzinfo=zone)
        return values.plausible(local.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
