"""From the outbox to the Sinks: at least once, in order per post, marked only after the Sink has said yes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog

from crawler.alert.sink import Sink
from crawler.errors import SinkError
from crawler.model import ChangeView, DigestView, NoticeView, PendingAlert
from crawler.render import alert, digest, notice
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


async def _to_sink(store: Store, sink: Sink, clock: Callable[[], datetime], page_url: str | None) -> bool:
    """Deliver to one Sink until nothing is due; an Alert that is to be tried again ends it, so that order is kept.

    Returns whether one failed.
    """
    failed = False
    while due := await store.pending(sink.name, clock(), BATCH):
        for pending in due:
            try:
                reply = await _sent(store, sink, pending, page_url)
            except SinkError as error:
                failed = True
                if await _refused(store, pending, error, clock()):
                    return failed
            else:
                await store.delivered(pending.id, clock(), reply)
                log.debug("alert", sink=sink.name, status="delivered", id=pending.news.id)
    return failed


async def _sent(store: Store, sink: Sink, pending: PendingAlert, page_url: str | None) -> str | None:
    """The Sink's reply. Raises SinkError when it has not taken the Alert."""
    try:
        return await sink.send(_payload(store, sink, pending.news, page_url))
    except SinkError:
        raise
    except Exception as error:
        # A mistake of ours in writing out one Alert costs that Alert: another try would end the same way, and those
        # behind it must not wait for ever.
        log.exception("alert", sink=sink.name, status="unreadable", id=pending.news.id)
        told = f"a mistake in crawler itself, it cannot be written out: {type(error).__name__}: {error}"
        raise SinkError(told, permanent=True) from error


def _payload(
    store: Store, sink: Sink, news: ChangeView | NoticeView | DigestView, page_url: str | None
) -> dict[str, Any]:
    if isinstance(news, NoticeView):
        return notice(news)
    if isinstance(news, DigestView):
        # One after the other: all that are shown, with the texts of their posts, may be many megabytes.
        return digest(news, (_payload(store, sink, store.change(each), page_url) for each in news.ids))
    url = f"{page_url.rstrip('/')}/changes/{news.id}" if page_url else None
    return alert(news, full_text=sink.full_text, url=url)


async def _refused(store: Store, pending: PendingAlert, error: SinkError, now: datetime) -> bool:
    """Remember why the Sink did not take it. Returns whether it is to be tried again."""
    due = None if error.permanent else next_attempt(now, pending.attempts, wait=error.retry_after)
    await store.refused(pending.id, str(error)[:2000], due)
    again = f"{due:%Y-%m-%dT%H:%M:%SZ}" if due is not None else "never"
    log.warning("alert", sink=pending.sink, status="failed", id=pending.news.id, error=str(error), again=again)
    return due is not None
