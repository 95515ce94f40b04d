"""The store in SQLite: one thread owns the one writing connection, reads go through a connection of their own."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from crawler.errors import StoreError, StoreUnavailable
from crawler.model import (
    AlertJob,
    Discovered,
    Endpoint,
    Key,
    Known,
    LastSighting,
    Plan,
    Source,
    SourceEntry,
    Walk,
)
from crawler.store import committing, knowing, outbox, searching, sources
from crawler.store.opening import WriteLock, open_reader, open_writer, translated
from crawler.store.rows import sure, text
from crawler.text import NORMALIZER_VERSION

Write = Callable[[sqlite3.Connection], Any]

#: Writes that share one transaction at most; they are those that became ready while the last one was being synced.
GROUP = 64


class SqliteStore:
    """The Store. Use as a context manager; opening takes the lock of the one writing process and migrates."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = WriteLock(path)
        self._queue: queue.SimpleQueue[tuple[Write, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)

    def __enter__(self) -> SqliteStore:
        self._lock.acquire()
        try:
            self._writer = open_writer(self.path)
            self._reader = open_reader(self.path)
        except BaseException:
            self._lock.release()
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        self._thread.join()
        self._reader.close()
        self._writer.close()
        self._lock.release()

    # writing

    async def commit(self, plan: Plan) -> None:
        await self._write(lambda db: committing.write(db, plan, normalizer_version=NORMALIZER_VERSION))

    async def sync(self, entries: Sequence[SourceEntry], sinks: Sequence[str], now: datetime) -> None:
        def write(db: sqlite3.Connection) -> None:
            sources.sync_sources(db, entries, now)
            sources.sync_sinks(db, sinks)

        await self._write(write)

    async def register(self, source: Source, found: Discovered, now: datetime) -> int | None:
        first: int | None = await self._write(lambda db: sources.register(db, source, found, now))
        return first

    async def retire(self, endpoint_ids: Sequence[int], now: datetime) -> None:
        await self._write(lambda db: sources.retire(db, endpoint_ids, now))

    async def postpone(self, source_id: int, error: str, until: datetime) -> None:
        await self._write(lambda db: sources.postpone(db, source_id, error, until))

    async def delivered(self, alert_id: int, at: datetime, reply: str | None) -> None:
        await self._write(lambda db: outbox.delivered(db, alert_id, at, reply))

    async def refused(self, alert_id: int, error: str, next_attempt_at: datetime | None) -> None:
        await self._write(lambda db: outbox.refused(db, alert_id, error, next_attempt_at))

    async def keep_lines(self, lines: Mapping[str, datetime]) -> None:
        await self._write(lambda db: sources.keep_lines(db, lines))

    # reading

    def lines(self) -> Mapping[str, datetime]:
        rows = self._reader.execute("SELECT host, next_at FROM hosts WHERE next_at IS NOT NULL")
        return {row["host"]: sure(row["next_at"]) for row in rows}

    def sources(self) -> list[Source]:
        return knowing.sources(self._reader)

    def source(self, source_id: int) -> Source:
        return knowing.source(self._reader, source_id)

    def endpoints(self, source_id: int) -> list[Endpoint]:
        return knowing.endpoints(self._reader, source_id)

    def walk(self, endpoint_id: int) -> Walk | None:
        return knowing.walk(self._reader, endpoint_id)

    def due(self, now: datetime) -> list[Source]:
        return knowing.due(self._reader, now)

    def known(self, source_id: int, endpoint_id: int, keys: Sequence[Key]) -> Known:
        return knowing.known(self._reader, source_id, endpoint_id, keys)

    def recent_hashes(self, endpoint_id: int) -> frozenset[str]:
        return knowing.recent_hashes(self._reader, endpoint_id)

    def sightings_of(self, endpoint_id: int, wp_ids: Iterable[int]) -> Mapping[int, LastSighting]:
        return knowing.sightings_of(self._reader, endpoint_id, wp_ids)

    def newest_published(self, source_id: int, now: datetime) -> datetime | None:
        return knowing.newest_published(self._reader, source_id, text(now) or "")

    def pending(self, sink: str, now: datetime, limit: int) -> list[AlertJob]:
        return outbox.pending(self._reader, sink, now, limit)

    # the writer thread

    async def _write(self, write: Write) -> Any:
        """Hand a write to the thread and wait until it is on disk; cancelling the wait does not undo it."""
        future: Future[Any] = Future()
        self._queue.put((write, future))
        return await asyncio.shield(asyncio.wrap_future(future))

    def _work(self) -> None:
        """Write in groups: whatever became ready while the last group was being synced shares the next transaction."""
        while (first := self._next()) is not None:
            group = [first]
            ended = False
            while len(group) < GROUP and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    ended = True
                    break
                group.append(following)
            self._transact(group)
            if ended:
                break
        self._index(everything=True)

    def _next(self) -> tuple[Write, Future[Any]] | None:
        """The next write; while there is none, the full-text index catches up."""
        while self._queue.empty() and self._index(everything=False):
            pass
        return self._queue.get()

    def _transact(self, group: list[tuple[Write, Future[Any]]]) -> None:
        """One transaction for the group, a savepoint for each: one that fails takes no other with it."""
        results: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with translated(self.path):
                self._writer.execute("BEGIN IMMEDIATE")
                for write, future in group:
                    results.append((future, *self._apart(write)))
                self._writer.execute("COMMIT")
        except StoreError as error:
            # SQLite has rolled back by itself when the disk is full; ROLLBACK would then be an error of its own.
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            results = [(future, None, error) for _, future in group]
        for future, result, failure in results:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    def _apart(self, write: Write) -> tuple[Any, BaseException | None]:
        """Do one write inside a savepoint. What endangers the whole transaction is raised, the rest returned."""
        self._writer.execute("SAVEPOINT one")
        try:
            with translated(self.path):
                result = write(self._writer)
        except StoreUnavailable:
            raise
        except Exception as error:
            # Whatever went wrong in one write is its caller's to know; the others of the group go on.
            self._writer.execute("ROLLBACK TO one")
            self._writer.execute("RELEASE one")
            return None, error
        self._writer.execute("RELEASE one")
        return result, None

    def _index(self, *, everything: bool) -> bool:
        """Bring the full-text index forward by a batch, or wholly. Returns whether there is more to do."""
        more = True
        while more:
            try:
                with translated(self.path):
                    self._writer.execute("BEGIN IMMEDIATE")
                    more = searching.index_some(self._writer)
                    self._writer.execute("COMMIT")
            except StoreError:
                # The index is derived: it catches up when the disk has room again.
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                return False
            if not everything:
                return more
        return False
