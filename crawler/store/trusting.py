"""How far feeds are believed, and what their silence is judged by."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from crawler.decide.beacon import Trust
from crawler.store.rows import sure, text


def keep(connection: sqlite3.Connection, endpoint_id: int, trust: Trust) -> None:
    """Remember how far a feed is believed."""
    connection.execute(
        "INSERT OR REPLACE INTO beacons (endpoint_id, missed, distrusted_at) VALUES (?, ?, ?)",
        (endpoint_id, trust.missed, text(trust.distrusted_at)),
    )


def saves_found(connection: sqlite3.Connection, source_id: int, since: datetime) -> list[datetime]:
    """When, by the site's clock, the saves were made that REST has shown since then: those that move its dates."""
    rows = connection.execute(
        """
        SELECT r.modified_at FROM changes c
          JOIN posts p ON p.id = c.post_id AND p.source_id = ?
          JOIN revisions r ON r.id = c.new_revision_id
          JOIN endpoints e ON e.id = r.endpoint_id AND e.kind = 'rest'
          LEFT JOIN revisions o ON o.id = c.old_revision_id
         WHERE c.detected_at > ? AND c.kind IN ('published', 'edited') AND r.modified_at IS NOT o.modified_at
           AND r.modified_at IS NOT NULL
        """,
        (source_id, text(since)),
    )
    return [sure(row["modified_at"]) for row in rows]
