"""A Source's sweep: a full re-reading, which finds silent edits and Posts that are shown no more.

    due ── a walk through each collection, page by page, in slices behind the polls
        └── all of them at their end ── what none of them showed becomes a suspect (too many at once: held)
    suspects whose turn it is ── looked at one by one (`suspects`)

A sweep that fails is no failure of the polls: its walk waits and goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil

import structlog

from crawler.config import SourceConfig
from crawler.decide.removal import is_whole
from crawler.endpoints.collection import BATCH
from crawler.endpoints.walk import step as stepped
from crawler.errors import PollError
from crawler.model import Endpoint, Source, Walk
from crawler.poll import limits, suspects
from crawler.poll.concluding import conclude
from crawler.poll.desk import Desk
from crawler.poll.judging import Judged
from crawler.poll.missing import search
from crawler.poll.tally import Tally
from crawler.poll.visit import Visit
from crawler.poll.walking import ask_robots, fresh, stumble
from crawler.schedule import LONGEST, next_page

log = structlog.get_logger()

#: Behind an ordinary poll a sweep goes on for so long: other Sources of the host wait meanwhile.
SLICE = timedelta(seconds=60)
#: A paced walk goes on once it may ask for so many pages.
BURST = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """What a poll's part of a sweep came to."""

    #: posts read
    posts: int = 0
    changes: int = 0
    requests: int = 0
    #: a sweep has come to its end
    is_complete: bool = False
    error: PollError | None = None


async def go_on(desk: Desk, source_id: int, config: SourceConfig, collections: Sequence[Endpoint]) -> Swept:
    """Do what is due of a Source's sweep. Never raises for what a site does."""
    source = desk.store.source(source_id)
    if source.baseline_at is None or not collections:
        return Swept()
    return await _Sweep(desk, source, config, collections).run()


