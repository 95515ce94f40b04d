"""The daemon's side of the folder: what waits in it, what is begun, and away with what nobody waits for.

Nothing that stands in the folder ends the daemon: what is no errand is removed, and the log says so.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import structlog

from crawler.errands.files import MOST_BYTES, NAME, SERVING, Errand, is_held, open_file, open_folder, removed

log = structlog.get_logger()

#: Files that are looked at in one go; the others have their turn when these are gone.
MOST_FILES = 1000

_errand = msgspec.json.Decoder(Errand).decode


class Taken:
    """An errand that was begun: what it says, and the reply to whoever gave it."""

    def __init__(self, inbox: Inbox, errand_id: str, errand: Errand, reply: int) -> None:
        self.id, self.errand = errand_id, errand
        self._inbox, self._reply = inbox, reply

    def tell(self, line: str) -> None:
        """Say a line to whoever waits."""
        with suppress(OSError):  # the disk is full: what counts is what is done
            self._write({"line": line})

    def end(self, code: int, error: str | None = None) -> None:
        """Say how it ended; nothing more is said after that."""
        try:
            self._write({"exit": code} if error is None else {"exit": code, "error": error})
        except OSError as trouble:
            log.warning("errand", status="unanswered", what=self.errand.what, error=str(trouble))
            self._inbox.remove(self.id)
        finally:
            os.close(self._reply)

    def _write(self, record: dict[str, Any]) -> None:
        rest = memoryview(msgspec.json.encode(record) + b"\n")
        while rest:
            rest = rest[os.write(self._reply, rest) :]


class Inbox:
    """The folder, open for as long as the daemon takes errands."""

    def __init__(self) -> None:
        self._directory = self._serving = -1
        #: what could not even be removed, so that it is told once
        self._stuck: set[str] = set()

    def open(self, folder: Path) -> None:
        """Make the folder ours and say that errands are taken. Raises OSError."""
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        self._directory = open_folder(folder)
        try:
            found = os.fstat(self._directory)
            if found.st_uid != os.geteuid():
                raise PermissionError("it belongs to another user")
            if stat.S_IMODE(found.st_mode) != 0o700:
                os.fchmod(self._directory, 0o700)
            self._serving = self._served()
        except OSError:
            self.close()
            raise
        self._sweep_new()

    def close(self) -> None:
        """Take no more errands; those who wait notice."""
        for descriptor in (self._serving, self._directory):
            if descriptor >= 0:
                os.close(descriptor)
        self._directory = self._serving = -1

    @property
    def is_open(self) -> bool:
        """Whether it is open, and the folder has not been taken away from under us."""
        return self._directory >= 0 and os.fstat(self._directory).st_nlink > 0

    def waiting(self, begun: set[str]) -> list[str]:
        """The ids of those that are to be begun, oldest first; `begun`: those that are being done.

        What else there is and nobody waits for is removed.
        """
        asked: list[tuple[float, str]] = []
        with os.scandir(self._directory) as entries:
            for entry in islice(entries, MOST_FILES):
                match = NAME.fullmatch(entry.name)
                if match is None:
                    if entry.name != SERVING:
                        self._discard(entry.name, "no name of an errand")
                elif match[2] == "asked":
                    with suppress(FileNotFoundError):
                        asked.append((entry.stat(follow_symlinks=False).st_mtime, match[1]))
                elif match[2] != "new" and match[1] not in begun:
                    self._forget(match[1])
        return [errand_id for _, errand_id in sorted(asked)]

    def begin(self, errand_id: str) -> Taken | None:
        """Begin what was asked; None where nobody waits for it any more, or it cannot be read."""
        name = f"{errand_id}.asked"
        try:
            errand = self._read(name)
            if errand is None:
                return None
            reply = open_file(f"{errand_id}.told", os.O_WRONLY | os.O_CREAT | os.O_EXCL, folder=self._directory)
        except (OSError, ValueError, RecursionError) as error:
            self._discard(name, str(error))
            return None
        try:
            os.rename(name, f"{errand_id}.begun", src_dir_fd=self._directory, dst_dir_fd=self._directory)
        except OSError:  # given up in this very moment
            os.close(reply)
            self.remove(errand_id)
            return None
        return Taken(self, errand_id, errand, reply)

    def remove(self, errand_id: str) -> None:
        """Remove what there is of an errand that has been begun or was never put in place."""
        for state in ("new", "begun", "told"):
            with suppress(OSError):
                removed(f"{errand_id}.{state}", folder=self._directory)

    def _read(self, name: str) -> Errand | None:
        """The request; None when nobody waits for it. Raises OSError and ValueError."""
        try:
            descriptor = open_file(name, os.O_RDONLY, folder=self._directory)
        except FileNotFoundError:
            return None
        with open(descriptor, "rb") as file:
            if not is_held(descriptor):
                removed(name, folder=self._directory)
                log.info("errand", status="dropped", reason="whoever asked for it has ended")
                return None
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise ValueError("too long for a request")
        return _errand(text)

    def _served(self) -> int:
        """Hold the daemon's own file, and write into it which daemon this is."""
        try:
            descriptor = open_file(SERVING, os.O_RDWR | os.O_CREAT, folder=self._directory)
        except OSError:  # something else of that name
            self._discard(SERVING, "not the file of a daemon")
            descriptor = open_file(SERVING, os.O_RDWR | os.O_CREAT, folder=self._directory)
        try:
            # There is one daemon at a time: only a command that just looks whether there is one can be in the way.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {secrets.token_hex(8)}\n".encode(), 0)
        return descriptor

    def _forget(self, errand_id: str, state: str = "begun") -> None:
        """Remove the files of an errand that is not being done, unless somebody still holds on to it."""
        try:
            descriptor = open_file(f"{errand_id}.{state}", os.O_RDONLY, folder=self._directory)
        except OSError:
            self.remove(errand_id)
            return
        try:
            if not is_held(descriptor):
                self.remove(errand_id)
        finally:
            os.close(descriptor)

    def _sweep_new(self) -> None:
        """Remove requests that were never put in place, because their commands ended first."""
        for name in os.listdir(self._directory):
            match = NAME.fullmatch(name)
            if match is not None and match[2] == "new":
                self._forget(match[1], "new")

    def _discard(self, name: str, reason: str) -> None:
        """Remove what is no errand, and say so."""
        if name in self._stuck:
            return
        try:
            os.unlink(name, dir_fd=self._directory)
            status = "removed"
        except OSError:
            self._stuck.add(name)
            status = "left alone"
        log.warning("errand", status=status, file=name, error=reason)
