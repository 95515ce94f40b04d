"""A REST collection's part of a poll: the baseline walk, and the look that follows the feed's signal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crawler.endpoints import wordpress
from crawler.errors import PollError
from crawler.fetch import robots
from crawler.model import SourceFacts, Walk
from crawler.poll.desk import Judged, Visit
from crawler.schedule import next_poll

#: REST is looked at this often even when the feed signals nothing: a frozen feed must not hide edits for long.
HOURLY = timedelta(hours=1)


def is_read(visit: Visit) -> bool:
    """Whether the collection's baseline has ended."""
    walk = visit.desk.store.walk(visit.endpoint.id)
    return walk is not None and (walk.done or walk.kind == "sweep")


async def baseline(visit: Visit, *, last: bool) -> int:
    """Read the collection once, page by page, each page committed with where the walk stands. Raises PollError.

    Makes Revisions and never Changes. `last`: with this collection the Source's baseline is complete. Returns the
    number of posts read.
    """
    if visit.config.robots and not await robots.allowed(visit.fetch, visit.endpoint.url, visit.desk.user_agent):
        raise PollError("robots", "robots.txt does not allow it to be read; `robots: false` reads it all the same")
    now = visit.desk.clock()
    walk = visit.desk.store.walk(visit.endpoint.id) or Walk(
        endpoint_id=visit.endpoint.id, kind="baseline", started_at=now
    )
    limit = visit.config.baseline
    read = walk.seen
    while not walk.done:
        step = await wordpress.step(
            visit.fetch,
            visit.desk.run,
            visit.endpoint,
            walk,
            rules=visit.config.ignore,
            most=_most(visit, walk),
            after=_oldest(visit, walk),
        )
        judged = await visit.judge(visit.look(kind="baseline"), step.page)
        seen = walk.seen + judged.new
        onward = replace(step.walk, seen=seen, done=step.walk.done or (isinstance(limit, int) and seen >= limit))
        if walk.cursor is None and step.date is not None:
            onward = replace(onward, started_at=min(step.date, now))
        facts = SourceFacts(baseline_at=visit.desk.clock()) if onward.done and last else SourceFacts()
        state = {"watermark": onward.started_at if onward.done else None, "total": walk.total or onward.total}
        await visit.commit(judged, state=state, facts=facts, walk=onward)
        walk = onward
        visit.desk.progress(visit.source.name, walk.seen, walk.total)
    return walk.seen - read


async def look(visit: Visit, *, unchanged_until: datetime | None) -> int:
    """See what was published or edited since the watermark, read it, and commit it. Returns the number of Changes.

    Raises PollError. The watermark moves with the last commit, so that whatever is cut short is looked at again.
    """
    now = visit.desk.clock()
    moved = await wordpress.moved(
        visit.fetch, visit.desk.run, visit.endpoint, since=visit.endpoint.watermark or _began(visit, now)
    )
    skew = moved.date - visit.desk.clock() if moved.date is not None else timedelta()
    is_limited = visit.config.baseline != "all"
    adopt_until = visit.desk.store.newest_published(visit.source.id, now) if is_limited else None
    last = visit.desk.store.sightings_of(visit.endpoint.id, [post.id for post in (*moved.edited, *moved.newest)])
    ids = wordpress.wanted(moved, last, skew=skew, adopt_until=adopt_until)
    hashes = frozenset(seen.raw_hash for seen in last.values())
    circumstances = visit.look(unchanged_until=unchanged_until, skew=skew, adopt_until=adopt_until)
    final = {
        # Never the server's word alone: a Date in the future would hide every edit until then.
        "watermark": min(moved.date or now, now),
        "total": moved.total,
        "next_poll_at": next_poll(now=now, every=max(visit.config.every, HOURLY), name=visit.source.name),
    }
    unfinished = {"last_ok_at": visit.endpoint.last_ok_at, "next_poll_at": visit.endpoint.next_poll_at}
    changes = 0
    batches = [ids[at : at + wordpress.BATCH] for at in range(0, len(ids), wordpress.BATCH)]
    for batch in batches:
        page = await wordpress.posts(
            visit.fetch, visit.desk.run, visit.endpoint, batch, rules=visit.config.ignore, known=hashes
        )
        is_last = batch is batches[-1]
        if is_last:
            page = replace(page, unreadable=(*moved.unreadable, *page.unreadable))
        judged = await visit.judge(circumstances, page)
        await visit.commit(judged, state=final if is_last else unfinished)
        changes += judged.changes
    if not batches:
        await visit.commit(Judged(unclear=moved.unreadable), state=final)
    return changes


def _began(visit: Visit, now: datetime) -> datetime:
    walk = visit.desk.store.walk(visit.endpoint.id)
    return walk.started_at if walk is not None else now


def _most(visit: Visit, walk: Walk) -> int | None:
    """How many more posts a baseline limited by number wants."""
    limit = visit.config.baseline
    return max(1, limit - walk.seen) if isinstance(limit, int) else None


def _oldest(visit: Visit, walk: Walk) -> datetime | None:
    """From when on a baseline limited by age wants posts."""
    limit = visit.config.baseline
    return walk.started_at - limit if isinstance(limit, timedelta) else None
