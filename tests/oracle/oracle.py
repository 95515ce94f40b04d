"""Predicts every Change from what was done to a site and when it was looked at. Imports nothing of `crawler`.

What it goes by stands in the README: what counts as an edit, when a removal is believed, what `silent` means.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.oracle.editor import Post
from tests.oracle.returns import Returns, State

SHOWN = ("public", "protected")
TEXT = {"title", "content", "excerpt"}
#: Two saves of one second share their `modified`.
SETTLED = timedelta(seconds=5)
#: An ordinary look asks for what was modified since the last one, and so much before.
OVERLAP = timedelta(hours=2)
#: It shows so many of the newest posts.
NEWEST = 100
#: More than this part of all posts gone at once, and so many: nothing is believed until so many sweeps agree.
MANY, AT_LEAST, AGREE = 0.2, 5, 3
#: An unpublished post is asked for again after these many days.
DAYS = (1, 2, 4, 8, 16, 30)


class Change(NamedTuple):
    """What is to be told of a post."""

    kind: str
    fields: tuple[str, ...] = ()
    silent: int | None = None


@dataclass
class Suspect:
    """A post that is not shown any more."""

    due: datetime
    kind: str | None = None
    since: datetime | None = None
    #: that have missed it
    sweeps: int = 0
    #: too many are missing at once: it is not even looked at
    is_held: bool = False


@dataclass
class Seen:
    """What the crawler has been shown of a post."""

    told: dict[str, Any]
    #: what its latest Revision says: putting a password on a post makes none
    revision: dict[str, Any]
    state: str
    modified_at: datetime
    read_at: datetime
    returns: Returns
    suspect: Suspect | None = None


class Oracle:
    """`expected` is the exact list of Changes of each post, in their order."""

    def __init__(self, posts: Mapping[int, Post], *, confirm: timedelta) -> None:
        self.expected: dict[int, list[Change]] = defaultdict(list)
        #: Notices that posts do not settle
        self.flapping = 0
        self._posts, self._confirm = posts, confirm
        self._seen: dict[int, Seen] = {}

    def begin(self, now: datetime) -> None:
        """The first reading of all there is, which tells nothing."""
        self._last_poll = now
        self._seen = {post.id: _first_seen(post, now) for post in self._posts.values() if post.is_public}

    def poll(self, now: datetime) -> None:
        """An ordinary look: what was saved, and what was read too soon after a save to be sure."""
        newest = sorted(
            (post for post in self._posts.values() if post.is_public), key=lambda post: post.published_at, reverse=True
        )[:NEWEST]
        ids = {post.id for post in newest}
        since = self._last_poll - OVERLAP
        for post in self._posts.values():
            is_listed = post.is_public and (post.id in ids or post.modified_at > since)
            if (is_listed and self._is_wanted(post)) or (post.is_public and self._is_awaited(post, now)):
                self._read(post, now)
        self._last_poll = now
        self._suspects(now)

    def sweep(self, now: datetime, *, accept: bool = False) -> None:
        """A poll, and behind it all of the archive. `accept`: the operator says that what is missing is gone."""
        self.poll(now)
        missing = []
        for post in self._posts.values():
            seen = self._seen.get(post.id)
            if post.is_public:
                self._read(post, now)
            elif seen is not None and seen.state in SHOWN:
                missing.append(seen)
            elif seen is not None and seen.suspect is not None:
                seen.suspect.due = now
        shown = sum(seen.state in SHOWN for seen in self._seen.values())
        self._missed(missing, now, is_much=len(missing) >= AT_LEAST and len(missing) > shown * MANY and not accept)
        self._suspects(now)

    def _missed(self, missing: Sequence[Seen], now: datetime, *, is_much: bool) -> None:
        for seen in missing:
            seen.suspect = seen.suspect or Suspect(due=now)
            seen.suspect.sweeps += 1
            seen.suspect.is_held = is_much and seen.suspect.sweeps < AGREE
            if seen.suspect.kind is None:
                seen.suspect.due = now

    def unsettled(self) -> int:
        """Removals that await a second look, also of posts that were unpublished and are now deleted; and returns."""
        return sum(
            (seen.suspect is not None and seen.suspect.kind != seen.state and seen.suspect.kind is not None)
            or seen.returns.held is not None
            for seen in self._seen.values()
        )

    def _is_wanted(self, post: Post) -> bool:
        seen = self._seen.get(post.id)
        if seen is None or seen.state not in SHOWN or seen.modified_at != post.modified_at:
            return True
        held = seen.returns.held
        return (seen.read_at if held is None else held.last_at) < seen.modified_at + SETTLED

    def _is_awaited(self, post: Post, now: datetime) -> bool:
        seen = self._seen.get(post.id)
        return seen is not None and seen.returns.is_awaited(now)

    def _read(self, post: Post, now: datetime) -> None:
        seen = self._seen.get(post.id)
        if seen is None:
            self._seen[post.id] = _first_seen(post, now)
            self.expected[post.id].append(Change("published"))
            return
        told, state = post.told(), _state(post)
        has_moved = state != seen.state or told != seen.told
        change = _change(seen, post, state, _differing(seen.revision, told)) if has_moved else None
        shown, kinds = State(state, told, post.modified_at), [each.kind for each in self.expected[post.id][-2:]]
        if change is not None and seen.returns.waits(shown, seen.state, seen.modified_at, kinds, now):
            return
        if change is not None:
            seen.returns.held = None
            self.expected[post.id].append(change)
            if change.kind in ("edited", "restored"):
                seen.returns.states.append(shown)
        elif seen.returns.held is not None and seen.returns.drop(now):
            others = [each.returns for each in self._seen.values() if each.returns.is_told]
            self.flapping += all(each.is_calm(now) for each in others)
            seen.returns.is_told = True
        if change is not None and change.kind != "protected":
            # What a password hides was not told to be another one.
            seen.revision |= {name: value for name, value in told.items() if value is not None}
        seen.told = told
        seen.state, seen.modified_at, seen.read_at, seen.suspect = state, post.modified_at, now, None

    def _suspects(self, now: datetime) -> None:
        for number, seen in self._seen.items():
            if seen.suspect is not None and not seen.suspect.is_held and seen.suspect.due <= now:
                post = self._posts[number]
                if post.is_public:
                    self._read(post, now)
                else:
                    self._gone(number, seen, seen.suspect, _gone_how(post), now)

    def _gone(self, number: int, seen: Seen, suspect: Suspect, kind: str, now: datetime) -> None:
        """One look says that it is gone; two, `confirm` apart, prove it."""
        again = suspect.kind == kind and suspect.since is not None
        since = suspect.since if again and suspect.since else now
        suspect.kind, suspect.since = kind, since
        if seen.state == kind:
            suspect.due = _asked_again(since, now)
        elif not again or now < since + self._confirm:
            suspect.due = since + self._confirm
        else:
            self.expected[number].append(Change(kind))
            seen.state = kind
            seen.returns = Returns(seen.returns.states)
            seen.suspect = None if kind == "deleted" else Suspect(due=_asked_again(now, now), kind=kind, since=now)


def _gone_how(post: Post) -> str:
    """A page has no id among the posts."""
    return "deleted" if post.status == "gone" or post.type != "post" else "unpublished"


def _first_seen(post: Post, now: datetime) -> Seen:
    told, state = post.told(), _state(post)
    returns = Returns([State(state, told, post.modified_at)])
    return Seen(told=told, revision=dict(told), state=state, modified_at=post.modified_at, read_at=now, returns=returns)


def _state(post: Post) -> str:
    return "protected" if post.password else "public"


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """What is not told is never compared."""
    return tuple(sorted(name for name in new if None not in (old[name], new[name]) and old[name] != new[name]))


def _change(seen: Seen, post: Post, state: str, names: tuple[str, ...]) -> Change | None:
    if state != seen.state:
        return Change("protected" if state == "protected" else "restored", names)
    if not names:
        return None
    is_silent = (
        not TEXT.isdisjoint(names)
        and seen.modified_at == post.modified_at
        and seen.read_at >= seen.modified_at + SETTLED
    )
    return Change("edited", names, int(is_silent))


def _asked_again(since: datetime, now: datetime) -> datetime:
    ahead = [since + timedelta(days=days) for days in DAYS]
    return next((moment for moment in ahead if moment > now), now + timedelta(days=DAYS[-1]))
