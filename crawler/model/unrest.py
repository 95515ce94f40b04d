"""Posts that do not come to rest: those that flip between two states, and those that change at every look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """The state that a Post was in before the one that it is in now."""

    #: of its text; None: whatever it is
    text_hash: str | None
    state: Literal["public", "protected"] = "public"
    #: as told then; None: not told
    modified_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A return to the state just left, which waits until further looks agree."""

    text_hash: str
    state: Literal["public", "protected"] = "public"
    #: when the state that it returned from was last seen
    left_at: datetime
    #: the last look that counts
    last_at: datetime
    #: further looks that agreed
    looks: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Flips:
    """What is known of a Post's returns, as one Endpoint shows them."""

    held: Held | None = None
    #: returns in a row that the next look took back, each within days of the one before
    dropped: int = 0
    dropped_at: datetime | None = None
    #: when it was said of them that they do not settle
    told_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a text was changed: the equal words around, by which it is known again."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    #: what stood there, and what stands there now
    old: str = ""
    new: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Restless:
    """A Post whose text changes while `modified` rests, as one Endpoint shows it."""

    #: as long as it is this
    modified_at: datetime
    #: in a row that changed it at these places
    looks: int
    places: tuple[Place, ...]
    #: of the Notice; since then it alerts at most once a day
    told_at: datetime | None = None
    #: of the last Change that was an Alert
    alerted_at: datetime | None = None
    #: Changes since then that were none
    untold: int = 0
