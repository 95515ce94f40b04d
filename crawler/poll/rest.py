"""A REST collection's part of a poll: the baseline walk, and the look that follows the feed's signal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crawler.decide.removal import AT_LEAST
from crawler.endpoints.collection import BATCH
from crawler.endpoints.content import posts
from crawler.endpoints.listing import moved, wanted
from crawler.endpoints.walk import step as stepped
from crawler.errors import PollError
from crawler.fetch import robots
from crawler.model import KnownPost, SourceFacts, Walk
from crawler.poll import again, limits
from crawler.poll.judging import Judged
from crawler.poll.replaced import suspected
from crawler.poll.visit import Visit
from crawler.schedule import HOURLY, next_poll

#: A larger archive is not searched for what is missing: the next sweep finds it.
LIGHT_POSTS = 10_000
#: A post that cannot be read holds the watermark, so that its edit is not forgotten; but not for ever.
HELD = timedelta(days=7)


def is_read(visit: Visit) -> bool:
    """Whether the collection's baseline has ended, and had gone as far as the config wants it to go."""
    stored = visit.desk.store.walk(visit.endpoint.id)
    return stored is not None and _onward(visit, stored).done


async def baseline(visit: Visit, *, last: bool, since: datetime) -> int:
    """Read the collection once, page by page, each page committed with where the walk stands. Raises PollError.

    Makes Revisions and no Changes, but for posts that a feed had no time to tell of. `last`: with this collection the
    Source's baseline is complete. `since`: when this poll began. Returns the number of posts read.
    """
    if visit.config.robots and not await robots.allowed(visit.fetch, visit.endpoint.url, visit.desk.user_agent):
        raise PollError("robots", "robots.txt does not allow it to be read; `robots: false` reads it all the same")
    stored = visit.desk.store.walk(visit.endpoint.id)
    now = visit.desk.clock()
    fresh = Walk(endpoint_id=visit.endpoint.id, kind="baseline", started_at=now, reach=_reach(visit))
    walk = fresh if stored is None else _onward(visit, stored)
    read, told_until = walk.seen, _told_until(visit, since)
    while not walk.done:
        visit.asking()
        step = await stepped(
            visit.fetch,
            visit.desk.run,
            visit.endpoint,
            walk,
            rules=visit.config.ignore,
            most=max(1, walk.reach - walk.seen) if isinstance(walk.reach, int) else None,
            after=walk.started_at - walk.reach if isinstance(walk.reach, timedelta) else None,
        )
        judged = await visit.judge(visit.look(kind="baseline", told_until=told_until), step.page)
        seen = walk.seen + judged.new
        done = step.walk.done or (isinstance(walk.reach, int) and seen >= walk.reach)
        onward = replace(step.walk, seen=seen, done=done)
        if walk.cursor is None and step.date is not None:
            onward = replace(onward, started_at=min(step.date, now))
        ends = onward.done and last and visit.source.baseline_at is None
        facts = SourceFacts(baseline_at=visit.desk.clock()) if ends else SourceFacts()
        state = {"watermark": visit.endpoint.watermark, "total": walk.total or onward.total}
        if onward.done and visit.endpoint.watermark is None:
            state["watermark"] = onward.started_at
        await visit.commit(judged, state=state, facts=facts, walk=onward)
        # The page that failed before was this one: that says nothing of those behind it.
        visit.endpoint = replace(visit.endpoint, last_error=None)
        walk = onward
        visit.desk.progress(visit.source.name, walk.seen, walk.total)
    return walk.seen - read


def _told_until(visit: Visit, since: datetime) -> datetime | None:
    """Until when a feed that was all there was has told of new posts: the first reading of REST tells of later ones.

    Not of another type: a site's feed shows its posts, and neither pages nor others.
    """
    store, source = visit.desk.store, visit.source
    feeds = [each for each in store.endpoints(source.id) if each.kind == "feed"]
    if visit.endpoint.type != "posts" or visit.endpoint.watermark is not None or source.baseline_at is None:
        return None
    if not any(store.walk(each.id) is not None for each in feeds):
        return None
    newest = store.newest_published(source.id, visit.desk.clock(), before=since)
    return max(filter(None, (newest, source.baseline_at)))