class _Sweep:
    """One poll's part of a sweep under way."""

    def __init__(self, desk: Desk, source: Source, config: SourceConfig, collections: Sequence[Endpoint]) -> None:
        self._desk, self._source, self._config = desk, source, config
        self._started = desk.clock()
        self._now = desk.sweeping != "due"
        fetch = Tally(desk.fetch_for(config))
        self._visits = [
            Visit(
                desk=desk,
                source=source,
                config=config,
                endpoint=each,
                kind="sweep",
                started=self._started,
                fetch=fetch,
            )
            for each in collections
        ]
        self._fetch = fetch
        self._swept = Swept()
        #: how far the server's clock is ahead of ours, by the page read last
        self._skew = timedelta()

    async def run(self) -> Swept:
        await self._walk(self._under_way() or await self._begin())
        trouble = None if self._now else await search(self._visits)
        found = await suspects.look(self._visits, most=None if self._now else suspects.MOST)
        changes = self._swept.changes + found.changes
        error = self._swept.error or trouble or found.error
        swept = replace(self._swept, changes=changes, requests=self._fetch.sent, error=error)
        _report(self._source.name, swept, self._desk.clock() - self._started)
        return swept

    def _under_way(self) -> list[Walk]:
        """The walks of a sweep that has not come to its end, in the order of the visits; a new collection joins it."""
        found = [self._desk.store.walk(visit.endpoint.id, "sweep") for visit in self._visits]
        begun = max((walk.started_at for walk in found if walk is not None), default=None)
        if self._now or begun is None or begun == self._source.last_sweep_at or begun > self._started:
            return []
        return [
            walk if walk is not None and walk.started_at == begun else fresh(visit, begun)
            for visit, walk in zip(self._visits, found, strict=True)
        ]

    async def _begin(self) -> list[Walk]:
        """Begin a sweep where one is due."""
        since = self._source.last_sweep_at or self._source.baseline_at or self._started
        period = self._config.sweep
        is_due = period is not None and not since <= self._started < since + period
        if not (self._now or is_due):
            return []
        walks = [fresh(visit, self._started) for visit in self._visits]
        await self._desk.store.keep_walks(walks)
        return walks

    async def _walk(self, walks: list[Walk]) -> None:
        """Go on with the walks of a sweep, each from where it stands, and conclude it behind the last one."""
        done = []
        for visit, begun in zip(self._visits, walks, strict=False):
            walk = begun
            if walk.next_at is not None and walk.next_at > self._started:
                return
            try:
                if not walk.done:
                    await ask_robots(visit)
                while not walk.done:
                    if not self._may_go_on(walk):
                        await self._pause(walk)
                        return
                    walk = await self._page(visit, walk)
            except PollError as error:
                await self._failed(visit, walk, error)
                return
            if not await self._is_whole(visit, walk) or not await self._read_older(visit, walk):
                return
            done.append(walk)
        if done:
            await conclude(self._visits, done)
            self._swept = replace(self._swept, is_complete=True)

    def _may_go_on(self, walk: Walk) -> bool:
        now = self._desk.clock()
        return self._now or (now - self._started <= SLICE and self._due(walk) <= now)

    def _due(self, walk: Walk, *, ahead: int = 0) -> datetime:
        """When the page that lies so many ahead of a walk's next one may be asked for."""
        read, pages = walk.seen // BATCH + ahead, ceil((walk.total or 0) / BATCH)
        period = self._config.sweep or timedelta()
        return next_page(walk.started_at, period, read=min(read, pages), pages=pages)

    async def _pause(self, walk: Walk) -> None:
        """Leave the rest to later polls."""
        next_at = max(self._desk.clock(), self._due(walk, ahead=BURST) if self._is_ahead(walk) else walk.started_at)
        await self._desk.store.keep_walks([replace(walk, next_at=next_at)])

    def _is_ahead(self, walk: Walk) -> bool:
        return self._due(walk) > self._desk.clock()

    async def _page(self, visit: Visit, walk: Walk) -> Walk:
        """Read a page and commit what it means, with where the walk stands after it."""
        store, now = self._desk.store, self._desk.clock()
        top = datetime.fromisoformat(walk.cursor).replace(tzinfo=UTC) + limits.FARTHEST if walk.cursor else now
        visit.asking()
        step = await stepped(
            visit.fetch,
            self._desk.run,
            visit.endpoint,
            walk,
            rules=self._config.ignore,
            known=store.hashes_before(visit.endpoint.id, top),
            after=limits.left_out_until(store.walk(visit.endpoint.id)),
        )
        self._skew = step.date - now if step.date is not None else timedelta()
        judged = await visit.judge(visit.look(skew=self._skew, adopt_until=limits.adopt_until(visit)), step.page)
        onward = replace(
            step.walk,
            seen=walk.seen + judged.shown,
            unread=walk.unread + len(judged.unclear),
            replaced=walk.replaced + len(judged.replaced),
            failures=0,
            last_error=None,
            next_at=None,
        )
        await visit.commit(judged, state=None, walk=onward)
        self._count(judged)
        self._desk.progress(self._source.name, onward.seen, onward.total)
        return onward

    async def _read_older(self, visit: Visit, walk: Walk) -> bool:
        """Read what lies behind the end of a walk and is known all the same. Returns whether that worked."""
        try:
            async for judged in limits.read_older(visit, walk, skew=self._skew):
                self._count(judged)
        except PollError as error:
            await self._failed(visit, walk, error)
            return False
        return True

    def _count(self, judged: Judged) -> None:
        posts, changes = self._swept.posts + judged.shown, self._swept.changes + judged.changes
        self._swept = replace(self._swept, posts=posts, changes=changes)

    async def _is_whole(self, visit: Visit, walk: Walk) -> bool:
        """Whether a walk that ended showed what the site said it has. If not, nobody knows what is gone: once more."""
        shown = self._desk.store.shown_since(visit.endpoint.id, walk.started_at) + walk.unread + walk.replaced
        if is_whole(shown, walk.total):
            return True
        said = f"the site said that it has {walk.total:,} posts, and showed {shown:,}"
        error = PollError("not_data", said, url=visit.endpoint.url)
        # Not sooner than the next sweep would be: that costs as much.
        next_at = self._desk.clock() + (self._config.sweep or LONGEST)
        again = replace(fresh(visit, walk.started_at), last_error=f"not_data: {said}", next_at=next_at)
        await visit.stumbled(error, again)
        self._swept = replace(self._swept, error=error)
        return False

    async def _failed(self, visit: Visit, walk: Walk, error: PollError) -> None:
        await stumble(visit, walk, error)
        self._swept = replace(self._swept, error=error)


def _report(name: str, swept: Swept, took: timedelta) -> None:
    """A line for a sweep that came to its end, changed something or failed."""
    facts = {
        "source": name,
        "status": "failed" if swept.error else "complete" if swept.is_complete else "under way",
        "read": swept.posts,
        "changed": swept.changes,
        "requests": swept.requests,
        "ms": max(0, round(took.total_seconds() * 1000)),  # the clock may have been put back meanwhile
    }
    if swept.error is not None:
        log.warning("sweep", **facts, reason=swept.error.reason, error=str(swept.error))
    elif swept.changes or swept.is_complete:
        log.info("sweep", **facts)
    elif swept.requests:
        log.debug("sweep", **facts)
