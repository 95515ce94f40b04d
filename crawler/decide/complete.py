"""Completes Changes with what a child process found out about them: their ids, and which Sinks take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from crawler.decide.look import Look
from crawler.model import ChangePlan, Comparison, Known, KnownPost, PostPlan, Route, Source
from crawler.route import takes


def complete(
    look: Look, known: Known, plans: Sequence[PostPlan], comparisons: Sequence[Comparison], routes: Sequence[Route]
) -> tuple[PostPlan, ...]:
    """Fill in the Changes of these plans. `comparisons` has one entry for each plan with a Change, in order."""
    found = iter(comparisons)
    return tuple(
        plan
        if plan.change is None
        else replace(plan, change=_complete(look, known, plan, plan.change, next(found), routes))
        for plan in plans
    )


def _complete(
    look: Look, known: Known, plan: PostPlan, change: ChangePlan, found: Comparison, routes: Sequence[Route]
) -> ChangePlan:
    post = known.posts[plan.post_id] if plan.post_id is not None else None
    if change.kind == "edited" and post is not None and plan.revision is not None:
        back_to = post.earlier.get(plan.revision.content_hash)
        if back_to is not None:
            found = replace(found, summary=f"back to revision {back_to}; {found.summary}".removesuffix("; "))
    change = replace(
        change,
        id=_change_id(look.source, plan, change, post),
        noted=found.noted if change.kind == "edited" else None,
        comparison=found,
    )
    published_at = _published_at(plan, change)
    sinks = tuple(route.sink for route in routes if takes(route, change, look.source, published_at, look.now))
    return replace(change, sinks=sinks)


def _published_at(plan: PostPlan, change: ChangePlan) -> datetime | None:
    """The earliest date told: a post that is dated anew with an edit was public before."""
    old = change.old.fields.published_at if change.old is not None else None
    new = plan.sighting.published_at
    return min((date for date in (old, new) if date is not None), default=None)


def _change_id(source: Source, plan: PostPlan, change: ChangePlan, post: KnownPost | None) -> str:
    """`c_` and a hash of what the Change is, so that detecting it again gives the same id."""
    old, new = change.old, plan.revision
    parts: Mapping[str, object] = {
        "source": source.url,
        "key": _strongest_key(plan, post),
        "kind": change.kind,
        "old": (old.number, old.content_hash) if old is not None else None,
        "new": (new.number, new.content_hash) if new is not None else None,
        "previous": post.previous_change if post is not None else None,
    }
    return "c_" + sha256(repr(sorted(parts.items())).encode()).hexdigest()[:24]


def _strongest_key(plan: PostPlan, post: KnownPost | None) -> str:
    wp_id = plan.sighting.wp_id if plan.sighting.wp_id is not None else (post.wp_id if post else None)
    if wp_id is not None:
        return f"wp-id {wp_id}"
    guid = plan.sighting.guid or (post.guid if post else None)
    return f"guid {guid}" if guid else f"link {plan.sighting.link or (post.link if post else None)}"
