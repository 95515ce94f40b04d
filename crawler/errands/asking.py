"""The command's side: write the request, say the lines as they come, return the exit code."""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from crawler.errands.files import SERVING, Errand, is_held, is_there, open_file, open_folder, removed
from crawler.errors import ErrandError

LOOK_SECONDS = 0.1
_ENDED = (
    "the daemon ended in the middle of this; what it was doing was finished or dropped whole,"
    " and `crawler status` tells where things stand"
)

Tell = Callable[[str], None]


class Undone(Enum):
    """Why nothing was done."""

    UNSERVED = "no daemon takes errands"
    ENDED = "it ended before it had begun"


def ask(folder: Path, what: str, arguments: Mapping[str, Any], tell: Tell) -> int | Undone:
    """Have the daemon do it and wait; returns its exit code. Raises ErrandError when it did not do it, or not all."""
    try:
        directory = open_folder(folder)
    except FileNotFoundError:
        return Undone.UNSERVED
    except OSError as error:
        raise _refused(folder, error) from error
    try:
        daemon = _daemon(directory)
        if daemon is None:
            return Undone.UNSERVED
        return _Asking(directory, daemon, Errand(what=what, arguments=arguments, pid=os.getpid())).done(tell)
    except OSError as error:
        raise _refused(folder, error) from error
    finally:
        os.close(directory)


def _refused(folder: Path, error: OSError) -> ErrandError:
    """Why the daemon cannot be asked, and where the folder is somebody else's, who can."""
    told = f"the daemon cannot be asked: {folder}: {error.strerror or error}"
    if isinstance(error, PermissionError):
        owner = _owner(folder)
        who = "root" if owner == "root" else f"{owner} and root"
        told += f"; only {who} may, for instance by `sudo -u {owner} crawler …`" if owner else ""
    return ErrandError(told)


def _owner(folder: Path) -> str | None:
    """The name of the user whose daemon it is; None where not even that can be seen."""
    try:
        uid = folder.stat().st_uid
    except OSError:
        return None
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def _daemon(directory: int) -> bytes | None:
    """Which daemon serves: what its file says while it holds the lock on it."""
    try:
        descriptor = open_file(SERVING, os.O_RDONLY, folder=directory)
    except FileNotFoundError:
        return None
    try:
        return os.read(descriptor, 100) if is_held(descriptor) else None
    finally:
        os.close(descriptor)


class _Asking:
    """One errand, from its request to its end."""

    def __init__(self, directory: int, daemon: bytes, errand: Errand) -> None:
        self._directory, self._daemon, self._errand = directory, daemon, errand
        self._id = secrets.token_hex(16)
        self._told: int | None = None
        self._rest = b""

    def done(self, tell: Tell) -> int | Undone:
        """Ask and wait. However it ends, nothing that the daemon has not begun stays."""
        request = open_file(f"{self._id}.new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, folder=self._directory)
        try:
            self._post(request)
            return self._followed(tell)
        finally:
            self._remove("new", "asked")
            os.close(request)
            if self._told is not None:
                os.close(self._told)

    def _post(self, request: int) -> None:
        """Put the request where the daemon looks, whole and held by us."""
        fcntl.flock(request, fcntl.LOCK_EX)
        if os.geteuid() == 0:
            # The daemon of another user must be able to read what root asks.
            owner = os.fstat(self._directory)
            os.fchown(request, owner.st_uid, owner.st_gid)
        rest = memoryview(msgspec.json.encode(self._errand))
        while rest:
            rest = rest[os.write(request, rest) :]
        names = f"{self._id}.new", f"{self._id}.asked"
        os.rename(*names, src_dir_fd=self._directory, dst_dir_fd=self._directory)

    def _followed(self, tell: Tell) -> int | Undone:
        """Say each line until the exit code comes."""
        while True:
            # Asked before the reply is read: what the daemon wrote last is still told.
            has_ended = _daemon(self._directory) != self._daemon
            for record in self._records():
                if "exit" in record:
                    self._remove("begun", "told")
                    return _code(record)
                tell(str(record["line"]))
            if has_ended and removed(f"{self._id}.asked", folder=self._directory):
                return Undone.ENDED
            if has_ended:
                raise ErrandError(_ENDED)
            # In this order: between the two the daemon may have renamed the one into the other.
            if not self._is("asked") and not self._is("begun"):
                raise ErrandError("the daemon could not take this; its log says why")
            time.sleep(LOOK_SECONDS)

    def _records(self) -> Iterator[dict[str, Any]]:
        """What the daemon has written since the last look."""
        if self._told is None:
            try:
                self._told = open_file(f"{self._id}.told", os.O_RDONLY, folder=self._directory)
            except FileNotFoundError:
                return
        while piece := os.read(self._told, 65536):
            *lines, self._rest = (self._rest + piece).split(b"\n")
            for line in lines:
                yield msgspec.json.decode(line, type=dict[str, Any])

    def _is(self, state: str) -> bool:
        return is_there(f"{self._id}.{state}", folder=self._directory)

    def _remove(self, *states: str) -> None:
        for state in states:
            removed(f"{self._id}.{state}", folder=self._directory)


def _code(record: Mapping[str, Any]) -> int:
    """The exit code; an error is raised here as it would have been without a daemon."""
    if record.get("error"):
        raise ErrandError(str(record["error"]))
    return int(record["exit"])
