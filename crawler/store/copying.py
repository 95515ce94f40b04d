"""A copy of a store, also of one that is being written to: whole under its name, or not there at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from crawler.errors import StoreError, StoreRefused, StoreUnavailable
from crawler.store.opening import ROOM, open_any, translated

#: Told while it goes on: bytes written, bytes in all.
Report = Callable[[int, int], None]
#: Asked while it goes on: whether to give up.
Stop = Callable[[], bool]

#: Readers can be let in through the group; nobody else is to see what was watched.
MODE = 0o640
#: SQLite's own steps between two looks at how far it is and whether to go on: some 20 ms.
STEPS = 100_000


class Copy(NamedTuple):
    """A whole copy that has yet to be given its name."""

    path: Path
    descriptor: int
    bytes: int

    def rename(self, target: Path) -> None:
        """Give it its name, for good: not even a power cut undoes that."""
        self.path.rename(target)
        sync_folder(target.parent)


def back_up(
    store: Path, target: Path, *, unfinished: Path | None = None, report: Report | None = None, stop: Stop | None = None
) -> int:
    """Copy the store to `target`, which must not be there yet. Returns its size in bytes.

    Only reads the store, so that it may be done beside a daemon. While it grows the copy is called `unfinished`, by
    default `TARGET.new`. Raises StoreError, and then there is nothing under the name of `target`.
    """
    _refuse_existing(target)
    with copied(store, unfinished or target.with_name(target.name + ".new"), report=report, stop=stop) as copy:
        _refuse_existing(target)
        copy.rename(target)
        return copy.bytes


@contextmanager
def copied(source: Path, unfinished: Path, *, report: Report | None = None, stop: Stop | None = None) -> Iterator[Copy]:
    """Make a copy, checked and on disk, that the caller renames; one that was not renamed is removed.

    VACUUM INTO reads one state of the source, whatever is written meanwhile, and whatever stands in its -wal file.
    """
    with closing(open_any(source)) as connection, _reserved(unfinished) as descriptor:
        size = _size(connection)
        _want_room(source, unfinished, size)
        watch = _watching(unfinished, size, report, stop)
        with _interruptible(source, unfinished, connection, watch):
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        with closing(open_any(unfinished)) as copy, _interruptible(source, unfinished, copy, watch):
            _check(copy, unfinished)
        with _told(unfinished):
            os.fsync(descriptor)
            yield Copy(unfinished, descriptor, os.fstat(descriptor).st_size)


def sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_existing(target: Path) -> None:
    if os.path.lexists(target):
        raise StoreRefused(f"{target} is there already and was left alone; name a file that is not there yet")


@contextmanager
def _reserved(path: Path) -> Iterator[int]:
    """Make an empty file and lock it for as long as it grows; what a kill has left under its name is used again."""
    with _told(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
    try:
        _lock(descriptor, path)
        try:
            with _told(path):
                os.ftruncate(descriptor, 0)
                os.fchmod(descriptor, MODE)
                # SQLite's own, of a copy that was killed: it would be rolled back into the new one.
                Path(f"{path}-journal").unlink(missing_ok=True)
            yield descriptor
        finally:
            if _is_at(descriptor, path):
                path.unlink()
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    """The lock goes with the process; the name may have gone while we waited for nothing."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise StoreUnavailable(f"{path} is being written by another process; wait for it") from None
    if not _is_at(descriptor, path):
        raise StoreUnavailable(f"{path} was just finished by another process")


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _size(connection: sqlite3.Connection) -> int:
    """What the copy will have: pages in use, without the free ones."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


def _want_room(source: Path, unfinished: Path, size: int) -> None:
    with _told(unfinished):
        free = shutil.disk_usage(unfinished.parent).free
    # Where the store is on the same disk, the daemon must be able to go on afterwards.
    if free < size + ROOM:
        raise StoreUnavailable(
            f"{unfinished.parent} has too little room for a copy of {source}: {free / 1e6:,.0f} MB are free,"
            f" {(size + ROOM) / 1e6:,.0f} MB are needed; nothing was written"
        )


def _watching(unfinished: Path, size: int, report: Report | None, stop: Stop | None) -> Callable[[], bool]:
    """What SQLite calls every so often: tells how far it is, and returns whether to give up."""

    def look() -> bool:
        if report is not None:
            report(min(unfinished.stat().st_size, size), size)
        return stop is not None and stop()

    return look


@contextmanager
def _interruptible(
    source: Path, unfinished: Path, connection: sqlite3.Connection, look: Callable[[], bool]
) -> Iterator[None]:
    connection.set_progress_handler(look, STEPS)
    try:
        with translated(unfinished):
            yield
    except StoreError as error:
        if getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise StoreUnavailable(f"the copy of {source} was interrupted; nothing of it is left") from error
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _check(copy: sqlite3.Connection, path: Path) -> None:
    """A copy of a damaged store is damaged, too: it must not take a good one's place."""
    (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise StoreRefused(f"the copy {path} is damaged ({found}); `crawler verify` tells whether the store is, too")
    lost = copy.execute("PRAGMA foreign_key_check").fetchone()
    if lost is not None:
        raise StoreRefused(f"the copy {path} has a row of {lost[0]} without its row of {lost[2]}; `crawler verify`")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror or error}; nothing was written") from error
