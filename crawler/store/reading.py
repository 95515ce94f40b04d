"""The store as commands for people read it: read-only, never locking, without migrating anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crawler.store.opening import open_reader, translated

#: An open store; only the functions of this folder look inside.
Reader = sqlite3.Connection


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open the store for reading. Raises StoreError when there is none yet, and whenever SQLite fails meanwhile."""
    with translated(path):
        reader = open_reader(path)
        # SQLite's own lower() knows ASCII only.
        reader.create_function("casefold", 1, _casefold, deterministic=True)
        try:
            yield reader
        finally:
            reader.close()


def version_seen(reader: Reader) -> int:
    """A number that moves whenever another connection has written: cheap to ask again and again."""
    (number,) = reader.execute("PRAGMA data_version").fetchone()
    return int(number)


def _casefold(value: object) -> str | None:
    return None if value is None else str(value).casefold()
