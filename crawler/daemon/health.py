"""Whether the daemon does its work: one word for people and probes, and the yes that the watchdog is fed by.

Trouble and a standstill are two things. A disk that is full or a store that somebody has locked pauses the polls, and
the daemon lives on to resume them: being killed would not make room. A thread that hangs will not come back, and only
a new start helps. They are told apart by asking: every 10 s the daemon pings the store through its writer. Whatever
is *answered*, success or StoreUnavailable, is a beat of the store (and the latter a trouble besides); a thread that
hangs answers nothing. A clock or delivery task that hangs does not come round to its beat, and an event loop that
hangs cannot ask `advances` in the first place, so the watchdog hears nothing either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Part = Literal["clock", "store", "delivery"]
Phase = Literal["starting", "ready", "stopping"]

#: Seconds within which each part has to move.
LIMITS: dict[Part, float] = {
    # It ticks each second and waits for nothing; this is for a machine that swaps.
    "clock": 30.0,
    # Pinged every 10 s, answered after what stands before it in the queue: a group of writes waits at most 5 s for
    # a lock (BUSY_SECONDS), and a large one takes seconds on a slow disk.
    "store": 60.0,
    # A round of deliveries is begun each tick; a sink has 15 s to answer, and one that hangs holds up no other.
    "delivery": 120.0,
}


class Health:
    """What the parts of the daemon tell of themselves. Any thread may ask; only the event loop tells.

    `monotonic` should stand still while the machine sleeps, as time.monotonic does: nobody moved meanwhile.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._phase: Phase = "starting"
        self._beats: dict[Part, float] = {}
        self._troubles: dict[str, str] = {}

    def phase(self, word: Phase) -> None:
        """Where the daemon is in its life. From `ready` on the parts have to move."""
        if word == "ready":
            now = self._monotonic()
            self._beats = dict.fromkeys(LIMITS, now)
        self._phase = word

    def beat(self, part: Part) -> None:
        """The part has come round once more."""
        self._beats[part] = self._monotonic()

    def trouble(self, part: str, text: str | None) -> None:
        """`disk` or `store` is in the way of polls, and why; None: no longer."""
        if text is None:
            self._troubles.pop(part, None)
        else:
            self._troubles[part] = text

    @property
    def troubles(self) -> dict[str, str]:
        """What is in the way, by part, in words for people."""
        return dict(self._troubles)

    @property
    def is_ready(self) -> bool:
        """Whether it has started and does not stop yet, in trouble or not."""
        return self._phase == "ready"

    def word(self) -> str:
        """`ok`, or the one thing to look at first."""
        if not self.is_ready:
            return self._phase
        faults = [*self._standing_still(), *sorted(self._troubles)]
        return faults[0] if faults else "ok"

    def advances(self) -> bool:
        """Whether clock, store and delivery have all moved within their limits: only then is the watchdog fed.

        A start and a stop have limits of their own, which the service manager keeps.
        """
        return not self.is_ready or not self._standing_still()

    def _standing_still(self) -> list[Part]:
        now = self._monotonic()
        return [part for part, limit in LIMITS.items() if now - self._beats[part] > limit]
