"""Host lines: all requests to one host stand in one line, so that a slow host costs nobody but itself.

What a host asked with Retry-After is kept here too; `snapshot` and `restore` carry it over a restart.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crawler.errors import FetchError

#: No Retry-After is kept for longer; one that lies further ahead is the sign of a clock that jumped.
LONGEST_HOLD = timedelta(days=1)
#: Lines that nobody stands in are cleared away once there are so many of them.
_MANY_LINES = 1024


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: by the monotonic clock; None until the first request has ended
    last_end: float | None = None
    #: waiting or being served
    users: int = 0


class HostLines:
    """One line a host, in order of arrival, with the delay between two requests and the host's own wishes.

    Delays are measured by the monotonic clock; what a host asked for is a wall-clock time, so that it can be stored.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._monotonic, self._now, self._sleep = monotonic, now, sleep
        self._lines: dict[str, _Line] = {}
        self._not_before: dict[str, datetime] = {}
        self._clear_at = _MANY_LINES

    @asynccontextmanager
    async def turn(self, host: str, *, delay: float, patience: float) -> AsyncIterator[None]:
        """Wait for the turn and hold it.

        Raises FetchError (`rate_limited`) when the host asked not to be disturbed for longer than `patience` seconds.
        """
        self._refuse_if_held(host, patience)
        line = self._line(host)
        line.users += 1
        try:
            async with line.lock:
                # Whoever was ahead of us in the line may just have been told to stay away.
                self._refuse_if_held(host, patience)
                await self._wait(max(self._still_to_wait(line, delay), self.held_for(host)))
                try:
                    yield
                finally:
                    line.last_end = self._monotonic()
        finally:
            line.users -= 1

    def now(self) -> datetime:
        """The wall clock that holds are measured by."""
        return self._now()

    def hold(self, host: str, seconds: float) -> None:
        """Send nothing to `host` for so many seconds: it asked for that."""
        wish = timedelta(seconds=max(0.0, seconds))
        until = self._now() + min(wish, LONGEST_HOLD)
        self._not_before[host] = max(until, self._not_before.get(host, until))

    def held_for(self, host: str) -> float:
        """Seconds for which `host` does not want to be asked; 0.0 when it may be."""
        until = self._not_before.get(host)
        if until is None:
            return 0.0
        left = until - self._now()
        if timedelta(0) < left <= LONGEST_HOLD:
            return left.total_seconds()
        del self._not_before[host]
        return 0.0

    def snapshot(self) -> dict[str, datetime]:
        """Hosts that asked to be left alone, and until when."""
        return {host: until for host, until in self._not_before.items() if until > self._now()}

    def restore(self, not_before: Mapping[str, datetime]) -> None:
        """Take over what an earlier run was asked for; what is held here already and longer stays."""
        for host, until in not_before.items():
            self._not_before[host] = max(until, self._not_before.get(host, until))

    def shift(self, seconds: float) -> None:
        """The wall clock was put by so many seconds: what hosts asked for keeps its length."""
        self._not_before = {host: until + timedelta(seconds=seconds) for host, until in self._not_before.items()}

    def _refuse_if_held(self, host: str, patience: float) -> None:
        left = self.held_for(host)
        if left <= patience:
            return
        until = self._not_before[host].astimezone(UTC)
        text = f"the server asked not to come back before {until:%H:%M:%SZ}; nothing was sent"
        raise FetchError("rate_limited", text, retry_after=left)

    def _still_to_wait(self, line: _Line, delay: float) -> float:
        if line.last_end is None:
            return 0.0
        return line.last_end + delay - self._monotonic()

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)

    def _line(self, host: str) -> _Line:
        if host not in self._lines and len(self._lines) >= self._clear_at:
            self._clear()
        return self._lines.setdefault(host, _Line())

    def _clear(self) -> None:
        """Forget the lines nobody stands in; those just served stay, for the delay that is still to be kept."""
        recent = self._monotonic() - 60.0
        self._lines = {
            host: line for host, line in self._lines.items() if line.users or (line.last_end or recent) > recent
        }
        self._clear_at = max(_MANY_LINES, 2 * len(self._lines))
