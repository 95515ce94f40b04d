"""Who holds a lock file, told without touching the lock: whoever only looks must be in nobody's way."""

from __future__ import annotations

import os
from pathlib import Path

#: Linux lists all locks here: `3: FLOCK  ADVISORY  WRITE 18094 fe:00:2187572 0 EOF`.
LOCKS = Path("/proc/locks")
_KIND, _FILE = 1, 5


def holder(file: Path) -> int | None:
    """The process that holds the lock on this file, by the number at the file's beginning; None: nobody does."""
    try:
        words = file.read_text(encoding="ascii", errors="replace").split()
        inode = file.stat().st_ino
    except OSError:
        return None
    pid = int(words[0]) if words and words[0].isdecimal() else 0
    return pid if pid and _is_alive(pid) and _is_locked(inode) else None


def _is_locked(inode: int) -> bool:
    try:
        lines = LOCKS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # no Linux: a process of that number is all that can be told
        return True
    found = [line.split() for line in lines]
    return any(
        len(words) > _FILE and words[_KIND] == "FLOCK" and words[_FILE].rpartition(":")[2] == str(inode)
        for words in found
    )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True
