"""The Store seam: what polls and deliveries ask of a store. SqliteStore is the one that is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from crawler.decide.beacon import Trust
from crawler.model import (
    AlertState,
    ChangeView,
    ConfiguredSource,
    DigestView,
    Discovered,
    Endpoint,
    Key,
    Known,
    LastSighting,
    NoticeKind,
    NoticeView,
    PendingAlert,
    Plan,
    Pruned,
    Rederived,
    Refusal,
    Refused,
    Retained,
    Source,
    SourceFacts,
    Suspect,
    Trouble,
    Walk,
)
from crawler.model.pace import AT_ONCE, Pace


class Store(Protocol):
    """Keeps everything. All datetimes are aware and in UTC.

    Reads are quick and see what the last finished write left. Writes are coroutines: they return once what they
    write is on disk for good, raise a StoreError otherwise, and then nothing of it is written. The Store owns the
    transactions; no caller ever sees half of one. Only one process has a Store open for writing.
    """

    @property
    def path(self) -> Path:
        """The file that it is in."""

    async def commit(self, plan: Plan) -> None:
        """Write a whole Plan in one transaction. Raises StoreConflict when the store has moved since it was made."""

    async def sync(
        self, entries: Sequence[ConfiguredSource], sinks: Sequence[str], now: datetime, *, reloading: bool = False
    ) -> None:
        """Bring Sources and Sinks in line with the config.

        `reloading`: raises TooManyRemoved, and nothing is written, where more than half of the Sources would go.
        """

    async def ping(self) -> None:
        """Come back once the writer has answered. Raises StoreUnavailable when it cannot write at present."""

    async def shift(self, before: datetime, after: datetime) -> None:
        """The clock was put, or the machine slept: due times move along, so that polls neither stop nor burst."""

    async def bound(self, entries: Sequence[ConfiguredSource], now: datetime) -> None:
        """Bring back due times that lie too far ahead."""

    async def register(self, source: Source, found: Discovered, now: datetime) -> int | None:
        """Write down what discovery found; returns the id of the Source that this one turned out to duplicate."""

    async def retire(self, endpoint_ids: Sequence[int], now: datetime) -> None:
        """Stop polling these endpoints."""

    async def postpone(self, source_id: int, error: str, until: datetime) -> None:
        """Remember why a Source could not be polled at all, and leave it alone until then."""

    async def conclude(self, source_id: int, trouble: Trouble, now: datetime, sinks: Sequence[str]) -> None:
        """A poll of the Source went wrong: count it, and write the Notice that is due to these Sinks, if any.

        That it works again is concluded by `commit`.
        """

    async def notice(
        self,
        kind: NoticeKind,
        source_id: int | None,
        text: str,
        at: datetime,
        sinks: Sequence[str],
        *,
        since: datetime | None = None,
    ) -> None:
        """Write a Notice with its Alerts; `source_id` None: about the program.

        Told again of the same kind, Source and `since` (when it began; default: `at`) it does nothing.
        """

    async def rederive(self, found: Sequence[Rederived], derivation: str) -> int:
        """Write texts and hashes of Revisions anew, in one transaction. Returns how many read otherwise than before."""

    async def keep_trust(self, endpoint_id: int, trust: Trust) -> None:
        """Remember how far a feed's silence is believed."""

    async def keep_site(self, source_id: int, facts: SourceFacts, walks: Sequence[Walk], now: datetime) -> None:
        """Remember what a site has just said of itself, and begin these walks."""

    async def keep_login(self, source_id: int, at: datetime | None, error: str | None) -> None:
        """Remember when a Source's application password was tried, and what is the matter with it."""

    async def keep_walks(self, walks: Sequence[Walk]) -> None:
        """Remember where these walks stand, in place of earlier ones of the same kind."""

    async def put_off(self, source_id: int, until: datetime, of: Sequence[int] | None = None) -> None:
        """Leave what would be due of a Source's sweeps and suspects alone until then; `of`: of these Endpoints only."""

    async def pending(self, sink: str, now: datetime, limit: int, pace: Pace = AT_ONCE) -> list[PendingAlert]:
        """The due Alerts of a Sink, in order; none while it rests, one while it is in trouble.

        What is to go out as one digest has been put together before; what the Sink's `pace` holds back is left out.

        For one Sink this is not to be called twice at the same time.
        """

    async def keep_body(self, alert_id: int, body: bytes) -> None:
        """Keep the object of the digest that an Alert is of, before it is sent: every try of it is to be the same."""

    async def delivered(self, alert_id: int, at: datetime, reply: str | None, notified: Sequence[str] = ()) -> None:
        """Mark an Alert as taken by its Sink, or all of the digest that it is of.

        Where it was told that the Sink is dead, those of `notified` that are other Sinks are told that it is not.
        """

    async def refused(self, alert_id: int, refusal: Refusal, now: datetime, notified: Sequence[str] = ()) -> Refused:
        """Mark an Alert, or all of the digest that it is of, as not taken; its Sink may have to rest.

        What is dead then is told, once an incident, to those of `notified` that are other Sinks.
        """

    async def retry(self, ids: Sequence[int], sinks: Sequence[str], now: datetime) -> list[int]:
        """Make pending and dead Alerts to these Sinks due at once: those with these ids, or all. Returns their ids.

        Their Sinks rest no longer.

        A digest is made due as a whole. Raises NotFound for an id that is no Alert's.
        """

    async def keep_lines(self, lines: Mapping[str, datetime]) -> None:
        """Remember which hosts asked not to be asked before when."""

    async def prune(self, kept: Retained, now: datetime, *, dry_run: bool = False) -> Pruned:
        """Take away what is older than it is to be kept, or only count it; other writes go on meanwhile.

        Never a latest Revision, a pending Alert, or what a Change shows.
        """

    def lines(self) -> Mapping[str, datetime]:
        """What `keep_lines` was last told."""

    def sources(self) -> list[Source]:
        """All Sources, removed and duplicate ones too."""

    def source(self, source_id: int) -> Source:
        """The Source with this id, which must be there."""

    def endpoints(self, source_id: int) -> list[Endpoint]:
        """The Endpoints of a Source that are polled, best first."""

    def walk(self, endpoint_id: int, kind: str = "baseline") -> Walk | None:
        """The walk of that kind of an Endpoint, under way or done."""

    def hashes_before(self, endpoint_id: int, until: datetime) -> frozenset[str]:
        """Raw hashes of the Posts that a page of a walk beginning there will probably show."""

    def shown_since(self, endpoint_id: int, since: datetime) -> int:
        """How many Posts the Endpoint has shown since then."""

    def unshown(self, endpoint_id: int, since: datetime) -> list[int]:
        """The WordPress ids of the public Posts that the Endpoint has shown, but not since then."""

    def oldest_published(self, endpoint_id: int) -> datetime | None:
        """Just before the oldest Post that the Endpoint has shown was published."""

    def saves_found(self, source_id: int, since: datetime) -> list[datetime]:
        """When, by the site's clock, the saves were made that REST has shown since then."""

    def site_asked_at(self, source_id: int) -> datetime | None:
        """When the site was last asked what it says of itself."""

    def has_new_host(self, source_id: int, since: datetime) -> bool:
        """Whether a Change since then moved a Post's link to another host."""

    def suspects(self, source_id: int) -> list[Suspect]:
        """The Posts of a Source that may be gone or come back, and can be looked at; by when it is their turn."""

    def feed_suspects(self, source_id: int) -> list[Suspect]:
        """The Posts of a Source that only feeds have shown and that may be gone; by when it is their turn."""

    def vanished(self, endpoint_id: int, after: datetime, before: datetime, *, since: datetime) -> list[Suspect]:
        """The Posts published after one that a feed shows, not after another, and not shown by it since then.

        They are fresh suspects.
        """

    def dates_shown(self, endpoint_id: int, since: datetime) -> tuple[datetime | None, datetime | None]:
        """The oldest and the newest date of the Posts that a feed has shown since then."""

    def posts(self, source_id: int) -> int:
        """How many public Posts the Source has."""

    def neighbours(self, endpoint_id: int, limit: int) -> list[str]:
        """Links of Posts that a feed shows, those shown last in front."""

    def missing(self, source_id: int, since: datetime, *, now: datetime) -> list[Suspect]:
        """The public Posts that no collection of the Source has shown since then, as fresh suspects."""

    def public_posts(self, source_id: int) -> int:
        """How many public Posts the Source's collections have shown."""

    def left_for(self, source_id: int, host: str) -> tuple[str, str] | None:
        """Scheme and host of where the Source's public Posts are that have all left this host; None: they have not."""

    def is_taken(self, source_id: int, link: str, post_id: int) -> bool:
        """Whether another Post of the Source than this one stands at an address."""

    def witnesses(self, endpoint_id: int, limit: int) -> list[int]:
        """WordPress ids of Posts that the Endpoint should show if it works."""

    def due(self, now: datetime, *, bare: bool = True, limit: int = -1, besides: Collection[int] = ()) -> list[Source]:
        """The Sources with an Endpoint that is due, or (`bare`) without any yet, in the order of the config.

        Those that have waited longest where there are more than `limit`. `besides`: ids that are not asked for.
        To find the bare ones all Sources are read, which is too dear for every second.
        """

    def latest_time(self) -> datetime | None:
        """The latest time of a poll, unless the clock is known to have been put back since."""

    def summary(self) -> tuple[Mapping[str, int], int]:
        """How many Sources are in which state, and how many Alerts are pending."""

    def known(self, source_id: int, endpoint_id: int, keys: Sequence[Key]) -> Known:
        """The Posts that any of the keys name, as seen from the Endpoint."""

    def recent_hashes(self, endpoint_id: int, derivation: str | None = None) -> frozenset[str]:
        """Raw hashes that the Endpoint showed last; with a derivation, of what need not be derived again."""

    def has_stale_prints(self, endpoint_id: int, derivation: str) -> bool:
        """Whether what a feed showed when it was last read is known by hashes of another derivation only."""

    def originals(self, revision_ids: Iterable[int]) -> Mapping[int, bytes]:
        """What the endpoints said of these Revisions, as stored; one whose original is not kept is absent."""

    def sightings_of(self, endpoint_id: int, wp_ids: Iterable[int]) -> Mapping[int, LastSighting]:
        """What the Endpoint last said of posts with these WordPress ids."""

    def held_ids(self, endpoint_id: int, since: datetime) -> list[int | None]:
        """WordPress ids, where there are any, of Posts with a return that the Endpoint has shown since and is held."""

    def is_flapping(self, source_id: int, since: datetime) -> bool:
        """Whether it was told that a Post of the Source flips, and one of those has since then."""

    def stale_revisions(self, source_id: int, derivation: str) -> int:
        """How many Revisions of the Source have an original and were derived otherwise than this."""

    def stale_originals(self, source_id: int, derivation: str, *, after: int, limit: int) -> Mapping[int, bytes]:
        """The next of them behind the Revision `after`, in the order of their ids: id and original, as stored."""

    def newest_published(self, source_id: int, now: datetime, *, before: datetime | None = None) -> datetime | None:
        """The newest publication date read so far, or `before` a time, that is not in the future."""

    def body(self, alert_id: int) -> bytes | None:
        """The object, as JSON, that an Alert was sent as; None where it was not, or is not kept."""

    def news(self, alert_id: int) -> ChangeView | NoticeView | DigestView:
        """What an Alert tells, or the digest that it is of."""

    def change(self, change_id: str) -> ChangeView:
        """A Change, which must be there, with all that an Alert says of it."""

    def alert_states(self, ids: Sequence[int]) -> list[AlertState]:
        """Where these Alerts stand, oldest first."""
