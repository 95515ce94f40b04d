"""The collections' part of a poll: read first, looked at, and swept."""

from __future__ import annotations

from dataclasses import replace

from crawler.decide.health import is_blind
from crawler.errors import PollError
from crawler.model import Endpoint, NotModified
from crawler.poll import again, login, rest, site, sweep, trust
from crawler.poll.listening import Reads
from crawler.poll.underway import UnderWay


async def baselines(poll: UnderWay, *, is_alone: bool) -> set[int]:
    """Read what has not been read yet. Returns the ids of the collections that still are not.

    `is_alone`: no feed is polled meanwhile.
    """
    visits = [poll.visit(each, "baseline") for each in poll.collections]
    missing = [visit for visit in visits if not rest.is_read(visit)]
    unread: set[int] = set()
    for visit in missing:
        if visit.endpoint.failures and not poll.forced and not poll.is_due(visit.endpoint):
            unread.add(visit.endpoint.id)
            continue
        try:
            posts = await rest.baseline(visit, last=visit is missing[-1] and not unread, since=poll.started)
        except PollError as error:
            unread.add(visit.endpoint.id)
            due = await poll.failed(visit, error)
            if len(unread) == len(poll.collections) and is_alone:
                # Nothing of this Source is polled before something of it has been read: all of it waits.
                await poll.desk.store.postpone(poll.source.id, str(error)[:2000], due)
        else:
            poll.add(visit, baseline=posts)
    return unread


async def look_at(poll: UnderWay, readable: list[Endpoint], reads: Reads) -> bool:
    """Look at REST where the feeds signal something or an hour has passed. Returns whether all was read wholly."""
    asked = [visit.endpoint for visit, _ in reads]
    believed = [each for each in poll.beacons if each.distrusted_at is None]
    works = [read is not None for visit, read in reads if visit.endpoint in believed]
    works += [not each.failures for each in believed if each not in asked]
    has_beacon = any(works)
    signal = not has_beacon or any(not isinstance(read, NotModified) for _, read in reads)
    # What failed with the whole Source is tried again with it, and does not sit out a wait of its own.
    is_back = poll.source.failures > 0 and any(read is not None for _, read in reads)
    complete = True
    for collection in poll.again(readable):
        if _is_wanted(poll, collection, signal=signal, is_back=is_back):
            complete = await _look(poll, collection, has_beacon=has_beacon) and complete
        elif collection.failures:
            complete = False
    await trust.judge(reads)
    return complete


async def log_in(poll: UnderWay) -> None:
    """Say that the application password is a wrong one, although the rest works without it."""
    if not poll.collections:
        return
    visit = poll.visit(poll.collections[0])
    error = await login.trouble(visit, forced=poll.forced)
    polled = replace(poll.polled, requests=poll.polled.requests + visit.fetch.sent)
    if error is not None and polled.error is None:
        polled = replace(polled, reason="http_4xx", error=error)
    poll.polled = polled


async def go_on_sweeping(poll: UnderWay, collections: list[Endpoint]) -> None:
    """Go on with what is due of the Source's sweep, unless its API is in trouble.

    A collection that has failed for long does not keep the others from theirs.
    """
    failing = [each for each in collections if each.failures]
    works = [each for each in collections if not each.failures]
    if failing:
        goes_on = works and all(is_blind(each.failures) for each in failing)
        left_out = [each.id for each in failing] if goes_on else None
        await poll.desk.store.put_off(poll.source.id, poll.started + poll.config.every, left_out)
        if poll.desk.sweeping != "due":
            poll.polled = replace(poll.polled, sweep_error=f"its API fails: {failing[0].last_error}")
        if not goes_on:
            return
    poll.add_swept(await sweep.go_on(poll.desk, poll.source.id, poll.config, works))


async def _look(poll: UnderWay, collection: Endpoint, *, has_beacon: bool) -> bool:
    """Look at a collection. Returns whether it was read wholly."""
    visit = poll.visit(collection)
    visit.sees = poll.sees(looking_at=collection.id)
    oks = [collection.last_ok_at, *(each.last_ok_at for each in poll.beacons if not collection.failures)]
    await site.look(visit, poll.collections, since=collection.last_ok_at)
    try:
        unchanged_until = max((ok for ok in oks if ok), default=None)
        changes, complete = await rest.look(visit, unchanged_until=unchanged_until, has_beacon=has_beacon)
    except PollError as error:
        await poll.failed(visit, error)
        return False
    poll.add(visit, changes=changes)
    return complete


def _is_wanted(poll: UnderWay, collection: Endpoint, *, signal: bool, is_back: bool) -> bool:
    """Whether to look at a collection now; one that fails has a wait of its own."""
    if poll.is_due(collection):
        return True
    if collection.failures:
        return poll.forced or is_back
    return signal or again.is_awaited(poll.visit(collection))
