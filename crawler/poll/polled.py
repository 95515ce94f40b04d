"""What came of polling one Source: for people, exit codes and the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from crawler.errors import Reason

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Polled:
    """What came of polling one Source."""

    source: str
    #: at least one endpoint could be read
    ok: bool
    #: posts read by a baseline in this poll
    baseline: int = 0
    changes: int = 0
    #: posts read by a sweep in this poll
    swept: int = 0
    #: why its sweep could not go on: no failure of the poll
    sweep_error: str | None = None
    requests: int = 0
    reason: Reason | None = None
    #: the first trouble, also where another endpoint worked
    error: str | None = None
    #: name of the Source that this one turned out to be
    duplicate_of: str | None = None


def report(polled: Polled, took: timedelta, *, had_failed: bool = False, mistake: BaseException | None = None) -> None:
    """Log one line a poll, always with the same keys; at `info` it changed something or works again.

    `had_failed`: the poll before did. `mistake`: ours, told with its traceback.
    """
    is_recovered = polled.ok and had_failed
    facts = {
        "source": polled.source,
        "status": "failed" if not polled.ok else "recovered" if is_recovered else "ok",
        "read": polled.baseline,
        "changed": polled.changes,
        "requests": polled.requests,
        "ms": max(0, round(took.total_seconds() * 1000)),  # the clock may have been put back meanwhile
        "reason": polled.reason,
        "error": polled.error,
    }
    if mistake is not None:
        log.error("poll", **facts, exc_info=mistake)
    elif polled.error is not None:
        log.warning("poll", **facts)
    elif polled.changes or polled.baseline or is_recovered:
        log.info("poll", **facts)
    else:
        log.debug("poll", **facts)
