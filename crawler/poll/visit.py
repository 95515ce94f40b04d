"""One endpoint's part of a poll, and the one way from a look to the store: decide, compare, complete, commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.config import SourceConfig
from crawler.decide import Look
from crawler.errors import FetchError, PollError
from crawler.model import (
    Endpoint,
    EndpointState,
    Page,
    Plan,
    PollRecord,
    Source,
    SourceFacts,
    Suspicion,
    Walk,
)
from crawler.model.plan import Outcome, PollKind, Sees
from crawler.poll.desk import Desk
from crawler.poll.judging import NOTHING, Judged, judged
from crawler.poll.tally import Tally
from crawler.route import notified
from crawler.schedule import HOURLY, heeded, next_poll, wrong_clock
from crawler.text import derivation


@dataclass(kw_only=True, slots=True)
class Visit:
    """One endpoint's part of one poll, from its first request to its last commit."""

    desk: Desk
    source: Source
    config: SourceConfig
    endpoint: Endpoint
    kind: PollKind
    started: datetime
    fetch: Tally
    #: a commit of this visit is already in the store: further ones continue its row of `polls`
    continues: bool = False
    #: when what is committed next was asked for: a save that came later, while a slow site answered, is not in it
    asked_at: datetime | None = None
    #: what is seen up to now once this visit has read what it wants to
    sees: tuple[Sees, ...] = ()
    #: a feed beside collections: with them it is looked at once an hour, whatever it asks for
    is_beacon: bool = False
    #: a collection beside a feed: one that is closed is tried again once an hour
    has_feed: bool = False

    def asking(self) -> None:
        """Say that what is asked now is what the next commit will hold."""
        self.asked_at = self.desk.clock()

    @property
    def ignored(self) -> frozenset[str]:
        """Names of fields that do not count here."""
        return frozenset(rule.field for rule in self.config.ignore if rule.field is not None)

    async def judge(self, look: Look, page: Page) -> Judged:
        """Decide what a page means and have its Changes compared."""
        return await judged(self.desk, look, page, self.config.ignore)

    async def commit(
        self,
        judged: Judged,
        *,
        state: Mapping[str, object] | None,
        facts: SourceFacts = SourceFacts(),
        walk: Walk | None = None,
        suspicion: Suspicion = Suspicion(),
    ) -> None:
        """Write what a page meant, with the endpoint's next state (None: as it was), in one transaction."""
        removed = len(suspicion.removals)
        moved = any(post.revision is not None for post in judged.posts) or judged.changes + removed
        record = PollRecord(
            kind=self.kind,
            started_at=self.started,
            duration_ms=0,
            outcome="changed" if moved else "unchanged",
            seen=judged.shown,
            new=judged.new,
            changed=judged.changes + removed,
            error="; ".join(judged.unclear)[:2000] or None,
        )
        await self._commit(state, record, judged=judged, facts=facts, walk=walk, suspicion=suspicion)

    async def quiet(self, outcome: Outcome, *, state: Mapping[str, object]) -> None:
        """Commit a look that showed nothing new."""
        await self._commit(state, PollRecord(kind=self.kind, started_at=self.started, duration_ms=0, outcome=outcome))

    async def failed(self, error: PollError) -> datetime:
        """Commit a failure: nothing but the endpoint's trouble is written, and it is asked again, ever later.

        Returns when.
        """
        failures = self.endpoint.failures + 1
        now = self.desk.clock()
        due = next_poll(
            now=now,
            every=self.config.every,
            name=self.source.name,
            failures=failures,
            transient=error.reason == "truncated",
            wait=error.retry_after if isinstance(error, FetchError) else None,
        )
        if self.has_feed and not (isinstance(error, FetchError) and error.retry_after):
            due = min(due, next_poll(now=now, every=max(self.config.every, HOURLY), name=self.source.name))
        due = self._heeded(due, now, replace(self.endpoint, fresh_for=None))
        state = {
            "failures": failures,
            "last_error": f"{error.reason}: {error}"[:2000],
            "next_poll_at": due,
            "last_ok_at": self.endpoint.last_ok_at,
            "fresh_for": None,
        }
        await self._commit(state, self._failure(error))
        return due

    async def stumbled(self, error: PollError, walk: Walk) -> None:
        """Commit the failure of a sweep: only its walk waits, polls go on."""
        await self._commit(None, self._failure(error), walk=walk)

    def look(self, **circumstances: object) -> Look:
        """The circumstances of a reading of this endpoint."""
        base = Look(
            source=self.source,
            endpoint=self.endpoint,
            kind=self.kind,
            now=self.desk.clock(),
            counts=True,
            ignored=self.ignored,
            derivation=derivation(self.config.ignore),
        )
        return replace(base, **circumstances)  # type: ignore[arg-type]

    def _failure(self, error: PollError) -> PollRecord:
        return PollRecord(
            kind=self.kind,
            started_at=self.started,
            duration_ms=0,
            outcome="failed",
            reason=error.reason,
            error=str(error)[:2000],
        )

    async def _commit(
        self,
        state: Mapping[str, object] | None,
        record: PollRecord,
        *,
        judged: Judged = NOTHING,
        facts: SourceFacts = SourceFacts(),
        walk: Walk | None = None,
        suspicion: Suspicion = Suspicion(),
    ) -> None:
        now = self.desk.clock()
        took = max(0, round((now - self.started).total_seconds() * 1000))
        requests, read = self.fetch.requests, self.fetch.bytes
        self.fetch.requests = self.fetch.bytes = 0
        plan = Plan(
            source_id=self.source.id,
            endpoint_id=self.endpoint.id,
            now=self.asked_at or now,
            poll=replace(
                record,
                error="; ".join(filter(None, (record.error, wrong_clock(now)))) or None,
                duration_ms=took,
                status_code=self.fetch.status,
                requests=requests,
                bytes=read,
                continues=self.continues,
            ),
            endpoint=None if state is None else self._next_state(now, state),
            posts=judged.posts,
            seen=judged.seen,
            flips=judged.flips,
            restless=judged.restless,
            notices=judged.notices,
            facts=facts,
            walk=walk,
            suspicion=suspicion,
            sees=self.sees,
            notified=notified(self.desk.routes),
            derivation=derivation(self.config.ignore),
        )
        await self.desk.store.commit(plan)
        self.continues = True

    def _next_state(self, now: datetime, changed: Mapping[str, object]) -> EndpointState:
        endpoint = self.endpoint
        due = next_poll(now=now, every=self.config.every, name=self.source.name)
        state = EndpointState(
            endpoint_id=endpoint.id,
            rank=endpoint.rank,
            validators=endpoint.validators,
            body_hash=endpoint.body_hash,
            watermark=endpoint.watermark,
            total=endpoint.total,
            next_poll_at=None,
            last_try_at=now,
            last_ok_at=now,
            read_at=endpoint.read_at,
            last_status=self.fetch.status,
            failures=0,
            last_error=None,
            redirect_to=endpoint.redirect_to,
            redirects=endpoint.redirects,
            min_interval=endpoint.min_interval,
            skip_hours=endpoint.skip_hours,
        )
        state = replace(state, **changed)  # type: ignore[arg-type]
        return state if "next_poll_at" in changed else replace(state, next_poll_at=self._heeded(due, now, state))

    def _heeded(self, due: datetime, now: datetime, asked: Endpoint | EndpointState) -> datetime:
        """`due`, or later where the feed asked for it."""
        hourly = next_poll(now=now, every=max(self.config.every, HOURLY), name=self.source.name)
        return heeded(
            due,
            now=now,
            min_interval=asked.min_interval,
            fresh_for=asked.fresh_for,
            skip_hours=asked.skip_hours,
            latest=hourly if self.is_beacon else None,
        )
