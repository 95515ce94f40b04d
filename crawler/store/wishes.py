"""Due times of Endpoints whose feeds asked for peace (ttl, max-age, skipHours), when all due times are looked over."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime

from crawler.model import ConfiguredSource
from crawler.schedule import HOURLY, LONGEST, heeded, next_poll
from crawler.store.rows import hours, sure, text

#: SQL that is true of an Endpoint whose feed asked for nothing.
NONE = "min_interval IS NULL AND fresh_for IS NULL AND skip_hours IS NULL"

_Entries = Mapping[str, ConfiguredSource]


def bound(connection: sqlite3.Connection, entries: _Entries, now: datetime) -> None:
    """Bring back due times that lie further ahead than `every` and what the feed asked for."""
    moves = []
    for row, entry in _rows(connection, entries, f"NOT ({NONE}) AND next_poll_at > ?", text(now)):
        latest = _latest(row, entry, now)
        if latest is not None and sure(row["next_poll_at"]) > latest:
            moves.append((text(latest), row["id"]))
    _move(connection, moves)


def spare(connection: sqlite3.Connection, entries: _Entries, now: datetime) -> None:
    """Put off what has come to lie inside skipped hours: while nothing ran, or because the clock was put.

    Not beside a collection: the hourly look at it asks the feed in any case.
    """
    moves = []
    for row, _ in _rows(connection, entries, "skip_hours IS NOT NULL"):
        due = max(sure(row["next_poll_at"]), now)
        spared = heeded(due, now=now, skip_hours=hours(row["skip_hours"]))
        if spared > due and not row["is_beacon"]:
            moves.append((text(spared), row["id"]))
    _move(connection, moves)


def _latest(row: sqlite3.Row, entry: ConfiguredSource, now: datetime) -> datetime | None:
    """When the Endpoint is due if it has just been polled; None where nobody says how often it is."""
    if entry.every is None:
        return None
    hourly = None
    if row["is_beacon"]:
        hourly = next_poll(now=now, every=max(entry.every, HOURLY), name=entry.name)
    failing = now + max(entry.every, LONGEST)
    return heeded(
        failing if row["failures"] else next_poll(now=now, every=entry.every, name=entry.name),
        now=now,
        min_interval=row["min_interval"],
        fresh_for=row["fresh_for"],
        skip_hours=hours(row["skip_hours"]),
        latest=hourly,
    )


def _rows(
    connection: sqlite3.Connection, entries: _Entries, which: str, *values: object
) -> Iterator[tuple[sqlite3.Row, ConfiguredSource]]:
    rows = connection.execute(
        f"""
        SELECT e.id, next_poll_at, e.failures, min_interval, fresh_for, skip_hours, s.name,
               EXISTS (SELECT 1 FROM endpoints r WHERE r.source_id = e.source_id
                          AND r.kind = 'rest' AND r.retired_at IS NULL) AS is_beacon
          FROM endpoints e JOIN sources s ON s.id = e.source_id
         WHERE retired_at IS NULL AND next_poll_at IS NOT NULL AND {which}
        """,  # noqa: S608 (our own parts)
        values,
    )
    return ((row, entries[row["name"]]) for row in rows if row["name"] in entries)


def _move(connection: sqlite3.Connection, moves: list[tuple[str | None, int]]) -> None:
    connection.executemany("UPDATE endpoints SET next_poll_at = ? WHERE id = ?", moves)
