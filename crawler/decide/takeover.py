"""What an endpoint shows of a Post whose latest Revision another endpoint made: REST is closed, or is back.

What two endpoints say of one Post differs although nobody edited it, so each is compared with its own last word only.

    a feed, REST's Revision ── its first word ......... only its hashes
                          └── its word has moved ..... an edit, of the fields that moved
    REST, a feed's Revision ── what the feed told ..... an upgrade
                          └── what it could not see .. an edit
    REST, a Revision of another collection of the same site ── what differs .. an edit
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.decide.fields import differing
from crawler.decide.look import Look
from crawler.decide.times import last_there
from crawler.model import COMPARED, Fields, Known, KnownPost, KnownRevision, Ref, Sighting
from crawler.text import field_hashes


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What there is to tell of a Post beyond what is stored of it."""

    #: fields that were edited
    names: tuple[str, ...] = ()
    #: what they are compared with; None: the latest Revision
    old: KnownRevision | None = None
    #: when that was last there; None: as the endpoint's own looks say
    old_seen_at: datetime | None = None
    #: the Sighting says nothing of the Post's state either
    is_mute: bool = False


def by_feed(look: Look, post: KnownPost, latest: KnownRevision, sighting: Sighting) -> Taken:
    """A feed shows a Post that another endpoint told of last: its own word must have moved, and lately.

    A feed may be a copy that a cache has kept: an edit that stands in a Revision newer than its last word is not told
    again when it catches up. It neither brings back what is gone nor opens what is protected, as REST knows them.
    """
    seen, fields = post.seen, sighting.fields
    if seen is None or seen.prints is None or fields is None or post.state != "public":
        return Taken(is_mute=True)
    if seen.derivation != look.derivation:
        # Its last word was read by another normaliser or other rules, and is not kept: this one takes its place.
        return Taken(is_mute=True)
    if seen.text_hash == sighting.text_hash or last_there(look, seen) < latest.observed_at:
        return Taken(is_mute=True)
    before, now = seen.prints, field_hashes(fields)
    moved = {name for name in before.keys() & now.keys() if before[name] != now[name]}
    names = (name for name in differing(latest.fields, fields, look.ignored) if name in moved)
    return Taken(names=tuple(name for name in names if not _may_be_renamed(look, name, latest.fields, fields)))


def standing(sightings: Iterable[Sighting], known: Known) -> frozenset[str]:
    """The names of people and terms that an answer shows; those of a Post that is as it was are the known ones."""
    told = [sighting.fields for sighting in sightings if sighting.fields is not None]
    same = {sighting.raw_hash for sighting in sightings if sighting.fields is None}
    known_ones = (post for post in known.posts.values() if post.seen is not None and post.seen.raw_hash in same)
    told += [post.latest.fields for post in known_ones if post.latest is not None]
    return frozenset(ref.name for fields in told for name in ("author", "categories") for ref in _of(name, fields))


def _may_be_renamed(look: Look, name: str, old: Fields, new: Fields) -> bool:
    """Whether a person or term that REST knew by id may only be called otherwise now, which is no edit.

    A feed tells names and no ids. Where the old name stands at no other post of it, REST tells once it is back.
    """
    if name not in ("author", "categories"):
        return False
    known = _of(name, old)
    before, now = _names(known), _names(_of(name, new))
    has_ids = any(ref.id is not None for ref in known)
    return has_ids and not before <= now and not now <= before and look.standing.isdisjoint(before - now)


def _of(name: str, fields: Fields) -> tuple[Ref, ...]:
    """A feed's terms are categories; REST tells them apart."""
    if name == "author":
        return () if fields.author is None else (fields.author,)
    return (*(fields.categories or ()), *(fields.tags or ()))


def _names(refs: Iterable[Ref]) -> set[str]:
    return {ref.name for ref in refs}


