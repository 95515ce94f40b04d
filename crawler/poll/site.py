"""The site's own word on where it is: its zone and its home, asked for once a day.

WordPress compares `modified_after` with local times, so that an edit made before its zone was changed is not listed
after it: a change of either has the whole archive read again. By itself it is no Change of any Post.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from crawler.endpoints.index import site_index
from crawler.errors import PollError
from crawler.model import Endpoint, Source, SourceFacts, Walk
from crawler.parse.answers import SiteIndex
from crawler.poll.visit import Visit

log = structlog.get_logger()

DAILY = timedelta(hours=24)


async def look(visit: Visit, collections: Sequence[Endpoint], *, since: datetime | None) -> None:
    """Ask for the site's zone and home where that is due, or links have moved to another host `since` then.

    `visit` is to one of its collections. Where either has changed a sweep begins, unless the config wants none.
    Trouble is no failure: it is asked again.
    """
    store, source, now = visit.desk.store, visit.source, visit.desk.clock()
    last = store.site_asked_at(source.id) or source.baseline_at
    is_due = last is None or not last <= now < last + DAILY
    if not is_due and (since is None or not store.has_new_host(source.id, since)):
        return
    try:
        index = await site_index(visit.fetch, visit.desk.run, visit.endpoint)
    except PollError as error:
        log.debug("site", source=source.name, status="failed", reason=error.reason, error=str(error))
        return
    facts = _facts(source, index)
    walks: list[Walk] = []
    if _has_moved(source, facts):
        log.info("site", source=source.name, status="moved", zone=facts.timezone, home=facts.home)
        if visit.config.sweep is not None:
            walks = [Walk(endpoint_id=each.id, kind="sweep", started_at=now) for each in collections]
    await store.keep_site(source.id, facts, walks, now)


def _facts(source: Source, index: SiteIndex) -> SourceFacts:
    """What the index says; None where it says nothing or nothing new."""
    home = index.home or index.url
    return SourceFacts(
        home=home if home is not None and home != source.home else None,
        timezone=index.timezone if index.timezone != source.timezone else None,
    )


def _has_moved(source: Source, facts: SourceFacts) -> bool:
    """Whether it says another thing than before, not only for the first time."""
    return (facts.home is not None and source.home is not None) or (
        facts.timezone is not None and source.timezone is not None
    )
