"""How tables show Posts and Changes."""

from __future__ import annotations

from datetime import tzinfo

from crawler.cli import times
from crawler.cli.printing import Column
from crawler.store.queries import Row

#: Of a Change's id: a prefix that is nearly always unique, and is told to be ambiguous where it is not.
ID_SHOWN = 10


def post_columns(zone: tzinfo) -> list[Column]:
    """Posts."""
    return [
        Column("id", lambda row: str(row["id"]), right=True),
        Column("published", lambda row: times.local(row["published_at"], zone)),
        Column("source", lambda row: row["source"]),
        Column("state", lambda row: row["state"]),
        Column("revisions", lambda row: str(row["revisions"]), right=True),
        Column("title", title, yields=True),
    ]


def change_columns(zone: tzinfo) -> list[Column]:
    """Changes."""
    return [
        Column("detected", lambda row: times.local(row["detected_at"], zone)),
        Column("source", lambda row: row["source"]),
        Column("kind", kind),
        Column("words", words, right=True),
        Column("id", lambda row: row["id"][:ID_SHOWN]),
        Column("title", title, yields=True),
    ]


def title(row: Row) -> str:
    """The title of a Post or Change, or what stands in for it."""
    return row["title"] or row["link"] or "untitled"


def kind(row: Row) -> str:
    """`edited, silent`."""
    marks = [name for name in ("silent", "noted") if row[name]]
    return ", ".join((row["kind"], *marks))


def words(row: Row) -> str:
    """`+3 −1`; nothing where no words changed."""
    if not row["words_added"] and not row["words_removed"]:
        return ""
    return f"+{row['words_added']} −{row['words_removed']}"
