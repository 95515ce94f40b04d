"""The archive behind a feed that is all there is: read once, page by page, where WordPress shows it with `?paged=N`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from crawler.endpoints import feed
from crawler.errors import PollError
from crawler.fetch import robots
from crawler.model import Page, Walk
from crawler.poll.judging import Judged
from crawler.poll.visit import Visit

#: In one poll; ten posts a page are usual.
PAGES = 500
#: A page that cannot be had at so many polls is taken for the end.
PATIENCE = 3


def begun(visit: Visit, first: Judged) -> Walk:
    """Where the walk stands once the feed itself was read; `offset` is the number of the page that comes next."""
    walk = Walk(
        endpoint_id=visit.endpoint.id,
        kind="baseline",
        started_at=visit.desk.clock(),
        offset=2,
        seen=first.shown,
        reach=None if visit.config.baseline == "all" else visit.config.baseline,
    )
    return replace(walk, done=not feed.has_pages(visit.endpoint) or not first.shown or _is_far(walk, None))


async def read_on(visit: Visit) -> int:
    """Read what is left of the archive. Makes Revisions and never Changes; returns the number of posts that are new."""
    walk = visit.desk.store.walk(visit.endpoint.id)
    if walk is None or walk.done:
        return 0
    visit.kind = "baseline"
    try:
        if visit.config.robots and not await robots.allowed(
            visit.fetch, f"{visit.endpoint.url}?paged=2", visit.desk.user_agent
        ):
            await visit.desk.store.keep_walks([replace(walk, done=True, last_error="robots")])
            return 0
        return await _pages(visit, walk)
    except PollError as error:
        # Its window is watched all the same.
        stands = visit.desk.store.walk(visit.endpoint.id) or walk
        failures = stands.failures + 1
        words = f"{error.reason}: {error}"[:2000]
        await visit.desk.store.keep_walks(
            [replace(stands, failures=failures, last_error=words, done=failures >= PATIENCE)]
        )
        return 0


async def _pages(visit: Visit, walk: Walk) -> int:
    shown: set[str] = set()
    new = 0
    for number in range(walk.offset, walk.offset + PAGES):
        visit.asking()
        page = await feed.page(visit.fetch, visit.desk.run, visit.endpoint, number, rules=visit.config.ignore)
        names = _names(page)
        if page is None or names <= shown:
            # Behind the last page, or one that repeats the others: the site knows no pages.
            await visit.desk.store.keep_walks([replace(walk, done=True)])
            return new
        shown |= names
        judged = await visit.judge(visit.look(kind="baseline"), page)
        walk = replace(walk, offset=number + 1, seen=walk.seen + judged.new, failures=0, last_error=None)
        walk = replace(walk, done=_is_far(walk, page) or (number == 2 and not judged.new))
        await visit.commit(judged, state=None, walk=walk)
        new += judged.new
        visit.desk.progress(visit.source.name, walk.seen, None)
        if walk.done:
            break
    return new


def _names(page: Page | None) -> set[str]:
    return set() if page is None else {each.guid or each.link or each.raw_hash for each in page.sightings}


def _is_far(walk: Walk, page: Page | None) -> bool:
    """Whether the walk has gone as far as the config wants it to go."""
    if isinstance(walk.reach, timedelta):
        dates = [each.published_at for each in page.sightings if each.published_at] if page is not None else []
        return bool(dates) and min(dates) < walk.started_at - walk.reach
    return walk.reach is not None and walk.seen >= walk.reach
