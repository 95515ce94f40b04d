"""What a look at an endpoint means: (known, sightings) -> what to write. Pure: no clock, no network, no store.

sighting ── match ──> unknown ──> published (or adopted without a Change)
                └──> known ──> same raw hash ......... only seen
                               same text ............. hashes move, nothing else
                               a witness' word ....... hashes move, nothing else
                               text differs .......... Revision and Change
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from crawler.identity import Contradiction, keys_of, match
from crawler.model import (
    COMPARED,
    ChangePlan,
    Comparison,
    Endpoint,
    Fields,
    Key,
    Known,
    KnownPost,
    Page,
    PostPlan,
    Ref,
    RevisionPlan,
    Route,
    Sighting,
    Source,
)
from crawler.model.plan import PollKind
from crawler.route import takes
from crawler.text import canonical_link

#: A save within these seconds after a look carries the second that the look already saw (two saves in one second
#: share their `modified`), so only text read later than this is known to be that `modified`'s text.
SETTLED = timedelta(seconds=5)

TEXT = frozenset({"title", "content", "excerpt"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One reading of one endpoint, and what is known of its circumstances."""

    source: Source
    endpoint: Endpoint
    kind: PollKind
    now: datetime
    #: whether this endpoint makes Revisions; otherwise it is a witness
    counts: bool
    #: names of fields that do not count
    ignored: frozenset[str] = frozenset()
    #: unknown posts not newer than this are adopted as Revision 1 without a Change; None: every one is news
    adopt_until: datetime | None = None
    #: until when an earlier look would have shown a moved `modified`
    unchanged_until: datetime | None = None
    #: how far the server's clock is ahead of ours
    skew: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a look means for the Posts it showed."""

    posts: tuple[PostPlan, ...]
    #: Posts shown with nothing new
    seen: tuple[int, ...]
    #: one line for each Sighting that nothing could be made of
    unclear: tuple[str, ...]


def keys_to_ask(page: Page) -> list[Key]:
    """All keys of a page: what `Known` has to answer for."""
    return [key for sighting in page.sightings for key in _keys(sighting)]


def decide(look: Look, known: Known, page: Page) -> Decision:
    """Decide for every Sighting of a page. The order of Sightings does not matter, except for dateless ones."""
    plans: list[PostPlan] = []
    seen: list[int] = []
    unclear: list[str] = []
    taken: set[Key] = set()
    for place, sighting in enumerate(page.sightings):
        keys = _keys(sighting)
        try:
            post = match(keys, known.owners, known.posts)
            if not taken.isdisjoint(key for key in keys if key.kind != "link"):
                raise Contradiction("the same key stands twice in one answer")
        except Contradiction as contradiction:
            unclear.append(f"{_name(sighting)}: {contradiction}")
            continue
        taken.update(key for key in keys if key.kind != "link")
        if post is None:
            if look.counts:
                plans.append(_unknown(look, sighting, keys, is_news=_is_news(look, known, page, place)))
        elif _nothing_new(post, sighting):
            seen.append(post.id)
        else:
            new_keys = tuple(key for key in keys if known.owners.get(key) != post.id)
            plans.append(_known(look, post, sighting, new_keys))
    return Decision(posts=tuple(plans), seen=tuple(seen), unclear=tuple(unclear))


def complete(
    look: Look, known: Known, plans: Sequence[PostPlan], comparisons: Sequence[Comparison], routes: Sequence[Route]
) -> tuple[PostPlan, ...]:
    """Fill in what a child process found out about the Changes, their ids, and which Sinks take them.

    `comparisons` has one entry for each plan with a Change, in order.
    """
    found = iter(comparisons)
    return tuple(
        plan
        if plan.change is None
        else replace(plan, change=_complete(look, known, plan, plan.change, next(found), routes))
        for plan in plans
    )


def differing(old: Fields, new: Fields, ignored: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Names of the fields that both sides tell and that differ, in the order of COMPARED."""
    return tuple(
        name
        for name in COMPARED
        if name not in ignored
        and (before := getattr(old, name)) is not None
        and (after := getattr(new, name)) is not None
        and not _same(name, before, after)
    )


def _keys(sighting: Sighting) -> tuple[Key, ...]:
    return keys_of(sighting, link=canonical_link(sighting.link) if sighting.link else None)


def _name(sighting: Sighting) -> str:
    return f"post {sighting.wp_id}" if sighting.wp_id is not None else f"post {sighting.guid or sighting.link}"


def _nothing_new(post: KnownPost, sighting: Sighting) -> bool:
    same_state = (post.state == "protected") == sighting.protected
    return post.seen is not None and post.seen.raw_hash == sighting.raw_hash and same_state


def _is_news(look: Look, known: Known, page: Page, place: int) -> bool:
    """Whether an unknown Post is newly published, and not one that only now slid into a limited view.

    Without a date its place tells: above a post that was known it is new, below all of them it slid in.
    """
    if look.kind == "baseline":
        return False
    if look.adopt_until is None:
        return True
    published = page.sightings[place].published_at
    if published is not None:
        return published > look.adopt_until
    return any(known.owners.get(key) for below in page.sightings[place + 1 :] for key in _keys(below))


def _unknown(look: Look, sighting: Sighting, keys: tuple[Key, ...], *, is_news: bool) -> PostPlan:
    fields, text_hash = _derived(sighting)
    change = None
    if is_news:
        change = ChangePlan(kind="published", silent=None, old=None, old_seen_at=None, fields=())
    return PostPlan(
        post_id=None,
        sighting=sighting,
        state="protected" if sighting.protected else "public",
        keys=keys,
        text_hash=text_hash,
        revision=RevisionPlan(
            number=1,
            cause="new" if is_news else "baseline",
            fields=fields,
            content_hash=text_hash,
            modified_at=sighting.modified_at,
        ),
        change=change,
    )


