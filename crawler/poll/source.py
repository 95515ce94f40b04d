"""One poll of a Source, top to bottom.

    no endpoints yet ── discover
    REST not yet read ── baseline walk, page by page
    feeds ── 304: nothing was published or edited ──> done
         └── 200, failed, or an hour since the last look ──> look at REST ──> read what moved
    REST fails again and again ── the feeds make Revisions themselves, until REST is back
    commit: posts, Revisions, Changes, Alerts together; the feed's validators last
    behind that ── a part of the sweep, where one is due

A failed, partial or damaged answer changes nothing but the endpoint's own row: it is asked again later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from crawler.config import SourceConfig
from crawler.decide.health import is_out
from crawler.errors import DiscoveryError, FetchError, PollError
from crawler.model import Source, Trouble
from crawler.poll import feeds, listening, reading, rereading
from crawler.poll.desk import Desk
from crawler.poll.found import find, reason_of
from crawler.poll.listening import Reads
from crawler.poll.polled import Polled, report
from crawler.poll.underway import UnderWay
from crawler.route import notified
from crawler.schedule import next_poll

__all__ = ["Polled", "poll_source"]


async def poll_source(desk: Desk, source: Source, config: SourceConfig, *, forced: bool = True) -> Polled:
    """Poll one Source now. Never raises for what a site does; a StoreError does get out.

    `forced`: the back-off of a failing endpoint does not count (a Retry-After always does).
    """
    started = desk.clock()
    try:
        found = await find(desk, source, config)
    except (PollError, DiscoveryError) as error:
        wait = error.retry_after if isinstance(error, FetchError) else None
        due = next_poll(now=started, every=config.every, name=source.name, failures=source.failures + 1, wait=wait)
        await desk.store.postpone(source.id, str(error)[:2000], due)
        polled = Polled(source=source.name, ok=False, reason=reason_of(error), error=str(error))
    else:
        if found.duplicate_of is not None or not found.endpoints:
            # Without any, another one that was polled at the same time has just turned out to be the same site.
            return Polled(source=source.name, ok=True, duplicate_of=found.duplicate_of)
        polled = await _run(UnderWay(found, source, config, started, forced=forced))
    if polled.error is not None:
        trouble = Trouble(whole=not polled.ok, reason=polled.reason, error=polled.error)
        await desk.store.conclude(source.id, trouble, desk.clock(), notified(desk.routes))
    report(polled, desk.clock() - started, had_failed=source.failures > 0)
    return polled


async def _run(poll: UnderWay) -> Polled:
    role, since = _role(poll)
    wanted = poll.forced or any(map(poll.is_due, poll.endpoints))
    reads: Reads = []
    if role != "witness" and wanted:
        # Before REST is tried: once it is back, what the feed has told is not told again.
        begin = [each for each in poll.beacons if role == "alone" and rereading.is_due(poll.visit(each))]
        reads = await listening.ask_all(poll, whole=begin)
        await listening.settle_all(poll, reads, role=role, since=since, whole=begin)
    if role == "alone":
        await listening.reread(poll)
    await listening.look_for_missing(poll)
    unread = await reading.baselines(poll, is_alone=role == "witness")
    readable = [each for each in poll.collections if each.id not in unread]
    if readable and (role == "alone" or not wanted):
        await rereading.leave([poll.visit(each) for each in poll.beacons])
    if poll.collections and not readable and role == "witness":
        await poll.desk.store.put_off(poll.source.id, poll.started + poll.config.every)
        return poll.polled
    if wanted:
        if role == "witness":
            reads = await listening.ask_all(poll)
        complete = await reading.look_at(poll, readable, reads)
        if role == "witness":
            await listening.settle_all(poll, reads, role=role, keep=complete)
    else:
        # Only its sweep is due.
        poll.polled = replace(poll.polled, ok=True)
    await reading.log_in(poll)
    await reading.go_on_sweeping(poll, poll.again(readable))
    return poll.polled


def _role(poll: UnderWay) -> tuple[feeds.Role, datetime | None]:
    """What the feeds are to this Source now; of a stand-in, until when REST showed what is new."""
    if not poll.collections:
        return "alone", None
    # A site's feed shows its posts, and neither pages nor other types.
    posts = next((each for each in poll.collections if each.type == "posts"), None)
    if posts is None or not poll.beacons:
        return "witness", None
    if posts.watermark is not None:
        return ("stand-in", posts.watermark) if is_out(posts) else ("witness", None)
    was_alone = any(poll.desk.store.walk(each.id) is not None for each in poll.beacons)
    return ("alone" if was_alone or poll.is_closed or is_out(posts) else "witness"), None
