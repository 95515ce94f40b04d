"""How much SQLite has to do: counted in steps of its machine, which are the same on every computer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from crawler.store import SqliteStore, searching


class Steps:
    """A count, kept by whatever calls it."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@contextmanager
def counted(store: SqliteStore, every: int = 1) -> Iterator[Steps]:
    """Count the steps of the store's reads and writes, in units of `every`; not those of indexing."""
    steps = Steps()
    asyncio.run(_told(store, steps, every, _index_all))
    store._reader.set_progress_handler(steps, every)
    yield steps
    store._reader.set_progress_handler(None, 0)
    asyncio.run(_told(store, None, 0))


async def _told(store: SqliteStore, handler: Steps | None, every: int, *before: Callable) -> None:
    # By the writing thread: it may be at work, with the lock of SQLite, which then waits for Python's while whoever
    # comes from another thread has that and waits for SQLite's.
    for write in (*before, lambda connection: connection.set_progress_handler(handler, every)):
        await store._writer.write(write)


def _index_all(connection) -> None:
    while searching.index_some(connection):
        pass
