"""Revisions whose text was derived by another normaliser or other rules: finding them, and writing them anew.

What the endpoint said, its number and its times never change; only text and hash do, and what goes by them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from crawler.model import Rederived
from crawler.store import searching
from crawler.store.rows import fields_columns

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
