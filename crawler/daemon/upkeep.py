"""Looking after the store: backups, retention, room on its disk. Each is called when the daemon finds that it is time.

Nothing is remembered here: when the next backup is due is read from the names of those that are there, so that a
restart neither skips nor repeats one.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from crawler.config import BackupConfig, Config
from crawler.errors import StoreError, StoreRefused, StoreUnavailable
from crawler.model import Retained
from crawler.store import Store
from crawler.store.copying import back_up as copy_store

log = structlog.get_logger()

#: A backup that failed is tried again after this: the disk may have been cleared.
AGAIN = timedelta(hours=1)
#: How often what is too old is taken away.
PRUNE_EVERY = timedelta(days=1)
#: Free bytes under which nothing is polled: SQLite needs room for its journal and whoever clears the disk, too.
FLOOR = 64 * 1024 * 1024
#: Free bytes from which on polling goes on; a little more, so that it does not stop and go.
ENOUGH = 96 * 1024 * 1024

_STAMP = "%Y%m%dT%H%M%SZ"
#: The beginning of an incident that goes back to before the first backup.
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Backup(NamedTuple):
    """One that is there, by its name."""

    at: datetime
    path: Path


class Space(NamedTuple):
    """How much room there is on the store's disk."""

    free: int
    #: polling has to pause
    is_full: bool


async def back_up(store: Store, config: BackupConfig, now: datetime, sinks: Sequence[str]) -> Path | None:
    """Make a backup and remove those that are too many. Returns its path, None where it failed.

    One that fails is told to these sinks, once until there is a new one. Cancelled, it leaves nothing.
    """
    target = config.to / f"{store.path.stem}-{now:{_STAMP}}.db"
    stop = threading.Event()
    try:
        size = await asyncio.shield(copying := asyncio.create_task(asyncio.to_thread(_copy, store.path, target, stop)))
    except asyncio.CancelledError:
        stop.set()
        await asyncio.gather(copying, return_exceptions=True)
        raise
    except StoreError as error:
        await _tell(store, config, str(error), now, sinks)
        return None
    removed = await asyncio.to_thread(_remove_old, config, store.path, target)
    log.info("backup", status="done", path=str(target), bytes=size, removed=removed)
    return target


def newest_backup(config: Config, *, until: datetime | None = None) -> datetime | None:
    """When the last good backup was made; None where there is none. A file has its name only when it is whole.

    `until`: leave out what was made later, while the clock was wrong.
    """
    if config.backup is None:
        return None
    made = [each.at for each in _backups(config.backup.to, config.store)]
    return max((at for at in made if until is None or at <= until), default=None)


def next_backup_at(
    made: datetime | None, every: timedelta, now: datetime, *, failed_at: datetime | None = None
) -> datetime:
    """When the next backup is due, by when the newest one until now was made and when one last failed."""
    due = now if made is None or made > now else made + every
    if failed_at is None or failed_at > now:
        return due
    return max(due, failed_at + min(AGAIN, every))


async def prune_daily(store: Store, kept: Retained, now: datetime, last: datetime | None) -> datetime | None:
    """Take away what is too old, unless that was done within a day. Returns when it was done last.

    Raises StoreUnavailable and StoreRefused, which are about more than this. Any other failure is logged, and nothing
    is lost by it: the next time takes what is left.
    """
    if last is not None and abs(now - last) < PRUNE_EVERY:
        return last
    try:
        gone = await store.prune(kept, now)
    except (StoreUnavailable, StoreRefused):
        raise
    except StoreError as error:
        log.error("prune", status="failed", error=str(error))
    else:
        numbers = {name: getattr(gone, name) for name in ("polls", "alerts", "notices", "revisions", "originals")}
        log.info("prune", status="done", **numbers)
    return now


def free_space(store: Path, *, was_full: bool) -> Space:
    """How much room there is, and whether that is too little to go on."""
    free = shutil.disk_usage(store.parent).free
    return Space(free, is_full(free, was_full=was_full))


def is_full(free: int, *, was_full: bool) -> bool:
    """Whether so many bytes are too few to go on."""
    return free < (ENOUGH if was_full else FLOOR)


def full_text(store: Path, space: Space) -> str:
    """What the Notice `disk_full` says."""
    return (
        f"The disk of {store} is full: {space.free / 1e6:,.0f} MB are free. Nothing is polled until there are"
        f" {ENOUGH / 1e6:,.0f} MB again; what is edited meanwhile is told then. Make room in {store.parent}."
    )


def _copy(store: Path, target: Path, stop: threading.Event) -> int:
    try:
        target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{target.parent}: {error.strerror}; nothing was written") from error
    # One name for all that are not finished: what a kill has left is used again and does not pile up.
    return copy_store(store, target, unfinished=target.with_name(f"{store.stem}.db.new"), stop=stop.is_set)


async def _tell(store: Store, config: BackupConfig, error: str, now: datetime, sinks: Sequence[str]) -> None:
    log.error("backup", status="failed", error=error)
    made = await asyncio.to_thread(_backups, config.to, store.path)
    newest = max((each.at for each in made), default=None)
    have = f"the last good one is of {newest:%Y-%m-%d %H:%M} UTC" if newest else "there is none yet"
    again = "in an hour" if config.every >= AGAIN else "when the next one is due"
    text = f"No backup of {store.path} could be made: {error}. It is tried again {again}; {have}."
    await store.notice("backup_failed", None, text, now, sinks, since=newest or _EVER)


def _remove_old(config: BackupConfig, store: Path, newest: Path) -> int:
    """Keep the one just made and the newest of the others. Returns how many went."""
    others = sorted((each for each in _backups(config.to, store) if each.path != newest), reverse=True)
    removed = 0
    for each in others[config.keep - 1 :]:
        try:
            each.path.unlink()
        except OSError as error:
            log.warning("backup", status="not removed", path=str(each.path), error=error.strerror)
        else:
            removed += 1
    return removed


def _backups(folder: Path, store: Path) -> list[Backup]:
    """Those of this store that are there; whatever else stands in the folder is none of ours."""
    try:
        return list(_ours(folder.iterdir(), store.stem))
    except OSError:
        return []  # not there yet, or not to be read: making the next one will tell


def _ours(paths: Iterable[Path], name: str) -> Iterable[Backup]:
    for path in paths:
        found = re.fullmatch(rf"{re.escape(name)}-(\d{{8}}T\d{{6}}Z)\.db", path.name, re.ASCII)
        if found and path.is_file() and not path.is_symlink():
            try:
                yield Backup(datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC), path)
            except ValueError:
                continue  # no such day: not a name that we give
