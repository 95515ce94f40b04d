"""What lies between two Revisions, and who is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

ChangeKind = Literal["published", "edited", "protected", "unpublished", "deleted", "restored"]
CHANGE_KINDS: tuple[ChangeKind, ...] = (
    "published",
    "edited",
    "protected",
    "unpublished",
    "deleted",
    "restored",
)


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
    """Which Changes (and Notices) a Sink takes: any map of `when` suffices."""

    sink: str
    when: tuple[RouteMatch, ...] = (RouteMatch(),)
    notices: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertJob:
    """An Alert due for delivery: the row's id and the CONTRACT 6 object, complete."""

    id: int
    sink: str
    attempts: int
    #: `{"type": …, "timestamp": …, "data": …}` with the content's full old and new text left out
    payload: Mapping[str, Any]
