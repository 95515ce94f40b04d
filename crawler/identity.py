"""The keys of a Post, and which known Post each Sighting of an answer shows. Values in, values out.

`wp-id` and `guid` are strong and never move; `link` is a hint that follows the Post that shows it now. The number in
a guid such as `?p=55` is no id: an imported post keeps the guid of the site it came from, where 55 was another post.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from crawler.model import Key, Known, KnownPost, Sighting

Keys = tuple[Key, ...]

_TWICE = "its id stands twice in this answer, with different words"


@dataclass(frozen=True, slots=True)
class Match:
    """Which Post a Sighting shows."""

    #: None: one that is not known yet
    post: KnownPost | None
    #: those of the Sighting's keys that name it and no other
    keys: Keys
    #: one that only a feed showed, and that turns out to be the same Post
    absorbs: KnownPost | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """A Sighting under the id of a Post that it is not: the id has come back as another post."""

    #: the one whose id it was
    post: KnownPost


@dataclass(frozen=True, slots=True)
class Unclear:
    """A Sighting that may be of one Post or of another: nothing is written of it."""

    reason: str


Found = Match | Replaced | Unclear


def keys_of(sighting: Sighting, *, link: str | None) -> Keys:
    """The Sighting's keys, strongest first. `link` is its link in the form that is compared."""
    keys = []
    if sighting.wp_id is not None:
        keys.append(Key("wp-id", str(sighting.wp_id)))
    if sighting.guid:
        keys.append(Key("guid", sighting.guid))
    if link:
        keys.append(Key("link", link))
    return tuple(keys)


def is_another(post: KnownPost, sighting: Sighting) -> bool:
    """Whether a Sighting with the Post's id is of another post: guid, date *and* title all differ.

    As after a reset of the database, which gives old ids out again. A guid that only moved to https, or to another
    address of the site, is no sign: the rest stays.
    """
    if post.latest is None or sighting.fields is None:
        return False
    old, new = post.latest.fields, sighting.fields
    told = (
        (post.guid and _bare(post.guid), sighting.guid and _bare(sighting.guid)),
        (old.published_at, new.published_at),
        (old.title, new.title),
    )
    return all(before and after and before != after for before, after in told)


def matches(shown: Sequence[Keys], known: Known, *, others: Collection[int] = ()) -> list[Found]:
    """What each Sighting of one answer shows, by its keys. No two of them show the same Post.

    `others`: places of Sightings that are another post (`is_another`) than the one that has their id.
    """
    times = Counter(key for keys in shown for key in keys)
    found = [
        _replaced(keys, known, times) if place in others else _by_strong_key(keys, known, times)
        for place, keys in enumerate(shown)
    ]
    named = set(_named(found))
    # What an unclear record may be is spoken for too: no other record gets it by its link alone.
    for keys, match in zip(shown, found, strict=True):
        if isinstance(match, Unclear):
            named.update(known.owners[key] for key in keys if key.kind != "link" and key in known.owners)
    found = [
        _unless_taken(Match(_by_link(keys, match.keys, known, named), match.keys), known, named)
        if isinstance(match, Match) and match.post is None
        else match
        for keys, match in zip(shown, found, strict=True)
    ]
    again = Counter(_named(found))
    return [
        Unclear(f"several records of this answer are post {match.post.id}")
        if isinstance(match, Match) and match.post is not None and any(again[each] > 1 for each in _named([match]))
        else match
        for match in found
    ]


def _named(found: Iterable[Found]) -> Iterator[int]:
    """The ids of the Posts that these are."""
    for match in found:
        if not isinstance(match, Unclear) and match.post is not None:
            yield match.post.id
        if isinstance(match, Match) and match.absorbs is not None:
            yield match.absorbs.id


def _replaced(keys: Keys, known: Known, times: Counter[Key]) -> Replaced | Unclear:
    (by_id,) = (key for key in keys if key.kind == "wp-id")
    return Replaced(known.posts[known.owners[by_id]]) if times[by_id] == 1 else Unclear(_TWICE)


def _unless_taken(match: Match, known: Known, named: Collection[int]) -> Match | Unclear:
    """A new Post needs a name of its own, not only the link of another one that stands in the same answer."""
    taken = [known.owners[key] for key in match.keys if known.owners.get(key) in named]
    if match.post is None and len(taken) == len(match.keys):
        return Unclear(f"its link is that of post {taken[0]}, which stands in this answer too")
    return match


def _by_strong_key(keys: Keys, known: Known, times: Counter[Key]) -> Match | Unclear:
    """The Post that `wp-id` or `guid` names. A guid or link that stands twice in one answer is no key in it."""
    if any(key.kind == "wp-id" and times[key] > 1 for key in keys):
        return Unclear(_TWICE)
    keys = tuple(key for key in keys if times[key] == 1)
    owner = {key.kind: known.posts[known.owners[key]] for key in keys if key in known.owners}
    by_id, by_guid = owner.get("wp-id"), owner.get("guid")
    if by_guid is not None and _is_shared(by_guid, keys, owner.get("link")):
        keys = tuple(key for key in keys if key.kind != "guid")
        by_guid = None
    if not keys:
        return Unclear("it has no id, guid or link of its own")
    if by_id is not None and by_guid is not None and by_id.id != by_guid.id:
        if by_guid.wp_id is None:
            return Match(by_id, keys, absorbs=by_guid)
        return Unclear(f"its id is that of post {by_id.id}, its guid that of post {by_guid.id}")
    return Match(by_id or by_guid, keys)


def _is_shared(owner: KnownPost, keys: Keys, by_link: KnownPost | None) -> bool:
    """Whether another Post carries its owner's guid too: importers and some feeds give one guid to many posts."""
    told = next((key.value for key in keys if key.kind == "wp-id"), None)
    if told is not None and owner.wp_id is not None:
        return str(owner.wp_id) != told
    # A Post without any strong key was shown beside the owner, when the guid stood twice.
    return by_link is not None and by_link.wp_id is None and by_link.guid is None


def _by_link(shown: Keys, keys: Keys, known: Known, named: Collection[int]) -> KnownPost | None:
    """The Post that had this link, unless something says that it is another one."""
    for key in keys:
        if key.kind == "link" and key in known.owners:
            post = known.posts[known.owners[key]]
            return post if post.id not in named and _may_be(post, shown) else None
    return None


def _may_be(post: KnownPost, keys: Keys) -> bool:
    """Whether a Post found by its link alone can be the one meant: no strong key of the same kind says otherwise.

    A trashed post frees its link and another takes it (measured on WordPress), so equal links prove little.
    """
    for key in keys:
        if key.kind == "wp-id" and post.wp_id is not None:
            return False
        if key.kind == "guid" and post.guid is not None and _bare(key.value) != _bare(post.guid):
            return False
    return True


def _bare(guid: str) -> str:
    """A guid without the scheme, which some sites rewrite when they move to https."""
    return guid.removeprefix("https://").removeprefix("http://")
