"""Revisions whose text was derived by another normaliser or other rules: finding them, and writing them anew.

What the endpoint said, its number and its times never change; only text and hash do, and what goes by them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from crawler.model import Fields, Rederived
from crawler.store import searching
from crawler.store.reading import Reader
from crawler.store.rows import fields_columns, fields_of

_STALE = """
    FROM revisions r JOIN posts p ON p.id = r.post_id JOIN originals o ON o.id = r.original_id
   WHERE p.source_id = :source AND coalesce(r.derivation, r.normalizer_version) <> :derivation
"""


def count_stale(connection: sqlite3.Connection, source_id: int, derivation: str) -> int:
    """How many Revisions of a Source have an original and another derivation than this."""
    asked = {"source": source_id, "derivation": derivation}
    (number,) = connection.execute(f"SELECT count(*) {_STALE}", asked).fetchone()
    return int(number)


def stale(
    connection: sqlite3.Connection, source_id: int, derivation: str, *, after: int, limit: int
) -> dict[int, bytes]:
    """The next of them behind the Revision `after`: id and original."""
    rows = connection.execute(
        f"SELECT r.id, o.body {_STALE} AND r.id > :after ORDER BY r.id LIMIT :limit",
        {"source": source_id, "derivation": derivation, "after": after, "limit": limit},
    )
    return {row["id"]: row["body"] for row in rows}


def rewrite(
    connection: sqlite3.Connection, found: Iterable[Rederived], *, derivation: str, normalizer_version: int
) -> int:
    """Write these Revisions anew. Returns how many of them read otherwise than before."""
    indexed = searching.indexed(connection)
    moved = 0
    for each in found:
        before = connection.execute("SELECT * FROM revisions WHERE id = ?", (each.revision_id,)).fetchone()
        if before is None:
            continue
        row = {
            **fields_columns(each.fields),
            "id": each.revision_id,
            "hash": each.content_hash,
            "derivation": derivation,
            "version": normalizer_version,
        }
        moved += any(before[name] != row[name] for name in ("title", "content", "excerpt"))
        searching.forget(connection, each.revision_id)
        connection.execute(
            """
            UPDATE revisions SET title = :title, content = :content, excerpt = :excerpt, author = :author,
                   link = :link, categories = :categories, tags = :tags, featured_image = :featured_image,
                   content_hash = :hash, derivation = :derivation, normalizer_version = :version
             WHERE id = :id
            """,
            row,
        )
        if each.revision_id <= indexed:
            searching.index(connection, each.revision_id)
        _follow(connection, before, row)
    return moved


def _follow(connection: sqlite3.Connection, before: sqlite3.Row, row: Mapping[str, object]) -> None:
    """Move along what goes by the Revision's text: its Post's name, and the hash by which its endpoint is compared.

    Where hashes of single fields are kept, of a feed beside a collection, they were made of a text that is not.
    """
    connection.execute(
        "UPDATE posts SET title = ?, author = ? WHERE latest_revision_id = ? AND title IS ? AND author IS ?",
        (row["title"], row["author"], row["id"], before["title"], before["author"]),
    )
    connection.execute(
        """
        UPDATE sightings SET text_hash = ?, derivation = ?
         WHERE post_id = ? AND endpoint_id = ? AND text_hash = ? AND prints IS NULL
        """,
        (row["hash"], row["derivation"], before["post_id"], before["endpoint_id"], before["content_hash"]),
    )


class Edit(NamedTuple):
    """A stored Change between two Revisions: of each side its original, where it is kept, and what is stored."""

    id: str
    detected_at: str
    title: str | None
    summary: str
    sides: tuple[tuple[bytes | None, Fields], tuple[bytes | None, Fields]]


def count_edits(reader: Reader, source: str) -> int | None:
    """How many edits are stored of the Source of this name; None: there is no such Source."""
    found = reader.execute("SELECT id FROM sources WHERE name = ?", (source,)).fetchone()
    if found is None:
        return None
    (number,) = reader.execute(
        "SELECT count(*) FROM changes c JOIN posts p ON p.id = c.post_id"
        " WHERE p.source_id = ? AND c.kind = 'edited' AND c.old_revision_id IS NOT NULL",
        (found["id"],),
    ).fetchone()
    return int(number)


def edits(reader: Reader, source: str) -> Iterator[Edit]:
    """They themselves, newest first."""
    rows = reader.execute(
        """
        SELECT c.id, c.detected_at, c.summary, c.old_revision_id, c.new_revision_id
          FROM changes c JOIN posts p ON p.id = c.post_id JOIN sources s ON s.id = p.source_id
         WHERE s.name = ? AND c.kind = 'edited' AND c.old_revision_id IS NOT NULL
         ORDER BY c.seq DESC
        """,
        (source,),
    )
    for row in rows:
        old, new = (_side(reader, row[name]) for name in ("old_revision_id", "new_revision_id"))
        yield Edit(row["id"], row["detected_at"], new[1].title, row["summary"], (old, new))


def _side(reader: Reader, revision_id: int) -> tuple[bytes | None, Fields]:
    row = reader.execute(
        "SELECT r.*, o.body FROM revisions r LEFT JOIN originals o ON o.id = r.original_id WHERE r.id = ?",
        (revision_id,),
    ).fetchone()
    return row["body"], fields_of(row)
