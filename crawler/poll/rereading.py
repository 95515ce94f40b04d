"""The sweep of a Source that only has a feed: the whole of it is read again, whatever its validators say.

WordPress answers 304 although SQL has changed a post or one has gone (measured). So on the `sweep` schedule the feed
is asked for unconditionally, and the pages behind it where the site has them; then it is known what is not shown.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from crawler.decide import Look
from crawler.decide.moving import moved
from crawler.endpoints import feed
from crawler.errors import PollError
from crawler.fetch import robots
from crawler.model import SourceFacts, Walk
from crawler.poll import vanished
from crawler.poll.archive import PATIENCE
from crawler.poll.judging import NOTHING, Judged
from crawler.poll.sweep import SLICE, Swept
from crawler.poll.visit import Visit
from crawler.poll.walking import fresh, stumble

#: The number of the page behind the feed itself.
_SECOND = 2


def is_due(visit: Visit) -> bool:
    """Whether a sweep begins with the next reading of the feed."""
    source, now = visit.desk.store.source(visit.source.id), visit.desk.clock()
    baseline = visit.desk.store.walk(visit.endpoint.id)
    if source.baseline_at is None or baseline is None or not baseline.done:
        return False
    if visit.desk.sweeping != "due":
        return True
    since, period = source.last_sweep_at or source.baseline_at, visit.config.sweep
    walk = visit.desk.store.walk(visit.endpoint.id, "sweep")
    return period is not None and not since <= now < since + period and (walk is None or walk.done)


async def begin(visit: Visit, first: Judged) -> None:
    """Begin a sweep with the feed itself, which was just read whole."""
    walk = replace(
        fresh(visit, visit.asked_at or visit.started), offset=_SECOND, seen=first.shown, unread=len(first.unclear)
    )
    await visit.desk.store.keep_walks([walk])


async def go_on(visit: Visit) -> Swept:
    """Go on with a sweep under way. Never raises for what a site does."""
    walk = visit.desk.store.walk(visit.endpoint.id, "sweep")
    if walk is None or walk.done or (walk.next_at is not None and walk.next_at > visit.started):
        return Swept()
    swept = Swept(posts=walk.seen if walk.offset == _SECOND else 0)
    try:
        async for onward, judged in _pages(visit, walk):
            walk = onward
            swept = replace(swept, posts=swept.posts + judged.shown, changes=swept.changes + judged.changes)
    except PollError as error:
        swept = replace(swept, error=error)
        if walk.failures + 1 < PATIENCE:
            await stumble(visit, walk, error)
        else:
            # What cannot be had is no reason to know nothing of the rest.
            walk = replace(walk, done=True)
    if walk.done:
        await _conclude(visit, walk)
        swept = replace(swept, is_complete=True)
    return replace(swept, requests=visit.fetch.sent)


async def leave(visits: Sequence[Visit]) -> None:
    """End what is under way where REST sweeps now."""
    for visit in visits:
        walk = visit.desk.store.walk(visit.endpoint.id, "sweep")
        if walk is not None and not walk.done:
            await visit.desk.store.keep_walks([replace(walk, done=True)])


async def _has_pages(visit: Visit) -> bool:
    """Whether there is more to read than the feed itself: what its baseline could not read is not asked for again."""
    baseline = visit.desk.store.walk(visit.endpoint.id)
    if baseline is None or baseline.last_error is not None or not feed.has_pages(visit.endpoint):
        return False
    second = f"{visit.endpoint.url}?paged={_SECOND}"
    return not visit.config.robots or await robots.allowed(visit.fetch, second, visit.desk.user_agent)


async def _pages(visit: Visit, walk: Walk) -> AsyncIterator[tuple[Walk, Judged]]:
    """Read on until the end, or as long as others may wait: after each page where the walk stands."""
    store, is_over = visit.desk.store, not await _has_pages(visit)
    baseline = store.walk(visit.endpoint.id)
    # A limited baseline left out what is older: a sweep is no way round that.
    oldest = store.oldest_published(visit.endpoint.id) if baseline and baseline.reach is not None else None
    while not is_over:
        if visit.desk.sweeping == "due" and visit.desk.clock() - visit.started > SLICE:
            await store.keep_walks([replace(walk, next_at=visit.desk.clock())])
            return
        before = store.shown_since(visit.endpoint.id, walk.started_at)
        visit.asking()
        page = await feed.page(visit.fetch, visit.desk.run, visit.endpoint, walk.offset, rules=visit.config.ignore)
        if page is None or not page.sightings:
            break
        kept = [each for each in page.sightings if oldest is None or (each.published_at or oldest) >= oldest]
        judged = await visit.judge(_look(visit, walk), replace(page, sightings=tuple(kept)))
        seen, unread = walk.seen + judged.shown, walk.unread + len(judged.unclear)
        walk = replace(walk, offset=walk.offset + 1, seen=seen, unread=unread, failures=0, last_error=None)
        await visit.commit(judged, state=None, walk=walk)
        visit.desk.progress(visit.source.name, walk.seen, None)
        # A page that shows nothing else than the others: the site knows no pages.
        is_same = store.shown_since(visit.endpoint.id, walk.started_at) == before
        is_over = is_same or len(kept) < len(page.sightings)
        yield walk, judged
    yield replace(walk, done=True), NOTHING


def _look(visit: Visit, walk: Walk) -> Look:
    """As a poll of the feed: posts that are older than what was read before are adopted without a Change."""
    now = visit.desk.clock()
    return visit.look(
        adopt_until=visit.desk.store.newest_published(visit.source.id, now, before=walk.started_at),
        moved=moved(visit.endpoint.url, visit.endpoint.redirect_to),
    )


async def _conclude(visit: Visit, walk: Walk) -> None:
    """Suspect what the whole of the feed did not show, and say that the sweep is complete."""
    suspicion, state = await vanished.concluded(visit, walk)
    visit.asked_at = None
    facts = SourceFacts(last_sweep_at=walk.started_at, state=state)
    await visit.commit(NOTHING, state=None, facts=facts, walk=walk, suspicion=suspicion)
