"""Whether a feed can be believed when it says that nothing was published or edited: by what REST showed beside it.

A cache before the feed, or a frozen date in it, makes it say so for hours, and edits come to light only once an hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Times in a row that REST showed what the feed was silent about: one may be a page cache's bad moment.
LIES = 3
#: A cache that keeps a feed for a minute or two does no harm.
_CACHED = timedelta(minutes=2)
#: After so long without another lie, a feed that moves is believed again.
GOOD = timedelta(days=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """How far a feed's silence is believed."""

    #: looks in a row that showed what it had been silent about
    missed: int = 0
    #: of the last of them, where it is believed no more
    distrusted_at: datetime | None = None


def is_hidden(saves: Iterable[datetime], *, read_at: datetime | None, asked_at: datetime, skew: timedelta) -> bool:
    """Whether one of these saves, by the site's clock, lies between what the feed last told and its silence now."""
    return read_at is not None and any(read_at < save - skew <= asked_at - _CACHED for save in saves)


def judged(trust: Trust, *, moved: bool, hides: bool, now: datetime) -> Trust:
    """What a feed's answer makes of it: it `moved`, or it said that nothing had and `hides` something."""
    if moved:
        is_good = trust.distrusted_at is None or not trust.distrusted_at <= now < trust.distrusted_at + GOOD
        return Trust() if is_good else trust
    if not hides:
        return trust
    missed = trust.missed + 1
    return Trust(missed=missed, distrusted_at=now if missed >= LIES else None)
