"""How far a long walk is: a bar on a terminal, a line a minute elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from crawler.cli.compose import Progress as Report

log = structlog.get_logger()

LINE_SECONDS = 60.0


@contextmanager
def progress(*, bars: bool) -> Iterator[Report]:
    """Yields what is to be told (source name, posts read, posts in all or None).

    `bars`: draw them where standard error is a terminal; without, it is lines everywhere.
    """
    if bars and sys.stderr.isatty():
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as display:
            yield _bars(display)
    else:
        yield _lines()


def _bars(display: Progress) -> Report:
    tasks: dict[str, TaskID] = {}

    def report(source: str, read: int, total: int | None) -> None:
        if source not in tasks:
            tasks[source] = display.add_task(source, total=total)
        display.update(tasks[source], completed=min(read, total) if total else read, total=total)

    return report


def _lines() -> Report:
    last: dict[str, float] = {}

    def report(source: str, read: int, total: int | None) -> None:
        now = time.monotonic()
        if now - last.setdefault(source, now) >= LINE_SECONDS:
            last[source] = now
            log.info("reading", source=source, read=read, total=total)

    return report
