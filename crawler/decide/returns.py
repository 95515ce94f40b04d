"""Returns to the state just left while `modified` has not moved forward: two caches may be answering in turn.

    such a return ── held
         AGREE further looks show it too ── the Change that it would have been
         a look shows the newer state .... dropped; FLAPPING times in a row: one Notice, until it has settled

A revert in an editor moves `modified` forward, and is no such return.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from crawler.decide.look import Look
from crawler.model import Flips, Held, KnownPost, Sighting

#: Looks after the first one.
AGREE = 2
#: What is read within one poll, as by the sweep behind it, is one look: one cache may well answer all of it.
APART = timedelta(seconds=30)
#: Returns in a row that did not last: this does not settle by itself.
FLAPPING = 3
#: After so long without another one it has settled.
CALM = timedelta(days=3)
#: A return is read again for so long, or for so many polls if that is longer. Afterwards it waits for a sweep.
_PATIENCE, _POLLS = timedelta(days=1), 5


def wished_since(now: datetime, every: timedelta) -> datetime:
    """Returns that were last shown after this are to be read at the next poll, whatever the beacon says."""
    return now - max(_PATIENCE, _POLLS * every)


def held(look: Look, post: KnownPost, sighting: Sighting) -> Flips | None:
    """The Post's Flips where the Change that this Sighting makes has to wait; None: it is told."""
    if post.seen is None or sighting.text_hash is None or not _is_return(post, sighting, post.seen.modified_at):
        return None
    flips = post.flips or Flips()
    last, state = flips.held, _state(sighting)
    if last is None or (last.text_hash, last.state) != (sighting.text_hash, state):
        begun = Held(text_hash=sighting.text_hash, state=state, left_at=post.seen.last_seen_at, last_at=look.now)
        return replace(flips, held=begun)
    if timedelta(0) <= look.now - last.last_at < APART:
        return flips
    if last.looks + 1 >= AGREE:
        return None
    return replace(flips, held=replace(last, looks=last.looks + 1, last_at=look.now))


def settled(look: Look, post: KnownPost, *, changed: bool) -> Flips | None:
    """The Post's Flips after a look that shows another state than the held one, or confirms it (`changed`)."""
    flips = post.flips
    if flips is None or flips.held is None:
        return None
    flips = replace(flips, held=None)
    if changed:
        return flips
    if flips.dropped_at is None or not timedelta(0) <= look.now - flips.dropped_at < CALM:
        return Flips(dropped=1, dropped_at=look.now)
    return replace(flips, dropped=flips.dropped + 1, dropped_at=look.now)


def is_flapping(flips: Flips) -> bool:
    """Whether it is to be told that this does not settle."""
    return flips.dropped >= FLAPPING and flips.told_at is None


def _is_return(post: KnownPost, sighting: Sighting, now_at: datetime | None) -> bool:
    left = post.left
    if left is None or left.state != _state(sighting) or left.text_hash not in (None, sighting.text_hash):
        return False
    # As new as that state was when it was left, nothing has been saved since: it need not be as new as what came then.
    newest = max(filter(None, (left.modified_at, now_at)), default=None)
    return sighting.modified_at is None or newest is None or sighting.modified_at <= newest


def _state(sighting: Sighting) -> Literal["public", "protected"]:
    return "protected" if sighting.protected else "public"
