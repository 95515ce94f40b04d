"""Posts that only a feed shows, and that it shows no more: gone where their own address says so, twice.

missing between two that are shown ──> suspect ──> its link ──> 404 or 410 .. and again, `confirm` later: deleted
                                                          └──> else .......... asked again, ever later; then left alone
                                             shown again ──> cleared

What has slid out of the window is not missing, and what has no guid never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crawler.decide import complete_removal
from crawler.decide.removal import AGREE, found_gone, found_nothing, is_too_much
from crawler.decide.removal import concluded as conclusion
from crawler.errors import FetchError
from crawler.model import Key, Page, Request, SourceFacts, Suspect, Suspicion, Walk
from crawler.poll.judging import NOTHING, Judged
from crawler.poll.suspects import MOST
from crawler.poll.visit import Visit
from crawler.route import notified

NOT_SHOWN = "the feed does not show it any more, only posts before and after it"
#: After so many looks in a row that show nothing, over two days or so, it has only left the feed.
ENOUGH = 8
#: Posts still shown that are asked for before an address is believed.
_NEIGHBOURS = 2
_PAGE = "text/html, application/xhtml+xml, */*;q=0.5"


async def note(visit: Visit, page: Page, judged: Judged) -> None:
    """Suspect what a feed that was just read and committed does not show between the posts that it shows."""
    dates = [each.published_at for each in page.sightings if each.published_at is not None]
    if judged.unclear or len(dates) < 2:
        return
    now = visit.asked_at or visit.desk.clock()
    store, source = visit.desk.store, visit.source
    missing = store.vanished(visit.endpoint.id, min(dates), max(dates), since=now)
    if not missing:
        return
    before = store.feed_suspects(source.id)
    gone = len(missing) + sum(each.state != "deleted" for each in before)
    too_much = is_too_much(gone, store.posts(source.id)) and visit.desk.sweeping != "accept"
    suspects = tuple(replace(each, evidence=NOT_SHOWN, held=too_much) for each in missing)
    if too_much:
        await _tell(visit, gone, before, since=now)
    facts = SourceFacts(state="suspect" if too_much and store.source(source.id).state == "active" else None)
    await visit.commit(NOTHING, state=None, facts=facts, suspicion=Suspicion(suspects=suspects))


async def concluded(visit: Visit, walk: Walk) -> tuple[Suspicion, str | None]:
    """What a complete sweep of a feed says of what it did not show, and the Source's state if that is another now."""
    store, source, now = visit.desk.store, visit.desk.store.source(visit.source.id), visit.desk.clock()
    known = {each.post_id: each for each in store.feed_suspects(source.id) if each.endpoint_id == visit.endpoint.id}
    oldest, newest = store.dates_shown(visit.endpoint.id, walk.started_at)
    missing = list(known.values())
    if oldest is not None and newest is not None and not walk.unread:
        missing += store.vanished(visit.endpoint.id, oldest, newest, since=walk.started_at)
    accept, posts = visit.desk.sweeping == "accept", store.posts(source.id)
    found = conclusion(missing, known, posts=posts, unread=0, now=now, accept=accept)
    if found.is_too_much:
        await _tell(visit, len(missing), list(known.values()), since=walk.started_at)
    suspects = tuple(each if each.post_id in known else replace(each, evidence=NOT_SHOWN) for each in found.suspects)
    state = {("active", True): "suspect", ("suspect", False): "active"}.get((source.state, found.is_too_much))
    return Suspicion(suspects=suspects), state


async def _tell(visit: Visit, gone: int, before: Sequence[Suspect], *, since: datetime) -> None:
    """Write the Notice that too many are missing, once."""
    if any(each.held for each in before):
        return
    name = visit.source.name
    told = (
        f"{name} does not show {gone:,} posts any more that stood in the middle of its feed, too many at once to be "
        f"taken for gone. Nothing is reported as removed until {AGREE} sweeps agree. If they are gone, "
        f"`crawler sweep {name} --accept-removals` says so."
    )
    await visit.desk.store.notice("suspect", visit.source.id, told, since, notified(visit.desk.routes), since=since)


async def look(visits: Sequence[Visit]) -> int:
    """Look at the suspects whose turn it is; `visits` are to the Source's feeds. Returns the number of Changes."""
    by_id = {visit.endpoint.id: visit for visit in visits}
    if not visits:
        return 0
    desk, source = visits[0].desk, visits[0].source
    suspects = [each for each in desk.store.feed_suspects(source.id) if each.endpoint_id in by_id]
    now = desk.clock()
    held = [each for each in suspects if each.held]
    if held and desk.sweeping == "accept":
        freed = tuple(replace(each, held=False, next_check_at=now) for each in held)
        suspects = [*freed, *(each for each in suspects if not each.held)]
        held = []
    if not suspects and source.state != "suspect":
        return 0
    if not held and desk.store.source(source.id).state == "suspect" and not desk.store.suspects(source.id):
        await visits[0].commit(NOTHING, state=None, facts=SourceFacts(state="active"))
    changes = 0
    works: dict[int, bool] = {}
    for suspect in [each for each in suspects if not each.held and each.next_check_at <= now][:MOST]:
        changes += await _one(by_id[suspect.endpoint_id], suspect, works)
    return changes


async def _one(visit: Visit, suspect: Suspect, works: dict[int, bool]) -> int:
    visit.asking()
    status, words = await _at(visit, suspect.link)
    if status in (404, 410) and visit.endpoint.id not in works:
        works[visit.endpoint.id] = await _is_there(visit)
    if status not in (404, 410) or not works[visit.endpoint.id]:
        # Where no other post is to be had at its address either, it is the site that is in trouble.
        later = found_nothing(suspect, words, now=visit.desk.clock())
        over = later.trouble >= ENOUGH
        suspicion = Suspicion(cleared=(suspect.post_id,)) if over else Suspicion(suspects=(later,))
        await visit.commit(NOTHING, state=None, suspicion=suspicion)
        return 0
    words = f"{NOT_SHOWN}, {status} at its link"
    verdict = found_gone(suspect, "deleted", words, now=visit.desk.clock(), confirm=visit.config.confirm)
    known = visit.desk.store.known(visit.source.id, visit.endpoint.id, [Key("guid", suspect.guid or "")])
    post = known.posts.get(suspect.post_id)
    if verdict.gone is None or post is None:
        await visit.commit(NOTHING, state=None, suspicion=Suspicion(suspects=(verdict.suspect,)))
        return 0
    removal = complete_removal(visit.look(), post, "deleted", visit.desk.routes, evidence=words)
    suspicion = Suspicion(removals=(removal,), cleared=(suspect.post_id,))
    await visit.commit(NOTHING, state=None, suspicion=suspicion)
    return 1


async def _at(visit: Visit, link: str | None) -> tuple[int | None, str]:
    """What an address says, redirects not followed: WordPress leads from what is gone to what is called alike."""
    if link is None:
        return None, f"{NOT_SHOWN}; it has no link to ask"
    try:
        await visit.fetch(Request(url=link, accept=_PAGE, follow=False))
    except FetchError as error:
        return error.status, f"{NOT_SHOWN}; {error}"[:500]
    return 200, f"{NOT_SHOWN}, but its link still shows a page"


async def _is_there(visit: Visit) -> bool:
    links = visit.desk.store.neighbours(visit.endpoint.id, _NEIGHBOURS)
    statuses = [(await _at(visit, link))[0] for link in links]
    return any(status is not None and status < 400 for status in statuses)
