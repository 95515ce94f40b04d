"""Keys that change hands: an id that came back as another post, and two Posts that turn out to be one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crawler.decide.fields import differing
from crawler.decide.look import Look
from crawler.identity import is_another
from crawler.model import Key, Known, KnownPost, PostPlan, Sighting


def given_up(look: Look, known: Known, sightings: Sequence[Sighting]) -> tuple[Known, frozenset[int]]:
    """What is known without the ids that are no longer their Post's, and the places of Sightings that took others.

    An id changes hands only where the Post is proven to be gone, or was never shown where a first reading begins.
    """
    gone: set[Key] = set()
    others: set[int] = set()
    for place, sighting in enumerate(sightings):
        key = Key("wp-id", str(sighting.wp_id))
        post = known.posts[known.owners[key]] if key in known.owners else None
        if post is None or not is_another(post, sighting):
            continue
        is_free = post.state == "deleted" or post.id in look.gives_up
        if is_free or (look.kind == "baseline" and post.seen is None):
            gone.add(key)
        else:
            others.add(place)
    owners = {key: post_id for key, post_id in known.owners.items() if key not in gone}
    return replace(known, owners=owners), frozenset(others)


def contradiction(feeds: KnownPost, sighting: Sighting) -> str | None:
    """Why a Post that only a feed showed cannot be the one that a collection shows with its guid."""
    dates = (feeds.latest and feeds.latest.fields.published_at, sighting.published_at)
    titles = (feeds.latest and feeds.latest.fields.title, sighting.fields and sighting.fields.title)
    what, (old, new) = ("date", dates) if all(dates) else ("title", titles)
    return f"its guid is that of post {feeds.id}, which has another {what}" if old and new and old != new else None


def taking(plan: PostPlan, owners: Mapping[Key, int]) -> PostPlan:
    """The plan with the strong keys that another Post gives up for it. `owners`: whose the keys are so far."""
    taken = tuple(key for key in plan.keys if key.kind != "link" and owners.get(key, plan.post_id) != plan.post_id)
    return replace(plan, taken=taken)


def absorbing(plan: PostPlan, absorbed: KnownPost) -> PostPlan:
    """The plan of a Post that another one turns out to be: what was told of that one is not told again."""
    plan = replace(plan, absorbs=absorbed.id)
    if plan.change is None or plan.change.kind != "edited" or plan.revision is None or absorbed.latest is None:
        return plan
    told = absorbed.told.intersection(plan.change.fields) - set(differing(absorbed.latest.fields, plan.revision.fields))
    names = tuple(name for name in plan.change.fields if name not in told)
    if not names:
        return replace(plan, change=None, revision=replace(plan.revision, cause="upgrade"))
    return replace(plan, change=replace(plan.change, fields=names))
