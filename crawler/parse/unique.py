"""What stands twice in one document: one post twice, two posts under one id, one guid or one link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from crawler.model import Sighting


def by_id(sightings: Iterable[Sighting]) -> tuple[list[Sighting], list[str]]:
    """Each post once, and a line for each id that carries different posts: none of them can be believed."""
    first: dict[int | None, Sighting] = {}
    clashing: set[int | None] = set()
    for each in sightings:
        if first.setdefault(each.wp_id, each).raw_hash != each.raw_hash:
            clashing.add(each.wp_id)
    kept = [each for number, each in first.items() if number not in clashing]
    return guids(kept), [f"post {number}: it stands there twice and differs" for number in sorted(clashing, key=str)]


def by_key(found: Iterable[tuple[Sighting, str]]) -> tuple[list[Sighting], list[str]]:
    """The same for a feed, whose posts may have no id. Each sighting comes with a guid for want of a better key."""
    each_once = {each.raw_hash: (each, makeshift) for each, makeshift in found}
    kept = guids([each for each, _ in each_once.values()])
    links = Counter(each.link for each in kept)
    makeshifts = [makeshift for _, makeshift in each_once.values()]
    often = Counter(makeshifts)
    sightings, clashes = [], []
    for each, makeshift in zip(kept, makeshifts, strict=True):
        if each.wp_id or each.guid or (each.link and links[each.link] == 1):
            sightings.append(each)
        elif often[makeshift] == 1:
            # A link that several posts share (the home page, mostly) is no name of any of them.
            sightings.append(replace(each, guid=makeshift, link=None))
        else:
            clashes.append("a post without guid and link of its own, whose title and date another one has too")
    return sightings, clashes


def guids(sightings: Sequence[Sighting]) -> list[Sighting]:
    """The sightings without those guids that more than one of them carries: such a guid is no key."""
    often = Counter(each.guid for each in sightings)
    return [replace(each, guid=None) if each.guid and often[each.guid] > 1 else each for each in sightings]
