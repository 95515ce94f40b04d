"""The feeds' part of a poll: asked, taken down, read on behind their window, and searched for what they miss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crawler.endpoints.feed import Changed
from crawler.errors import ParseError, PollError
from crawler.model import Endpoint, NotModified
from crawler.poll import archive, feeds, rereading, vanished
from crawler.poll.underway import UnderWay
from crawler.poll.visit import Visit

#: What was asked, and what came; None: it failed.
Reads = list[tuple[Visit, feeds.Read | None]]


async def ask_all(poll: UnderWay, *, whole: Sequence[Endpoint] = ()) -> Reads:
    """Ask the feeds that are due; `whole`: without validators."""
    # REST may be due while a feed has asked for peace, or one feed while another has.
    asked = [each for each in poll.beacons if poll.forced or poll.is_due(each)]
    return [(visit, await _ask(poll, visit, whole=visit.endpoint in whole)) for visit in map(poll.visit, asked)]


async def settle_all(
    poll: UnderWay,
    reads: Reads,
    *,
    role: feeds.Role,
    keep: bool = True,
    since: datetime | None = None,
    whole: Sequence[Endpoint] = (),
) -> None:
    """Take down what the feeds said, each as its `role` demands; `whole`: those whose sweep begins with that."""
    for visit, read in reads:
        if read is not None:
            is_read = not isinstance(read, NotModified)
            visit.sees = poll.sees(complete=keep and role == "witness", is_read=is_read)
            await _settle(poll, visit, read, role=role, keep=keep, since=since, begins=visit.endpoint in whole)


async def reread(poll: UnderWay) -> None:
    """Go on with the sweep of a Source that only has feeds."""
    for each in poll.again(poll.beacons):
        poll.add_swept(await rereading.go_on(poll.visit(each, "sweep")))


async def look_for_missing(poll: UnderWay) -> None:
    """Ask for the posts that a feed does not show any more."""
    visits = [poll.visit(each) for each in poll.beacons]
    changes = await vanished.look(visits)
    requests = sum(visit.fetch.sent for visit in visits)
    polled = poll.polled
    poll.polled = replace(polled, changes=polled.changes + changes, requests=polled.requests + requests)


async def _ask(poll: UnderWay, visit: Visit, *, whole: bool) -> feeds.Read | None:
    try:
        return await feeds.ask(visit, whole=whole)
    except PollError as error:
        await poll.failed(visit, error)
        return None


async def _settle(
    poll: UnderWay,
    visit: Visit,
    read: feeds.Read,
    *,
    role: feeds.Role,
    keep: bool,
    since: datetime | None,
    begins: bool,
) -> None:
    try:
        judged = await feeds.settle(visit, read, role=role, keep=keep, since=since)
    except ParseError as error:
        await poll.failed(visit, error)
        return
    read_first = judged.new if role == "alone" and visit.kind == "baseline" else 0
    if role == "alone":
        read_first += await archive.read_on(visit)
    if role != "witness" and isinstance(read, Changed):
        await vanished.note(visit, read.page, judged)
    if begins and judged.shown:
        await rereading.begin(visit, judged)
    poll.add(visit, baseline=read_first, changes=judged.changes)
