"""When what is not asked before: Sources that fail, hosts that asked for peace, and due times that went wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from crawler.model import ConfiguredSource
from crawler.schedule import AT_ONCE, HOURLY, LONGEST, SHARDS, next_poll, spread_over
from crawler.store import wishes
from crawler.store.rows import sure, text


def bound(connection: sqlite3.Connection, entries: Sequence[ConfiguredSource], now: datetime) -> None:
    """Bring back due times that lie too far ahead: `every` was longer when they were set, or the clock was wrong."""
    bounds = []
    for entry in entries:
        if entry.every is not None:
            soon = next_poll(now=now, every=entry.every, name=entry.name)
            hourly = next_poll(now=now, every=max(entry.every, HOURLY), name=entry.name)
            failing = now + max(entry.every, LONGEST)
            times = {"soon": text(soon), "hourly": text(hourly), "failing": text(failing)}
            bounds.append({"name": entry.name, **times})
    connection.executemany(
        "UPDATE sources SET next_try_at = :failing WHERE name = :name AND next_try_at > :failing", bounds
    )
    connection.executemany(
        f"""
        UPDATE endpoints SET next_poll_at = min(next_poll_at, CASE
                   WHEN failures > 0 THEN :failing
                   WHEN kind = 'rest' AND EXISTS (SELECT 1 FROM endpoints f WHERE f.source_id = endpoints.source_id
                                                     AND f.kind = 'feed' AND f.retired_at IS NULL) THEN :hourly
                   ELSE :soon END)
         WHERE source_id = (SELECT id FROM sources WHERE name = :name) AND next_poll_at > :soon AND {wishes.NONE}
        """,  # noqa: S608 (our own part)
        bounds,
    )
    named = {entry.name: entry for entry in entries}
    wishes.bound(connection, named, now)
    wishes.spare(connection, named, now)


def spread(connection: sqlite3.Connection, entries: Sequence[ConfiguredSource], now: datetime) -> None:
    """After a long stop everything is due at once: what has missed a whole poll is spread, by host, over the next."""
    late = [entry for entry in entries if entry.every is not None and _endpoints_missed(connection, entry, now)]
    if len(late) <= AT_ONCE:
        return
    for entry in late:
        seconds = spread_over(entry.every, len(late)).total_seconds()
        connection.executemany(
            "UPDATE endpoints SET next_poll_at = strftime('%Y-%m-%dT%H:%M:%SZ', ?, (? * shard / ?) || ' seconds')"
            " WHERE id = ?",
            [(text(now), seconds, SHARDS, number) for number in _endpoints_missed(connection, entry, now)],
        )
    wishes.spare(connection, {entry.name: entry for entry in late}, now)


def _endpoints_missed(connection: sqlite3.Connection, entry: ConfiguredSource, now: datetime) -> list[int]:
    """Ids of the Source's Endpoints that have missed a whole poll."""
    rows = connection.execute(
        """
        SELECT id FROM endpoints WHERE source_id = (SELECT id FROM sources WHERE name = ?) AND next_poll_at < ?
           AND retired_at IS NULL
        """,
        (entry.name, text(now - (entry.every or LONGEST))),
    )
    return [row["id"] for row in rows]


def postpone(connection: sqlite3.Connection, source_id: int, error: str, until: datetime) -> None:
    """Remember why a Source could not be polled at all, and leave it alone until then."""
    connection.execute(
        "UPDATE sources SET last_error = ?, next_try_at = ? WHERE id = ?", (error, text(until), source_id)
    )


def recovered(connection: sqlite3.Connection, source_id: int) -> None:
    """Something of the Source could be read: it does not wait as a whole any more."""
    connection.execute(
        """
        UPDATE sources SET last_error = NULL, next_try_at = NULL
         WHERE id = ? AND (last_error IS NOT NULL OR next_try_at IS NOT NULL)
        """,
        (source_id,),
    )


def keep_lines(connection: sqlite3.Connection, lines: Mapping[str, datetime]) -> None:
    """Remember which hosts asked not to be asked before when."""
    connection.execute("DELETE FROM hosts")
    connection.executemany(
        "INSERT INTO hosts (host, next_at) VALUES (?, ?)", [(host, text(at)) for host, at in lines.items()]
    )


def lines(connection: sqlite3.Connection) -> Mapping[str, datetime]:
    """Which hosts asked not to be asked before when."""
    rows = connection.execute("SELECT host, next_at FROM hosts WHERE next_at IS NOT NULL")
    return {row["host"]: sure(row["next_at"]) for row in rows}
