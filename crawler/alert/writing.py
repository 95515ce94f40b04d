"""Writes that may block (a pipe that nobody reads, a network file system): one at a time and each with a limit.

Each has a thread of its own, one that the program does not wait for when it ends.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from crawler.errors import SinkError
from crawler.threads import in_thread

#: What a Sink has for one alert.
SECONDS = 15.0


def check_writable(path: Path, *, replaced: bool = False) -> None:
    """Raises OSError where a file could not be written, or `replaced` by another one; nothing is made."""
    if path.is_dir():
        raise IsADirectoryError(0, "is a folder")
    if path.is_fifo():
        raise OSError(0, "is a pipe and no file; a `command` sink can write into it")
    if not path.parent.exists():
        raise FileNotFoundError(0, f"there is no folder {path.parent}")
    place = path if path.exists() and not replaced else path.parent
    if not os.access(place, os.W_OK):
        raise PermissionError(0, f"{place} is not writable")


def sync_folder(descriptor: int) -> None:
    """Have what stands in an open folder on the disk; a file system that knows no such thing is no fault."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOTSUP):
            raise


class Writing:
    """The writes of one Sink; `place` says where to, for people."""

    def __init__(
        self, place: str, *, seconds: float = SECONDS, late: str = "not written after {:g} s; is it being read?"
    ) -> None:
        self._place, self._seconds, self._is_late = place, seconds, late.format(seconds)
        #: the last write that was not waited for to its end, and the alert that it is of
        self._late: tuple[str, Future[str | None]] | None = None

    async def do(self, alert_id: str, write: Callable[[], str | None]) -> str | None:
        """What `write` returns. Raises SinkError when it fails or takes too long.

        One that took too long still goes on. Until it ends nothing else is written, and if it does end well, its
        alert is not written again.
        """
        if self._late is not None:
            late_id, late = self._late
            if not late.done():
                raise SinkError(f"{self._place}: an earlier alert is still being written, so this one has to wait")
            self._late = None
            if late_id == alert_id and late.exception() is None:
                return late.result()
        try:
            return await self._within_limit(alert_id, in_thread(write))
        except (OSError, ValueError, RuntimeError) as error:
            raise SinkError(f"{self._place}: {getattr(error, 'strerror', None) or error}") from error

    async def _within_limit(self, alert_id: str, running: Future[str | None]) -> str | None:
        self._late = (alert_id, running)
        ended = asyncio.wrap_future(running)
        try:
            await asyncio.wait((ended,), timeout=self._seconds)
            if not ended.done():
                raise SinkError(f"{self._place}: {self._is_late}")
            self._late = None
            return ended.result()
        finally:
            ended.cancel()  # nobody asks for it any more; the write itself cannot be cancelled
