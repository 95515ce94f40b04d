"""Which Changes go out together: more than fifty alike of one poll or sweep are one digest.

a poll or sweep under way ── its Alerts wait, for a while
               at its end ── more than MANY of one kind with the same fields .. one digest
                         └── else ............................................. each on its own

What comes together is what waits together. Changes that come after a digest was put together, because a poll lasted
longer than Alerts wait or because a sweep is paced over hours, make a digest of their own or go out alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

#: Up to so many are read one by one.
MANY = 50
#: How long Alerts wait for the end of what they were found in. What a sweep finds may be a day old when it is found.
PATIENCE = {"poll": timedelta(minutes=10), "sweep": timedelta(hours=1)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasion:
    """A poll or sweep that Alerts to a Sink wait in."""

    kind: Literal["poll", "sweep"]
    #: when the first of those that wait was detected
    since: datetime
    #: not all of it has been read yet
    is_read_on: bool
    #: Posts that it has found to be gone, and that may soon prove to be
    removed: int = 0
    suspected: int = 0


def waits(occasion: Occasion, now: datetime) -> bool:
    """Whether the Alerts of it wait for more of their kind.

    Suspects are looked at one by one over many polls. They are worth waiting for only where many go at once.
    """
    # A clock that was put back makes `since` the future: nothing waits for that to come.
    in_time = timedelta(0) <= now - occasion.since < PATIENCE[occasion.kind]
    more_removals = occasion.suspected > 0 and occasion.removed + occasion.suspected > MANY
    return in_time and (occasion.is_read_on or more_removals)


def is_bulk(count: int) -> bool:
    """Whether so many alike are told as one."""
    return count > MANY


def digest_id(change_ids: Iterable[str]) -> str:
    """`d_` and a hash of the Changes in it: the same ones always make the same digest."""
    return "d_" + sha256("\n".join(sorted(change_ids)).encode()).hexdigest()[:24]
