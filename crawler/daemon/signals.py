"""What other processes tell the daemon with a signal."""

from __future__ import annotations

import asyncio
import signal

import structlog

log = structlog.get_logger()


class Signals:
    """SIGTERM and SIGINT: stop, and the second of them: at once. SIGHUP: read the config again."""

    def __init__(self) -> None:
        self.stop, self.hurry, self.reload = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def install(self) -> None:
        """Hear them from now on, in the running loop."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)
        # Left alone these two would end the process in the middle of whatever it does.
        for name in (signal.SIGUSR1, signal.SIGUSR2):
            loop.add_signal_handler(name, _unknown, name)

    def _asked_to_stop(self) -> None:
        if self.stop.is_set():
            self.hurry.set()
        self.stop.set()


def _unknown(name: signal.Signals) -> None:
    log.warning("signal", status="ignored", signal=name.name)
