"""What the walks of sweeps share: how they begin, whether they are welcome, and how one that failed waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crawler.errors import FetchError, PollError
from crawler.fetch import robots
from crawler.model import Walk
from crawler.poll.visit import Visit
from crawler.schedule import next_poll

#: A walk that failed goes on after this, doubled with each failure.
AGAIN = timedelta(minutes=15)


def fresh(visit: Visit, at: datetime) -> Walk:
    """The walk of a sweep that begins."""
    return Walk(endpoint_id=visit.endpoint.id, kind="sweep", started_at=at)


async def ask_robots(visit: Visit) -> None:
    """Raise PollError where robots.txt does not want a whole site to be read."""
    if visit.config.robots and not await robots.allowed(visit.fetch, visit.endpoint.url, visit.desk.user_agent):
        raise PollError("robots", "robots.txt does not allow it to be swept; `robots: false` does it all the same")


async def stumble(visit: Visit, walk: Walk, error: PollError) -> None:
    """Commit that a walk failed: it waits, ever longer, and polls go on."""
    failures = walk.failures + 1
    next_at = next_poll(
        now=visit.desk.clock(),
        every=AGAIN,
        name=visit.source.name,
        failures=failures - 1,
        wait=error.retry_after if isinstance(error, FetchError) else None,
    )
    words = f"{error.reason}: {error}"[:2000]
    await visit.stumbled(error, replace(walk, failures=failures, last_error=words, next_at=next_at))
