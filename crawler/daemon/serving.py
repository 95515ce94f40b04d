"""Errands of the command line: looked for at each tick, a task each, a few at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from crawler.errands import Inbox, Taken
from crawler.errors import CrawlerError

log = structlog.get_logger()

#: Done at once; further ones wait in the folder, where who asked can still take them back.
MOST = 4
STOPPED = (
    "the daemon was stopped before this was done; what was under way was finished or dropped whole,"
    " and `crawler status` tells where things stand"
)

Tell = Callable[[str], None]
#: Does what a command asks for: given its name, its arguments and how to say a line, returns the exit code. Raises
#: CrawlerError, whose text the command then shows.
Perform = Callable[[str, Mapping[str, Any], Tell], Awaitable[int]]


class Serving:
    """Takes errands out of the folder and has them performed."""

    def __init__(self, perform: Perform) -> None:
        self._inbox, self._perform = Inbox(), perform
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._trouble: str | None = None

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The errands under way."""
        return list(self._tasks.values())

    def serve(self, folder: Path) -> None:
        """Look once for what was asked, and begin it as far as there is room."""
        try:
            if not self._inbox.is_open:
                self._inbox.close()
                self._inbox.open(folder)
            waiting = self._inbox.waiting(set(self._tasks))
        except OSError as error:
            self._say(folder, str(error))
            return
        self._trouble = None
        for errand_id in waiting:
            if len(self._tasks) >= MOST:
                return
            taken = self._inbox.begin(errand_id)
            if taken is not None:
                self._tasks[errand_id] = asyncio.create_task(self._done(taken))

    def close(self) -> None:
        """Take no more errands; what was not begun is its command's own to do.

        Not before the very end: whoever waits there then tries whether the store is free.
        """
        self._inbox.close()

    async def _done(self, taken: Taken) -> None:
        """Do one errand. However that ends, whoever asked hears of it."""
        what = taken.errand.what
        code, error = 1, None
        log.info("errand", status="begun", what=what, asked_by=taken.errand.pid)
        try:
            code = await self._perform(what, taken.errand.arguments, taken.tell)
        except asyncio.CancelledError:
            error = STOPPED
            raise
        except CrawlerError as trouble:
            error = str(trouble)
        except Exception as trouble:
            # A mistake of ours costs this errand, not the daemon.
            log.exception("errand", status="failed", what=what)
            error = f"a mistake in crawler itself: {type(trouble).__name__}: {trouble}"
        finally:
            taken.end(code, error)
            del self._tasks[taken.id]
            log.info("errand", status="done", what=what, code=code)

    def _say(self, folder: Path, trouble: str) -> None:
        """Tell of trouble with the folder once: commands beside the daemon are refused then, and it watches on."""
        if trouble != self._trouble:
            log.warning("errand", status="not served", folder=str(folder), error=trouble)
        self._trouble = trouble
