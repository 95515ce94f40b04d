"""From the outbox to the Sinks: at least once, in order per post, marked only after the Sink has said yes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from crawler.alert.sink import Sink
from crawler.errors import SinkError
from crawler.model import AlertJob
from crawler.render import alert
from crawler.schedule import next_attempt
from crawler.store import Store

log = structlog.get_logger()

#: Alerts read from the outbox at a time.
BATCH = 100


async def deliver(
    store: Store, sinks: Sequence[Sink], clock: Callable[[], datetime], *, page_url: str | None = None
) -> int:
    """Try every due Alert once. One Sink that fails does not hold up the others. Returns how many failed."""
    failed = await asyncio.gather(*(_to_sink(store, sink, clock, page_url) for sink in sinks))
    return sum(failed)


async def _to_sink(store: Store, sink: Sink, clock: Callable[[], datetime], page_url: str | None) -> int:
    """Deliver to one Sink until nothing is due; the first failure ends it, so that order per post is kept."""
    while jobs := store.pending(sink.name, clock(), BATCH):
        for job in jobs:
            if not await _one(store, sink, job, clock, page_url):
                return 1
    return 0


async def _one(store: Store, sink: Sink, job: AlertJob, clock: Callable[[], datetime], page_url: str | None) -> bool:
    url = f"{page_url.rstrip('/')}/changes/{job.change.id}" if page_url else None
    payload = alert(job.change, full_text=sink.full_text, url=url)
    try:
        reply = await sink.send(payload)
    except SinkError as error:
        due = None if error.permanent else next_attempt(clock(), job.attempts, wait=error.retry_after)
        await store.refused(job.id, str(error)[:2000], due)
        log.warning("alert", sink=sink.name, status="failed", id=job.change.id, error=str(error), again=str(due))
        return False
    await store.delivered(job.id, clock(), reply)
    log.debug("alert", sink=sink.name, status="delivered", id=job.change.id)
    return True
