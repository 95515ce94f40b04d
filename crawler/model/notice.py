"""News about the watching itself, and the troubles that it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from crawler.errors import Reason

NoticeKind = Literal[
    "failing",
    "recovered",
    "gone",
    "suspect",
    "flapping",
    "restless",
    "sink_dead",
    "network",
    "disk_full",
    "backup_failed",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeSource:
    """The Source that a Notice is about, as an Alert tells of it."""

    name: str
    url: str
    groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeView:
    """A stored Notice with everything that an Alert says of it."""

    id: str
    kind: NoticeKind
    at: datetime
    #: None: about the program
    source: NoticeSource | None
    #: for people: a few lines
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """What went wrong in one poll of a Source."""

    #: none of its endpoints could be read
    whole: bool
    #: None: a mistake of ours
    reason: Reason | None
    error: str
