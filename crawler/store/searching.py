"""The full-text index over Revisions, filled in the background: it costs many times the insert itself."""

from __future__ import annotations

import sqlite3

BATCH = 100


def is_complete(connection: sqlite3.Connection) -> bool:
    """Whether all Revisions are indexed: a look that takes no lock."""
    (newest,) = connection.execute("SELECT max(id) FROM revisions").fetchone()
    return newest is None or newest <= indexed(connection)


def index_some(connection: sqlite3.Connection) -> bool:
    """Index the next Revisions. Returns whether there are more."""
    done = indexed(connection)
    ids = [
        found["id"]
        for found in connection.execute("SELECT id FROM revisions WHERE id > ? ORDER BY id LIMIT ?", (done, BATCH))
    ]
    if not ids:
        return False
    connection.execute(
        """
        INSERT INTO revisions_fts (rowid, title, content, excerpt)
        SELECT id, title, content, excerpt FROM revisions WHERE id BETWEEN ? AND ?
        """,
        (ids[0], ids[-1]),
    )
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('indexed_revision', ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (str(ids[-1]),),
    )
    return len(ids) == BATCH


def indexed(connection: sqlite3.Connection) -> int:
    """The newest Revision that is indexed."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'indexed_revision'").fetchone()
    return int(row["value"]) if row is not None else 0


def index(connection: sqlite3.Connection, revision_id: int) -> None:
    """Index a Revision that was taken out, with the text that it has now."""
    connection.execute(
        """
        INSERT INTO revisions_fts (rowid, title, content, excerpt)
        SELECT id, title, content, excerpt FROM revisions WHERE id = ?
        """,
        (revision_id,),
    )


def forget(connection: sqlite3.Connection, revision_id: int) -> None:
    """Take a Revision out of the index, before it goes itself: the index wants to be told what it had of it."""
    connection.execute(
        """
        INSERT INTO revisions_fts (revisions_fts, rowid, title, content, excerpt)
        SELECT 'delete', id, title, content, excerpt FROM revisions WHERE id = ? AND id <= ?
        """,
        (revision_id, indexed(connection)),
    )
