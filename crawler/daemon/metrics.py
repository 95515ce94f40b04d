"""What the daemon counts while it runs, for CONTRACT 7. `exposing` writes it down in Prometheus' format.

Plain numbers, so that counting needs no library: the daemon counts whether or not `metrics` is configured.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import get_args

from crawler import __version__
from crawler.child import Stop
from crawler.config import Config
from crawler.daemon.upkeep import newest_backup
from crawler.model import Plan
from crawler.model.change import CHANGE_KINDS
from crawler.model.plan import Outcome, PollKind, PollRecord

#: Upper bounds in seconds. A 304 takes a tenth, a shared host 5 to 15 s, and a request's own limit is 30 s; the last
#: three are for first readings and sweeps, which go on for minutes to hours.
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)

#: A poll that has committed nothing for so long is over: a request's own limit is 30 s.
SILENT_SECONDS = 60.0

POLLS = tuple((kind, outcome) for kind in get_args(PollKind) for outcome in get_args(Outcome))
STOPS: tuple[str, ...] = get_args(Stop)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """All numbers at one moment. Every label that can be is there, from zero on: a rate needs a first sample."""

    #: by kind and outcome
    polls: Mapping[tuple[str, str], int]
    #: (upper bound, polls that took at most that), rising; the last is all of them
    poll_buckets: tuple[tuple[float, int], ...]
    poll_seconds: float
    changes: Mapping[str, int]
    killed: Mapping[str, int]


class Metrics:
    """Counts since the process began. The event loop counts, any thread may ask for the `counts`."""

    def __init__(
        self,
        store: Path,
        *,
        version: str = __version__,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store, self.version, self.clock, self._monotonic = store, version, clock, monotonic
        #: asked at each scrape, in another thread: when the last good copy was made
        self.backup: Callable[[], datetime | None] = lambda: None
        #: by name, of the config
        self.sinks: tuple[str, ...] = ()
        self.never_swept: frozenset[str] = frozenset()
        self._lock = Lock()
        self._polls: Counter[tuple[str, str]] = Counter(dict.fromkeys(POLLS, 0))
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0
        self._changes: Counter[str] = Counter(dict.fromkeys(CHANGE_KINDS, 0))
        self._killed: Counter[str] = Counter(dict.fromkeys(STOPS, 0))
        #: polls that have committed something and may go on, by endpoint, and when they did
        self._going_on: dict[int, tuple[PollRecord, float]] = {}

    def follow(self, config: Config) -> None:
        """Take from the config what the numbers are about; also after a reload."""
        self.backup = lambda: newest_backup(config)
        self.sinks = tuple(sink.name for sink in config.sinks)
        self.never_swept = frozenset(source.name for source in config.sources if source.sweep is None)

    def committed(self, plan: Plan) -> None:
        """A Plan is in the store. A poll counts once, when it is over, however many Plans it had."""
        changes = [post.change for post in plan.posts] + [removal.change for removal in plan.suspicion.removals]
        with self._lock:
            self._changes.update(change.kind for change in changes if change is not None)
            begun, _ = self._going_on.pop(plan.endpoint_id, (None, 0.0))
            if not plan.poll.continues:
                if begun is not None:  # it has said nothing more
                    self._count(begun)
                begun = plan.poll
            elif begun is not None:
                begun = _joined(begun, plan.poll)
            if begun is None:
                return
            if _goes_on(plan):
                self._going_on[plan.endpoint_id] = begun, self._monotonic()
            else:
                self._count(begun)

    def child_killed(self, reason: str) -> None:
        """A child process had to be ended: a word of `crawler.child.Stop`."""
        with self._lock:
            self._killed[reason] += 1

    def counts(self) -> Counts:
        """The numbers as they are now."""
        with self._lock:
            self._count_what_is_silent()
            return Counts(
                polls=dict(self._polls),
                poll_buckets=tuple(zip((*BUCKETS, float("inf")), accumulate(self._buckets), strict=True)),
                poll_seconds=self._seconds,
                changes=dict(self._changes),
                killed=dict(self._killed),
            )

    def _count_what_is_silent(self) -> None:
        before = self._monotonic() - SILENT_SECONDS
        for endpoint_id, (poll, at) in list(self._going_on.items()):
            if at <= before:
                del self._going_on[endpoint_id]
                self._count(poll)

    def _count(self, poll: PollRecord) -> None:
        seconds = poll.duration_ms / 1000
        self._polls[poll.kind, poll.outcome] += 1
        self._buckets[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds


def _joined(poll: PollRecord, more: PollRecord) -> PollRecord:
    """Two Plans of one poll: what the store makes one row of."""
    has_say = more.outcome == "failed" or poll.outcome == "unchanged"
    return replace(poll, duration_ms=more.duration_ms, outcome=more.outcome if has_say else poll.outcome)


def _goes_on(plan: Plan) -> bool:
    """Whether more Plans of this poll may follow."""
    if plan.poll.outcome == "failed":
        return False
    if plan.endpoint is None:
        return True  # a sweep, or looks at suspects: none of their Plans says that it is the last
    if plan.walk is not None and plan.walk.kind == plan.poll.kind:
        return not plan.walk.done
    return plan.endpoint.last_ok_at != plan.endpoint.last_try_at  # not yet said to be fine
