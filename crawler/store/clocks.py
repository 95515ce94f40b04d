"""What a clock that was put does to stored times: due times move along, and the jump itself is written down."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from crawler.schedule import wrong_clock
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
#: No Alert and no Sink waits for longer than a day and what varies it: what does was told so by a wrong clock.
_LONGEST = timedelta(hours=29)
#: Since when an Alert or a Sink is in trouble, and when that was told: (table, column, the rows that still wait).
_SINCE = (
    ("alerts", "tried_since", "state = 'pending'"),
    ("sink_states", "failing_since", "true"),
    ("sink_states", "told_at", "true"),
    ("sink_states", "refusal_told_at", "true"),
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
    bound(connection, after)


def bound(connection: sqlite3.Connection, now: datetime) -> None:
    """Bring back what Alerts and Sinks were told by a clock that was ahead: they would wait until it has caught up.

    A clock that is behind says the same of good times; by that one nothing is changed.
    """
    if wrong_clock(now) is not None:
        return
    for table in ("alerts", "sink_states"):
        connection.execute(
            f"UPDATE {table} SET next_attempt_at = :now WHERE next_attempt_at > :latest",  # noqa: S608 (our names)
            {"now": text(now), "latest": text(now + _LONGEST)},
        )
    for table, column, waiting in _SINCE:
        connection.execute(
            f"UPDATE {table} SET {column} = :now WHERE {waiting} AND {column} > :now",  # noqa: S608
            {"now": text(now)},
        )


def latest(connection: sqlite3.Connection) -> datetime | None:
    """The latest time of a poll, unless the clock is known to have been put back from there."""
    (at,) = connection.execute("SELECT max(last_at) FROM polls").fetchone()
    (is_known,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM clock_jumps WHERE from_at >= ? AND to_at < from_at)", (at,)
    ).fetchone()
    return None if is_known else moment(at)
