"""What a sweep asks the store: where its walks stand, what they can skip, how far they have to go."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler.model import Walk
from crawler.store.posting import insert
from crawler.store.rows import moment, reach_of, reach_text, sure, text

#: A page and what may lie around it.
_MOST_HASHES = 300


def walk(connection: sqlite3.Connection, endpoint_id: int, kind: str) -> Walk | None:
    """The walk of that kind, under way or done."""
    row = connection.execute("SELECT * FROM walks WHERE endpoint_id = ? AND kind = ?", (endpoint_id, kind)).fetchone()
    if row is None:
        return None
    return Walk(
        endpoint_id=row["endpoint_id"],
        kind=row["kind"],
        started_at=sure(row["started_at"]),
        cursor=row["cursor"],
        offset=row["offset"],
        seen=row["seen"],
        total=row["total"],
        done=bool(row["done"]),
        reach=reach_of(row["reach"]),
        unread=row["unread"],
        replaced=row["replaced"],
        failures=row["failures"],
        last_error=row["last_error"],
        next_at=moment(row["next_at"]),
    )


def write(connection: sqlite3.Connection, walks: Sequence[Walk]) -> None:
    """Write where these walks stand."""
    rows = [
        {
            "endpoint_id": each.endpoint_id,
            "kind": each.kind,
            "started_at": text(each.started_at),
            "cursor": each.cursor,
            "offset": each.offset,
            "seen": each.seen,
            "total": each.total,
            "done": int(each.done),
            "reach": reach_text(each.reach),
            "unread": each.unread,
            "replaced": each.replaced,
            "failures": each.failures,
            "last_error": each.last_error,
            "next_at": text(each.next_at),
        }
        for each in walks
    ]
    if rows:
        replace = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0] if name not in ("endpoint_id", "kind"))
        insert(connection, "walks", rows, clause=f"ON CONFLICT (endpoint_id, kind) DO UPDATE SET {replace}")


def hashes_before(connection: sqlite3.Connection, endpoint_id: int, until: datetime) -> frozenset[str]:
    """Raw hashes of the Posts that a page beginning there will probably show: they need not be derived again.

    Not of Posts that are gone: one that comes back is to be read.
    """
    rows = connection.execute(
        """
        SELECT s.raw_hash FROM posts p JOIN sightings s ON s.post_id = p.id AND s.endpoint_id = ?1
         WHERE p.source_id = (SELECT source_id FROM endpoints WHERE id = ?1) AND p.published_at <= ?2
           AND p.state IN ('public', 'protected')
         ORDER BY p.published_at DESC LIMIT ?3
        """,
        (endpoint_id, text(until), _MOST_HASHES),
    )
    return frozenset(row["raw_hash"] for row in rows)


def shown_since(connection: sqlite3.Connection, endpoint_id: int, since: datetime) -> int:
    """How many Posts the endpoint has shown since then."""
    (number,) = connection.execute(
        "SELECT count(*) FROM sightings WHERE endpoint_id = ? AND last_seen_at >= ?", (endpoint_id, text(since))
    ).fetchone()
    return int(number)


def unshown(connection: sqlite3.Connection, endpoint_id: int, since: datetime) -> list[int]:
    """The WordPress ids of the public Posts that the endpoint has shown, but not since then."""
    rows = connection.execute(
        """
        SELECT p.wp_id FROM sightings s JOIN posts p ON p.id = s.post_id
         WHERE s.endpoint_id = ? AND s.last_seen_at < ? AND p.wp_id IS NOT NULL
           AND p.state IN ('public', 'protected') AND p.merged_into IS NULL
         ORDER BY p.wp_id
        """,
        (endpoint_id, text(since)),
    )
    return [row["wp_id"] for row in rows]


def oldest_published(connection: sqlite3.Connection, endpoint_id: int) -> datetime | None:
    """When the oldest Post that the endpoint has shown was published."""
    (oldest,) = connection.execute(
        """
        SELECT min(p.published_at) FROM sightings s JOIN posts p ON p.id = s.post_id
         WHERE s.endpoint_id = ? AND p.state IN ('public', 'protected')
        """,
        (endpoint_id,),
    ).fetchone()
    found = moment(oldest)
    return None if found is None else found - timedelta(seconds=1)
