"""How often a Sink is told, as the config says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Literal

#: Why Changes go out as one.
DigestReason = Literal["schedule", "quiet", "storm", "group"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """What a Sink's Changes wait for. Nothing, by default."""

    #: one Alert for so long a time
    digest: timedelta | None = None
    #: from when to when nothing goes out, on the clock of `zone`; the first after the second spans midnight
    quiet: tuple[time, time] | None = None
    zone: tzinfo = UTC
    #: more of one Source in an hour go out as one
    storm: int | None = None


AT_ONCE = Pace()


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """What an Alert waits for that could go out otherwise."""

    reason: DigestReason
    until: datetime
