"""What a site says of itself, when it was asked, and the sweep that a new word causes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from crawler.model import SourceFacts, Walk
from crawler.store import sweeping
from crawler.store.rows import moment, text


def asked_at(connection: sqlite3.Connection, source_id: int) -> datetime | None:
    """When the site was last asked where it is."""
    (at,) = connection.execute("SELECT asked_at FROM sources WHERE id = ?", (source_id,)).fetchone()
    return moment(at)


def keep(
    connection: sqlite3.Connection, source_id: int, facts: SourceFacts, walks: Sequence[Walk], now: datetime
) -> None:
    """Remember what it said; `walks` begin the sweep that this causes."""
    connection.execute(
        "UPDATE sources SET asked_at = ?, home = coalesce(?, home), timezone = coalesce(?, timezone) WHERE id = ?",
        (text(now), facts.home, facts.timezone, source_id),
    )
    sweeping.write(connection, walks)


def has_new_host(connection: sqlite3.Connection, source_id: int, since: datetime) -> bool:
    """Whether a Change since then moved a Post's link to another host."""
    rows = connection.execute(
        """
        SELECT o.link AS before, r.link AS after FROM changes c
          JOIN posts p ON p.id = c.post_id AND p.source_id = ?
          JOIN revisions r ON r.id = c.new_revision_id
          JOIN revisions o ON o.id = c.old_revision_id
         WHERE c.detected_at >= ? AND o.link <> r.link
        """,
        (source_id, text(since)),
    )
    return any(urlsplit(row["before"]).netloc != urlsplit(row["after"]).netloc for row in rows)


def keep_login(connection: sqlite3.Connection, source_id: int, at: datetime | None, error: str | None) -> None:
    """Remember when a Source's application password was tried, and what is the matter with it."""
    connection.execute("UPDATE sources SET login_at = ?, login_error = ? WHERE id = ?", (text(at), error, source_id))
