"""The times that servers send: HTTP dates and Retry-After. Garbage is None, never an error and never now."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Nobody is believed who asks to be left alone for longer.
LONGEST_RETRY_AFTER = 86_400.0

_OLDEST, _NEWEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,6})?")


def http_date(text: str | None) -> datetime | None:
    """`Tue, 09 May 2023 08:00:24 GMT` as an aware UTC time."""
    if not text or len(text) > 64:
        return None
    try:
        parsed = parsedate_to_datetime(text)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        moment = aware.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    # The web is younger than this; a clock that far off tells nothing, and sums with it would overflow.
    return moment if _OLDEST <= moment < _NEWEST else None


def retry_after(text: str | None, *, now: datetime) -> float | None:
    """Seconds to stay away, between none and a day; None when nothing sensible was asked for.

    A date is measured against our own clock, `now`.
    """
    text = (text or "").strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        date = http_date(text)
        if date is None:
            return None
        seconds = (date - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
