"""Posts that only feeds have shown, and that have gone out of the middle of one. Reads only."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from crawler.model import Suspect
from crawler.store.rows import moment, suspicion, text

#: Posts that no collection ever showed, and that have a name of their own.
ONLY_BY_FEED = """
    NOT EXISTS (SELECT 1 FROM sightings r JOIN endpoints c ON c.id = r.endpoint_id
                 WHERE r.post_id = p.id AND c.kind = 'rest')
"""
_HAS_GUID = """
    EXISTS (SELECT 1 FROM post_keys k WHERE k.source_id = p.source_id AND k.kind = 'guid' AND k.value = p.guid
               AND k.post_id = p.id)
"""
_POST = "p.id AS post_id, p.guid, p.link, p.title, p.state, s.endpoint_id"


def vanished(
    connection: sqlite3.Connection, endpoint_id: int, after: datetime, before: datetime, *, since: datetime
) -> list[Suspect]:
    """The Posts published between two that a feed shows, and not shown by it since then, as fresh suspects.

    A feed drops what is oldest, so what is as old as the newest that it shows has not slid out of it, whereas what is
    as old as the oldest may have.
    """
    rows = connection.execute(
        f"""
        SELECT {_POST} FROM sightings s JOIN posts p ON p.id = s.post_id
         WHERE s.endpoint_id = ? AND s.last_seen_at < ? AND s.missing_since IS NULL
           AND p.published_at > ? AND p.published_at <= ? AND p.state IN ('public', 'protected')
           AND p.merged_into IS NULL AND {_HAS_GUID} AND {ONLY_BY_FEED}
         ORDER BY p.id
        """,  # noqa: S608 (our own parts)
        (endpoint_id, text(since), text(after), text(before)),
    ).fetchall()
    return [Suspect(**_post(row), evidence="", first_at=since, next_check_at=since) for row in rows]


def suspects(connection: sqlite3.Connection, source_id: int) -> list[Suspect]:
    """The suspects of a Source that only feeds have shown, those whose turn comes first in front."""
    rows = connection.execute(
        f"""
        SELECT x.*, {_POST} FROM suspects x JOIN posts p ON p.id = x.post_id
          JOIN sightings s ON s.post_id = p.id AND s.missing_since IS NOT NULL
          JOIN endpoints e ON e.id = s.endpoint_id AND e.kind = 'feed' AND e.retired_at IS NULL
         WHERE x.source_id = ? AND {ONLY_BY_FEED} GROUP BY p.id ORDER BY x.next_check_at, x.post_id
        """,  # noqa: S608 (our own parts)
        (source_id,),
    ).fetchall()
    return [Suspect(**_post(row), **suspicion(row)) for row in rows]


def dates_shown(
    connection: sqlite3.Connection, endpoint_id: int, since: datetime
) -> tuple[datetime | None, datetime | None]:
    """The oldest and the newest date of the Posts that a feed has shown since then."""
    row = connection.execute(
        """
        SELECT min(p.published_at) AS oldest, max(p.published_at) AS newest
          FROM sightings s JOIN posts p ON p.id = s.post_id WHERE s.endpoint_id = ? AND s.last_seen_at >= ?
        """,
        (endpoint_id, text(since)),
    ).fetchone()
    return moment(row["oldest"]), moment(row["newest"])


def posts(connection: sqlite3.Connection, source_id: int) -> int:
    """How many public Posts the Source has."""
    (number,) = connection.execute(
        """
        SELECT count(*) FROM posts
         WHERE source_id = ? AND state IN ('public', 'protected') AND merged_into IS NULL
        """,
        (source_id,),
    ).fetchone()
    return int(number)


def neighbours(connection: sqlite3.Connection, endpoint_id: int, limit: int) -> list[str]:
    """Links of Posts that a feed shows, those shown last in front: what should be there."""
    rows = connection.execute(
        """
        SELECT p.link FROM sightings s CROSS JOIN posts p ON p.id = s.post_id
         WHERE s.endpoint_id = ? AND s.missing_since IS NULL AND p.state = 'public' AND p.link IS NOT NULL
         ORDER BY s.last_seen_at DESC, p.published_at DESC LIMIT ?
        """,
        (endpoint_id, limit),
    )
    return [row["link"] for row in rows]


def _post(row: sqlite3.Row) -> dict[str, Any]:
    names = ("post_id", "guid", "link", "title", "state", "endpoint_id")
    return {"wp_id": None, "is_replaced": False, **{name: row[name] for name in names}}
