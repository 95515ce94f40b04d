"""The writer: the one thread that owns the writing connection, and puts what is ready at once into one transaction."""

from __future__ import annotations

import asyncio
import math
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from crawler.errors import StoreError, StoreRefused, StoreUnavailable
from crawler.store import searching
from crawler.store.opening import translated

Write = Callable[[sqlite3.Connection], Any]

#: Writes that share one transaction at most; they are those that became ready while the last one was being synced.
GROUP = 64


class _Order(NamedTuple):
    """A write, and who waits for it."""

    write: Write
    future: asyncio.Future[Any]


class _Done(NamedTuple):
    """What came of an order."""

    future: asyncio.Future[Any]
    result: Any
    failure: BaseException | None


class Writer:
    """Writes in groups; between them, while nothing is to be written, the full-text index catches up."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path, self._file = connection, path, _identity(path)
        self._queue: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._patience = math.inf
        self._is_ending = False
        #: why the last transaction could not be made
        self._trouble: StoreError | None = None
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)
        self._thread.start()

    async def write(self, write: Write) -> Any:
        """Hand a write to the thread and wait until it is on disk; cancelling the wait does not undo it."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.put(_Order(write, future))
        return await future

    def stop(self, *, patience: float = math.inf) -> None:
        """End the thread when all is written and, within `patience` seconds, indexed: the next start goes on.

        What a locked store has just refused is not waited for again by what comes behind it.
        """
        self._patience, self._is_ending = patience, True
        self._queue.put(None)
        self._thread.join()

    def check(self) -> None:
        """Raise StoreRefused when the file has been taken away from under us: nobody would find what we write."""
        if _identity(self._path) != self._file:
            raise StoreRefused(
                f"{self._path} was removed or replaced while running; nothing was written to it, start again"
            )

    def _work(self) -> None:
        is_last = False
        while not is_last and (first := self._next()) is not None:
            group, is_last = self._gathered(first)
            self._transact(group)
        end = time.monotonic() + self._patience
        while time.monotonic() < end and self._index():
            pass

    def _next(self) -> _Order | None:
        while self._queue.empty() and self._index():
            pass
        return self._queue.get()

    def _gathered(self, first: _Order) -> tuple[list[_Order], bool]:
        """The writes that are ready, and whether the end was among them."""
        group = [first]
        while len(group) < GROUP and not self._queue.empty():
            following = self._queue.get()
            if following is None:
                return group, True
            group.append(following)
        return group, False

    def _transact(self, group: list[_Order]) -> None:
        """One transaction for the group, a savepoint for each: one that fails takes no other with it."""
        if self._is_ending and self._trouble is not None:
            _tell([_Done(order.future, None, self._trouble) for order in group])
            return
        try:
            with translated(self._path):
                self._begin()
                done = [self._apart(order) for order in group]
                self._connection.execute("COMMIT")
        except StoreError as error:
            self._roll_back()
            self._trouble = error
            done = [_Done(order.future, None, error) for order in group]
        else:
            self._trouble = None
        _tell(done)

    def _apart(self, order: _Order) -> _Done:
        """Do one write inside a savepoint. What endangers the whole transaction is raised, the rest returned."""
        self._connection.execute("SAVEPOINT one")
        try:
            with translated(self._path):
                result = order.write(self._connection)
        except StoreUnavailable:
            raise
        except Exception as error:
            # Whatever went wrong in one write is its caller's to know; the others of the group go on.
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            return _Done(order.future, None, error)
        self._connection.execute("RELEASE one")
        return _Done(order.future, result, None)

    def _index(self) -> bool:
        """Bring the full-text index forward by a batch. Returns whether there is more to do."""
        try:
            with translated(self._path):
                if searching.is_complete(self._connection):
                    return False
                self._begin()
                more = searching.index_some(self._connection)
                self._connection.execute("COMMIT")
        except StoreError:
            # The index is derived: it catches up when the disk has room again.
            self._roll_back()
            return False
        return more

    def _begin(self) -> None:
        self.check()
        self._connection.execute("BEGIN IMMEDIATE")

    def _roll_back(self) -> None:
        # SQLite has rolled back by itself when the disk is full; ROLLBACK would then be an error of its own.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is that the path leads to; None where there is none or it cannot be told."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _tell(done: list[_Done]) -> None:
    """Wake those who wait, all of one loop at once: each wake-up costs more than what it tells."""
    loops = {each.future.get_loop() for each in done}
    for loop in loops:
        with suppress(RuntimeError):  # it has been closed meanwhile: nobody waits
            loop.call_soon_threadsafe(_settle, [each for each in done if each.future.get_loop() is loop])


def _settle(done: list[_Done]) -> None:
    for future, result, failure in done:
        if future.done():  # whoever waited was cancelled
            continue
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
