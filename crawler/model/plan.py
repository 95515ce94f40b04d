"""What is to be written: one Plan is one transaction, and a failure is a Plan too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from crawler.errors import Reason
from crawler.model.change import ChangeKind, Comparison
from crawler.model.known import Cause, Gone, KnownRevision, PostState, Suspect, Walk
from crawler.model.notice import NoticeKind
from crawler.model.post import Fields, Key, Sighting
from crawler.model.unrest import Flips, Restless
from crawler.model.web import Validators

PollKind = Literal["baseline", "poll", "sweep"]
Outcome = Literal["not_modified", "unchanged", "changed", "failed"]
#: What a look can see; `silent` is an edit that moves no date.
Sees = Literal["new", "edits", "silent"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PollRecord:
    """One row of `polls`; repeated quiet ones become one row."""

    kind: PollKind
    started_at: datetime
    duration_ms: int
    outcome: Outcome
    reason: Reason | None = None
    status_code: int | None = None
    requests: int = 0
    bytes: int = 0
    seen: int = 0
    new: int = 0
    changed: int = 0
    error: str | None = None
    #: this Plan goes on with the poll of the last one: its row is added to
    continues: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointState:
    """The endpoint's next state, written whole."""

    endpoint_id: int
    rank: int
    validators: Validators
    body_hash: str | None
    watermark: datetime | None
    total: int | None
    next_poll_at: datetime | None
    last_try_at: datetime | None
    last_ok_at: datetime | None
    read_at: datetime | None
    last_status: int | None
    failures: int
    last_error: str | None
    redirect_to: str | None
    #: looks in a row that permanent redirects led there
    redirects: int = 0
    #: what a feed last asked for, as in Endpoint
    min_interval: int | None = None
    fresh_for: int | None = None
    skip_hours: tuple[int, ...] = ()

    @property
    def works(self) -> bool:
        """Whether this look read what it wanted to, to its end."""
        return self.failures == 0 and self.last_ok_at is not None and self.last_ok_at == self.last_try_at


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFacts:
    """What a poll learnt of the Source itself; None: nothing new."""

    kind: str | None = None
    home: str | None = None
    title: str | None = None
    timezone: str | None = None
    state: str | None = None
    baseline_at: datetime | None = None
    last_sweep_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RevisionPlan:
    """A Revision to write."""

    number: int
    cause: Cause
    fields: Fields
    content_hash: str
    modified_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePlan:
    """A Change to write; `id`, `comparison` and `sinks` are filled in by `complete`."""

    kind: ChangeKind
    silent: bool | None
    old: KnownRevision | None
    old_seen_at: datetime | None
    #: names of the fields that differ
    fields: tuple[str, ...]
    id: str = ""
    noted: bool | None = None
    comparison: Comparison = Comparison()
    #: names of the sinks that get an Alert
    sinks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PostPlan:
    """What to write of one Post."""

    #: None: a new Post
    post_id: int | None
    sighting: Sighting
    state: PostState
    #: keys that are to be this Post's from now on, moved from another if need be
    keys: tuple[Key, ...]
    #: of the endpoint's text from now on; None: as it was
    text_hash: str | None
    #: of a feed's: a hash of each field that it tells; None: as they were
    prints: Mapping[str, str] | None = None
    #: strong ones among `keys` that another Post gives up
    taken: tuple[Key, ...] = ()
    #: a Post that turns out to be this one: its keys go over, its history stays where it is
    absorbs: int | None = None
    revision: RevisionPlan | None = None
    change: ChangePlan | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RemovalPlan:
    """A Post that is gone, with the Change that tells of it; removals make no Revision."""

    post_id: int
    state: Gone
    change: ChangePlan


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspicion:
    """What is to be written of Posts that may be gone. A Post that its collection shows is cleared by that alone."""

    removals: tuple[RemovalPlan, ...] = ()
    #: as they are from now on
    suspects: tuple[Suspect, ...] = ()
    #: ids of Posts that are suspected no longer
    cleared: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticePlan:
    """A Notice about the Plan's Source."""

    kind: NoticeKind
    #: what of the Source it is about: the same is told once at a time
    part: str
    #: for people
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Everything that one endpoint's poll (or one page of a walk) writes, in one transaction."""

    source_id: int
    endpoint_id: int
    now: datetime
    poll: PollRecord
    #: None: as it was; a sweep is no poll
    endpoint: EndpointState | None
    posts: tuple[PostPlan, ...] = ()
    #: Posts that were shown with nothing new: only their `last_seen_at` moves
    seen: tuple[int, ...] = ()
    #: of these Posts as they are from now on
    flips: Mapping[int, Flips] = field(default_factory=dict)
    #: None: they rest
    restless: Mapping[int, Restless | None] = field(default_factory=dict)
    notices: tuple[NoticePlan, ...] = ()
    facts: SourceFacts = SourceFacts()
    walk: Walk | None = None
    suspicion: Suspicion = Suspicion()
    #: what is seen up to now through this look, once it is committed
    sees: tuple[Sees, ...] = ()
    #: names of the sinks that take Notices
    notified: tuple[str, ...] = ()
    #: what the texts of its Posts were derived by
    derivation: str = ""