def by_rest(look: Look, post: KnownPost, latest: KnownRevision, sighting: Sighting) -> Taken:
    """A collection shows a Post of which a feed told last: what has the feed not told?"""
    own, fields = post.own, sighting.fields
    if own is None or fields is None:
        return Taken(old=latest, old_seen_at=latest.shown_at)
    is_later = _is_later(look, latest, sighting)
    apart = _apart(latest.fields, fields) if is_later else _hidden(look, post, latest, sighting)
    edited = set(differing(own.fields, fields, look.ignored))
    unseen = {name for name in edited if not _told_by(name, post.told, latest.fields) or _in_feed(name) in apart}
    # Edited and put back meanwhile: the feed told the one and cannot have shown the other.
    undone = (post.told & apart) - look.ignored
    return Taken(
        names=tuple(name for name in COMPARED if name in unseen | undone),
        old=replace(latest, fields=_merged(latest.fields, own.fields, post.told)),
        old_seen_at=latest.shown_at or latest.observed_at,
    )


def by_collection(look: Look, latest: KnownRevision, sighting: Sighting) -> Taken:
    """A collection shows a Post of which another one told last: it has become a page, or is a post again.

    One site shows the same text in all its collections, so this look is compared with that one's Revision.
    """
    if look.kind == "baseline":
        return Taken(is_mute=True)
    names = differing(latest.fields, sighting.fields, look.ignored) if sighting.fields is not None else ()
    return Taken(names=names, old_seen_at=latest.shown_at or latest.observed_at)


def _is_later(look: Look, latest: KnownRevision, sighting: Sighting) -> bool:
    """Whether the last save came after the feed's last look at the Post: the feed cannot have shown it."""
    looked = latest.shown_at or latest.observed_at
    return sighting.modified_at is None or sighting.modified_at - look.skew > looked


def _hidden(look: Look, post: KnownPost, latest: KnownRevision, sighting: Sighting) -> set[str]:
    """Names of texts that were edited again behind a copy of the feed that a cache kept.

    What the feed tells since an edit may be old by hours. Two renderings of one text differ, so that only words count
    that both have lost or neither had; and a text that is what it was before the edit.
    """
    own, fields = post.own, sighting.fields
    if own is None or fields is None or sighting.modified_at is None:
        return set()
    if sighting.modified_at - look.skew <= latest.observed_at:
        return set()
    hidden = set()
    for name in ("title", "content"):
        before, told, now = (getattr(each, name) for each in (own.fields, latest.fields, fields))
        if None in (before, told, now):
            continue
        first, second, third = (Counter(text.split()) for text in (before, told, now))
        is_undone = name in post.told and now == before != told
        if is_undone or third - (first | second) or (first & second) - third:
            hidden.add(name)
    return hidden


def _told_by(name: str, told: frozenset[str], feeds: Fields) -> bool:
    """Whether the feed's Changes have told of an edit of this field."""
    if name == "content" and feeds.content is None:
        # A feed of summaries shows an edit of the text by its beginning.
        return "excerpt" in told
    return _in_feed(name) in told


def _in_feed(name: str) -> str:
    """The field in which a feed tells what REST tells in this one: all its terms are categories."""
    return "categories" if name == "tags" else name


def _apart(feeds: Fields, fields: Fields) -> set[str]:
    """Names of the fields that both tell and that are not the same."""
    apart = set(differing(feeds, fields)) - {"categories"}
    if feeds.content is None:
        # It shows no more than the beginning: whatever came later may stand behind it.
        apart.add("content")
    if feeds.categories is None or _names(_of("categories", feeds)) == _names(_of("categories", fields)):
        return apart
    return apart | {"categories"}


def _merged(feeds: Fields, own: Fields, told: frozenset[str]) -> Fields:
    """The state that has been told of: the feed's where it told of an edit, else what REST itself said last."""
    names = {name for name in COMPARED if name not in told or getattr(feeds, name) is None}
    return replace(feeds, **{name: getattr(own, name) for name in names})
