"""Keys that change hands: an id that came back as another post, and two Posts that turn out to be one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from crawler.decide.fields import differing
from crawler.decide.look import Look
from crawler.decide.moving import Moved
from crawler.identity import Keys, is_another
from crawler.model import Key, Known, KnownPost, PostPlan, Sighting
from crawler.text import canonical_link


def given_up(look: Look, known: Known, sightings: Sequence[Sighting]) -> tuple[Known, frozenset[int]]:
    """What is known without the ids that are no longer their Post's, and the places of Sightings that took others.

    An id changes hands only where the Post is proven to be gone, or was never shown where a first reading begins.
    """
    gone: set[Key] = set()
    others: set[int] = set()
    for place, sighting in enumerate(sightings):
        key = Key("wp-id", str(sighting.wp_id))
        post = known.posts[known.owners[key]] if key in known.owners else None
        if post is None or not is_another(post, sighting):
            continue
        if known.owners.get(Key("guid", sighting.guid or "")) == post.id:
            # One of its own: a feed may give it another guid than REST does.
            continue
        is_free = post.state == "deleted" or post.id in look.gives_up
        if is_free or (look.kind == "baseline" and post.seen is None):
            gone.add(key)
        else:
            others.add(place)
    owners = {key: post_id for key, post_id in known.owners.items() if key not in gone}
    return replace(known, owners=owners), frozenset(others)


def known_as(look: Look, known: Known, sightings: Sequence[Sighting], shown: Sequence[Keys]) -> Known:
    """What is known, also by guids and links that are new names of known Posts.

    Plugins rewrite the guids of a feed, so that REST tells another one of the same post; and a site that moves to
    another address may take its guids and links along. `shown` are the keys of the Sightings.
    """
    times = Counter(key for keys in shown for key in keys)
    names: dict[Key, int] = {}
    for sighting, keys in zip(sightings, shown, strict=True):
        if any(key.kind == "guid" and key in known.owners for key in keys):
            continue
        post = _before_its_move(look, known, sighting) or _by_other_guid(look, known, keys, times)
        if post is not None and agrees(post, sighting):
            names |= {key: post.id for key in keys if key.kind != "wp-id" and key not in known.owners}
    return replace(known, owners={**known.owners, **names})


def former_keys(moved: Moved | None, sighting: Sighting) -> Iterator[Key]:
    """The keys that a Sighting may have had before its site moved."""
    if moved is not None:
        yield from (Key("guid", guid) for guid in moved.former(sighting.guid or ""))
        yield from (Key("link", canonical_link(link)) for link in moved.former(sighting.link or "")[:1])


def _before_its_move(look: Look, known: Known, sighting: Sighting) -> KnownPost | None:
    for key in former_keys(look.moved, sighting):
        if key in known.owners:
            return known.posts[known.owners[key]]
    return None


def _by_other_guid(look: Look, known: Known, keys: Keys, times: Mapping[Key, int]) -> KnownPost | None:
    """The Post that this endpoint has never shown, and that one of the other kind has shown at the same link."""
    link = next((key for key in keys if key.kind == "link" and times[key] == 1), None)
    post = known.posts[known.owners[link]] if link is not None and link in known.owners else None
    if post is None or post.seen is not None or (post.wp_id is None) != (look.endpoint.kind == "rest"):
        return None
    return post


def agrees(post: KnownPost, sighting: Sighting) -> bool:
    """Whether a Post and a Sighting at the same link are of the same date; where one has none, of the same title."""
    if post.latest is None or sighting.fields is None:
        return False
    old, new = post.latest.fields, sighting.fields
    if old.published_at is not None and new.published_at is not None:
        return old.published_at == new.published_at
    return bool(old.title) and old.title == new.title


def contradiction(feeds: KnownPost, sighting: Sighting) -> str | None:
    """Why a Post that only a feed showed cannot be the one that a collection shows with its guid."""
    dates = (feeds.latest and feeds.latest.fields.published_at, sighting.published_at)
    titles = (feeds.latest and feeds.latest.fields.title, sighting.fields and sighting.fields.title)
    what, (old, new) = ("date", dates) if all(dates) else ("title", titles)
    return f"its guid is that of post {feeds.id}, which has another {what}" if old and new and old != new else None


def taking(plan: PostPlan, owners: Mapping[Key, int]) -> PostPlan:
    """The plan with the strong keys that another Post gives up for it. `owners`: whose the keys are so far."""
    taken = tuple(key for key in plan.keys if key.kind != "link" and owners.get(key, plan.post_id) != plan.post_id)
    return replace(plan, taken=taken)


def absorbing(plan: PostPlan, absorbed: KnownPost) -> PostPlan:
    """The plan of a Post that another one turns out to be: what was told of that one is not told again."""
    plan = replace(plan, absorbs=absorbed.id)
    if plan.change is None or plan.change.kind != "edited" or plan.revision is None or absorbed.latest is None:
        return plan
    told = absorbed.told.intersection(plan.change.fields) - set(differing(absorbed.latest.fields, plan.revision.fields))
    names = tuple(name for name in plan.change.fields if name not in told)
    if not names:
        return replace(plan, change=None, revision=replace(plan.revision, cause="upgrade"))
    return replace(plan, change=replace(plan.change, fields=names))
