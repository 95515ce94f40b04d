"""One endpoint's part of a poll, and the one way from a look to the store: decide, compare, complete, commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.config import SourceConfig
from crawler.decide import Decision, Look, complete, decide, keys_to_ask
from crawler.errors import FetchError, ParseError, PollError
from crawler.model import (
    ChangePlan,
    Comparison,
    Endpoint,
    EndpointState,
    Fetch,
    Fetched,
    FieldDiff,
    Fields,
    Known,
    NotModified,
    Page,
    Plan,
    PollRecord,
    PostPlan,
    Request,
    Source,
    SourceFacts,
    Suspicion,
    Walk,
)
from crawler.model.plan import Outcome, PollKind, Sees
from crawler.poll.desk import Desk
from crawler.route import notified, patterns
from crawler.schedule import HOURLY, heeded, next_poll, wrong_clock
from crawler.tasks import Compare, CompareMany


class Tally:
    """A Fetch that counts: what one endpoint's poll sent and read."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        #: since the last commit, and in all
        self.requests = self.bytes = self.sent = 0
        self.status: int | None = None

    async def __call__(self, request: Request, /) -> Fetched | NotModified:
        try:
            answer = await self._fetch(request)
        except FetchError as error:
            self._count(error.requests)
            self.status = error.status
            raise
        self._count(answer.requests)
        self.bytes += answer.wire_bytes if isinstance(answer, Fetched) else 0
        self.status = 200 if isinstance(answer, Fetched) else 304
        return answer

    def _count(self, requests: int) -> None:
        self.requests += requests
        self.sent += requests


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What a page means, ready to be written."""

    posts: tuple[PostPlan, ...] = ()
    #: Posts shown with nothing new
    seen: tuple[int, ...] = ()
    #: posts that the page showed, unreadable ones too
    shown: int = 0
    #: a line for each of them that nothing could be made of
    unclear: tuple[str, ...] = ()

    @property
    def new(self) -> int:
        return sum(post.post_id is None for post in self.posts)

    @property
    def changes(self) -> int:
        return sum(post.change is not None for post in self.posts)


NOTHING = Judged()


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

    def asking(self) -> None:
        """Say that what is asked now is what the next commit will hold."""
        self.asked_at = self.desk.clock()

    @property
    def ignored(self) -> frozenset[str]:
        """Names of fields that do not count here."""
        return frozenset(rule.field for rule in self.config.ignore if rule.field is not None)

    async def judge(self, look: Look, page: Page) -> Judged:
        """Decide what a page means and have its Changes compared."""
        known = self.desk.store.known(self.source.id, self.endpoint.id, keys_to_ask(page))
        decision = decide(look, known, page)
        return Judged(
            posts=await self._completed(look, known, decision),
            seen=decision.seen,
            shown=len(page.sightings) + len(page.unreadable),
            unclear=(*page.unreadable, *decision.unclear),
        )

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
        due = self._heeded(due, now, replace(self.endpoint, fresh_for=None))
        record = PollRecord(
            kind=self.kind,
            started_at=self.started,
            duration_ms=0,
            outcome="failed",
            reason=error.reason,
            error=str(error)[:2000],
        )
        state = {
            "failures": failures,
            "last_error": f"{error.reason}: {error}"[:2000],
            "next_poll_at": due,
            "last_ok_at": self.endpoint.last_ok_at,
            "fresh_for": None,
        }
        await self._commit(state, record)
        return due

    async def stumbled(self, error: PollError, walk: Walk) -> None:
        """Commit the failure of a sweep: only its walk waits, polls go on."""
        record = PollRecord(
            kind=self.kind,
            started_at=self.started,
            duration_ms=0,
            outcome="failed",
            reason=error.reason,
            error=str(error)[:2000],
        )
        await self._commit(None, record, walk=walk)

    def look(self, **circumstances: object) -> Look:
        """The circumstances of a reading of this endpoint."""
        base = Look(
            source=self.source,
            endpoint=self.endpoint,
            kind=self.kind,
            now=self.desk.clock(),
            counts=True,
            ignored=self.ignored,
        )
        return replace(base, **circumstances)  # type: ignore[arg-type]

    async def _completed(self, look: Look, known: Known, decision: Decision) -> tuple[PostPlan, ...]:
        asked = patterns(self.desk.routes)
        pairs = tuple(_pair(post, post.change, asked) for post in decision.posts if post.change is not None)
        if not pairs:
            return decision.posts
        comparisons = await self._compared(pairs)
        return complete(look, known, decision.posts, comparisons, self.desk.routes)

    async def _compared(self, pairs: tuple[Compare, ...]) -> tuple[Comparison, ...]:
        """Compare in a child. A pair that is too much for it is still a Change, only without details."""
        try:
            return await self.desk.run(CompareMany(pairs=pairs))
        except ParseError:
            return tuple([await self._compared_alone(pair) for pair in pairs])

    async def _compared_alone(self, pair: Compare) -> Comparison:
        try:
            return await self.desk.run(pair)
        except ParseError:
            # Counted as if all of it had been replaced, so that no sink's condition loses it.
            return Comparison(
                fields=tuple(FieldDiff(name=name) for name in pair.fields),
                words_added=len((pair.new.content or "").split()),
                words_removed=len((pair.old.content or "").split()),
                summary="too large to compare in detail",
                matched=pair.patterns,
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
            facts=facts,
            walk=walk,
            suspicion=suspicion,
            sees=self.sees,
            notified=notified(self.desk.routes),
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


def _pair(post: PostPlan, change: ChangePlan, asked: tuple[str, ...]) -> Compare:
    """The two states of a Change; nothing lies on one side of a publication or a removal."""
    old = change.old.fields if change.old is not None else Fields()
    new = post.revision.fields if post.revision is not None else post.sighting.fields or Fields()
    return Compare(old=old, new=new, fields=change.fields, patterns=asked)
