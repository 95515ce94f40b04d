"""Putting a backup in the store's place. What was there is kept, and at no moment is there no store or half of one."""

from __future__ import annotations

import glob
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from crawler.errors import StoreRefused, StoreUnavailable
from crawler.store import copying, verifying
from crawler.store.copying import Copy
from crawler.store.opening import BUSY_SECONDS, WriteLock
from crawler.store.verifying import Verified

#: Told while it goes on: what is being done, how far it is, how far it has to go.
Report = Callable[[str, int, int], None]


class Restored(NamedTuple):
    """What came of it."""

    verified: Verified
    #: where the store that was there is kept; None: there was none
    kept: Path | None


def restore(backup: Path, store: Path, report: Report) -> Restored:
    """Put a copy of `backup` in the place of `store`. Raises StoreError, and then all is as it was.

    Holds the lock of the one writing process meanwhile. `backup` itself is only read.
    """
    lock = WriteLock(store)
    lock.acquire()
    try:
        # Where the store is a link, it is its file that is replaced, and SQLite's journals stand beside that.
        place = store.resolve()
        if place.exists() and backup.exists() and place.samefile(backup):
            raise StoreRefused(f"{backup} is the store itself; name a backup of it")
        verified = _whole(backup, report)
        unfinished = place.with_name(place.name + ".restoring")
        with copying.copied(backup, unfinished, report=lambda done, total: report("copying", done, total)) as copy:
            _hand_over(copy, place, lock.path)
            kept = _keep(place)
            copy.rename(place)
    finally:
        lock.release()
    return Restored(verified, kept)


def _whole(backup: Path, report: Report) -> Verified:
    verified = verifying.verify(backup, lambda done, total: report("verifying", done, total))
    if verified.findings:
        raise StoreRefused(
            f"{backup} is not whole, and the store was left as it is; `crawler verify {backup}` tells all:\n  "
            + verified.findings[0]
        )
    return verified


def _hand_over(copy: Copy, place: Path, lock: Path) -> None:
    """Give the copy the mode and owner of what it replaces; as root, so that the daemon's user can go on with it."""
    before = place.stat() if place.exists() else None
    os.fchmod(copy.descriptor, stat.S_IMODE(before.st_mode) if before else copying.MODE)
    if os.geteuid() == 0:
        owner = before or place.parent.stat()
        os.fchown(copy.descriptor, owner.st_uid, owner.st_gid)
        os.chown(lock, owner.st_uid, owner.st_gid, follow_symlinks=False)
    os.fsync(copy.descriptor)


def _keep(place: Path) -> Path | None:
    """Give the store that is there a second name, and take its journals away from the first one.

    SQLite would replay a -wal file of another database into the new one. The file itself is replaced by the caller's
    rename: until then it is still there under its own name, whole, since its -wal file was written back before.
    """
    wal = Path(f"{place}-wal")
    kept = None
    if place.exists():
        _forget_links(place)
        _write_back(place)
        kept = _free_name(place)
        if wal.exists() and wal.stat().st_size:
            # It could not be written back: the store is damaged. What can be saved later is in both of them.
            shutil.copy2(wal, f"{kept}-wal")
        _second_name(place, kept)
    elif wal.exists() and wal.stat().st_size:
        wal.rename(f"{_free_name(place)}-wal")  # of a store that was lost
    for journal in (wal, Path(f"{place}-shm"), Path(f"{place}-journal")):
        journal.unlink(missing_ok=True)
    copying.sync_folder(place.parent)
    return kept


def _write_back(place: Path) -> None:
    """Bring what stands in the -wal file into the store itself; one that is damaged stays as it is."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(place, timeout=BUSY_SECONDS)) as connection:
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreUnavailable(f"{place} is being read by another process; end that first. Nothing was changed")


def _free_name(place: Path) -> Path:
    """`STORE.before-restore`, or with a number: what an earlier restore has kept is kept."""
    number = 1
    while True:
        name = place.with_name(f"{place.name}.before-restore" + (f"-{number}" if number > 1 else ""))
        if not os.path.lexists(name) and not os.path.lexists(f"{name}-wal"):
            return name
        number += 1


def _second_name(place: Path, kept: Path) -> None:
    try:
        os.link(place, kept)
    except OSError:
        # A file system without second names: a copy, which may not be there in half either.
        unfinished = kept.with_name(kept.name + ".new")
        shutil.copy2(place, unfinished)
        with open(unfinished, "rb") as file:
            os.fsync(file.fileno())
        unfinished.rename(kept)


def _forget_links(place: Path) -> None:
    """Remove second names of the very store that is in use: a restore was killed just before it came to replace it."""
    for name in place.parent.glob(f"{glob.escape(place.name)}.before-restore*"):
        if name.exists() and name.samefile(place):
            name.unlink()
