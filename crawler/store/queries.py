"""Lists for people: Posts and Changes with the columns of the public views, one row at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crawler.store.reading import Reader
from crawler.store.selecting import ChangesWanted, Conditions, Wanted, bound, of_sources

Row = dict[str, Any]

_CHANGES = """
  FROM changes c
  JOIN posts p ON p.id = c.post_id
  LEFT JOIN revisions old ON old.id = c.old_revision_id
  LEFT JOIN revisions new ON new.id = c.new_revision_id
"""


def posts(reader: Reader, wanted: Wanted, *, limit: int | None = None) -> Iterator[Row]:
    """Rows of `current_posts`, newest publication first, those without a date last."""
    conditions = _of_posts(reader, wanted)
    ids = reader.execute(
        f"SELECT p.id FROM posts p {conditions.where} ORDER BY p.published_at DESC, p.id DESC LIMIT ?",  # noqa: S608
        (*conditions.values, bound(limit)),
    )
    for (post_id,) in ids:
        yield dict(reader.execute("SELECT * FROM current_posts WHERE id = ?", (post_id,)).fetchone())


def count_posts(reader: Reader, wanted: Wanted) -> int:
    """How many Posts are wanted."""
    conditions = _of_posts(reader, wanted)
    return _count(reader, f"FROM posts p {conditions.where}", conditions)


def changes(
    reader: Reader, wanted: ChangesWanted, *, limit: int | None = None, oldest_first: bool = False
) -> Iterator[tuple[int, Row]]:
    """`seq` and row of `recent_changes`, newest first unless told otherwise."""
    conditions = _of_changes(reader, wanted)
    order = "ASC" if oldest_first else "DESC"
    picked = reader.execute(
        f"SELECT c.seq, c.id {_CHANGES} {conditions.where} ORDER BY c.seq {order} LIMIT ?",
        (*conditions.values, bound(limit)),
    )
    for seq, change_id in picked:
        yield seq, dict(reader.execute("SELECT * FROM recent_changes WHERE id = ?", (change_id,)).fetchone())


def count_changes(reader: Reader, wanted: ChangesWanted) -> int:
    """How many Changes are wanted."""
    conditions = _of_changes(reader, wanted)
    return _count(reader, f"{_CHANGES} {conditions.where}", conditions)


def columns(reader: Reader, view: str) -> list[str]:
    """The names of a view's columns, in order; for lists without rows."""
    return [each[0] for each in reader.execute(f"SELECT * FROM {view} LIMIT 0").description]  # noqa: S608 (our names)


def latest_seq(reader: Reader) -> int:
    """The `seq` of the newest Change, 0 while there is none."""
    (seq,) = reader.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchone()
    return int(seq)


def _of_posts(reader: Reader, wanted: Wanted) -> Conditions:
    conditions = Conditions()
    of_sources(conditions, "p.source_id", reader, wanted)
    conditions.between("p.published_at", wanted)
    return conditions


def _of_changes(reader: Reader, wanted: ChangesWanted) -> Conditions:
    conditions = Conditions()
    of_sources(conditions, "p.source_id", reader, wanted)
    conditions.between("c.detected_at", wanted)
    if wanted.after is not None:
        conditions.add("c.seq > ?", wanted.after)
    if wanted.kinds:
        conditions.any_of("c.kind", wanted.kinds)
    if wanted.silent:
        conditions.add("c.silent = 1")
    if wanted.fields:
        fields = Conditions()
        fields.any_of("f.value", wanted.fields)
        any_field = f"EXISTS (SELECT 1 FROM json_each(c.fields) f {fields.where})"  # noqa: S608 (values are bound)
        conditions.add(any_field, *fields.values)
    if wanted.author is not None:
        # instr, not LIKE: in a name, % and _ are characters like any other
        conditions.add("instr(casefold(coalesce(new.author, old.author, p.author)), ?) > 0", wanted.author.casefold())
    if wanted.min_words:
        conditions.add("c.words_added + c.words_removed >= ?", wanted.min_words)
    return conditions


def _count(reader: Reader, rest: str, conditions: Conditions) -> int:
    (number,) = reader.execute(f"SELECT count(*) {rest}", conditions.values).fetchone()
    return int(number)
