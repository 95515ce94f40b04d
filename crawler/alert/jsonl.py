"""The `jsonl` Sink: one JSON object a line, appended and synced."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from crawler.alert.body import body_of
from crawler.alert.writing import SECONDS, Writing, check_writable, sync_folder
from crawler.render.alert import MOST_ALERT

#: How far back a repeat is looked for: after a crash it is one of the last lines. More than the longest line, so that
#: one that was cut off is found whole. Only a digest of very many Changes is longer; see `_append`.
TAIL = 2 * MOST_ALERT


class JsonlSink:
    """Appends to a file; opened for each alert, so that a rotated file is followed."""

    def __init__(self, name: str, path: Path, *, full_text: bool = False, seconds: float = SECONDS) -> None:
        self.name, self.full_text = name, full_text
        self._path = path
        self._writing = Writing(str(path), seconds=seconds)
        #: the file that is known to stand in its folder on the disk, too
        self._listed: tuple[int, int] | None = None

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        """Append one line, unless the file's end already has it. Raises SinkError."""
        line = body_of(payload) + b"\n"
        alert_id = payload["data"]["id"]
        return await self._writing.do(alert_id, lambda: self._append(alert_id, line))

    async def reached(self) -> str:
        """Whether the file could be written; it is not made. Raises SinkError."""
        await self._writing.do("", lambda: check_writable(self._path))
        return str(self._path)

    def _append(self, alert_id: str, line: bytes) -> str | None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            _lock(descriptor)
            # What comes again is as long as it was.
            tail = self._repaired_tail(descriptor, max(TAIL, 2 * len(line)))
            found = _found(tail, alert_id)
            if found is None:
                _written(descriptor, line)
            else:
                _rewritten(descriptor, tail, found)
            os.fsync(descriptor)
            self._list(descriptor, is_new=not tail)
        finally:
            os.close(descriptor)
        return None if found is None else "it was there already"

    def _list(self, descriptor: int, *, is_new: bool) -> None:
        """Sync the folder, once for each file: else a loss of power could take a new one as a whole."""
        look = os.fstat(descriptor)
        # A new one may have the number of one that was taken away.
        if is_new or self._listed != (look.st_dev, look.st_ino):
            _sync_folder_of(self._path)
            self._listed = look.st_dev, look.st_ino

    def _repaired_tail(self, descriptor: int, most: int) -> bytes:
        """The last lines of the file. A line that a crash cut off was never acknowledged and is taken away.

        Raises ValueError for a file that ends with something else.
        """
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, most, max(0, size - most))
        if not tail or tail.endswith(b"\n"):
            return tail
        torn = tail[tail.rfind(b"\n") + 1 :]
        if _is_json(torn):
            os.write(descriptor, b"\n")
            return tail + b"\n"
        if len(torn) < most:
            _check_ours(torn)
            os.ftruncate(descriptor, size - len(torn))
            return tail[: len(tail) - len(torn)]
        os.write(descriptor, b"\n")
        return tail + b"\n"


def _lock(descriptor: int) -> None:
    """Until it is closed: `alerts test` beside the daemon must not take a line that is being written for a torn one."""
    with suppress(OSError):  # a file system that knows no locks
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _found(tail: bytes, alert_id: str) -> slice | None:
    """Where a line is of this alert; others may name it, as a digest does."""
    named, start = f'"id":"{alert_id}"'.encode(), 0
    for line in tail.split(b"\n"):
        if named in line and _id_of(line) == alert_id:
            return slice(start, start + len(line) + 1)
        start += len(line) + 1
    return None


def _id_of(line: bytes) -> object:
    try:
        return json.loads(line)["data"]["id"]
    except (ValueError, LookupError, TypeError):  # cut off at the front, or somebody else's
        return None


def _sync_folder_of(path: Path) -> None:
    try:
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # one that we may write into and not read
        return
    try:
        sync_folder(descriptor)
    finally:
        os.close(descriptor)


def _written(descriptor: int, line: bytes) -> None:
    """Write all of it, or nothing: on a disk that has become full the kernel takes a part of a line."""
    before, rest = os.fstat(descriptor).st_size, memoryview(line)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        with suppress(OSError):  # then the next alert does it
            os.ftruncate(descriptor, before)
        raise


def _rewritten(descriptor: int, tail: bytes, line: slice) -> None:
    """Write a line of the file's tail once more where it stands.

    The sync that it waited for may have failed. Linux then takes what it could not write for written: a further sync
    would say that all is well, and prove nothing.
    """
    try:  # else it would be written to the end
        fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) & ~os.O_APPEND)
    except PermissionError:  # a file that may only grow (`chattr +a`): there it stands twice
        _written(descriptor, tail[line])
        return
    place = os.fstat(descriptor).st_size - len(tail) + line.start
    rest = memoryview(tail)[line]
    while rest:
        done = os.pwrite(descriptor, rest, place)
        place, rest = place + done, rest[done:]


def _check_ours(torn: bytes) -> None:
    """What is taken away begins like an alert, or is nothing yet: after a loss of power a file may end with zeros."""
    if not torn.startswith(b"{") and torn.strip(b"\0"):
        raise ValueError("ends with no line of crawler and is left as it is; move it away or change `path`")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
