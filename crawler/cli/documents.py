"""A Revision as one text: what `show` prints and what `diff` compares."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crawler.model import Fields, Ref

#: Of these the text consists; the other fields are told beside it.
IN_TEXT = ("title", "content")


def document(fields: Fields, names: Iterable[str] = ()) -> str:
    """Title and canonical text, with an empty line between blocks; before them the fields called `names`."""
    blocks = [f"{label(name)}: {value_text(getattr(fields, name))}".rstrip() for name in names]
    blocks += [text for text in (fields.title, fields.content) if text]
    return "\n\n".join(blocks)


def label(name: str) -> str:
    """A field's name as a heading: `Published at`."""
    return name.replace("_", " ").capitalize()


def value_text(value: str | datetime | Ref | tuple[Ref, ...] | None) -> str:
    """A field's value in one line."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(sorted(map(value_text, value)))
    if isinstance(value, Ref):
        return value.name or (f"#{value.id}" if value.id else "")
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else " ".join(value.split())
