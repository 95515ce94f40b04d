"""Completes Changes with what a child process found out about them: their ids, and which Sinks take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from crawler.decide.look import Look
from crawler.model import (
    ChangePlan,
    Comparison,
    Gone,
    Known,
    KnownPost,
    PostPlan,
    RemovalPlan,
    RevisionPlan,
    Route,
    Source,
)
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


def complete_removal(look: Look, post: KnownPost, kind: Gone, routes: Sequence[Route], *, evidence: str) -> RemovalPlan:
    """The removal of a Post, its Change with id and Sinks. It says what the site said, and shows no text."""
    change = ChangePlan(
        kind=kind,
        silent=None,
        old=post.latest,
        old_seen_at=post.seen.last_seen_at if post.seen is not None else None,
        fields=(),
        comparison=Comparison(summary=evidence),
    )
    key = _strongest_key(post.wp_id, post.guid, post.link)
    change = replace(change, id=_change_id(look.source, key, change, None, post))
    published_at = post.latest.fields.published_at if post.latest is not None else None
    sinks = tuple(route.sink for route in routes if takes(route, change, look.source, published_at, look.now))
    return RemovalPlan(post_id=post.id, state=kind, change=replace(change, sinks=sinks))


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
        id=_change_id(look.source, _key(plan, post), change, plan.revision, post),
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


def _change_id(source: Source, key: str, change: ChangePlan, new: RevisionPlan | None, post: KnownPost | None) -> str:
    """`c_` and a hash of what the Change is, so that detecting it again gives the same id."""
    old = change.old
    parts: Mapping[str, object] = {
        "source": source.url,
        "key": key,
        "kind": change.kind,
        "old": (old.number, old.content_hash) if old is not None else None,
        "new": (new.number, new.content_hash) if new is not None else None,
        "previous": post.previous_change if post is not None else None,
    }
    return "c_" + sha256(repr(sorted(parts.items())).encode()).hexdigest()[:24]


def _key(plan: PostPlan, post: KnownPost | None) -> str:
    """The strongest key that a Sighting or the Post itself has."""
    shown = plan.sighting
    return _strongest_key(
        shown.wp_id if shown.wp_id is not None else (post.wp_id if post else None),
        shown.guid or (post.guid if post else None),
        shown.link or (post.link if post else None),
    )


def _strongest_key(wp_id: int | None, guid: str | None, link: str | None) -> str:
    if wp_id is not None:
        return f"wp-id {wp_id}"
    return f"guid {guid}" if guid else f"link {link}"
