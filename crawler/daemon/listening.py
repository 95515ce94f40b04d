"""The address beside the daemon: `/metrics` for Prometheus, `/healthz` and `/readyz` for probes.

It has threads of its own, so that it answers also while the event loop hangs: that is when somebody asks.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from http import HTTPStatus
from importlib import import_module
from typing import NamedTuple

from crawler.config import Config
from crawler.config.scalars import Listen
from crawler.daemon.answering import Answer, Server
from crawler.daemon.health import Health
from crawler.daemon.metrics import Metrics
from crawler.errors import CrawlerError

#: A scrape waits for the one before it this long: the store is never read by two at once.
SCRAPE_SECONDS = 5.0
METRICS = "text/plain; version=0.0.4; charset=utf-8"
#: Twice a second connections are looked at whose time is up; an end is waited for as long.
LOOK_SECONDS = 0.5


class _Running(NamedTuple):
    listen: Listen
    server: Server
    thread: threading.Thread


class Listening:
    """Answers at one address at a time, or at none. Not to be started and stopped in two threads at once."""

    def __init__(self, metrics: Metrics, health: Health) -> None:
        self._metrics, self._health = metrics, health
        self._running: _Running | None = None
        self._turn = threading.Lock()

    @property
    def port(self) -> int | None:
        """Where it answers; None: nowhere."""
        return self._running.server.server_address[1] if self._running is not None else None

    def follow(self, config: Config) -> None:
        """Answer, or not, as the config says: at the start and after a reload. Raises CrawlerError as `start` does."""
        self._metrics.follow(config)
        if config.metrics is not None:
            self.start(config.metrics.listen)
        else:
            self.stop()

    def start(self, listen: Listen) -> None:
        """Answer at this address from now on, instead of the old one.

        Raises CrawlerError when that cannot be, and then goes on at the old one.
        """
        old = self._running
        if old is not None and old.listen == listen:
            return
        expose = _exposition()
        if old is not None and old.listen.port == listen.port:
            self.stop()  # 127.0.0.1:9464 is in the way of 0.0.0.0:9464
        try:
            running = self._begin(listen, expose)
        except CrawlerError:
            if old is not None and self._running is None:
                self._running = self._begin(old.listen, expose)
            raise
        self.stop()
        self._running = running

    def stop(self) -> None:
        """Answer no more."""
        if self._running is not None:
            self._running.server.shutdown()
            self._running.server.server_close()
            self._running.thread.join()
            self._running = None

    def _begin(self, listen: Listen, expose: Callable[[Metrics], bytes]) -> _Running:
        answers = {"/metrics": lambda: self._scrape(expose), "/healthz": self._healthz, "/readyz": self._readyz}
        try:
            server = Server(listen, answers)
        except OSError as error:
            why = "something else uses that port" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
            raise CrawlerError(
                f"metrics.listen: nothing can be answered at {listen}: {why}; write another address"
            ) from error
        thread = threading.Thread(target=server.serve_forever, args=(LOOK_SECONDS,), name="metrics", daemon=True)
        thread.start()
        return _Running(listen, server, thread)

    def _scrape(self, expose: Callable[[Metrics], bytes]) -> Answer:
        if not self._turn.acquire(timeout=SCRAPE_SECONDS):
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, b"busy")
        try:
            return Answer(HTTPStatus.OK, expose(self._metrics), METRICS)
        finally:
            self._turn.release()

    def _healthz(self) -> Answer:
        return _word(self._health.word())

    def _readyz(self) -> Answer:
        """Ready from the start to the end, in trouble or not: nothing else could take over."""
        return _word("ok" if self._health.is_ready else self._health.word())


def _word(word: str) -> Answer:
    return Answer(HTTPStatus.OK if word == "ok" else HTTPStatus.SERVICE_UNAVAILABLE, word.encode())


def _exposition() -> Callable[[Metrics], bytes]:
    """What writes the metrics: loaded only where they are asked for, because its library is an extra."""
    try:
        expose: Callable[[Metrics], bytes] = import_module("crawler.daemon.exposing").exposition
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("prometheus_client"):
            raise
        raise CrawlerError(
            "metrics: the library prometheus-client is missing; `pip install 'crawler[metrics]'` brings it"
        ) from error
    return expose
