"""Which rows of a list are wanted: the options of the list commands as SQL conditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from crawler.errors import NotFound
from crawler.store.reading import Reader
from crawler.store.rows import json_text, text


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What all lists can be narrowed by."""

    #: from this moment on
    since: datetime | None = None
    #: before this moment
    until: datetime | None = None
    #: names or globs, any of them
    sources: tuple[str, ...] = ()
    #: any of them
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangesWanted(Wanted):
    """The words of a sink's `when`, as far as SQL can tell."""

    kinds: tuple[str, ...] = ()
    silent: bool = False
    fields: tuple[str, ...] = ()
    #: part of the author's name, in any case
    author: str | None = None
    min_words: int = 0
    #: only Changes with a higher `seq`
    after: int | None = None


@dataclass(slots=True)
class Conditions:
    """Conditions that must all hold, with what is bound to them."""

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, condition: str, *values: Any) -> None:
        self.parts.append(condition)
        self.values += values

    def between(self, column: str, wanted: Wanted) -> None:
        """The span of time that is wanted."""
        if wanted.since is not None:
            self.add(f"{column} >= ?", text(wanted.since))
        if wanted.until is not None:
            self.add(f"{column} < ?", text(wanted.until))

    def any_of(self, column: str, values: Iterable[Any]) -> None:
        """The column has one of the values, which may be very many."""
        found = list(values)
        if len(found) == 1:
            self.add(f"{column} = ?", found[0])
        else:
            self.add(f"{column} IN (SELECT value FROM json_each(?))", json_text(found))  # noqa: S608 (our names)

    @property
    def where(self) -> str:
        return f"WHERE {' AND '.join(self.parts)}" if self.parts else ""


def bound(limit: int | None) -> int:
    """A LIMIT as SQLite takes it."""
    return -1 if limit is None else limit


def of_sources(conditions: Conditions, column: str, reader: Reader, wanted: Wanted) -> None:
    """Narrow to the Sources that are wanted. Raises NotFound for a name that fits none."""
    if wanted.sources:
        conditions.any_of(column, source_ids(reader, wanted.sources))
    if wanted.groups:
        conditions.any_of(column, _ids_in_groups(reader, wanted.groups))


def source_ids(reader: Reader, names: Sequence[str]) -> list[int]:
    """The Sources with these names, or that these globs fit. Raises NotFound for a name that fits none."""
    known = {row["name"]: row["id"] for row in reader.execute("SELECT id, name FROM sources ORDER BY id")}
    found: dict[int, None] = {}
    for name in names:
        fitting = [name] if name in known else [each for each in known if fnmatchcase(each, name)]
        if not fitting:
            raise NotFound(_unknown("no source is called", name, known, "`crawler status` lists the sources"))
        found.update((known[each], None) for each in fitting)
    return list(found)


def _ids_in_groups(reader: Reader, groups: Sequence[str]) -> list[int]:
    known = [row["name"] for row in reader.execute("SELECT DISTINCT name FROM source_groups")]
    for group in groups:
        if group not in known:
            advice = f"groups: {', '.join(sorted(known))}" if known else "no source is in any group"
            raise NotFound(_unknown("no source is in a group called", group, known, advice))
    rows = reader.execute(
        "SELECT DISTINCT source_id FROM source_groups WHERE name IN (SELECT value FROM json_each(?))",
        (json_text(groups),),
    )
    return [row["source_id"] for row in rows]


def _unknown(what: str, name: str, known: Iterable[str], advice: str) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"{what} {name!r}; " + (f"did you mean {near[0]!r}?" if near else advice)
