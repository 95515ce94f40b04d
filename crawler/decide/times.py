"""What the times of looks and saves tell: is a Post new, was an edit silent, until when was the old state there."""

from __future__ import annotations

from datetime import datetime, timedelta

from crawler.decide.fields import TEXT
from crawler.decide.look import Look
from crawler.model import KnownPost, LastSighting, Sighting

#: Two saves in one second share their `modified`, so only text that was read this much later is known to be that
#: `modified`'s text; the rest is for clocks that differ.
SETTLED = timedelta(seconds=5)


def is_news(look: Look, sighting: Sighting, *, above_known: bool) -> bool:
    """Whether an unknown Post is newly published, and not one that only now slid into a limited view.

    A feed's window is always limited. Without a date its place tells: above a post that was known it is new, below
    all of them it slid in.
    """
    if look.kind == "baseline":
        # What came while the feed told of new posts, and what the feed had no time to show, is told by REST instead.
        since, at = look.told_until, sighting.published_at
        return since is not None and at is not None and at > since
    if look.adopt_until is None:
        return look.endpoint.kind == "rest" or sighting.published_at is not None or above_known
    return above_known if sighting.published_at is None else sighting.published_at > look.adopt_until


def is_silent(look: Look, seen: LastSighting | None, sighting: Sighting, names: tuple[str, ...]) -> bool | None:
    """What `silent` says: text changed although the same endpoint shows the same `modified`.

    The old text must have been read well after that `modified`, else it may be a save of the same second.
    """
    if sighting.modified_at is None or (seen is not None and seen.modified_at is None):
        return None
    if seen is None:
        # Another collection of the site showed the old text: these are no two looks through the same endpoint.
        return False
    if TEXT.isdisjoint(names) or seen.modified_at != sighting.modified_at:
        return False
    return seen.last_seen_at + look.skew >= sighting.modified_at + SETTLED


def old_seen_at(look: Look, post: KnownPost, sighting: Sighting) -> datetime | None:
    """When the old state was last there: when it was read, or when a later look showed that nothing had moved."""
    if post.seen is None:
        return None
    read = post.seen.last_seen_at
    later = _unmoved_until(look, post.seen, sighting)
    if later is not None and sighting.modified_at is not None and sighting.modified_at != post.seen.modified_at:
        # A beacon that is stuck says "nothing moved" long after the edit; the site itself says when that was.
        later = min(later, sighting.modified_at - look.skew)
    return max(read, later or read)


def last_there(look: Look, seen: LastSighting) -> datetime:
    """When a feed was last known to say what it last said: when that was read, or when it had not changed since."""
    in_it = look.endpoint.read_at is not None and seen.last_seen_at >= look.endpoint.read_at
    return max(seen.last_seen_at, look.endpoint.last_ok_at or seen.last_seen_at) if in_it else seen.last_seen_at


def _unmoved_until(look: Look, seen: LastSighting, sighting: Sighting) -> datetime | None:
    """The last look that would have told of this edit and did not."""
    if look.endpoint.kind == "feed":
        # 304 or the very same body: what stood in the document that was read last stood there still.
        in_it = look.endpoint.read_at is not None and seen.last_seen_at >= look.endpoint.read_at
        return look.endpoint.last_ok_at if in_it else None
    has_moved = None not in (seen.modified_at, sighting.modified_at) and seen.modified_at != sighting.modified_at
    return look.unchanged_until if has_moved else None
