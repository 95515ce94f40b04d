"""What the store knows, as values: Sources, Endpoints, Posts and their latest Revisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from crawler.model.post import Fields, Key
from crawler.model.unrest import Flips, Left, Restless
from crawler.model.web import Validators

EndpointKind = Literal["rest", "feed"]
PostState = Literal["public", "protected", "unpublished", "deleted"]
#: How a Post can be gone.
Gone = Literal["unpublished", "deleted"]
Cause = Literal["baseline", "new", "edit", "upgrade"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A watched site or feed, as stored."""

    id: int
    name: str
    url: str
    #: `wordpress` or `feed`; `auto` until discovery has told
    kind: str
    home: str | None
    title: str | None
    #: IANA name or `UTC+9`-like offset, of the site
    timezone: str | None
    state: str
    groups: tuple[str, ...]
    baseline_at: datetime | None
    #: when the last complete sweep began
    last_sweep_at: datetime | None = None
    #: of discovery, in a row
    failures: int = 0
    #: failures in a row of its worst endpoint, or of discovery
    trouble: int = 0
    #: when its application password was last tried, and what is the matter with it
    login_at: datetime | None = None
    login_error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfiguredSource:
    """What the config says of a Source; the store is brought in line with all of them at once."""

    name: str
    url: str
    #: `auto`, `wordpress` or `feed`
    kind: str
    groups: tuple[str, ...] = ()
    paused: bool = False
    #: None: not told, waits stay as they are
    every: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointSeed:
    """An Endpoint that discovery found."""

    kind: EndpointKind
    url: str
    #: the rest_base of a REST collection; "" for feeds
    type: str = ""
    rank: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Discovered:
    """What there is to watch at a Source's URL."""

    kind: Literal["wordpress", "feed"]
    #: REST `home`, or the feed's link; None when it tells none
    home: str | None
    title: str | None
    timezone: str | None
    endpoints: tuple[EndpointSeed, ...]
    #: its REST API is closed: the collections stand where WordPress has them, and nothing was seen of them
    is_closed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One URL that is polled, as stored."""

    id: int
    source_id: int
    kind: EndpointKind
    url: str
    host: str
    #: the rest_base of a REST collection; "" for feeds
    type: str
    #: 1 REST, 2 feed with full text, 3 feed with summaries: the lowest working one makes Revisions
    rank: int
    validators: Validators
    body_hash: str | None
    #: the server's Date of the last complete committed poll
    watermark: datetime | None
    #: X-WP-Total as last told
    total: int | None
    next_poll_at: datetime | None
    last_try_at: datetime | None
    last_ok_at: datetime | None
    #: when a changed body was last read whole
    read_at: datetime | None
    last_status: int | None
    #: in a row
    failures: int
    last_error: str | None
    redirect_to: str | None = None
    #: looks in a row that permanent redirects led there
    redirects: int = 0
    #: what a feed last asked for: seconds between two looks (ttl), seconds that its last answer holds (max-age),
    #: hours of the day, in UTC, in which it is to be left alone
    min_interval: int | None = None
    fresh_for: int | None = None
    skip_hours: tuple[int, ...] = ()
    #: of a feed beside collections: looks in a row that showed what it was silent about, and since when it is not
    #: believed for that
    missed: int = 0
    distrusted_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """A baseline or sweep under way: resumable after every committed page."""

    endpoint_id: int
    #: `light`: a sweep that asks for ids only, to find what is no longer shown
    kind: Literal["baseline", "sweep", "light"]
    #: when it began; a baseline by the server's Date: the watermark once it has ended
    started_at: datetime
    #: `date` of the oldest post read so far, as printed (site-local, no zone); None at the start
    cursor: str | None = None
    #: posts of that very second already read (more than a page can share one second)
    offset: int = 0
    seen: int = 0
    total: int | None = None
    done: bool = False
    #: how far it was to go: a number of posts, or an age; None: to the end
    reach: int | timedelta | None = None
    #: posts that were shown and could not be read
    unread: int = 0
    #: posts that were shown under the id of a Post that they are not
    replaced: int = 0
    #: in a row, of a sweep: polls go on beside it
    failures: int = 0
    last_error: str | None = None
    #: a sweep does not go on before
    next_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspect:
    """A Post that may be gone, or one that was unpublished and may come back."""

    post_id: int
    #: None: only feeds have shown it
    wp_id: int | None
    #: the collection that showed it last
    endpoint_id: int
    #: where it stood
    link: str | None
    #: whether that link is shown by another Post now
    is_replaced: bool
    title: str | None
    #: of the Post
    state: PostState
    #: what the last look that showed anything showed
    kind: Gone | None = None
    #: what the site said, for people
    evidence: str
    #: looks in a row that showed this kind
    checks: int = 0
    #: looks in a row that showed nothing
    trouble: int = 0
    #: complete sweeps in a row that did not show it
    sweeps: int = 0
    #: one of too many at once: not looked at before sweeps agree or the operator says so
    held: bool = False
    #: of the first look that showed this kind, or of the suspicion
    first_at: datetime
    next_check_at: datetime
    #: of one that only feeds have shown
    guid: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LastSighting:
    """What one endpoint last said of one Post."""

    raw_hash: str
    text_hash: str
    modified_at: datetime | None
    last_seen_at: datetime
    #: of a feed: a hash of each field that it told
    prints: Mapping[str, str] | None = None
    #: what these hashes were derived by; None: not known
    derivation: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownRevision:
    """The latest Revision of a Post."""

    id: int
    number: int
    endpoint_id: int
    observed_at: datetime
    modified_at: datetime | None
    content_hash: str
    fields: Fields
    #: of its endpoint
    rank: int = 1
    #: when its endpoint last showed this very text; None: it shows another one
    shown_at: datetime | None = None
    #: what its fields were derived by; None: not known
    derivation: str | None = None
    #: id of the Revision that its text is of, where it tells none itself
    text_of: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownPost:
    """A Post as the store knows it, seen from one endpoint."""

    id: int
    wp_id: int | None
    guid: str | None
    link: str | None
    type: str
    state: PostState
    modified_at: datetime | None
    #: None for a post that was protected from the start
    latest: KnownRevision | None
    #: by the endpoint that is looking; None if it never showed this post
    seen: LastSighting | None
    #: id of the post's previous Change: part of the next one's id
    previous_change: str | None
    #: content hash -> number of the Revisions before the latest
    earlier: Mapping[str, int]
    #: the last Revision by the endpoint that is looking, where the latest one is another endpoint's
    own: KnownRevision | None = None
    #: names of the fields that Changes have told of since that one
    told: frozenset[str] = frozenset()
    #: the state before this one, where the endpoint that is looking showed both
    left: Left | None = None
    #: its returns to such states, by that endpoint; while one is held, `seen` is from before it
    flips: Flips | None = None
    #: its text changes at every look at that endpoint
    restless: Restless | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """The part of the store that a Plan is decided on."""

    posts: Mapping[int, KnownPost]
    owners: Mapping[Key, int]
