"""Two states of a Post laid side by side: what an Alert tells of an edit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from crawler.diff.forms import marked_pair, wdiff_in_short
from crawler.diff.notes import came_with_note
from crawler.diff.operations import TextDiff, text_diff
from crawler.diff.summary import summary
from crawler.model import COMPARED, Comparison, FieldDiff, Fields, Ref
from crawler.text import join

TEXTS = ("title", "content", "excerpt")
TERMS = ("categories", "tags")


def compare(old: Fields, new: Fields, names: Sequence[str], patterns: Sequence[str] = ()) -> Comparison:
    """Say how the fields called `names` differ; `patterns` are looked for in what came and went of the texts.

    `diff` has one section a field, in the order of COMPARED, with an empty line between two sections.
    """
    changed = [name for name in COMPARED if name in names]
    texts = {name: text_diff(getattr(old, name) or "", getattr(new, name) or "") for name in TEXTS if name in changed}
    fields = tuple(_field(name, old, new, texts.get(name)) for name in changed)
    touched = "\n".join(touched_text(texts.values())) if patterns else ""
    return Comparison(
        fields=fields,
        words_added=sum(field.words_added for field in fields),
        words_removed=sum(field.words_removed for field in fields),
        summary=summary(fields, texts),
        diff="\n\n".join(_section(field, texts.get(field.name)) for field in fields),
        noted="content" in texts and came_with_note(old.content or "", new.content or ""),
        matched=tuple(pattern for pattern in patterns if re.search(pattern, touched)),
    )


def touched_text(texts: Iterable[TextDiff]) -> Iterator[str]:
    """The words that came and those that went, hunk by hunk."""
    for text in texts:
        for op in text.operations:
            if op.kind in ("removed", "added", "replaced"):
                yield from filter(None, (join(op.old), join(op.new)))


def _field(name: str, old: Fields, new: Fields, text: TextDiff | None) -> FieldDiff:
    before, after = getattr(old, name), getattr(new, name)
    if text is not None:
        whole = name != "content"
        return FieldDiff(
            name=name,
            old=before if whole else None,
            new=after if whole else None,
            words_added=text.words_added,
            words_removed=text.words_removed,
        )
    if name in TERMS:
        return FieldDiff(name=name, added=_names_only_in(after, before), removed=_names_only_in(before, after))
    return FieldDiff(name=name, old=_shown(before), new=_shown(after))


def _names_only_in(terms: Sequence[Ref] | None, others: Sequence[Ref] | None) -> tuple[str, ...]:
    known = {_identity(term) for term in others or ()}
    return tuple(sorted(_shown(term) or "" for term in terms or () if _identity(term) not in known))


def _identity(ref: Ref) -> int | str:
    return ref.name if ref.id is None else ref.id


def _shown(value: str | datetime | Ref | None) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    if isinstance(value, Ref):
        return value.name or (f"#{value.id}" if value.id else "")
    return value


def _section(field: FieldDiff, text: TextDiff | None) -> str:
    """The field's part of the diff; its first line tells which field it is, texts need no label."""
    if text is not None:
        return wdiff_in_short(text.operations) or "(the same words)"
    label = field.name.replace("_", " ").capitalize()
    before = ", ".join(field.removed or ()) if field.removed is not None else field.old or ""
    after = ", ".join(field.added or ()) if field.added is not None else field.new or ""
    return f"{label}: {marked_pair(before, after)}"
