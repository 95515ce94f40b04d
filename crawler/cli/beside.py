"""A writing command beside a daemon: the daemon does it, and where there is none, the command itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from crawler.errands import Undone, ask, folder_of
from crawler.errors import StoreLocked

Tell = Callable[[str], None]

#: A daemon that is told to stop lets go of the store within this.
PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.2


def done(store: Path, what: str, arguments: Mapping[str, Any], tell: Tell, *, alone: Callable[[], int]) -> int:
    """Have it done and return the exit code. `alone` does it here; it raises StoreLocked before it does anything.

    Raises StoreLocked where the store is held by something else than a daemon, such as another `poll`.
    """
    patient_until = 0.0
    while True:
        answer = ask(folder_of(store), what, arguments, tell)
        if isinstance(answer, int):
            return answer
        if answer is Undone.ENDED:
            patient_until = time.monotonic() + PATIENCE_SECONDS
        try:
            return alone()
        except StoreLocked:
            # Only a daemon that has just ended on us is worth waiting for: it still holds the store.
            if time.monotonic() >= patient_until:
                raise
            time.sleep(_LOOK_SECONDS)
