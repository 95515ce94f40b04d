"""The wall clock held against the steady one: it may be put, and the machine may sleep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Smaller steps are those of a clock that is being trimmed, and of a process that had to wait.
TOLERANCE = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Jump:
    """The wall clock said `after` where `before` was to be expected."""

    before: datetime
    after: datetime

    @property
    def step(self) -> timedelta:
        """Forward or, negative, back."""
        return self.after - self.before


class Clocks:
    """Says when the wall clock has jumped.

    `steady` counts seconds and, like CLOCK_MONOTONIC on Linux, stands still while the machine sleeps: eight hours of
    sleep and a clock that is put forward by eight hours look the same, and ask for the same.
    """

    def __init__(self, wall: Callable[[], datetime], steady: Callable[[], float]) -> None:
        self._wall, self._steady = wall, steady
        self._seen = wall(), steady()

    def jump(self) -> Jump | None:
        """The jump since this was asked last, if there was one."""
        wall, steady = self._seen
        self._seen = now, passed = self._wall(), self._steady()
        expected = wall + timedelta(seconds=passed - steady)
        return Jump(before=expected, after=now) if abs(now - expected) > TOLERANCE else None
