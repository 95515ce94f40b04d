"""Returns of a post to the state that it has just left: what is told of them, and when, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

#: A return is told once so many further looks, so far apart, have shown it, too.
FURTHER, APART = 2, timedelta(seconds=30)
#: It is read again by every poll for so long.
AWAITED = timedelta(days=1)
#: So many of them in a row that did not last, each so soon after the one before: it is said that this does not settle.
FLAPPING, CALM = 3, timedelta(days=3)


class State(NamedTuple):
    """How a post was."""

    #: public or protected
    state: str
    #: None: whatever it was
    told: dict[str, Any] | None
    modified_at: datetime | None = None


@dataclass
class Held:
    """A return that waits."""

    state: State
    last_at: datetime
    looks: int = 0


@dataclass
class Returns:
    """One post's."""

    #: those that have Revisions
    states: list[State]
    held: Held | None = None
    #: in a row that did not last, the last of them then
    dropped: int = 0
    dropped_at: datetime | None = None
    is_told: bool = False

    def is_awaited(self, now: datetime) -> bool:
        """Whether the next poll reads the post, whatever the site says."""
        return self.held is not None and self.held.last_at > now - AWAITED

    def waits(self, shown: State, before: str, modified_at: datetime, kinds: Sequence[str], now: datetime) -> bool:
        """Whether what is `shown` is such a return and too young to be told.

        `before` it was public or protected, and modified then, by what was told last; `kinds` are of its last Changes.
        """
        left = self._left(before, kinds)
        if left is None or left.state != shown.state or left.told not in (None, shown.told):
            return False
        if shown.modified_at is not None and shown.modified_at > max(left.modified_at or modified_at, modified_at):
            return False
        if self.held is None or self.held.state[:2] != shown[:2]:
            self.held = Held(shown, now)
        elif now - self.held.last_at >= APART:
            if self.held.looks + 1 >= FURTHER:
                return False
            self.held = Held(shown, now, self.held.looks + 1)
        return True

    def drop(self, now: datetime) -> bool:
        """A look showed the newer state again. Returns whether it does not settle, and nobody has been told."""
        self.held = None
        if self.is_calm(now):
            self.dropped, self.is_told = 0, False
        self.dropped, self.dropped_at = self.dropped + 1, now
        return self.dropped >= FLAPPING and not self.is_told

    def is_calm(self, now: datetime) -> bool:
        """Whether nothing has flipped for days."""
        return self.dropped_at is None or now - self.dropped_at >= CALM

    def _left(self, state: str, kinds: Sequence[str]) -> State | None:
        """The state before the one that the post is in."""
        if state == "protected":
            return State("public", *self.states[-1][1:]) if kinds[-1:] == ["protected"] else None
        if kinds == ["protected", "restored"]:
            return State("protected", None)
        return State("public", *self.states[-2][1:]) if kinds[-1:] == ["edited"] else None
