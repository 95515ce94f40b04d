"""Which fields of two states of a Post differ. What one side was not told is never compared."""

from __future__ import annotations

from crawler.model import COMPARED, Fields, Ref
from crawler.text import canonical_link, is_generated_excerpt, undivided

#: The fields that readers read: only an edit of these can be a silent one.
TEXT = frozenset({"title", "content", "excerpt"})


def differing(old: Fields, new: Fields, ignored: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Names of the fields that both sides tell and that differ, in the order of COMPARED."""
    return tuple(
        name
        for name in COMPARED
        if name not in ignored
        and (before := getattr(old, name)) is not None
        and (after := getattr(new, name)) is not None
        and not _same(name, before, after)
        and not (name == "excerpt" and any(map(_is_no_excerpt, (old, new), (new, old))))
    )


def tells_more(old: Fields, new: Fields) -> bool:
    """Whether a field is told now that was not."""
    return any(getattr(old, name) is None and getattr(new, name) is not None for name in COMPARED)


def _is_no_excerpt(old: Fields, new: Fields) -> bool:
    """Whether the excerpt of one side is taken from the other's content, and the other has none of its own.

    So it is when a feed goes over to summaries, or when a sentence that stands in both is edited in the content only.
    """
    if old.excerpt or old.content is None or old.content == new.content:
        return False
    return is_generated_excerpt(new.excerpt or "", old.content)


def _same(name: str, old: object, new: object) -> bool:
    if isinstance(old, Ref) and isinstance(new, Ref):
        return _same_ref(old, new)
    if isinstance(old, tuple) and isinstance(new, tuple):
        return _all_among(old, new) and _all_among(new, old)
    if name == "link":
        return canonical_link(str(old)) == canonical_link(str(new))
    if name in ("content", "excerpt") and old != new:
        return undivided(str(old)) == undivided(str(new))
    return old == new


def _all_among(terms: tuple[Ref, ...], others: tuple[Ref, ...]) -> bool:
    return all(any(_same_ref(term, other) for other in others) for term in terms)


def _same_ref(old: Ref, new: Ref) -> bool:
    """By id where both sides tell one: a renamed person or term is the same one."""
    return old.id == new.id if old.id is not None and new.id is not None else old.name == new.name
