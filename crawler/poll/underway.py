"""One poll under way: what it goes by, and what its visits to the endpoints have come to so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from crawler.config import SourceConfig
from crawler.errors import PollError
from crawler.model import Endpoint, Source
from crawler.model.plan import PollKind, Sees
from crawler.poll.found import Found, reason_of
from crawler.poll.polled import Polled
from crawler.poll.sweep import Swept
from crawler.poll.tally import Tally
from crawler.poll.visit import Visit


class UnderWay:
    """A poll of one Source. `polled` is replaced as it goes on; all else stays.

    `forced`: the back-off of a failing endpoint does not count.
    """

    def __init__(self, found: Found, source: Source, config: SourceConfig, started: datetime, *, forced: bool) -> None:
        self.desk, self.endpoints, self.is_closed = found.desk, found.endpoints, found.is_closed
        self.collections = [each for each in self.endpoints if each.kind == "rest"]
        self.beacons = [each for each in self.endpoints if each.kind == "feed"]
        self.source, self.config = source, config
        self.started, self.forced = started, forced
        self.polled = Polled(source=source.name, ok=False)
        if found.trouble is not None:
            self.polled = replace(self.polled, reason=reason_of(found.trouble), error=str(found.trouble))

    def visit(self, endpoint: Endpoint, kind: PollKind = "poll") -> Visit:
        """A visit to one of its endpoints."""
        return Visit(
            desk=self.desk,
            source=self.source,
            config=self.config,
            endpoint=endpoint,
            kind=kind,
            started=self.desk.clock(),
            fetch=Tally(self.desk.fetch_for(self.config)),
            is_beacon=endpoint.kind == "feed" and bool(self.collections),
            has_feed=endpoint.kind == "rest" and bool(self.beacons),
        )

    def again(self, endpoints: Iterable[Endpoint]) -> list[Endpoint]:
        """These as the store has them now: a baseline may just have given a collection its watermark."""
        ids = {each.id for each in endpoints}
        if not ids:
            return []
        return [each for each in self.desk.store.endpoints(self.source.id) if each.id in ids]

    def is_due(self, endpoint: Endpoint) -> bool:
        """Whether its time had come when this poll began."""
        # One that has never been tried may have been found after this poll began.
        if endpoint.next_poll_at is None or endpoint.last_try_at is None:
            return True
        return endpoint.next_poll_at <= self.started

    def sees(self, *, complete: bool = True, looking_at: int | None = None, is_read: bool = False) -> tuple[Sees, ...]:
        """What a look shows: a feed by itself all of its window; beside REST, edits where no collection fails.

        `complete`: whatever was to be read in this poll was. `looking_at`: the collection whose trouble is over if the
        look works. `is_read`: a body came, and not only the word that nothing moved, which knows of no silent edit.
        """
        if not self.collections:
            return ("new", "edits", "silent") if is_read else ("new", "edits")
        is_whole = complete and not any(each.failures for each in self.collections if each.id != looking_at)
        return ("new", "edits") if is_whole else ("new",)

    def add(self, visit: Visit, *, baseline: int = 0, changes: int = 0) -> None:
        """Count what a visit came to: this Source could be read."""
        polled = self.polled
        self.polled = replace(
            polled,
            ok=True,
            baseline=polled.baseline + baseline,
            changes=polled.changes + changes,
            requests=polled.requests + visit.fetch.sent,
        )

    def add_swept(self, swept: Swept) -> None:
        """Count what a part of the sweep came to."""
        self.polled = replace(
            self.polled,
            swept=self.polled.swept + swept.posts,
            changes=self.polled.changes + swept.changes,
            requests=self.polled.requests + swept.requests,
            sweep_error=self.polled.sweep_error if swept.error is None else str(swept.error),
        )

    async def failed(self, visit: Visit, error: PollError) -> datetime:
        """Write down a failure; returns when the endpoint is asked again."""
        sent = visit.fetch.sent
        due = await visit.failed(error)
        polled = self.polled
        self.polled = replace(
            polled,
            requests=polled.requests + sent,
            reason=polled.reason or error.reason,
            error=polled.error or str(error),
        )
        return due