def _known(look: Look, post: KnownPost, sighting: Sighting, keys: tuple[Key, ...]) -> PostPlan:
    """What a Sighting that is not the same as last time means for a known Post."""
    if not look.counts or (post.seen is None and post.latest is not None):
        return _only_hashes(post, sighting, keys)
    if sighting.protected:
        return _protected(look, post, sighting, keys)
    fields, text_hash = _derived(sighting)
    reopened = post.state == "protected"
    if post.seen is not None and post.seen.text_hash == text_hash and not reopened:
        return _only_hashes(post, sighting, keys)
    old = post.latest
    names = differing(old.fields, fields, look.ignored) if old is not None else ()
    if old is not None and not names and not reopened and not _tells_more(old.fields, fields):
        return _only_hashes(post, sighting, keys)
    change = None
    if names or reopened:
        change = ChangePlan(
            kind="restored" if reopened else "edited",
            silent=None if reopened else _is_silent(look, post, sighting, names),
            old=old,
            old_seen_at=_old_seen_at(look, post, sighting),
            fields=names,
        )
    revision = RevisionPlan(
        number=1 if old is None else old.number + 1,
        cause="edit" if change is not None else "upgrade",
        fields=fields,
        content_hash=text_hash,
        modified_at=sighting.modified_at,
    )
    return PostPlan(
        post_id=post.id,
        sighting=sighting,
        state="public",
        keys=keys,
        text_hash=text_hash,
        revision=revision,
        change=change,
    )


def _only_hashes(post: KnownPost, sighting: Sighting, keys: tuple[Key, ...]) -> PostPlan:
    return PostPlan(post_id=post.id, sighting=sighting, state=post.state, keys=keys, text_hash=sighting.text_hash)


def _protected(look: Look, post: KnownPost, sighting: Sighting, keys: tuple[Key, ...]) -> PostPlan:
    """A password hides the text: that is one Change, and what the endpoint last said of the text still holds."""
    change = None
    if post.state != "protected":
        change = ChangePlan(
            kind="protected",
            silent=None,
            old=post.latest,
            old_seen_at=_old_seen_at(look, post, sighting),
            fields=(),
        )
    kept = post.seen.text_hash if post.seen is not None else sighting.text_hash
    return PostPlan(post_id=post.id, sighting=sighting, state="protected", keys=keys, text_hash=kept, change=change)


def _derived(sighting: Sighting) -> tuple[Fields, str]:
    """The Sighting's fields and their hash, which are there whenever its raw hash was not known."""
    if sighting.fields is None or sighting.text_hash is None:
        raise ValueError(f"{_name(sighting)}: parsed as known, but the store does not know it")
    return sighting.fields, sighting.text_hash


def _tells_more(old: Fields, new: Fields) -> bool:
    return any(getattr(old, name) is None and getattr(new, name) is not None for name in COMPARED)


def _same(name: str, old: object, new: object) -> bool:
    if isinstance(old, Ref) and isinstance(new, Ref):
        return _same_ref(old, new)
    if isinstance(old, tuple) and isinstance(new, tuple):
        return len(old) == len(new) and all(any(_same_ref(a, b) for b in new) for a in old)
    if name == "link":
        return canonical_link(str(old)) == canonical_link(str(new))
    return old == new


def _same_ref(old: Ref, new: Ref) -> bool:
    return old.id == new.id if old.id is not None and new.id is not None else old.name == new.name


def _is_silent(look: Look, post: KnownPost, sighting: Sighting, names: tuple[str, ...]) -> bool | None:
    """CONTRACT's `silent`: text changed although the same endpoint shows the same `modified`.

    The old text must have been read well after that `modified`, else it may be a save of the same second.
    """
    if post.seen is None or post.seen.modified_at is None or sighting.modified_at is None:
        return None
    if TEXT.isdisjoint(names) or post.seen.modified_at != sighting.modified_at:
        return False
    return post.seen.last_seen_at + look.skew >= sighting.modified_at + SETTLED


def _old_seen_at(look: Look, post: KnownPost, sighting: Sighting) -> datetime | None:
    """When the old state was last there: when it was read, or when a later look would have shown a moved `modified`."""
    if post.seen is None:
        return post.latest.observed_at if post.latest is not None else None
    read = post.seen.last_seen_at
    moved = sighting.modified_at is not None and sighting.modified_at != post.seen.modified_at
    if moved and look.unchanged_until is not None:
        return max(read, look.unchanged_until)
    return read


def _complete(
    look: Look, known: Known, plan: PostPlan, change: ChangePlan, found: Comparison, routes: Sequence[Route]
) -> ChangePlan:
    post = known.posts[plan.post_id] if plan.post_id is not None else None
    back_to = post.earlier.get(plan.revision.content_hash) if post is not None and plan.revision is not None else None
    if back_to is not None and change.kind == "edited":
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
    if plan.revision is not None:
        return plan.revision.fields.published_at
    return change.old.fields.published_at if change.old is not None else plan.sighting.published_at


def _change_id(source: Source, plan: PostPlan, change: ChangePlan, post: KnownPost | None) -> str:
    """`c_` and a hash of what the Change is, so that detecting it again gives the same id (CONTRACT 5)."""
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
