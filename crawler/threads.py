"""Work that may block for ever, on a pipe that nobody writes to or a network file system: in a thread of its own.

The program does not wait for it when it ends, as it would for one of the event loop's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def in_thread(work: Callable[[], Result]) -> Future[Result]:
    """Do the work in a thread of its own, which ends with the program at the latest."""
    outcome: Future[Result] = Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    threading.Thread(target=run, name="apart", daemon=True).start()
    return outcome