async def look(visit: Visit, *, unchanged_until: datetime | None, has_beacon: bool) -> tuple[int, bool]:
    """See what was published or edited since the watermark, read it, and commit it.

    Returns the number of Changes, and whether every listed post could be read. Raises PollError.

    The watermark moves with the last commit, and only if every listed post could be read, so that whatever is cut
    short is looked at again. `has_beacon`: a feed tells of edits between two looks.
    """
    now = visit.desk.clock()
    walk = visit.desk.store.walk(visit.endpoint.id)
    since = visit.endpoint.watermark or (walk.started_at if walk is not None else now)
    shown = await moved(
        visit.fetch,
        visit.desk.run,
        visit.endpoint,
        since=since,
        clock=visit.desk.clock,
        may_be_empty=_may_be_empty(visit),
    )
    adopt_until = limits.adopt_until(visit)
    last = visit.desk.store.sightings_of(visit.endpoint.id, [post.id for post in (*shown.edited, *shown.newest)])
    ids = wanted(shown, last, adopt_until=adopt_until, begun=walk.started_at if walk is not None else None)
    hashes = frozenset(seen.raw_hash for seen in last.values())
    circumstances = visit.look(unchanged_until=unchanged_until, skew=shown.skew, adopt_until=adopt_until)
    unfinished = {
        "last_ok_at": visit.endpoint.last_ok_at,
        "next_poll_at": visit.endpoint.next_poll_at,
        "failures": visit.endpoint.failures,
        "last_error": visit.endpoint.last_error,
    }
    changes = published = 0
    replaced: list[KnownPost] = []
    unclear = list(shown.unreadable)
    for at in range(0, len(ids), BATCH):
        batch = ids[at : at + BATCH]
        visit.asking()
        page = await posts(visit.fetch, visit.desk.run, visit.endpoint, batch, rules=visit.config.ignore, known=hashes)
        judged = await visit.judge(circumstances, page)
        await visit.commit(judged, state=unfinished)
        replaced += judged.replaced
        unclear += judged.unclear
        changes += judged.changes
        published += sum(post.change is not None and post.change.kind == "published" for post in judged.posts)
    changes += await again.read(visit, circumstances, besides=ids, state=unfinished)
    every = max(visit.config.every, HOURLY) if has_beacon and not again.is_awaited(visit) else visit.config.every
    final = {
        "watermark": since if unclear and now - since < HELD else min(shown.date or now, now),
        "total": shown.total,
        "next_poll_at": next_poll(now=now, every=every, name=visit.source.name),
    }
    suspicion = await suspected(visit, replaced, among=len(last))
    judged = Judged(unclear=shown.unreadable)
    await visit.commit(judged, state=final, walk=_search(visit, shown.total, published, now), suspicion=suspicion)
    return changes, not unclear


def _may_be_empty(visit: Visit) -> bool:
    """Whether the collection may have lost all of its few posts: the site's only page, while its posts are there."""
    others = [each for each in visit.desk.store.endpoints(visit.source.id) if each.id != visit.endpoint.id]
    has_more = any(each.kind == "rest" and each.total and not each.failures for each in others)
    return has_more and (visit.endpoint.total or 0) < AT_LEAST


def _search(visit: Visit, total: int | None, published: int, now: datetime) -> Walk | None:
    """The walk that finds out which posts are gone, where the site says that it has fewer than it should have.

    Those are as many as at the last look, and the ones `published` since: one new post must not hide one that is gone.
    """
    before = visit.endpoint.total
    if visit.config.sweep is None or total is None or before is None or max(total, before) > LIGHT_POSTS:
        return None
    if total >= before + published:
        return None
    return Walk(endpoint_id=visit.endpoint.id, kind="light", started_at=now)


def _reach(visit: Visit) -> int | timedelta | None:
    return None if visit.config.baseline == "all" else visit.config.baseline


def _onward(visit: Visit, walk: Walk) -> Walk:
    """The stored walk, with further to go where the config now wants more than it did when the walk began."""
    reach = _reach(visit)
    if walk.kind != "baseline" or walk.reach is None or reach == walk.reach:
        return walk
    wider = reach is None or (isinstance(reach, type(walk.reach)) and reach > walk.reach)  # type: ignore[operator]
    return replace(walk, reach=reach, done=False) if wider else walk
