"""What a clock that was put does to stored times: due times move along, and the jump itself is written down."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from crawler.store.rows import moment, text

#: Times that the program has set for itself: (table, column, the rows that still wait).
_DUE = (
    ("endpoints", "next_poll_at", "retired_at IS NULL"),
    ("sources", "next_try_at", "next_try_at IS NOT NULL"),
    ("alerts", "next_attempt_at", "state = 'pending'"),
    ("sink_states", "next_attempt_at", "next_attempt_at IS NOT NULL"),
    ("suspects", "next_check_at", "next_check_at IS NOT NULL"),
    ("walks", "next_at", "next_at IS NOT NULL"),
)


def shift(connection: sqlite3.Connection, before: datetime, after: datetime) -> None:
    """Let due times keep the distance to now that they had.

    Forward (also after sleep) only those that would all be due at once move: the others come at their time. Back all
    of them move, or nothing would be done until the clock has caught up.
    """
    seconds = round((after - before).total_seconds())
    connection.execute("INSERT INTO clock_jumps (from_at, to_at) VALUES (?, ?)", (text(before), text(after)))
    for table, column, waiting in _DUE:
        connection.execute(
            f"""
            UPDATE {table} SET {column} = strftime('%Y-%m-%dT%H:%M:%SZ', {column}, :seconds || ' seconds')
             WHERE {waiting} AND (:seconds < 0 OR {column} <= :after)
            """,  # noqa: S608 (our names)
            {"seconds": seconds, "after": text(after)},
        )


def latest(connection: sqlite3.Connection) -> datetime | None:
    """The latest time of a poll, unless the clock is known to have been put back from there."""
    (at,) = connection.execute("SELECT max(last_at) FROM polls").fetchone()
    (is_known,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM clock_jumps WHERE from_at >= ? AND to_at < from_at)", (at,)
    ).fetchone()
    return None if is_known else moment(at)
