"""Opening the SQLite file: ours, whole, of a version that we know, and with one writing process at any time."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlite_utils import Database

from crawler.errors import StoreError, StoreLocked, StoreRefused, StoreUnavailable
from crawler.store.schema import APPLICATION_ID, migrations

BUSY_SECONDS = 5.0
#: free bytes that a migration wants beside the copy that is made before it
ROOM = 64 * 1024 * 1024
#: what SQLite may leave behind in the -wal file after a checkpoint
JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Translate sqlite3's errors into ours, once, at the boundary of this package."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorname", "") or ""
        if code.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_BUSY")):
            raise StoreUnavailable(f"{path}: {error}; nothing was written") from error
        if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise StoreRefused(f"{path} is damaged ({error}); restore it from a backup") from error
        raise StoreError(f"{path}: {error}") from error


def lock_of(store: Path) -> Path:
    """The lock of a store; there is one, whatever links lead to the store."""
    place = Path(os.path.realpath(store))
    return place.with_name(place.name + ".lock")


class WriteLock:
    """The lock of the one writing process: an flock on `STORE.lock`, which holds its pid and is never unlinked.

    The kernel lets go of it when the process ends, however it ends.
    """

    def __init__(self, store: Path) -> None:
        self.path = lock_of(store)
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take it or raise StoreLocked with the holder's pid."""
        try:
            # No link is followed: who may write to the folder could have root empty any file by one.
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
            file = open(descriptor, "a+", encoding="ascii")  # noqa: SIM115 (held for life)
        except OSError as error:
            whose = f"is the directory there, and writable for the user {os.geteuid()}?"
            raise StoreUnavailable(f"{self.path}: {error.strerror}; {whose}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            pid = file.read().strip()
            file.close()
            raise StoreLocked(str(self.path).removesuffix(".lock"), int(pid) if pid.isdigit() else None) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let go of it."""
        if self._file is not None:
            self._file.close()
            self._file = None


def open_writer(path: Path) -> sqlite3.Connection:
    """Open (or create) and migrate the store. The caller holds the WriteLock.

    Raises StoreRefused for a file that is not ours, damaged or newer, and leaves it untouched.
    """
    if path.exists():
        _refuse_foreign(path)
    else:
        _create(path)
    with translated(path):
        connection = _connect(path)
        try:
            _keep_copy(connection, path)
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _keep_copy(connection: sqlite3.Connection, path: Path) -> None:
    """Before a migration, copy a store that has Changes to `STORE.before-MIGRATION`, where there is room for that."""
    pending = migrations.pending(Database(connection))
    if not pending or connection.execute("SELECT 1 FROM changes LIMIT 1").fetchone() is None:
        return
    size = path.stat().st_size
    free = shutil.disk_usage(path.parent).free
    if free < 2 * size + ROOM:
        raise StoreUnavailable(
            f"{path} has to be migrated, and {path.parent} has too little room for a copy of it and the work:"
            f" {free / 1e6:,.0f} MB of {(2 * size + ROOM) / 1e6:,.0f} MB; nothing was changed"
        )
    copy = path.with_name(f"{path.name}.before-{pending[0].name}")
    unfinished = copy.with_name(copy.name + ".new")
    unfinished.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(unfinished),))
    with open(unfinished, "rb") as file:
        os.fsync(file.fileno())
    unfinished.chmod(0o600)
    unfinished.rename(copy)


def _create(path: Path) -> None:
    """Make a new store beside its place and move it there whole: a kill never leaves an empty file that we refuse."""
    path = Path(os.path.realpath(path))
    unfinished = path.with_name(path.name + ".new")
    for leftover in (unfinished, Path(f"{unfinished}-wal"), Path(f"{unfinished}-shm")):
        leftover.unlink(missing_ok=True)
    old_mask = os.umask(0o077)
    try:
        with translated(path):
            connection = _connect(unfinished)
            _migrate(connection)
            connection.close()
    finally:
        os.umask(old_mask)
    unfinished.rename(path)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False, cached_statements=256
    )
    connection.row_factory = sqlite3.Row
    for pragma in (
        "journal_mode = WAL",
        # A power cut must not take acknowledged commits: the validators in them would hide the edit for good.
        "synchronous = FULL",
        "foreign_keys = ON",
        f"journal_size_limit = {JOURNAL_SIZE_LIMIT}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the store for reading only; raises StoreError when there is none yet, StoreRefused when it is not ours."""
    if not path.exists():
        raise StoreError(f"{path}: no store yet; `crawler poll` or `crawler run` makes it")
    connection = open_any(path)
    with translated(path):
        if is_older(connection):
            connection.close()
            raise StoreRefused(f"{path} is of an older version; `crawler poll` or `crawler run` brings it up to date")
    return connection


def open_any(path: Path) -> sqlite3.Connection:
    """Open a store or a copy of one for reading only, also one of an older version. Raises StoreError as above."""
    if not path.is_file():
        raise StoreError(f"{path}: there is no such file")
    _refuse_foreign(path)
    with translated(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_SECONDS
        )
        connection.row_factory = sqlite3.Row
    return connection


def is_older(connection: sqlite3.Connection) -> bool:
    """Whether migrations are to be applied to it."""
    return bool(migrations.pending(Database(connection)))


def _migrate(connection: sqlite3.Connection) -> None:
    """Apply what is pending, in one transaction of our own: `atomic()` would begin a deferred one."""
    database = Database(connection)
    if not migrations.pending(database):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(database)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _refuse_foreign(path: Path) -> None:
    """Refuse a file that exists and is empty, not SQLite, not ours, or of a newer version."""
    if path.stat().st_size == 0:
        raise StoreRefused(f"{path} is an empty file, not a store; remove it, or restore a backup over it")
    with translated(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        try:
            (found,) = connection.execute("PRAGMA application_id").fetchone()
            if found != APPLICATION_ID:
                raise StoreRefused(f"{path} is a database of another program; give `store` another path")
            known = {migration.name for migration in migrations._migrations}
            applied = {migration.name for migration in migrations.applied(Database(connection))}
            if not applied <= known:
                newer = ", ".join(sorted(applied - known))
                raise StoreRefused(f"{path} was written by a newer version (it has {newer}); upgrade crawler")
        finally:
            connection.close()
