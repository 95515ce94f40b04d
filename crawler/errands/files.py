"""The folder of errands: its names, how its files are opened, and who holds them."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: The daemon's own file. It holds a lock on it for as long as it takes errands, and the file says which daemon it is.
SERVING = "serving"
#: The others: the errand's id, and how far it is.
NAME = re.compile(r"([0-9a-f]{32})\.(new|asked|begun|told)")
#: A request has the arguments of a command line in it, of which Linux takes two megabytes at most.
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """What a request says: `Errand(what="poll", arguments={"names": [], "due": False}, pid=1234)`."""

    what: str
    arguments: Mapping[str, Any]
    #: of the command, for the log; whether it still waits is told by its lock
    pid: int


def folder_of(store: Path) -> Path:
    """The folder of the errands for the daemon that holds this store, whatever links lead to it."""
    place = Path(os.path.realpath(store))
    return place.with_name(place.name + ".errands")


def open_folder(folder: Path) -> int:
    """A descriptor that all files of the folder are reached by. Raises OSError, also for a link."""
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def open_file(name: str, flags: int, *, folder: int) -> int:
    """Open a file of the folder. Raises OSError, also for anything that is no plain file."""
    # O_NONBLOCK: a pipe somebody has put there would hold us up for ever.
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{name} is no plain file")
    return descriptor


def is_held(descriptor: int) -> bool:
    """Whether somebody else holds the lock of an open file."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False


def removed(name: str, *, folder: int) -> bool:
    """Remove a file; returns whether it was there."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
        return True
    return False


def is_there(name: str, *, folder: int) -> bool:
    """Whether the folder has a file of that name."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
