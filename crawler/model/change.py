"""What lies between two Revisions, and who is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from crawler.model.notice import NoticeSource
from crawler.model.pace import AT_ONCE, DigestReason, Pace

ChangeKind = Literal["published", "edited", "protected", "unpublished", "deleted", "restored"]
CHANGE_KINDS: tuple[ChangeKind, ...] = (
    "published",
    "edited",
    "protected",
    "unpublished",
    "deleted",
    "restored",
)


#: The line in a diff between two places of a text; an empty line stands between two fields.
HUNK_BREAK = "--"


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldDiff:
    """One changed field, as in the alert's `fields`."""

    name: str
    #: as text; None for content, and for terms, whose difference is in `added` and `removed`
    old: str | None = None
    new: str | None = None
    #: names of terms, for categories and tags only
    added: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
    words_added: int = 0
    words_removed: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two states of a Post laid side by side; made in a child process, stored with the Change."""

    #: in the order of COMPARED
    fields: tuple[FieldDiff, ...] = ()
    #: over title, content and excerpt
    words_added: int = 0
    words_removed: int = 0
    #: "Title: bolsters → strengthens; text +3 −1 words; figure 12 → 21"
    summary: str = ""
    #: wdiff text with a little context; one line a block, `[-removed-]` and `{+added+}`
    diff: str = ""
    #: a correction or update note came with it
    noted: bool = False
    #: those of the asked patterns that occur in the changed text
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteMatch:
    """One map of a sink's `when`: every condition that is set must hold."""

    kinds: tuple[ChangeKind, ...] | None = None
    #: globs
    sources: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    fields: tuple[str, ...] | None = None
    min_words: int | None = None
    match: str | None = None
    silent: bool | None = None
    noted: bool | None = None
    after_publication: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Which Changes (and Notices) a Sink takes: any map of `when` suffices; and when it is told."""

    sink: str
    when: tuple[RouteMatch, ...] = (RouteMatch(),)
    notices: bool = False
    pace: Pace = AT_ONCE


@dataclass(frozen=True, kw_only=True, slots=True)
class RevisionView:
    """A Revision as an Alert tells of it."""

    number: int
    observed_at: datetime
    modified_at: datetime | None
    hash: str
    #: canonical text; shown only where a sink says `full_text`
    content: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PostView:
    """A Post as an Alert tells of it: as it was right after the Change."""

    id: int
    wp_id: int | None
    guid: str | None
    type: str
    state: str
    link: str | None
    title: str | None
    author: str | None
    #: names
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeView:
    """A stored Change with everything that an Alert says of it."""

    id: str
    kind: ChangeKind
    silent: bool | None
    noted: bool | None
    detected_at: datetime
    old_seen_at: datetime | None
    source_name: str
    source_url: str
    #: the site's, for people: IANA name or `UTC+9`
    source_timezone: str | None
    groups: tuple[str, ...]
    post: PostView
    old: RevisionView | None
    new: RevisionView | None
    fields: tuple[FieldDiff, ...]
    words_added: int
    words_removed: int
    summary: str
    #: wdiff text, uncut
    diff: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestView:
    """Changes that are told as one."""

    id: str
    reason: DigestReason
    #: None: of several
    source: NoticeSource | None
    #: how many
    sources: int
    #: how many of which kind, most first
    kinds: tuple[tuple[ChangeKind, int], ...]
    #: names of the fields that differ in each of them; empty where they are not the same ones
    fields: tuple[str, ...]
    #: when the first and the last of them was detected
    since: datetime
    until: datetime
    #: of all of them, in the order in which they were found
    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingAlert:
    """An Alert that is due for delivery, or all Alerts of a digest in the place of the first of them."""

    #: of the first one, where there are several
    id: int
    sink: str
    attempts: int
    #: of the object: of the Change, the Notice or the digest
    data_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertState:
    """Where an Alert stands in the outbox."""

    id: int
    sink: str
    #: `pending`, `delivered`, `dead`, `cancelled`
    state: str
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    #: of the digest that it goes out in
    digest_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why an Alert was not taken."""

    error: str
    #: trying this Alert again would not help
    permanent: bool = False
    #: seconds that the receiver asked for
    wait: float | None = None
    #: False: a mistake of ours
    by_sink: bool = True
    #: the object that the Sink may have seen, as JSON; None: it was not asked, or by a mistake of ours
    body: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedAlert:
    """What is known of an Alert when it is not taken."""

    id: int
    #: before this one
    attempts: int
    due_at: datetime
    #: when it was not taken for the first time
    tried_since: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SinkStanding:
    """How a Sink stands."""

    sink: str
    #: Alerts in a row that it did not take
    failures: int = 0
    #: of the first of them
    failing_since: datetime | None = None
    #: it is left alone until then
    until: datetime | None = None
    last_error: str | None = None
    #: when it was told that it is dead; None: it was not, or that is over
    told_at: datetime | None = None
    #: when it was last told that it refuses single Alerts
    refusal_told_at: datetime | None = None

    def rests(self, now: datetime) -> bool:
        """Whether it is to be left alone."""
        return self.until is not None and now < self.until


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """What came of an Alert that was not taken."""

    #: when it is tried again; None: it is dead
    again: datetime | None
    #: until when its Sink rests; None: it does not
    rests_until: datetime | None
    #: how many are dead now, it included
    dead: int
