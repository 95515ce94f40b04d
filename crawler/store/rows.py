"""Between values and columns: times as UTC text, terms and people as JSON. Contains no SQL that decides anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import zstandard

from crawler.model import Fields, Ref

_encode = msgspec.json.Encoder().encode
_names = msgspec.json.Decoder(tuple[str, ...]).decode
_hours = msgspec.json.Decoder(tuple[int, ...]).decode
_prints = msgspec.json.Decoder(dict[str, str]).decode
_refs = msgspec.json.Decoder(tuple[Ref, ...]).decode


def text(moment: datetime | None) -> str | None:
    """`2023-05-08T23:00:24Z`, to the second; None stays None."""
    if moment is None:
        return None
    # Not strftime: it writes the year 1 as `1`, which nobody can read again.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def needed(value: str | None) -> str:
    """A time that must be there."""
    if value is None:
        raise ValueError("a time that must be there is missing")
    return value


def moment(value: str | None) -> datetime | None:
    """The datetime of a stored time."""
    return None if value is None else datetime.fromisoformat(value)


def sure(value: str) -> datetime:
    """The datetime of a column that is never null."""
    return datetime.fromisoformat(value)


def packed(body: bytes | None) -> bytes | None:
    """Text as a column of bytes holds it."""
    return None if body is None else zstandard.compress(body)


def unpacked(value: bytes | None) -> bytes | None:
    """The text that `packed` wrote."""
    return None if value is None else zstandard.decompress(value)


def reach_text(reach: int | timedelta | None) -> str | None:
    """How far a walk goes: `200` posts, `7776000s`, None to the end."""
    return f"{reach.total_seconds():.0f}s" if isinstance(reach, timedelta) else None if reach is None else str(reach)


def reach_of(value: str | None) -> int | timedelta | None:
    """The reach that `reach_text` wrote."""
    if value is None:
        return None
    return timedelta(seconds=int(value.removesuffix("s"))) if value.endswith("s") else int(value)


def json_text(value: Any) -> str:
    """Compact JSON text of plain values and of our frozen ones."""
    return _encode(value).decode()


def names(value: str) -> tuple[str, ...]:
    """The names in a JSON list."""
    return _names(value)


def hours_text(told: tuple[int, ...]) -> str | None:
    """`[22,23]`; None stands for none."""
    return json_text(told) if told else None


def hours(value: str | None) -> tuple[int, ...]:
    """The hours of the day that `hours_text` wrote."""
    return () if value is None else _hours(value)


def prints(value: str | None) -> dict[str, str] | None:
    """The hashes of fields in a JSON object."""
    return None if value is None else _prints(value)


def terms_text(terms: tuple[Ref, ...] | None) -> str | None:
    """`[{"id":3,"name":"News"}]`; null = not told, `[]` = told to be none."""
    return None if terms is None else json_text(terms)


def _ref(name: str | None, ref_id: int | None) -> Ref | None:
    return None if name is None and ref_id is None else Ref(id=ref_id, name=name or "")


def fields_columns(fields: Fields) -> dict[str, Any]:
    """The columns of `revisions` that hold what is compared."""
    return {
        "title": fields.title,
        "content": fields.content,
        "excerpt": fields.excerpt,
        "author": None if fields.author is None else fields.author.name,
        "author_id": None if fields.author is None else fields.author.id,
        "link": fields.link,
        "published_at": text(fields.published_at),
        "categories": terms_text(fields.categories),
        "tags": terms_text(fields.tags),
        "featured_image": None if fields.featured_image is None else fields.featured_image.name,
        "featured_image_id": None if fields.featured_image is None else fields.featured_image.id,
    }


def fields_of(row: sqlite3.Row | Mapping[str, Any]) -> Fields:
    """The Fields that a row of `revisions` holds."""
    return Fields(
        title=row["title"],
        content=row["content"],
        excerpt=row["excerpt"],
        link=row["link"],
        author=_ref(row["author"], row["author_id"]),
        published_at=moment(row["published_at"]),
        categories=None if row["categories"] is None else _refs(row["categories"]),
        tags=None if row["tags"] is None else _refs(row["tags"]),
        featured_image=_ref(row["featured_image"], row["featured_image_id"]),
    )


def suspicion(row: sqlite3.Row) -> dict[str, Any]:
    """What a row of `suspects` says of its Post."""
    return {
        "kind": row["kind"],
        "evidence": row["evidence"],
        "checks": row["checks"],
        "trouble": row["trouble"],
        "sweeps": row["sweeps"],
        "held": bool(row["held"]),
        "first_at": sure(row["first_at"]),
        "next_check_at": sure(row["next_check_at"]),
    }
