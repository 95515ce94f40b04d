"""Posts whose WordPress id another post was shown under: suspects like those that are shown no more.

A database that was reset gives old ids out again. One such post is looked at by itself, twice; many at once are a site
that was replaced by another one, and then the whole archive is read before anything is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crawler.decide.removal import is_too_much
from crawler.model import KnownPost, Suspect, Suspicion, Walk
from crawler.poll.suspects import ANOTHER
from crawler.poll.visit import Visit


async def suspected(visit: Visit, posts: Sequence[KnownPost], *, among: int) -> Suspicion:
    """The Posts as suspects. `among`: how many known ones the look listed.

    Where they are a large part of those, none is one before a sweep knows what part they are of the whole archive.
    """
    if not posts:
        return Suspicion()
    store = visit.desk.store
    known = {each.post_id: each for each in store.suspects(visit.source.id)}
    if is_too_much(len(posts), among):
        under_way = store.walk(visit.endpoint.id, "sweep")
        if (under_way is None or under_way.done) and any(post.id not in known for post in posts):
            walk = Walk(endpoint_id=visit.endpoint.id, kind="sweep", started_at=visit.desk.clock())
            await store.keep_walks([walk])
        return Suspicion()
    return Suspicion(suspects=tuple(_suspect(visit, post, known.get(post.id)) for post in posts))


def _suspect(visit: Visit, post: KnownPost, known: Suspect | None) -> Suspect:
    now = visit.desk.clock()
    if known is not None:
        # One that was unpublished is asked for ever more rarely: this is a reason to ask now.
        return known if known.kind == "deleted" or known.held else replace(known, next_check_at=now)
    if post.wp_id is None:
        raise AssertionError("a post whose id was taken has one")
    return Suspect(
        post_id=post.id,
        wp_id=post.wp_id,
        endpoint_id=visit.endpoint.id,
        link=post.link,
        is_replaced=False,
        title=post.latest.fields.title if post.latest is not None else None,
        state=post.state,
        evidence=ANOTHER,
        first_at=now,
        next_check_at=now,
    )
