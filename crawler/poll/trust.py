"""Feeds as beacons: which of them are believed, and what this poll makes of that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from crawler.decide.beacon import Trust, is_hidden, judged
from crawler.endpoints import feed
from crawler.model import NotModified
from crawler.poll.feeds import Read
from crawler.poll.visit import Visit

log = structlog.get_logger()


async def judge(reads: Sequence[tuple[Visit, Read | None]]) -> None:
    """Compare what the feeds of one Source said with the Changes that REST has shown since they last spoke."""
    for visit, read in reads:
        if read is None or visit.asked_at is None:
            continue
        before = Trust(missed=visit.endpoint.missed, distrusted_at=visit.endpoint.distrusted_at)
        after = judged(before, moved=isinstance(read, feed.Changed), hides=_hides(visit, read), now=visit.desk.clock())
        if after != before:
            await visit.desk.store.keep_trust(visit.endpoint.id, after)
            _tell(visit, before, after)


def _hides(visit: Visit, read: Read) -> bool:
    last = visit.endpoint.last_try_at
    if not isinstance(read, NotModified) or visit.asked_at is None or last is None:
        return False
    # Also what a look at REST showed for which the feed was not due.
    saves = visit.desk.store.saves_found(visit.source.id, last)
    skew = read.date - visit.asked_at if read.date is not None else timedelta()
    return is_hidden(saves, read_at=visit.endpoint.read_at, asked_at=visit.asked_at, skew=skew)


def _tell(visit: Visit, before: Trust, after: Trust) -> None:
    """One line when a feed is believed no more, and one when it is again."""
    facts = {"source": visit.source.name, "url": visit.endpoint.url, "missed": after.missed}
    if before.distrusted_at is None and after.distrusted_at is not None:
        log.warning("beacon", status="not believed", **facts)
    elif before.distrusted_at is not None and after.distrusted_at is None:
        log.info("beacon", status="believed again", **facts)
