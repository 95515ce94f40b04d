"""What tests of real processes share: a site to watch, processes that do not outlive their test, and waiting."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from tests.site import Site, serve


@contextmanager
def small_site(posts=3):
    """A site on loopback by the real clock, whose posts are a day old."""
    site = Site(clock=lambda: datetime.now(UTC))
    for number in range(posts):
        at = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=1, minutes=number)
        site.publish(f"Post {number}", f"<p>Text {number}.</p>", date=at, modified=at.replace(tzinfo=UTC))
    with serve(site):
        yield site


def wait_for(holds, seconds=40):
    """Come back once it holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (sqlite3.Error, ValueError):  # the store is only just being made, the log not yet in JSON
            pass
        time.sleep(0.02)
    raise AssertionError("it did not come about in time")


def make_due(folder):
    """Let everything be due at once."""
    with closing(sqlite3.connect(folder / "crawler.db", timeout=20)) as store, store:
        store.execute("UPDATE endpoints SET next_poll_at = '2020-01-01T00:00:00Z'")


@contextmanager
def started(command, *arguments):
    """A process of the command (`run`), which is killed at the end."""
    process = command.start(*(arguments or ("run",)))
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process, seconds=30):
    """Exit code and standard error of a process that is to end by itself or has been told to."""
    _, said = process.communicate(timeout=seconds)
    return process.returncode, said
