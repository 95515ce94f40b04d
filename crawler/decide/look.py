"""What is decided on and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawler.decide.moving import Moved
from crawler.model import Endpoint, Flips, KnownPost, PostPlan, Source
from crawler.model.plan import PollKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One reading of one endpoint, and what is known of its circumstances."""

    source: Source
    endpoint: Endpoint
    kind: PollKind
    now: datetime
    #: whether this endpoint makes Revisions; otherwise it is a witness
    counts: bool
    #: names of fields that do not count
    ignored: frozenset[str] = frozenset()
    #: what the texts of its Sightings are derived by
    derivation: str = ""
    #: unknown posts not newer than this are adopted as Revision 1 without a Change; None: nothing limits the view of a
    #: collection, and nothing dated was read of a feed
    adopt_until: datetime | None = None
    #: of a baseline of what a feed alone has told of until now: posts published later than this are news
    told_until: datetime | None = None
    #: until when an earlier look would have shown a moved `modified`
    unchanged_until: datetime | None = None
    #: how far the server's clock is ahead of ours
    skew: timedelta = timedelta()
    #: the people and terms that its answer shows, by name
    standing: frozenset[str] = frozenset()
    #: ids of Posts that are proven to have lost their WordPress id to another post
    gives_up: frozenset[int] = frozenset()
    #: where a feed's site has moved to with all its addresses
    moved: Moved | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a look means for the Posts it showed."""

    posts: tuple[PostPlan, ...]
    #: Posts shown with nothing new
    seen: tuple[int, ...]
    #: one line for each Sighting that nothing could be made of
    unclear: tuple[str, ...]
    #: Posts whose WordPress id another post was shown under: nothing is written of that one yet
    replaced: tuple[KnownPost, ...] = ()
    #: of Posts that flip between two states, as they are from now on
    flips: Mapping[int, Flips] = field(default_factory=dict)
