"""The scheduler: what is done how often. Nothing piles up; what comes late is done once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler


class Timing:
    """APScheduler with the settings that suit a clock: late jobs run, but once, and never beside themselves."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do this every so many seconds, the first time at once."""
        self._scheduler.add_job(
            work,
            "interval",
            seconds=seconds,
            next_run_time=datetime.now(UTC),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def catch_up(self) -> None:
        """The wall clock was put: everything is done now, and from then on as often as before."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def pause(self) -> None:
        """Begin nothing more. What is under way goes on."""
        if self._scheduler.running:
            self._scheduler.pause()

    def shutdown(self) -> None:
        """End it. `wait=True` would cancel what runs (measured), so it is paused and drained before."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
