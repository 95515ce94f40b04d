"""How long things are kept, and what went when their time was over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crawler.model.post import Fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Retained:
    """How long each is kept; None: forever."""

    polls: timedelta | None = None
    #: those that are over, and the Notices that they told of
    alerts: timedelta | None = None
    revisions: timedelta | None = None
    originals: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """How many rows of each went, or would go."""

    polls: int = 0
    alerts: int = 0
    notices: int = 0
    revisions: int = 0
    originals: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Rederived:
    """A stored Revision as its original reads today."""

    revision_id: int
    fields: Fields
    content_hash: str
