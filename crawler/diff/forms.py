"""The forms of a text diff: wdiff text, spans for a terminal, and JSON; page.py has HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from crawler.diff.lines import Line, Piece, Style, is_changed, lines, shortened, texts
from crawler.diff.operations import Op, text_after, whole
from crawler.model import HUNK_BREAK

SpanStyle = Literal["kept", "removed", "added"]

#: Put into markers that stand in a text itself, so that nobody takes them for ours. Canonical text never has it.
_JOINER = "\u2060"
_MARKERS = ("[-", "-]", "{+", "+}")
#: Words of a moved block that are shown.
_MOST_OF_MOVED = 8
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_OPENING = re.compile(r"\[-|\{\+")
_CLOSING: dict[str, tuple[str, SpanStyle]] = {"[-": ("-]", "removed"), "{+": ("+}", "added")}


def wdiff(old: str, new: str) -> str:
    """Both texts in one, a line a block: `the [-first-]{+second+} word`. A moved block stands at both places."""
    return "\n".join(_marked(line) for line in lines(whole(old, new)))


def wdiff_in_short(operations: Sequence[Op]) -> str:
    """Only the lines with changes, with a little of what stands around them.

    A moved block is told of once, where it stands now.
    """
    found = lines(operations)
    shown: list[str] = []
    last = -1
    for index, line in enumerate(found):
        if is_changed(line) and line[0].style != "moved_away":
            if shown and index > last + 1:
                shown.append(HUNK_BREAK)
            shown.append(_moved_in_short(line[0]) if line[0].style == "moved_here" else _marked(shortened(line)))
            last = index
    # An empty line would look like the end of the field.
    return _EMPTY_LINES.sub("\n", "\n".join(shown))


def marked_pair(old: str, new: str) -> str:
    """One short value in place of another, on one line."""
    before, after = _harmless(" ".join(old.split())), _harmless(" ".join(new.split()))
    return (f"[-{before}-]" if before else "") + (f"{{+{after}+}}" if after else "")


def spans(text: str) -> list[tuple[SpanStyle, str]]:
    """wdiff text as (style, text) for colouring, without markers."""
    found: list[tuple[SpanStyle, str]] = []
    at = 0
    for start, end, style in _marked_parts(text):
        if start > at:
            found.append(("kept", text[at:start]))
        found.append((style, text[start + 2 : end]))
        at = end + 2
    if at < len(text):
        found.append(("kept", text[at:]))
    return [(style, part.replace(_JOINER, "")) for style, part in found]


def as_json(old: str, new: str) -> list[dict[str, Any]]:
    """A list of lines, each a list of pieces: `{"style": "added", "text": "…"}`."""
    return [
        {"changed": is_changed(line), "pieces": [{"style": style, "text": text} for style, text in texts(line)]}
        for line in lines(whole(old, new))
    ]


def as_operations(old: str, new: str) -> list[dict[str, str]]:
    """The steps from one text to the other: `{"kind": "replaced", "old": "12", "new": "21"}`.

    The `old` of all of them, one after the other, are the old text to the letter, the `new` the new one.
    """
    made: list[dict[str, str]] = []
    before = {"old": "", "new": ""}
    for op in whole(old, new):
        step: dict[str, str] = {"kind": op.kind}
        for side, tokens in (("old", op.old), ("new", op.new)):
            step[side] = text_after(before[side], tokens)
            before[side] = tokens[-1] if tokens else before[side]
        made.append(step)
    return made


def _marked(line: Line) -> str:
    return "".join([_mark(style, text) for style, text in texts(line)])


def _mark(style: Style, text: str) -> str:
    text = _harmless(text)
    if style == "kept":
        return text
    return f"[-{text}-]" if style in ("removed", "moved_away") else f"{{+{text}+}}"


def _harmless(text: str) -> str:
    if "-" in text or "+" in text:
        for marker in _MARKERS:
            text = text.replace(marker, marker[0] + _JOINER + marker[1])
    return text


def _moved_in_short(piece: Piece) -> str:
    """The beginning of a moved block, or what was edited in it."""
    if piece.edits:
        return f"(moved) {wdiff_in_short(piece.edits)}"
    found = _harmless(piece.tokens[0]).split(None, _MOST_OF_MOVED)
    return f"(moved) {' '.join(found[:_MOST_OF_MOVED])}{' …' if len(found) > _MOST_OF_MOVED else ''}"


def _marked_parts(text: str) -> Iterator[tuple[int, int, SpanStyle]]:
    """Where each marked part begins and ends. Searched from left to right, once: the text may be hostile."""
    opening = _OPENING.search(text)
    while opening:
        start = opening.start()
        close, style = _CLOSING[opening[0]]
        end = text.find(close, start + 2)
        if end < 0:  # cut off
            return
        yield start, end, style
        opening = _OPENING.search(text, end + 2)
