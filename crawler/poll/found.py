"""What there is to poll of a Source: its endpoints as the store knows them, or what discovery finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.config import SourceConfig
from crawler.endpoints.discovery import discover
from crawler.errors import DiscoveryError, PollError, Reason
from crawler.model import Discovered, Endpoint, Source, SourceFacts
from crawler.poll.desk import Desk
from crawler.poll.fresh import Fresh
from crawler.poll.site import DAILY

#: Failures in a row after which an endpoint that answers with something else may have moved.
LOST = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What there is to poll of a Source."""

    #: with the memory of what discovery has just read
    desk: Desk
    endpoints: tuple[Endpoint, ...] = ()
    #: why a collection that the config newly asks for cannot be watched; the others are
    trouble: PollError | DiscoveryError | None = None
    #: name of the Source that this one turned out to be
    duplicate_of: str | None = None
    #: discovery has just found that its REST API is closed
    is_closed: bool = False


async def find(desk: Desk, source: Source, config: SourceConfig) -> Found:
    """The Source's endpoints as the config wants them; discovery finds missing ones."""
    known = desk.store.endpoints(source.id)
    surplus = [each.id for each in known if each.kind == "rest" and each.type not in config.types]
    have = {each.type for each in known if each.kind == "rest"}
    kept = tuple(each for each in known if each.id not in surplus)
    if known and (source.kind != "wordpress" or have >= set(config.types)) and not _has_moved(kept):
        if surplus:
            await desk.store.retire(surplus, desk.clock())
        opened = await _opened(desk, source, config, known)
        if opened is None:
            return Found(desk=desk, endpoints=kept)
        await desk.store.register(source, opened, desk.clock())
        return Found(desk=desk, endpoints=tuple(desk.store.endpoints(source.id)))
    fresh = Fresh(desk, config)
    try:
        found = await discover(fresh.fetch, fresh.run, source.url, kind=config.kind, types=config.types)
    except (PollError, DiscoveryError) as error:
        if not known:
            raise
        return Found(desk=desk, endpoints=tuple(known), trouble=error)
    if surplus:
        await desk.store.retire(surplus, desk.clock())
    first = await desk.store.register(source, found, desk.clock())
    if first is not None:
        return Found(desk=desk, duplicate_of=desk.store.source(first).name)
    # Before a site's feed is read comes the walk through its archive, which may take hours.
    remembering = desk if found.kind == "wordpress" and not found.is_closed else fresh.desk
    endpoints = tuple(desk.store.endpoints(source.id))
    return Found(desk=remembering, endpoints=endpoints, is_closed=found.is_closed)


async def _opened(desk: Desk, source: Source, config: SourceConfig, known: Sequence[Endpoint]) -> Discovered | None:
    """What discovery finds of a site whose API was never read, once a day: REST may be open by now."""
    is_supposed = _is_supposed(known)
    if config.kind == "feed" or not (source.kind == "feed" or is_supposed) or any(e.url == source.url for e in known):
        return None
    now, asked = desk.clock(), desk.store.site_asked_at(source.id)
    if asked is not None and asked <= now < asked + DAILY:
        return None
    await desk.store.keep_site(source.id, SourceFacts(), [], now)
    if asked is None:
        # It was discovered just now.
        return None
    try:
        found = await discover(desk.fetch_for(config), desk.run, source.url, kind=config.kind, types=config.types)
    except (PollError, DiscoveryError):
        return None
    return found if found.kind == "wordpress" and not (is_supposed and found.is_closed) else None


def _is_supposed(endpoints: Sequence[Endpoint]) -> bool:
    """Whether nothing was ever read of its collections, and they may stand elsewhere than it was supposed."""
    collections = [each for each in endpoints if each.kind == "rest"]
    return bool(collections) and all(each.watermark is None and each.failures >= LOST for each in collections)


def _has_moved(endpoints: tuple[Endpoint, ...]) -> bool:
    """Whether all of them answer as if they stood elsewhere now, as after a change of permalinks.

    Then the site is discovered again, at every poll until something is found: failing ones are polled ever more rarely.
    """
    return bool(endpoints) and all(
        each.failures >= LOST and (each.last_error or "").startswith(("http_4xx", "not_data")) for each in endpoints
    )


def reason_of(error: PollError | DiscoveryError) -> Reason:
    """The word of `polls.reason` for an error of finding or polling."""
    return error.reason if isinstance(error, PollError) else "not_data"
