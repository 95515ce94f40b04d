"""The history of one Post: its Revisions, its Changes, and what was known of it at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.errors import NotFound
from crawler.model import Fields
from crawler.store.queries import Row
from crawler.store.reading import Reader
from crawler.store.rows import fields_of, moment, sure, text
from crawler.store.selecting import Conditions, Wanted, bound

#: The public columns of `revisions`, with what `revision_spans` knows of each.
_REVISION = """
    SELECT r.*, s.name AS source, v.last_seen_at, v.superseded_at
      FROM revisions r
      JOIN posts p ON p.id = r.post_id
      JOIN sources s ON s.id = p.source_id
      JOIN revision_spans v ON v.post_id = r.post_id AND v.number = r.number
"""
_INTERNAL = ("author_id", "featured_image_id", "derivation")


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownPost:
    """What a heading says of a Post."""

    id: int
    source: str
    state: str
    title: str | None
    link: str | None
    revisions: int
    first_seen_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRevision:
    """A Revision with the times between which it stood."""

    post_id: int
    number: int
    cause: str
    fields: Fields
    modified_at: datetime | None
    observed_at: datetime
    last_seen_at: datetime
    superseded_at: datetime | None
    original_id: int | None
    #: what its text was derived by
    derivation: str
    #: all columns that scripts may rely on
    row: Row


def known_post(reader: Reader, post_id: int) -> KnownPost:
    """The Post with this id, which is there."""
    row = reader.execute(
        "SELECT p.*, s.name AS source FROM posts p JOIN sources s ON s.id = p.source_id WHERE p.id = ?", (post_id,)
    ).fetchone()
    return KnownPost(
        id=row["id"],
        source=row["source"],
        state=row["state"],
        title=row["title"],
        link=row["link"],
        revisions=row["revisions"],
        first_seen_at=sure(row["first_seen_at"]),
    )


def revision(reader: Reader, post_id: int, number: int) -> StoredRevision:
    """The Revision with that number. Raises NotFound."""
    row = reader.execute(f"{_REVISION} WHERE r.post_id = ? AND r.number = ?", (post_id, number)).fetchone()
    if row is None:
        have = numbers(reader, post_id)
        known = (
            f"it has {have[0]} to {have[-1]}" if len(have) > 1 else f"it has {have[0]} only" if have else "it has none"
        )
        raise NotFound(f"post {post_id} has no revision {number}; {known}")
    return _revision(row)


def numbers(reader: Reader, post_id: int) -> list[int]:
    """The numbers of the Post's Revisions, in order."""
    rows = reader.execute("SELECT number FROM revisions WHERE post_id = ? ORDER BY number", (post_id,))
    return [row["number"] for row in rows]


def number_at(reader: Reader, post_id: int, at: datetime) -> int | None:
    """The number of the Revision that was the latest known one at a moment; None before the first."""
    (number,) = reader.execute(
        "SELECT max(number) FROM revisions WHERE post_id = ? AND observed_at <= ?", (post_id, text(at))
    ).fetchone()
    return None if number is None else int(number)


def numbers_of_change(reader: Reader, change_id: str) -> tuple[int | None, int | None]:
    """The numbers of the old and the new Revision of a Change."""
    row = reader.execute("SELECT old_revision, new_revision FROM recent_changes WHERE id = ?", (change_id,)).fetchone()
    return row["old_revision"], row["new_revision"]


def original(reader: Reader, revision: StoredRevision) -> bytes:
    """What the endpoint said of the Post, as it is stored. Raises NotFound when it is not kept any more."""
    row = reader.execute("SELECT body FROM originals WHERE id = ?", (revision.original_id,)).fetchone()
    if row is None:
        raise NotFound(f"the original of post {revision.post_id}, revision {revision.number}, is not kept any more")
    return bytes(row["body"])


def revisions(reader: Reader, post_id: int, wanted: Wanted, *, limit: int | None) -> list[Row]:
    """Rows of a Post's Revisions, newest first."""
    conditions = _of_post("r.post_id", post_id, "r.observed_at", wanted)
    rows = reader.execute(
        f"{_REVISION} {conditions.where} ORDER BY r.number DESC LIMIT ?", (*conditions.values, bound(limit))
    )
    return [_public(row) for row in rows]


def changes_of_post(reader: Reader, post_id: int, wanted: Wanted, *, limit: int | None) -> list[Row]:
    """Rows of `recent_changes` of a Post, newest first."""
    conditions = _of_post("c.post_id", post_id, "c.detected_at", wanted)
    picked = reader.execute(
        f"SELECT c.id FROM changes c {conditions.where} ORDER BY c.seq DESC LIMIT ?",  # noqa: S608
        (*conditions.values, bound(limit)),
    ).fetchall()
    return [dict(reader.execute("SELECT * FROM recent_changes WHERE id = ?", tuple(row)).fetchone()) for row in picked]


def count_history(reader: Reader, post_id: int, wanted: Wanted) -> int:
    """How many Revisions and Changes of a Post are wanted."""
    of_revisions = _of_post("post_id", post_id, "observed_at", wanted)
    of_changes = _of_post("post_id", post_id, "detected_at", wanted)
    (number,) = reader.execute(
        f"SELECT (SELECT count(*) FROM revisions {of_revisions.where})"  # noqa: S608
        f" + (SELECT count(*) FROM changes {of_changes.where})",
        (*of_revisions.values, *of_changes.values),
    ).fetchone()
    return int(number)


def _of_post(column: str, post_id: int, time_column: str, wanted: Wanted) -> Conditions:
    conditions = Conditions()
    conditions.add(f"{column} = ?", post_id)
    conditions.between(time_column, wanted)
    return conditions


def columns(reader: Reader) -> list[str]:
    """The names of the columns of `revisions`, for lists without rows."""
    names = [each[0] for each in reader.execute(f"{_REVISION} LIMIT 0").description]
    return [name for name in names if name not in _INTERNAL]


def _public(row: Any) -> Row:
    return {name: row[name] for name in row.keys() if name not in _INTERNAL}  # noqa: SIM118 (a Row iterates values)


def _revision(row: Any) -> StoredRevision:
    return StoredRevision(
        post_id=row["post_id"],
        number=row["number"],
        cause=row["cause"],
        fields=fields_of(row),
        modified_at=moment(row["modified_at"]),
        observed_at=sure(row["observed_at"]),
        last_seen_at=sure(row["last_seen_at"]),
        superseded_at=moment(row["superseded_at"]),
        original_id=row["original_id"],
        derivation=row["derivation"] or str(row["normalizer_version"]),
        row=_public(row),
    )
