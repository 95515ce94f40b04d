"""Two states of a Post laid side by side: what an Alert tells of an edit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain

from crawler.diff.forms import marked_pair, wdiff_in_short
from crawler.diff.notes import came_with_note
from crawler.diff.operations import TextDiff, text_diff
from crawler.diff.summary import summary
from crawler.model import COMPARED, Comparison, FieldDiff, Fields, Ref
from crawler.text import join, searched

TEXTS = ("title", "content", "excerpt")
TERMS = ("categories", "tags")
_UNNAMED = "(unnamed)"


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
        matched=tuple(pattern for pattern in patterns if searched(pattern).search(touched)),
    )


def touched_text(texts: Iterable[TextDiff]) -> Iterator[str]:
    """The words that came and those that went, hunk by hunk."""
    for text in texts:
        for op in chain.from_iterable((op, *op.edits) for op in text.operations):
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
        return _terms(name, before or (), after or ())
    was, now = _shown(before), _shown(after)
    if was == now and isinstance(before, Ref) and isinstance(after, Ref):
        was, now = _with_id(before), _with_id(after)
    return FieldDiff(name=name, old=was, new=now)


def _terms(name: str, before: Sequence[Ref], after: Sequence[Ref]) -> FieldDiff:
    """Terms that came and went, as sets: their order says nothing. Two of one name are told apart by id."""
    removed, added = _only_in(before, after), _only_in(after, before)
    both = {_shown(term) for term in removed} & {_shown(term) for term in added}
    went, came = (
        tuple(sorted(_with_id(term) if _shown(term) in both else _shown(term) or _UNNAMED for term in terms))
        for terms in (removed, added)
    )
    return FieldDiff(name=name, added=came, removed=went)


def _only_in(terms: Sequence[Ref], others: Sequence[Ref]) -> list[Ref]:
    return [term for term in terms if not any(_is_same(term, other) for other in others)]


def _is_same(term: Ref, other: Ref) -> bool:
    """By id where both have one: a renamed term is the same one."""
    return term.id == other.id if term.id is not None and other.id is not None else term.name == other.name


def _shown(value: str | datetime | Ref | None) -> str | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    if isinstance(value, Ref):
        return value.name or (f"#{value.id}" if value.id else "")
    return value


def _with_id(ref: Ref) -> str:
    """Another person, term or medium of the same name: only the id tells."""
    return f"{ref.name} (#{ref.id})".lstrip() if ref.name and ref.id is not None else ref.name or f"(#{ref.id})"


def _section(field: FieldDiff, text: TextDiff | None) -> str:
    """The field's part of the diff; its first line tells which field it is, texts need no label."""
    if text is not None:
        return wdiff_in_short(text.operations) or "(the same words)"
    label = field.name.replace("_", " ").capitalize()
    before = ", ".join(field.removed or ()) if field.removed is not None else field.old or ""
    after = ", ".join(field.added or ()) if field.added is not None else field.new or ""
    return f"{label}: {marked_pair(before, after)}"
