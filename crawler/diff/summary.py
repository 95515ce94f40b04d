"""One line that says what an edit did: `Title: bolsters → strengthens; text +3 −1 words; figure 12 → 21`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from crawler.diff.figures import replaced
from crawler.diff.operations import BREAK, Op, TextDiff
from crawler.diff.quotes import QuoteChange, changed_quotes
from crawler.model import FieldDiff
from crawler.text import CROSSED_OUT, join

#: A title's hunks are told word for word up to this many, each up to this many words.
_MOST_HUNKS = 3
_MOST_WORDS = 6
_MOST_FIGURES = 3
_MOST_QUOTES = 2
_LONGEST_QUOTE = 120
_LONGEST_VALUE = 80
_PUNCTUATION = ",.;:!?\"'()"


def summary(fields: Iterable[FieldDiff], texts: Mapping[str, TextDiff]) -> str:
    """The line for these fields; `texts` has the diffs of those that are texts."""
    line = "; ".join(part for field in fields for part in _parts(field, texts.get(field.name)))
    return line[:1].upper() + line[1:]


def _parts(field: FieldDiff, text: TextDiff | None) -> Iterator[str]:
    if field.name == "title" and text is not None:
        yield _title(field, text)
    elif text is not None:
        yield from _text("text" if field.name == "content" else field.name, field, text)
    elif field.added is not None:
        signed = [f"+{name}" for name in field.added] + [f"−{name}" for name in field.removed or ()]
        yield f"{field.name} {_cut(' '.join(signed) or 'changed')}"
    elif field.name == "featured_image":
        yield "featured image " + ("changed" if field.old and field.new else "added" if field.new else "removed")
    else:
        label = {"published_at": "published"}.get(field.name, field.name)
        yield f"{label}: {_cut(field.old or 'none')} → {_cut(field.new or 'none')}"


def _title(field: FieldDiff, text: TextDiff) -> str:
    changes = [op for op in text.operations if op.kind != "equal"]
    if 0 < len(changes) <= _MOST_HUNKS and all(max(len(op.old), len(op.new)) <= _MOST_WORDS for op in changes):
        return f"title: {', '.join(_hunk(op) for op in changes)}"
    return f"title {_counts(field)}"


def _text(label: str, field: FieldDiff, text: TextDiff) -> Iterator[str]:
    if field.words_added or field.words_removed:
        yield f"{label} {_counts(field)}"
    elif not text.moved:
        yield f"{label}: {_beside_words(text)}"
    if text.moved:
        yield f"{text.moved} paragraph{'s' if text.moved > 1 else ''} moved"
    yield from _quotes(changed_quotes(text.gaps))
    found = replaced(text.gaps)
    yield from _pairs("figure", found.figures)
    yield from _pairs("date", found.dates)


def _beside_words(text: TextDiff) -> str:
    """What differs where no word does."""
    signs = {token.strip(" ") for op in text.operations if op.kind != "equal" for token in (*op.old, *op.new)}
    if BREAK in signs:
        return "paragraphs divided differently"
    if signs.intersection(CROSSED_OUT):
        return "words crossed out, or no longer"
    return "bars between cells" if "|" in signs else "white space"


def _quotes(found: Sequence[QuoteChange]) -> Iterator[str]:
    """What somebody is said to have said, word for word: `quote changed: “…” → “…”`."""
    for quote in found[:_MOST_QUOTES]:
        old, new = (f"“{_cut(text, _LONGEST_QUOTE)}”" for text in quote)
        if quote.old and quote.new:
            yield f"quote changed: {old} → {new}"
        else:
            yield f"quote removed: {old}" if quote.old else f"quote added: {new}"
    left = len(found) - _MOST_QUOTES
    if left > 0:
        yield f"{left} more quote{'s' if left > 1 else ''}"


def _pairs(noun: str, pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    if pairs:
        told = [f"{old} → {new}" for old, new in pairs[:_MOST_FIGURES]]
        more = [f"{len(pairs) - _MOST_FIGURES} more"] if len(pairs) > _MOST_FIGURES else []
        yield f"{noun}{'s' if len(pairs) > 1 else ''} {', '.join(told + more)}"


def _hunk(op: Op) -> str:
    before, after = join(op.old).strip(), join(op.new).strip()
    if not before or not after:
        return f"+{after}" if after else f"−{before}"
    bare = before.strip(_PUNCTUATION), after.strip(_PUNCTUATION)
    if bare[0] and bare[1] and bare[0] != bare[1]:
        before, after = bare
    return f"{before} → {after}"


def _counts(field: FieldDiff) -> str:
    return f"+{field.words_added} −{field.words_removed} words"


def _cut(text: str, longest: int = _LONGEST_VALUE) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
