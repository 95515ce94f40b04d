"""A feed's part of a poll: the whole of a plain feed's, and the beacon of a WordPress site."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from crawler.decide.moving import moved
from crawler.endpoints import feed
from crawler.errors import ParseError
from crawler.fetch import validators_of
from crawler.model import Fetched, NotModified, Page, SourceFacts, Validators
from crawler.poll import again, archive
from crawler.poll.judging import NOTHING, Judged
from crawler.poll.visit import Visit
from crawler.schedule import LONGEST
from crawler.text import derivation

#: `witness`: REST makes the Revisions, and the feed tells when to look; `alone`: there is no REST that was ever read;
#: `stand-in`: REST was read, and is out.
Role = Literal["witness", "alone", "stand-in"]
Read = NotModified | feed.Same | feed.Changed


async def ask(visit: Visit, *, whole: bool = False) -> Read:
    """Ask the feed. `whole`: read it even if it is what was read last. Raises PollError."""

    store, endpoint, today = visit.desk.store, visit.endpoint, derivation(visit.config.ignore)

    def known() -> frozenset[str]:
        return store.recent_hashes(endpoint.id, today)

    asked = endpoint
    if visit.desk.sweeping != "due":
        # WordPress answers 304 although a post has gone, or SQL has changed one (measured): a sweep wants it whole.
        asked = replace(endpoint, validators=Validators())
    # Where it has shown an older state, "not modified" does not say what another cache would show. And once after new
    # rules or a new normaliser: should it have to stand in for REST, its edits are told by what it says now.
    is_stale = visit.is_beacon and store.has_stale_prints(endpoint.id, today)
    if whole or is_stale or again.is_awaited(visit):
        asked = replace(endpoint, validators=Validators(), body_hash=None)
    visit.asking()
    return await feed.look(visit.fetch, visit.desk.run, asked, rules=visit.config.ignore, known=known)


async def settle(visit: Visit, read: Read, *, role: Role, keep: bool = True, since: datetime | None = None) -> Judged:
    """Commit what the feed showed, and return it.

    `keep`: what it pointed at has been read, so its validators may be kept; otherwise nothing of it is taken down, and
    the next poll has to get the same 200 again. `since`: of a feed that stands in, until when REST showed what is new.
    """
    counts = role != "witness"
    if isinstance(read, NotModified):
        await visit.quiet("not_modified", state=_moved(visit, read) | {"fresh_for": read.fresh_for})
        return NOTHING
    state = _moved(visit, read.answer) | {"fresh_for": read.answer.fresh_for}
    if keep:
        state["validators"] = validators_of(read.answer, now_date=visit.desk.clock())
    if isinstance(read, feed.Same):
        await visit.quiet("unchanged", state=state)
        return NOTHING
    if counts and _is_old(visit, read.answer):
        visit.sees = ()
        await visit.quiet("unchanged", state={})
        return NOTHING
    if not read.page.sightings and not read.page.unreadable and visit.desk.store.recent_hashes(visit.endpoint.id):
        raise ParseError("not_data", "an empty feed, although it had posts", url=visit.endpoint.url)
    now = visit.asked_at or visit.desk.clock()
    state |= _asked(read.page)
    if not keep:
        # Its posts are compared with what they were when REST was read too: what they are now may never be told else.
        await visit.quiet("unchanged", state=state | {"read_at": None})
        return NOTHING
    state |= {"body_hash": read.body_hash, "read_at": now}
    first = role == "alone" and visit.desk.store.walk(visit.endpoint.id) is None
    look = visit.look(
        kind="baseline" if first else "poll",
        counts=counts,
        # A feed may carry more than the collections that are watched: that is not new because REST is closed.
        adopt_until=max(filter(None, (visit.desk.store.newest_published(visit.source.id, now), since)), default=None),
        skew=_skew(visit, read.answer),
        moved=moved(visit.endpoint.url, read.answer.moved_to),
    )
    facts = SourceFacts()
    if counts:
        visit.kind = look.kind
        state["rank"] = read.page.rank
        facts = SourceFacts(baseline_at=now if first and visit.source.baseline_at is None else None)
        if visit.source.kind == "feed":
            facts = replace(facts, title=_title(read.page))
    judged = await visit.judge(look, read.page)
    await visit.commit(judged, state=state, facts=facts, walk=archive.begun(visit, judged) if first else None)
    return judged


def _moved(visit: Visit, answer: Fetched | NotModified) -> dict[str, object]:
    """Where permanent redirects led, and how many looks in a row they have led there."""
    place = answer.moved_to
    again = visit.endpoint.redirects if place == visit.endpoint.redirect_to else 0
    return {"redirect_to": place, "redirects": again + 1 if place is not None else 0}


def _asked(page: Page) -> dict[str, object]:
    """What the feed asks of its readers; a 304 does not repeat it, so it is remembered."""
    if page.feed is None:
        return {}
    seconds = page.feed.min_interval
    wait = None if seconds is None else round(min(seconds, LONGEST.total_seconds()))
    return {"min_interval": wait, "skip_hours": page.feed.skip_hours}


def _is_old(visit: Visit, answer: Fetched) -> bool:
    """Whether a cache has kept the answer since before another one was read, as it says by `Age`: that one is newer."""
    age, read_at = answer.headers.get("age", ""), visit.endpoint.read_at
    if not (age.isascii() and age.isdigit()) or read_at is None or visit.asked_at is None:
        return False
    return visit.asked_at - timedelta(seconds=min(int(age), LONGEST.total_seconds())) < read_at


def _skew(visit: Visit, answer: Fetched) -> timedelta:
    """How far the server's clock is ahead of ours."""
    return answer.date - visit.desk.clock() if answer.date is not None else timedelta()


def _title(page: Page) -> str | None:
    return page.feed.title or None if page.feed is not None else None
