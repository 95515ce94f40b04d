"""The store in SQLite: one thread owns the one writing connection, reads go through a connection of their own."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from crawler.decide.beacon import Trust
from crawler.model import (
    AlertState,
    ChangeView,
    ConfiguredSource,
    DigestView,
    Discovered,
    Endpoint,
    Key,
    Known,
    LastSighting,
    NoticeKind,
    NoticeView,
    PendingAlert,
    Plan,
    Pruned,
    Rederived,
    Refusal,
    Refused,
    Retained,
    Source,
    SourceFacts,
    Suspect,
    Trouble,
    Walk,
)
from crawler.model.pace import AT_ONCE, Pace
from crawler.store import (
    clocks,
    committing,
    concluding,
    covering,
    digesting,
    knowing,
    noticing,
    outbox,
    pacing,
    pruning,
    rederiving,
    registering,
    resting,
    retrying,
    returning,
    sites,
    sources,
    suspecting,
    sweeping,
    trusting,
    vanishing,
    waits,
    watched,
)
from crawler.store.opening import WriteLock, open_reader, open_writer, translated
from crawler.store.writer import Writer
from crawler.text import NORMALIZER_VERSION

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class SqliteStore:
    """The Store. Use as a context manager; opening takes the lock of the one writing process and migrates.

    `patience`: seconds that the full-text index may take at the end; what is left is done after the next start.
    `committed` is called with each Plan once it is on disk.
    """

    def __init__(
        self, path: Path, *, patience: float = math.inf, committed: Callable[[Plan], None] = lambda _: None
    ) -> None:
        self.path, self._patience, self._committed = path, patience, committed
        self._lock = WriteLock(path)

    def __enter__(self) -> SqliteStore:
        self._lock.acquire()
        try:
            self._connection = open_writer(self.path)
            self._reader = open_reader(self.path)
        except BaseException:
            self._lock.release()
            raise
        self._writer = Writer(self._connection, self.path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.stop(patience=self._patience)
        self._reader.close()
        self._connection.close()
        self._lock.release()

    # writing

    async def commit(self, plan: Plan) -> None:
        def write(db: sqlite3.Connection) -> None:
            sources.refuse_unwatched(db, plan.source_id)
            committing.write(db, plan, normalizer_version=NORMALIZER_VERSION)

        await self._writer.write(write)
        self._committed(plan)

    async def sync(
        self, entries: Sequence[ConfiguredSource], sinks: Sequence[str], now: datetime, *, reloading: bool = False
    ) -> None:
        def write(db: sqlite3.Connection) -> None:
            sources.sync_sources(db, entries, now, reloading=reloading)
            sources.sync_sinks(db, sinks)
            clocks.bound(db, now)
            covering.unwatched(db)

        await self._writer.write(write)

    async def ping(self) -> None:
        await self._writer.write(lambda _: None)

    async def shift(self, before: datetime, after: datetime) -> None:
        await self._writer.write(lambda db: clocks.shift(db, before, after))

    async def bound(self, entries: Sequence[ConfiguredSource], now: datetime) -> None:
        await self._writer.write(lambda db: waits.bound(db, entries, now))

    async def register(self, source: Source, found: Discovered, now: datetime) -> int | None:
        first: int | None = await self._writer.write(lambda db: registering.register(db, source, found, now))
        return first

    async def retire(self, endpoint_ids: Sequence[int], now: datetime) -> None:
        await self._writer.write(lambda db: sources.retire(db, endpoint_ids, now))

    async def postpone(self, source_id: int, error: str, until: datetime) -> None:
        await self._writer.write(lambda db: waits.postpone(db, source_id, error, until))

    async def conclude(self, source_id: int, trouble: Trouble, now: datetime, sinks: Sequence[str]) -> None:
        await self._writer.write(lambda db: concluding.failed(db, source_id, trouble, now, sinks))

    async def notice(
        self,
        kind: NoticeKind,
        source_id: int | None,
        text: str,
        at: datetime,
        sinks: Sequence[str],
        *,
        since: datetime | None = None,
    ) -> None:
        await self._writer.write(lambda db: noticing.write(db, kind, source_id, text, at, sinks, since=since))

    async def rederive(self, found: Sequence[Rederived], derivation: str) -> int:
        def write(db: sqlite3.Connection) -> int:
            return rederiving.rewrite(db, found, derivation=derivation, normalizer_version=NORMALIZER_VERSION)

        moved: int = await self._writer.write(write)
        return moved

    async def keep_trust(self, endpoint_id: int, trust: Trust) -> None:
        await self._writer.write(lambda db: trusting.keep(db, endpoint_id, trust))

    async def keep_site(self, source_id: int, facts: SourceFacts, walks: Sequence[Walk], now: datetime) -> None:
        await self._writer.write(lambda db: sites.keep(db, source_id, facts, walks, now))

    async def keep_login(self, source_id: int, at: datetime | None, error: str | None) -> None:
        await self._writer.write(lambda db: sites.keep_login(db, source_id, at, error))

    async def keep_walks(self, walks: Sequence[Walk]) -> None:
        await self._writer.write(lambda db: sweeping.write(db, walks))

    async def put_off(self, source_id: int, until: datetime, of: Sequence[int] | None = None) -> None:
        await self._writer.write(lambda db: suspecting.put_off(db, source_id, until, of))

    async def pending(self, sink: str, now: datetime, limit: int, pace: Pace = AT_ONCE) -> list[PendingAlert]:
        standing = self._read(resting.standing, sink)
        if standing.rests(now):
            return []
        held = self._read(pacing.held, sink, pace, now)
        while self._read(pacing.batches, sink, pace, now, held):
            await self._writer.write(partial(digesting.gather_paced, sink=sink, pace=pace, now=now))
            held = self._read(pacing.held, sink, pace, now)
        due = self._read(outbox.due, sink, now, limit, failures=standing.failures, held=held)
        while held.scope == "none" and (bulks := self._read(digesting.bulks, sink, due, now)):
            await self._writer.write(partial(digesting.gather, sink=sink, found=bulks, now=now))
            due = self._read(outbox.due, sink, now, limit, failures=standing.failures, held=held)
        return [outbox.alert(row) for row in due]

    async def keep_body(self, alert_id: int, body: bytes) -> None:
        await self._writer.write(lambda db: digesting.keep_body(db, alert_id, body))

    async def delivered(self, alert_id: int, at: datetime, reply: str | None, notified: Sequence[str] = ()) -> None:
        def write(db: sqlite3.Connection) -> None:
            outbox.delivered(db, alert_id, at, reply)
            resting.taken(db, alert_id, at, notified)

        await self._writer.write(write)

    async def refused(self, alert_id: int, refusal: Refusal, now: datetime, notified: Sequence[str] = ()) -> Refused:
        found: Refused = await self._writer.write(lambda db: resting.refused(db, alert_id, refusal, now, notified))
        return found

    async def retry(self, ids: Sequence[int], sinks: Sequence[str], now: datetime) -> list[int]:
        made_due: list[int] = await self._writer.write(lambda db: retrying.retry(db, ids, sinks, now))
        return made_due

    async def keep_lines(self, lines: Mapping[str, datetime]) -> None:
        await self._writer.write(lambda db: waits.keep_lines(db, lines))

    async def prune(self, kept: Retained, now: datetime, *, dry_run: bool = False) -> Pruned:
        if dry_run:
            return await asyncio.to_thread(pruning.count, self.path, kept, now)
        return await pruning.prune(self.path, self._writer.write, kept, now)

    # reading

    def lines(self) -> Mapping[str, datetime]:
        return self._read(waits.lines)

    def sources(self) -> list[Source]:
        return self._read(watched.sources)

    def source(self, source_id: int) -> Source:
        return self._read(watched.source, source_id)

    def endpoints(self, source_id: int) -> list[Endpoint]:
        return self._read(watched.endpoints, source_id)

    def walk(self, endpoint_id: int, kind: str = "baseline") -> Walk | None:
        return self._read(sweeping.walk, endpoint_id, kind)

    def hashes_before(self, endpoint_id: int, until: datetime) -> frozenset[str]:
        return self._read(sweeping.hashes_before, endpoint_id, until)

    def shown_since(self, endpoint_id: int, since: datetime) -> int:
        return self._read(sweeping.shown_since, endpoint_id, since)

    def unshown(self, endpoint_id: int, since: datetime) -> list[int]:
        return self._read(sweeping.unshown, endpoint_id, since)

    def oldest_published(self, endpoint_id: int) -> datetime | None:
        return self._read(sweeping.oldest_published, endpoint_id)

    def saves_found(self, source_id: int, since: datetime) -> list[datetime]:
        return self._read(trusting.saves_found, source_id, since)

    def site_asked_at(self, source_id: int) -> datetime | None:
        return self._read(sites.asked_at, source_id)

    def has_new_host(self, source_id: int, since: datetime) -> bool:
        return self._read(sites.has_new_host, source_id, since)

    def suspects(self, source_id: int) -> list[Suspect]:
        return self._read(suspecting.suspects, source_id)

    def feed_suspects(self, source_id: int) -> list[Suspect]:
        return self._read(vanishing.suspects, source_id)

    def vanished(self, endpoint_id: int, after: datetime, before: datetime, *, since: datetime) -> list[Suspect]:
        return self._read(vanishing.vanished, endpoint_id, after, before, since=since)

    def dates_shown(self, endpoint_id: int, since: datetime) -> tuple[datetime | None, datetime | None]:
        return self._read(vanishing.dates_shown, endpoint_id, since)

    def posts(self, source_id: int) -> int:
        return self._read(vanishing.posts, source_id)

    def neighbours(self, endpoint_id: int, limit: int) -> list[str]:
        return self._read(vanishing.neighbours, endpoint_id, limit)

    def missing(self, source_id: int, since: datetime, *, now: datetime) -> list[Suspect]:
        return self._read(suspecting.missing, source_id, since, now=now)

    def public_posts(self, source_id: int) -> int:
        return self._read(suspecting.public_posts, source_id)

    def left_for(self, source_id: int, host: str) -> tuple[str, str] | None:
        return self._read(suspecting.left_for, source_id, host)

    def is_taken(self, source_id: int, link: str, post_id: int) -> bool:
        return self._read(suspecting.is_taken, source_id, link, post_id)

    def witnesses(self, endpoint_id: int, limit: int) -> list[int]:
        return self._read(suspecting.witnesses, endpoint_id, limit)

    def due(self, now: datetime, *, bare: bool = True, limit: int = -1, besides: Collection[int] = ()) -> list[Source]:
        self._writer.check()
        found = self._read(watched.due, now, limit=limit, besides=besides)
        if bare:
            found += self._read(watched.bare, now, limit=limit, besides=besides)
        ids = {*besides, *(source.id for source in found)}
        found += self._read(suspecting.due, now, limit=limit, besides=ids)
        return sorted(found, key=lambda source: source.id)

    def latest_time(self) -> datetime | None:
        return self._read(clocks.latest)

    def summary(self) -> tuple[Mapping[str, int], int]:
        return self._read(watched.summary)

    def known(self, source_id: int, endpoint_id: int, keys: Sequence[Key]) -> Known:
        return self._read(knowing.known, source_id, endpoint_id, keys)

    def recent_hashes(self, endpoint_id: int, derivation: str | None = None) -> frozenset[str]:
        return self._read(knowing.recent_hashes, endpoint_id, derivation)

    def has_stale_prints(self, endpoint_id: int, derivation: str) -> bool:
        return self._read(knowing.has_stale_prints, endpoint_id, derivation)

    def originals(self, revision_ids: Iterable[int]) -> Mapping[int, bytes]:
        return self._read(knowing.originals, revision_ids)

    def sightings_of(self, endpoint_id: int, wp_ids: Iterable[int]) -> Mapping[int, LastSighting]:
        return self._read(knowing.sightings_of, endpoint_id, wp_ids)

    def held_ids(self, endpoint_id: int, since: datetime) -> list[int | None]:
        return self._read(returning.wished, endpoint_id, since)

    def is_flapping(self, source_id: int, since: datetime) -> bool:
        return self._read(returning.is_told, source_id, since)

    def stale_revisions(self, source_id: int, derivation: str) -> int:
        return self._read(rederiving.count_stale, source_id, derivation)

    def stale_originals(self, source_id: int, derivation: str, *, after: int, limit: int) -> Mapping[int, bytes]:
        return self._read(rederiving.stale, source_id, derivation, after=after, limit=limit)

    def newest_published(self, source_id: int, now: datetime, *, before: datetime | None = None) -> datetime | None:
        return self._read(knowing.newest_published, source_id, now, before)

    def body(self, alert_id: int) -> bytes | None:
        return self._read(outbox.body, alert_id)

    def news(self, alert_id: int) -> ChangeView | NoticeView | DigestView:
        return self._read(outbox.news, alert_id)

    def change(self, change_id: str) -> ChangeView:
        return self._read(outbox.change, change_id)

    def alert_states(self, ids: Sequence[int]) -> list[AlertState]:
        return self._read(retrying.states, ids)

    def _read(
        self, ask: Callable[Concatenate[sqlite3.Connection, Asked], Answer], *args: Asked.args, **more: Asked.kwargs
    ) -> Answer:
        with translated(self.path):
            return ask(self._reader, *args, **more)
