"""Writing Notices, each with the Alerts that tell of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from crawler.model import NoticeKind
from crawler.store.rows import needed, text


def write(
    connection: sqlite3.Connection,
    kind: NoticeKind,
    source_id: int | None,
    words: str,
    at: datetime,
    sinks: Sequence[str],
    *,
    since: datetime | None = None,
    part: str = "",
) -> None:
    """Write a Notice and an Alert of it for each of these Sinks, unless the same incident has been told before.

    The incident is the kind, the Source (`part`: which part of it) and when it began: `since`, by default `at`.
    """
    url = ""
    if source_id is not None:
        (url,) = connection.execute("SELECT url FROM sources WHERE id = ?", (source_id,)).fetchone()
    notice_id = identity(kind, f"{url} {part}".strip(), since or at)
    written = connection.execute(
        "INSERT OR IGNORE INTO notices (id, kind, source_id, at, text) VALUES (?, ?, ?, ?, ?)",
        (notice_id, kind, source_id, text(at), words),
    )
    if written.rowcount:
        connection.executemany(
            "INSERT INTO alerts (notice_id, sink, next_attempt_at) VALUES (?, ?, ?)",
            [(notice_id, sink, text(at)) for sink in dict.fromkeys(sinks)],
        )


def identity(kind: str, about: str, since: datetime) -> str:
    """`n_` and a hash: the same incident has the same id, however often it is told."""
    told = "\n".join((kind, about, needed(text(since))))
    return "n_" + blake2b(told.encode(), digest_size=16).hexdigest()
