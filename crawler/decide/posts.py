"""Decides for each Sighting of an answer what to write of its Post."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from crawler.decide.fields import differing, tells_more
from crawler.decide.keys import absorbing, contradiction, former_keys, given_up, known_as, taking
from crawler.decide.look import Decision, Look
from crawler.decide.moving import Moved
from crawler.decide.returns import held, settled
from crawler.decide.takeover import Taken, by_collection, by_feed, by_rest, standing
from crawler.decide.times import is_news, is_silent, old_seen_at
from crawler.identity import Found, Keys, Replaced, Unclear, keys_of, matches
from crawler.model import (
    ChangePlan,
    Fields,
    Flips,
    Key,
    Known,
    KnownPost,
    KnownRevision,
    Page,
    PostPlan,
    RevisionPlan,
    Sighting,
)
from crawler.model.change import ChangeKind
from crawler.model.known import PostState
from crawler.text import canonical_link, field_hashes


def keys_to_ask(page: Page, moved: Moved | None = None) -> list[Key]:
    """All keys of a page, and those before its site `moved`: what `Known` has to answer for."""
    return [key for sighting in page.sightings for key in (*_keys(sighting), *former_keys(moved, sighting))]


class _Verdict(NamedTuple):
    """What one Sighting comes to: at most one of the first four."""

    plan: PostPlan | None = None
    #: id of a Post that is as it was
    seen: int | None = None
    unclear: str | None = None
    replaced: KnownPost | None = None
    flips: Mapping[int, Flips] = {}


def decide(look: Look, known: Known, page: Page) -> Decision:
    """Decide for every Sighting of a page. The order of Sightings does not matter, except for dateless ones."""
    sightings = list({sighting.raw_hash: sighting for sighting in page.sightings}.values())
    shown = [_keys(sighting) for sighting in sightings]
    owners = known.owners
    known = known_as(look, known, sightings, shown)
    known, others = given_up(look, known, sightings)
    look = replace(look, standing=standing(sightings, known))
    lowest = max((place for place, keys in enumerate(shown) if not known.owners.keys().isdisjoint(keys)), default=-1)
    verdicts = [
        _verdict(look, sighting, found, owners, above_known=place < lowest)
        for place, (sighting, found) in enumerate(zip(sightings, matches(shown, known, others=others), strict=True))
    ]
    return Decision(
        posts=tuple(verdict.plan for verdict in verdicts if verdict.plan is not None),
        seen=tuple(verdict.seen for verdict in verdicts if verdict.seen is not None),
        unclear=tuple(verdict.unclear for verdict in verdicts if verdict.unclear is not None),
        replaced=tuple(verdict.replaced for verdict in verdicts if verdict.replaced is not None),
        flips={post_id: flips for verdict in verdicts for post_id, flips in verdict.flips.items()},
    )


def _verdict(look: Look, sighting: Sighting, found: Found, owners: Mapping[Key, int], *, above_known: bool) -> _Verdict:
    """`owners`: whose the keys are; `above_known`: whether the page shows a known Post further down."""
    if isinstance(found, Unclear):
        return _Verdict(unclear=f"{_name(sighting)}: {found.reason}")
    if isinstance(found, Replaced):
        return _Verdict(replaced=found.post)
    if found.absorbs is not None and (why := contradiction(found.absorbs, sighting)) is not None:
        return _Verdict(unclear=f"{_name(sighting)}: {why}")
    post = found.post
    if post is not None and _is_same(look, post, sighting):
        return _Verdict(seen=post.id, flips=_settled(look, post, changed=False))
    if post is None and not look.counts:
        return _Verdict()
    if sighting.text_hash is None:
        return _Verdict(
            unclear=f"{_name(sighting)}: it was read before as another post; it is read anew once it changes"
        )
    if post is None:
        news = is_news(look, sighting, above_known=above_known)
        plan = _unknown(_own(sighting, found.keys), sighting.text_hash, found.keys, news=news)
        return _Verdict(plan=taking(plan, owners))
    if look.kind == "baseline" and post.seen is not None:
        # Edited since the baseline met it first: that makes no Changes, so the next poll finds this one.
        return _Verdict()
    keys = tuple(key for key in found.keys if owners.get(key) != post.id)
    plan = _known(look, post, _own(sighting, found.keys), sighting.text_hash, keys)
    waits = held(look, post, sighting) if plan.change is not None else None
    if waits is not None:
        return _Verdict(seen=post.id, flips={post.id: waits})
    flips = _settled(look, post, changed=plan.change is not None)
    plan = plan if found.absorbs is None else absorbing(plan, found.absorbs)
    return _Verdict(plan=taking(plan, owners), flips=flips)


def _settled(look: Look, post: KnownPost, *, changed: bool) -> dict[int, Flips]:
    flips = settled(look, post, changed=changed)
    return {} if flips is None else {post.id: flips}


def _is_same(look: Look, post: KnownPost, sighting: Sighting) -> bool:
    """Whether nothing moved since the last look; what was gone is back, even if it reads as it did.

    What was derived again although it is known, because hashes of another derivation are of no use, is to be written.
    """
    if post.seen is None or post.seen.raw_hash != sighting.raw_hash or post.state not in ("public", "protected"):
        return False
    is_renewed = sighting.text_hash is not None and post.seen.prints is not None
    return not (is_renewed and post.seen.derivation != look.derivation)


def _keys(sighting: Sighting) -> Keys:
    return keys_of(sighting, link=canonical_link(sighting.link) if sighting.link else None)


def _name(sighting: Sighting) -> str:
    return f"post {sighting.wp_id}" if sighting.wp_id is not None else f"post {sighting.guid or sighting.link}"


def _own(sighting: Sighting, keys: Keys) -> Sighting:
    """The Sighting without a guid that is another Post's: neither a Post nor a Change's id goes by it."""
    return sighting if any(key.kind == "guid" for key in keys) else replace(sighting, guid=None)


def _unknown(sighting: Sighting, text_hash: str, keys: Keys, *, news: bool) -> PostPlan:
    """A Post that was not known: its first Revision, and a Change where it is news."""
    return PostPlan(
        post_id=None,
        sighting=sighting,
        state=_state(sighting),
        keys=keys,
        text_hash=text_hash,
        revision=RevisionPlan(
            number=1,
            cause="new" if news else "baseline",
            fields=_told(sighting),
            content_hash=text_hash,
            modified_at=sighting.modified_at,
        ),
        change=ChangePlan(kind="published", silent=None, old=None, old_seen_at=None, fields=()) if news else None,
    )


def _known(look: Look, post: KnownPost, sighting: Sighting, text_hash: str, keys: Keys) -> PostPlan:
    """What a Sighting that is not the same as last time means for a known Post."""
    plan = PostPlan(
        post_id=post.id,
        sighting=sighting,
        state=post.state,
        keys=keys,
        text_hash=text_hash,
        prints=_prints(look, sighting),
    )
    taken = _differs(look, post, sighting, text_hash)
    if taken is None or taken.is_mute:
        return plan
    old, state, fields = taken.old or post.latest, _state(sighting), _told(sighting)
    kind = _kind(post.state, state, taken.names) if look.kind != "baseline" else None
    change = None
    if kind is not None:
        silent = is_silent(look, post.seen, sighting, taken.names) if kind == "edited" else None
        seen_at = taken.old_seen_at or old_seen_at(look, post, sighting)
        change = ChangePlan(kind=kind, silent=silent, old=old, old_seen_at=seen_at, fields=taken.names)
    revision = None
    if kind in ("edited", "restored") or (kind is None and _is_upgrade(look, old, fields, state)):
        revision = RevisionPlan(
            number=1 if old is None else old.number + 1,
            cause="upgrade" if change is None else "edit",
            fields=fields,
            content_hash=text_hash,
            modified_at=sighting.modified_at,
        )
    return replace(plan, state=state, revision=revision, change=change)


def _differs(look: Look, post: KnownPost, sighting: Sighting, text_hash: str) -> Taken | None:
    """How a Sighting differs from what is known of its Post; None where it does not, or there is nothing to compare."""
    if not look.counts or (look.kind == "baseline" and post.state not in ("public", "protected")):
        return None
    taken = _taken(look, post, sighting)
    if taken is not None:
        return taken
    if post.seen is None:
        return Taken(names=()) if post.latest is None else None
    if _state(sighting) == post.state and post.seen.text_hash == text_hash:
        return None
    old = post.latest
    return Taken(names=differing(old.fields, _told(sighting), look.ignored) if old is not None else ())


def _told(sighting: Sighting) -> Fields:
    return sighting.fields or Fields()


def _state(sighting: Sighting) -> PostState:
    return "protected" if sighting.protected else "public"


def _kind(before: PostState, now: PostState, names: tuple[str, ...]) -> ChangeKind | None:
    """At most one Change a look: a password put on or taken off wins over an edit."""
    if before != now:
        return "protected" if now == "protected" else "restored"
    return "edited" if names else None


def _is_upgrade(look: Look, old: KnownRevision | None, fields: Fields, state: PostState) -> bool:
    """Whether more, or better, is told now. A protected look hides the text: it replaces no Revision that has it."""
    if old is None or state != "public" or look.endpoint.rank > old.rank:
        return old is None
    return look.endpoint.rank < old.rank or tells_more(old.fields, fields)


def _taken(look: Look, post: KnownPost, sighting: Sighting) -> Taken | None:
    """What is to be told of a Post whose latest Revision another endpoint made; None: none did, or a better one."""
    latest = post.latest
    if latest is None or latest.endpoint_id == look.endpoint.id:
        return None
    if look.endpoint.kind == "feed":
        return by_feed(look, post, latest, sighting)
    if latest.rank == look.endpoint.rank:
        return by_collection(look, latest, sighting)
    return by_rest(look, post, latest, sighting) if latest.rank > look.endpoint.rank else None


def _prints(look: Look, sighting: Sighting) -> dict[str, str] | None:
    """The hashes by which a feed's next word is compared with this one, where another endpoint made the Revision."""
    return field_hashes(sighting.fields) if look.endpoint.kind == "feed" and sighting.fields is not None else None
