"""The heartbeat: an address that is asked as long as all is well, so that somebody else notices when it is not.

It is asked first when the daemon has been well for a while: one that is started over and over is not well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from crawler.daemon.guarding import Guarded
from crawler.daemon.health import Health
from crawler.errors import FetchError
from crawler.model import Fetch, Request
from crawler.watch import Watch

log = structlog.get_logger()

#: The first one after a start comes this much later, or after one period where that is shorter.
SETTLING_SECONDS = 60.0


class Heartbeat:
    """Begins the calls, one at a time. `health` decides; a call that fails is logged and does nothing else."""

    def __init__(self, health: Health, guarded: Guarded, steady: Callable[[], float]) -> None:
        self._health, self._guarded, self._steady = health, guarded, steady
        self._since: float | None = None
        self._last: float | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The call under way."""
        return [self._task] if self._task is not None else []

    def begin(self, watch: Watch) -> None:
        """Call if it is time and all is well, and return at once."""
        if self._health.word() != "ok":
            self._since = None
            return
        now = self._steady()
        self._since = now if self._since is None else self._since
        wanted = watch.config.heartbeat
        if wanted is None or watch.heartbeat is None or self._task is not None:
            return
        every = wanted.every.total_seconds()
        is_settled = now - self._since >= min(every, SETTLING_SECONDS)
        if is_settled and (self._last is None or now - self._last >= every):
            self._last = now
            self._task = asyncio.create_task(self._call(watch.heartbeat, wanted.url.get_secret_value()))

    async def _call(self, fetch: Fetch, url: str) -> None:
        try:
            await self._guarded(_ask(fetch, url))
        finally:
            self._task = None


async def _ask(fetch: Fetch, url: str) -> None:
    try:
        # A redirect is not followed: the address is a secret, and goes to its own place only.
        await fetch(Request(url=url, follow=False))
    except FetchError as error:
        if error.status is None or not 200 <= error.status < 300:
            # `https://host/key: what happened`, of which only the latter is for a log.
            told = str(error).partition(": ")[2] if "://" in str(error) else str(error)
            log.warning("heartbeat", status="failed", reason=error.reason, error=told)
            return
    log.debug("heartbeat", status="done")
