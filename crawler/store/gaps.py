"""Coverage for people: when each Source was watched and when not, over all time, at one moment, and now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crawler.store.queries import Row
from crawler.store.reading import Reader
from crawler.store.rows import needed, text
from crawler.store.selecting import Conditions, Wanted, bound, of_sources

COLUMNS = ("source", "sees", "from_at", "to_at", "watched", "reason")
AT_COLUMNS = ("source", "sees", "at", "watched", "reason", "from_at", "to_at")
SEES = ("new", "edits", "silent")

#: before a Source was watched at all, and after the last look at it
NOT_YET, NOT_SINCE = "not_watched", "not_looked"

#: As the view `coverage`, by id so that indexes serve.
_ROWS = """
  FROM (SELECT source_id, sees, from_at, to_at, 1 AS watched, NULL AS reason FROM coverage_spans
        UNION ALL
        SELECT source_id, sees, to_at, next_from, 0, end_reason
          FROM (SELECT *, lead(from_at) OVER (PARTITION BY source_id, sees ORDER BY from_at, id) AS next_from
                  FROM coverage_spans)
         WHERE next_from > to_at OR (next_from IS NULL AND end_reason IS NOT NULL)) c
  JOIN sources s ON s.id = c.source_id
"""
_ORDER = """
 ORDER BY s.name, CASE c.sees WHEN 'new' THEN 0 WHEN 'edits' THEN 1 ELSE 2 END, c.from_at DESC, c.watched
"""


def rows(reader: Reader, wanted: Wanted, *, limit: int | None) -> Iterator[Row]:
    """A row a span or gap, newest first within each Source and what is seen."""
    conditions = _conditions(reader, wanted)
    found = reader.execute(
        f"SELECT s.name AS source, c.sees, c.from_at, c.to_at, c.watched, c.reason"
        f" {_ROWS} {conditions.where} {_ORDER} LIMIT ?",
        (*conditions.values, bound(limit)),
    )
    return (dict(row) for row in found)


def count(reader: Reader, wanted: Wanted) -> int:
    """How many rows there are."""
    conditions = _conditions(reader, wanted)
    (number,) = reader.execute(f"SELECT count(*) {_ROWS} {conditions.where}", conditions.values).fetchone()
    return int(number)


def at(reader: Reader, wanted: Wanted, moment: datetime, *, limit: int | None) -> Iterator[Row]:
    """For each Source and what can be seen: whether it was seen at that moment, and why not."""
    when = needed(text(moment))
    conditions = Conditions()
    of_sources(conditions, "id", reader, wanted)
    found = reader.execute(
        f"SELECT id, name FROM sources {conditions.where} ORDER BY name LIMIT ?",  # noqa: S608 (ours)
        (*conditions.values, bound(limit)),
    )
    for source in found:
        for sees in SEES:
            yield {"source": source["name"], "sees": sees, "at": when, **_state_at(reader, source["id"], sees, when)}


def present(reader: Reader, source_id: int) -> Row:
    """The gap that a Source is in now, the worst if there are several, as columns of `status`."""
    for sees in SEES:
        last = reader.execute(
            "SELECT to_at, end_reason FROM coverage_spans WHERE source_id = ? AND sees = ?"
            " ORDER BY from_at DESC, id DESC LIMIT 1",
            (source_id, sees),
        ).fetchone()
        if last is not None and last["end_reason"] not in (None, "paused", "removed"):
            return {"gap_sees": sees, "gap_reason": last["end_reason"], "gap_since": last["to_at"]}
    return {"gap_sees": None, "gap_reason": None, "gap_since": None}


def _state_at(reader: Reader, source_id: int, sees: str, when: str) -> Row:
    span = reader.execute(
        """
        SELECT from_at, to_at, end_reason FROM coverage_spans
         WHERE source_id = ? AND sees = ? AND from_at <= ? ORDER BY from_at DESC, id DESC LIMIT 1
        """,
        (source_id, sees, when),
    ).fetchone()
    (following,) = reader.execute(
        "SELECT min(from_at) FROM coverage_spans WHERE source_id = ? AND sees = ? AND from_at > ?",
        (source_id, sees, when),
    ).fetchone()
    if span is None:
        return {"watched": 0, "reason": NOT_YET, "from_at": None, "to_at": following}
    if when <= span["to_at"]:
        return {"watched": 1, "reason": None, "from_at": span["from_at"], "to_at": span["to_at"]}
    return {"watched": 0, "reason": span["end_reason"] or NOT_SINCE, "from_at": span["to_at"], "to_at": following}


def _conditions(reader: Reader, wanted: Wanted) -> Conditions:
    """Of these Sources, and what reaches into the time that is wanted."""
    conditions = Conditions()
    of_sources(conditions, "c.source_id", reader, wanted)
    if wanted.since is not None:
        conditions.add("coalesce(c.to_at, '9999') >= ?", text(wanted.since))
    if wanted.until is not None:
        conditions.add("c.from_at < ?", text(wanted.until))
    return conditions
