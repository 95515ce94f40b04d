"""The light search: which posts are gone, by ids alone, where a site says that it has fewer of them than before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crawler.decide.removal import concluded, is_whole
from crawler.endpoints.walk import step
from crawler.errors import PollError
from crawler.model import Suspicion, Walk
from crawler.poll.judging import NOTHING
from crawler.poll.visit import Visit
from crawler.poll.walking import ask_robots, fresh, stumble


async def search(visits: Sequence[Visit]) -> PollError | None:
    """Do the searches that are wanted of a Source's collections; returns why one failed."""
    trouble = None
    for visit in visits:
        walk = visit.desk.store.walk(visit.endpoint.id, "light")
        if walk is None or walk.done or (walk.next_at is not None and walk.next_at > visit.started):
            continue
        try:
            await ask_robots(visit)
            shown, ended = await _listed(visit, walk)
        except PollError as error:
            await stumble(visit, walk, error)
            trouble = error
        else:
            await _conclude(visits, visit, shown, ended)
    return trouble


async def _listed(visit: Visit, walk: Walk) -> tuple[set[int], Walk]:
    """The ids of all posts that the collection lists, and the walk at its end; it is short, and not kept before."""
    shown: set[int] = set()
    while not walk.done:
        page = await step(visit.fetch, visit.desk.run, visit.endpoint, walk)
        shown |= {sighting.wp_id for sighting in page.page.sightings if sighting.wp_id is not None}
        walk = replace(page.walk, unread=walk.unread + len(page.page.unreadable))
    if not is_whole(len(shown) + walk.unread, walk.total):
        raise PollError("not_data", f"a list of {len(shown):,} of {walk.total:,} posts", url=visit.endpoint.url)
    return shown, walk


async def _conclude(visits: Sequence[Visit], visit: Visit, shown: set[int], walk: Walk) -> None:
    """Suspect what is not listed."""
    store, source_id, now = visit.desk.store, visit.source.id, visit.desk.clock()
    missing = [
        each
        for each in store.missing(source_id, walk.started_at, now=now)
        if each.wp_id not in shown and each.endpoint_id == visit.endpoint.id
    ]
    known = {each.post_id: each for each in store.suspects(source_id)}
    posts = store.public_posts(source_id)
    conclusion = concluded(missing, known, posts=posts, unread=walk.unread, now=now, light=True)
    if conclusion.is_too_much:
        # No light word is enough for that: the whole archive is read again.
        await store.keep_walks([fresh(each, now) for each in visits])
        conclusion = replace(conclusion, suspects=())
    await visit.commit(NOTHING, state=None, walk=walk, suspicion=Suspicion(suspects=conclusion.suspects))
