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

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crawler.config import SourceConfig
from crawler.decide.health import is_blind, is_out
from crawler.endpoints.feed import Changed
from crawler.errors import DiscoveryError, FetchError, ParseError, PollError
from crawler.model import Endpoint, NotModified, Source, Trouble
from crawler.model.plan import PollKind, Sees
from crawler.poll import again, archive, feeds, login, rereading, rest, site, sweep, trust, vanished
from crawler.poll.desk import Desk
from crawler.poll.found import Found, find, reason_of
from crawler.poll.polled import Polled, report
from crawler.poll.tally import Tally
from crawler.poll.visit import Visit
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
        if found.duplicate_of is not None:
            return Polled(source=source.name, ok=True, duplicate_of=found.duplicate_of)
        polled = await _Poll(found, source, config, started, forced=forced).run()
    if polled.error is not None:
        trouble = Trouble(whole=not polled.ok, reason=polled.reason, error=polled.error)
        await desk.store.conclude(source.id, trouble, desk.clock(), notified(desk.routes))
    report(polled, desk.clock() - started, had_failed=source.failures > 0)
    return polled


class _Poll:
    """One poll under way: collects what its visits to the endpoints came to."""

    def __init__(self, found: Found, source: Source, config: SourceConfig, started: datetime, *, forced: bool) -> None:
        self._desk, self._endpoints, self._is_closed = found.desk, found.endpoints, found.is_closed
        self._source, self._config = source, config
        self._started, self._forced = started, forced
        self._polled = Polled(source=source.name, ok=False)
        if found.trouble is not None:
            self._polled = replace(self._polled, reason=reason_of(found.trouble), error=str(found.trouble))

    async def run(self) -> Polled:
        collections = [each for each in self._endpoints if each.kind == "rest"]
        beacons = [each for each in self._endpoints if each.kind == "feed"]
        role, since = self._role(collections, beacons)
        wanted = self._forced or any(map(self._is_due, self._endpoints))
        reads: list[tuple[Visit, feeds.Read | None]] = []
        if role != "witness" and wanted:
            # Before REST is tried: once it is back, what the feed has told is not told again.
            begin = [each for each in beacons if role == "alone" and rereading.is_due(self._visit(each))]
            reads = await self._ask_all(beacons, whole=begin)
            await self._settle_all(reads, role=role, since=since, whole=begin)
        if role == "alone":
            await self._reread(beacons)
        await self._look_for(beacons)
        unread = await self._baselines(collections, is_alone=role == "witness")
        readable = [each for each in collections if each.id not in unread]
        if readable and (role == "alone" or not wanted):
            await rereading.leave([self._visit(each) for each in beacons])
        if collections and not readable and role == "witness":
            await self._desk.store.put_off(self._source.id, self._started + self._config.every)
            return self._polled
        if wanted:
            if role == "witness":
                reads = await self._ask_all(beacons)
            complete = await self._look_at(readable, beacons, reads)
            if role == "witness":
                await self._settle_all(reads, role=role, keep=complete)
        else:
            # Only its sweep is due.
            self._polled = replace(self._polled, ok=True)
        await self._log_in(collections)
        await self._sweep(self._again(readable))
        return self._polled

    def _role(self, collections: list[Endpoint], beacons: list[Endpoint]) -> tuple[feeds.Role, datetime | None]:
        """What the feeds are to this Source now; of a stand-in, until when REST showed what is new."""
        if not collections:
            return "alone", None
        # A site's feed shows its posts, and neither pages nor other types.
        posts = next((each for each in collections if each.type == "posts"), None)
        if posts is None or not beacons:
            return "witness", None
        if posts.watermark is not None:
            return ("stand-in", posts.watermark) if is_out(posts) else ("witness", None)
        was_alone = any(self._desk.store.walk(each.id) is not None for each in beacons)
        return ("alone" if was_alone or self._is_closed or is_out(posts) else "witness"), None

    async def _ask_all(
        self, beacons: list[Endpoint], *, whole: Sequence[Endpoint] = ()
    ) -> list[tuple[Visit, feeds.Read | None]]:
        # REST may be due while a feed has asked for peace, or one feed while another has.
        asked = [each for each in beacons if self._forced or self._is_due(each)]
        return [(visit, await self._ask(visit, whole=visit.endpoint in whole)) for visit in map(self._visit, asked)]

    async def _settle_all(
        self,
        reads: list[tuple[Visit, feeds.Read | None]],
        *,
        role: feeds.Role,
        keep: bool = True,
        since: datetime | None = None,
        whole: Sequence[Endpoint] = (),
    ) -> None:
        """`whole`: those whose sweep begins with what was read."""
        for visit, read in reads:
            if read is not None:
                is_read = not isinstance(read, NotModified)
                visit.sees = self._sees(complete=keep and role == "witness", is_read=is_read)
                await self._settle(visit, read, role=role, keep=keep, since=since, begins=visit.endpoint in whole)

    async def _look_at(
        self, readable: list[Endpoint], beacons: list[Endpoint], reads: list[tuple[Visit, feeds.Read | None]]
    ) -> bool:
        """Look at REST where the feeds signal something or an hour has passed. Returns whether all was read wholly."""
        asked = [visit.endpoint for visit, _ in reads]
        believed = [each for each in beacons if each.distrusted_at is None]
        works = [read is not None for visit, read in reads if visit.endpoint in believed]
        works += [not each.failures for each in believed if each not in asked]
        has_beacon = any(works)
        signal = not has_beacon or any(not isinstance(read, NotModified) for _, read in reads)
        # What failed with the whole Source is tried again with it, and does not sit out a wait of its own.
        is_back = self._source.failures > 0 and any(read is not None for _, read in reads)
        complete = True
        for collection in self._again(readable):
            if self._is_wanted(collection, signal=signal, is_back=is_back):
                complete = await self._look(collection, beacons, has_beacon=has_beacon) and complete
            elif collection.failures:
                complete = False
        await trust.judge(reads)
        return complete

    async def _look_for(self, beacons: list[Endpoint]) -> None:
        """Ask for the posts that a feed does not show any more."""
        visits = [self._visit(each) for each in beacons]
        changes = await vanished.look(visits)
        requests = sum(visit.fetch.sent for visit in visits)
        polled = self._polled
        self._polled = replace(polled, changes=polled.changes + changes, requests=polled.requests + requests)

    async def _reread(self, beacons: list[Endpoint]) -> None:
        """Go on with the sweep of a Source that only has feeds."""
        for each in self._again(beacons):
            self._add_swept(await rereading.go_on(self._visit(each, "sweep")))

    async def _log_in(self, collections: list[Endpoint]) -> None:
        """Say that the application password is a wrong one, although the rest works without it."""
        if not collections:
            return
        visit = self._visit(collections[0])
        error = await login.trouble(visit, forced=self._forced)
        polled = replace(self._polled, requests=self._polled.requests + visit.fetch.sent)
        if error is not None and polled.error is None:
            polled = replace(polled, reason="http_4xx", error=error)
        self._polled = polled

    async def _sweep(self, collections: list[Endpoint]) -> None:
        """Go on with what is due of the Source's sweep, unless its API is in trouble.

        A collection that has failed for long does not keep the others from theirs.
        """
        failing = [each for each in collections if each.failures]
        works = [each for each in collections if not each.failures]
        if failing:
            goes_on = works and all(is_blind(each.failures) for each in failing)
            left_out = [each.id for each in failing] if goes_on else None
            await self._desk.store.put_off(self._source.id, self._started + self._config.every, left_out)
            if self._desk.sweeping != "due":
                self._polled = replace(self._polled, sweep_error=f"its API fails: {failing[0].last_error}")
            if not goes_on:
                return
        self._add_swept(await sweep.go_on(self._desk, self._source.id, self._config, works))

    def _add_swept(self, swept: sweep.Swept) -> None:
        self._polled = replace(
            self._polled,
            swept=self._polled.swept + swept.posts,
            changes=self._polled.changes + swept.changes,
            requests=self._polled.requests + swept.requests,
            sweep_error=self._polled.sweep_error if swept.error is None else str(swept.error),
        )

    async def _baselines(self, collections: list[Endpoint], *, is_alone: bool) -> set[int]:
        """Read what has not been read yet. Returns the ids of the collections that still are not.

        `is_alone`: no feed is polled meanwhile.
        """
        visits = [self._visit(each, "baseline") for each in collections]
        missing = [visit for visit in visits if not rest.is_read(visit)]
        unread: set[int] = set()
        for visit in missing:
            if visit.endpoint.failures and not self._forced and not self._is_due(visit.endpoint):
                unread.add(visit.endpoint.id)
                continue
            try:
                posts = await rest.baseline(visit, last=visit is missing[-1] and not unread, since=self._started)
            except PollError as error:
                unread.add(visit.endpoint.id)
                due = await self._failed(visit, error)
                if len(unread) == len(collections) and is_alone:
                    # Nothing of this Source is polled before something of it has been read: all of it waits.
                    await self._desk.store.postpone(self._source.id, str(error)[:2000], due)
            else:
                self._add(visit, baseline=posts)
        return unread

    async def _ask(self, visit: Visit, *, whole: bool) -> feeds.Read | None:
        try:
            return await feeds.ask(visit, whole=whole)
        except PollError as error:
            await self._failed(visit, error)
            return None

    async def _look(self, collection: Endpoint, beacons: list[Endpoint], *, has_beacon: bool) -> bool:
        """Look at a collection. Returns whether it was read wholly."""
        visit = self._visit(collection)
        visit.sees = self._sees(looking_at=collection.id)
        oks = [collection.last_ok_at, *(each.last_ok_at for each in beacons if not collection.failures)]
        await site.look(visit, [each for each in self._endpoints if each.kind == "rest"], since=collection.last_ok_at)
        try:
            unchanged_until = max((ok for ok in oks if ok), default=None)
            changes, complete = await rest.look(visit, unchanged_until=unchanged_until, has_beacon=has_beacon)
        except PollError as error:
            await self._failed(visit, error)
            return False
        self._add(visit, changes=changes)
        return complete

    async def _settle(
        self,
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
            await self._failed(visit, error)
            return
        read_first = judged.new if role == "alone" and visit.kind == "baseline" else 0
        if role == "alone":
            read_first += await archive.read_on(visit)
        if role != "witness" and isinstance(read, Changed):
            await vanished.note(visit, read.page, judged)
        if begins and judged.shown:
            await rereading.begin(visit, judged)
        self._add(visit, baseline=read_first, changes=judged.changes)

    async def _failed(self, visit: Visit, error: PollError) -> datetime:
        """Write down a failure; returns when the endpoint is asked again."""
        sent = visit.fetch.sent
        due = await visit.failed(error)
        polled = self._polled
        self._polled = replace(
            polled,
            requests=polled.requests + sent,
            reason=polled.reason or error.reason,
            error=polled.error or str(error),
        )
        return due

    def _add(self, visit: Visit, *, baseline: int = 0, changes: int = 0) -> None:
        polled = self._polled
        self._polled = replace(
            polled,
            ok=True,
            baseline=polled.baseline + baseline,
            changes=polled.changes + changes,
            requests=polled.requests + visit.fetch.sent,
        )

    def _visit(self, endpoint: Endpoint, kind: PollKind = "poll") -> Visit:
        return Visit(
            desk=self._desk,
            source=self._source,
            config=self._config,
            endpoint=endpoint,
            kind=kind,
            started=self._desk.clock(),
            fetch=Tally(self._desk.fetch_for(self._config)),
            is_beacon=endpoint.kind == "feed" and any(each.kind == "rest" for each in self._endpoints),
            has_feed=endpoint.kind == "rest" and any(each.kind == "feed" for each in self._endpoints),
        )

    def _again(self, collections: list[Endpoint]) -> list[Endpoint]:
        """The collections as the store has them now: a baseline may just have given them their watermark."""
        if not collections:
            return []
        ids = {each.id for each in collections}
        return [each for each in self._desk.store.endpoints(self._source.id) if each.id in ids]

    def _is_wanted(self, collection: Endpoint, *, signal: bool, is_back: bool) -> bool:
        """Whether to look at a collection now; one that fails has a wait of its own."""
        if self._is_due(collection):
            return True
        if collection.failures:
            return self._forced or is_back
        return signal or again.is_awaited(self._visit(collection))

    def _is_due(self, endpoint: Endpoint) -> bool:
        # One that has never been tried may have been found after this poll began.
        if endpoint.next_poll_at is None or endpoint.last_try_at is None:
            return True
        return endpoint.next_poll_at <= self._started

    def _sees(self, *, complete: bool = True, looking_at: int | None = None, is_read: bool = False) -> tuple[Sees, ...]:
        """What a look shows: a feed by itself all of its window; beside REST, edits where no collection fails.

        `complete`: whatever was to be read in this poll was. `looking_at`: the collection whose trouble is over if the
        look works. `is_read`: a body came, and not only the word that nothing moved, which knows of no silent edit.
        """
        collections = [each for each in self._endpoints if each.kind == "rest"]
        if not collections:
            return ("new", "edits", "silent") if is_read else ("new", "edits")
        is_whole = complete and not any(each.failures for each in collections if each.id != looking_at)
        return ("new", "edits") if is_whole else ("new",)
