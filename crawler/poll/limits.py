"""How far back a limited baseline went. What is older was left out: no poll and no sweep is a way round that.

A post of that part which was edited since is known from then on, and a sweep reads such posts by their ids.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawler.decide.removal import AT_LEAST
from crawler.endpoints.collection import BATCH
from crawler.endpoints.content import posts
from crawler.errors import PollError
from crawler.model import Walk
from crawler.poll.judging import Judged
from crawler.poll.visit import Visit

#: The zone that is farthest ahead of UTC: a walk's cursor is a time of the site's, in a zone of its own.
FARTHEST = timedelta(hours=14)
#: `after` is exclusive.
_SECOND = timedelta(seconds=1)


def _is_limited(baseline: Walk) -> bool:
    """Whether it was not to read all; one that came to the archive's end has."""
    if isinstance(baseline.reach, int):
        return baseline.seen >= baseline.reach or baseline.unread > 0
    return baseline.reach is not None


def left_out_until(baseline: Walk | None) -> datetime | None:
    """Until when it left posts out; where it read any, by the site's own clock (naive), as its cursor is.

    Not by the dates of what is known: an old post that was edited since is read in, and what lies between is not.
    """
    if baseline is None or not _is_limited(baseline):
        return None
    if baseline.cursor is not None:
        return datetime.fromisoformat(baseline.cursor) - _SECOND
    return baseline.started_at - baseline.reach if isinstance(baseline.reach, timedelta) else None


def adopt_until(visit: Visit) -> datetime | None:
    """Unknown posts not newer than this are no news to a collection whose baseline left some out; None: all are.

    So does one whose site had but empty pages for the rest of its archive: what a sweep finds there later is old.
    What is dated later than its last complete look is news, although another that is newer still was read before it.
    """
    baseline = visit.desk.store.walk(visit.endpoint.id)
    if baseline is None or not (_is_limited(baseline) or baseline.unread):
        return None
    since = visit.endpoint.watermark or baseline.started_at
    newest = visit.desk.store.newest_published(visit.source.id, visit.desk.clock())
    lowest, highest = _end_of_what_was_left_out(baseline)
    # What was read may all be gone or dated back by now: that makes no news of what was left out.
    return min(since, highest if newest is None or newest < lowest else newest)


def _end_of_what_was_left_out(baseline: Walk) -> tuple[datetime, datetime]:
    """Between which times it ends: the zone of a cursor is not known."""
    if isinstance(baseline.reach, timedelta):
        end = baseline.started_at - baseline.reach
        return end, end
    if baseline.cursor is None:
        return baseline.started_at, baseline.started_at
    cursor = datetime.fromisoformat(baseline.cursor).replace(tzinfo=UTC)
    return cursor - FARTHEST, min(cursor + FARTHEST, baseline.started_at)


async def read_older(visit: Visit, walk: Walk, *, skew: timedelta) -> AsyncIterator[Judged]:
    """Read and commit what a sweep's walk has not shown of the known posts, as it ends where the baseline did.

    What is not shown by its id either may be gone, as in any sweep. Raises PollError, also for a site that shows none,
    of more than a few: so many do not go at once.
    """
    store, endpoint = visit.desk.store, visit.endpoint
    if left_out_until(store.walk(endpoint.id)) is None:
        return
    unshown, shown = store.unshown(endpoint.id, walk.started_at), walk.seen
    for at in range(0, len(unshown), BATCH):
        ids = unshown[at : at + BATCH]
        known = frozenset(seen.raw_hash for seen in store.sightings_of(endpoint.id, ids).values())
        visit.asking()
        page = await posts(visit.fetch, visit.desk.run, endpoint, ids, rules=visit.config.ignore, known=known)
        judged = await visit.judge(visit.look(skew=skew, adopt_until=adopt_until(visit)), replace(page, unreadable=()))
        await visit.commit(judged, state=None)
        shown += len(page.sightings)
        yield judged
    if not shown and len(unshown) >= AT_LEAST:
        said = f"an empty list, although {len(unshown):,} of its posts are known"
        raise PollError("not_data", said, url=endpoint.url)
