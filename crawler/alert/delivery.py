"""From the outbox to the Sinks: at least once, in order per post, marked only after the Sink has said yes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from crawler.alert.body import body_of
from crawler.alert.sink import Sink
from crawler.decide.pacing import quiet_until
from crawler.errors import SinkError, StoreError
from crawler.model import ChangeView, DigestView, NoticeView, PendingAlert, Refusal
from crawler.model.pace import AT_ONCE, Pace
from crawler.render import alert, digest, notice
from crawler.store import Store

log = structlog.get_logger()

#: Alerts read from the outbox at a time.
BATCH = 100
#: Sinks have limits of their own, of 15 s for an alert. This is for one that forgets.
SECONDS = 20.0
#: Characters of an error that are kept.
MOST_ERROR = 2000


def _always() -> bool:
    return True


async def deliver(
    store: Store,
    sinks: Sequence[Sink],
    clock: Callable[[], datetime],
    *,
    page_url: str | None = None,
    notified: Sequence[str] = (),
    paces: Mapping[str, Pace] = {},
    goes_on: Callable[[], bool] = _always,
) -> int:
    """Try every due Alert once. One Sink that fails does not hold up the others. Returns how many failed.

    A Sink that is in trouble rests; then one Alert is tried, and the others when it was taken. `notified`: the Sinks
    that take Notices, to be told of another that is dead. `paces`: when Sinks are told; without one, at once.
    `goes_on`: asked before each Alert; where it says no, the others are left for the next delivery.
    """
    delivering = (
        _Delivery(store, sink, clock, page_url, notified, paces.get(sink.name, AT_ONCE), goes_on).run()
        for sink in sinks
    )
    return sum(await asyncio.gather(*delivering))


class _Delivery:
    """A delivery to one Sink."""

    def __init__(
        self,
        store: Store,
        sink: Sink,
        clock: Callable[[], datetime],
        page_url: str | None,
        notified: Sequence[str],
        pace: Pace,
        goes_on: Callable[[], bool],
    ) -> None:
        self._store, self._sink, self._clock = store, sink, clock
        self._page_url, self._notified, self._pace, self._goes_on = page_url, notified, pace, goes_on

    async def run(self) -> bool:
        """Deliver until nothing is due; a Sink in trouble ends it. Returns whether one was not taken."""
        failed = False
        while due := await self._store.pending(self._sink.name, self._clock(), BATCH, self._pace):
            for pending in due:
                if not self._goes_on():
                    return failed
                refusal = await self._tried(pending)
                if refusal is not None:
                    failed = True
                    if await self._refused(pending, refusal):
                        return failed
                    break  # what is due now may be another: the Sink has to prove itself with one
                if quiet_until(self._pace, self._clock()) is not None:
                    break  # what was read before the quiet hours may have to wait for their end
        return failed

    async def _tried(self, pending: PendingAlert) -> Refusal | None:
        """Send an Alert, and mark it when it was taken. Returns why it was not."""
        payload: Mapping[str, Any] | None = None
        try:
            payload = await self._object(pending)
            async with asyncio.timeout(SECONDS):
                reply = await self._sink.send(payload)
        except StoreError:
            raise
        except Exception as error:
            refusal = self._refusal(error)
            if refusal is None or payload is None:
                return self._mistake(pending, error)
            # What the Sink may have seen, it is to see again as it was; a digest is stored already.
            return replace(refusal, body=body_of(payload))
        await self._store.delivered(pending.id, self._clock(), reply, self._notified)
        log.debug("alert", sink=self._sink.name, status="delivered", id=pending.data_id)
        return None

    async def _object(self, pending: PendingAlert) -> Mapping[str, Any]:
        """What is sent: where it is not for the first time, the same as before."""
        body = self._store.body(pending.id)
        if body is not None:
            before: dict[str, Any] = json.loads(body)
            return before
        news = self._store.news(pending.id)
        payload = _payload(self._store, self._sink, news, self._page_url)
        if isinstance(news, DigestView):
            await self._store.keep_body(pending.id, body_of(payload))
        return payload

    def _refusal(self, error: Exception) -> Refusal | None:
        if isinstance(error, SinkError):
            return Refusal(error=str(error)[:MOST_ERROR], permanent=error.permanent, wait=error.retry_after)
        if isinstance(error, TimeoutError):
            return Refusal(error=f"{self._sink.name}: not taken within {SECONDS:g} s")
        if isinstance(error, OSError | MemoryError):
            # No file, process or memory to be had just now.
            return Refusal(error=f"{self._sink.name}: {str(error) or type(error).__name__}"[:MOST_ERROR])
        return None

    def _mistake(self, pending: PendingAlert, error: Exception) -> Refusal:
        # Of ours or of a library. It may be one of a moment, so the Alert is tried again; one that can never be written
        # out is dead in the end. The others go on: many such, which strangers may have written, must not pass for a
        # Sink that is down.
        log.error("alert", sink=self._sink.name, status="failed", id=pending.data_id, exc_info=error)
        told = f"a mistake in crawler itself: {type(error).__name__}: {error}"
        return Refusal(error=told[:MOST_ERROR], by_sink=False)

    async def _refused(self, pending: PendingAlert, refusal: Refusal) -> bool:
        """Remember why the Sink did not take it. Returns whether the Sink is to be left alone."""
        now = self._clock()
        found = await self._store.refused(pending.id, refusal, now, self._notified)
        log.warning(
            "alert",
            sink=pending.sink,
            status="failed",
            id=pending.data_id,
            error=refusal.error,
            again=_moment(found.again) or "never",
            rests=_moment(found.rests_until),
        )
        return found.rests_until is not None and found.rests_until > now


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


def _moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
