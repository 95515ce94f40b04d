"""The forms of a text diff: wdiff text, spans for a terminal, HTML and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Literal

from crawler.diff.lines import Line, Style, is_changed, lines, shortened, texts
from crawler.diff.operations import Op, whole
from crawler.model import HUNK_BREAK

SpanStyle = Literal["kept", "removed", "added"]

#: Put into markers that stand in a text itself, so that nobody takes them for ours. Canonical text never has it.
_JOINER = "\u2060"
_MARKERS = ("[-", "-]", "{+", "+}")
_OPENING = re.compile(r"\[-|\{\+")
_CLOSING: dict[str, tuple[str, SpanStyle]] = {"[-": ("-]", "removed"), "{+": ("+}", "added")}


def wdiff(old: str, new: str) -> str:
    """Both texts in one, a line a block: `the [-first-]{+second+} word`. A moved block stands at both places."""
    return "\n".join(_marked(line) for line in lines(whole(old, new)))


def wdiff_in_short(operations: Iterable[Op]) -> str:
    """Only the lines with changes, with a little of what stands around them."""
    found = lines(operations)
    shown: list[str] = []
    last = -1
    for index, line in enumerate(found):
        if is_changed(line) and any(piece.style != "moved_away" for piece in line):
            if shown and index > last + 1:
                shown.append(HUNK_BREAK)
            shown.append(_marked(shortened(line), in_short=True))
            last = index
    return "\n".join(shown)


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


def html(old: str, new: str) -> str:
    """A whole page with deletions and insertions; everything of the texts is escaped."""
    body = "\n".join(f"<p>{_html_line(line)}</p>" for line in lines(whole(old, new)))
    return f"{_HEAD}\n{body}\n</body></html>\n"


def as_json(old: str, new: str) -> list[dict[str, Any]]:
    """A list of lines, each a list of pieces: `{"style": "added", "text": "…"}`."""
    return [
        {"changed": is_changed(line), "pieces": [{"style": style, "text": text} for style, text in texts(line)]}
        for line in lines(whole(old, new))
    ]


_HEAD = (
    '<!doctype html><html><head><meta charset="utf-8"><title>diff</title><style>'
    "body{max-width:45em;margin:2em auto;font:1em/1.5 serif}p{white-space:pre-wrap}"
    "del{background:#fdd}ins{background:#dfd;text-decoration:none}.moved{background:#eef}"
    "</style></head><body>"
)
_TAGS: dict[Style, tuple[str, str]] = {
    "kept": ("", ""),
    "removed": ("<del>", "</del>"),
    "added": ("<ins>", "</ins>"),
    "moved_away": ('<del class="moved">', "</del>"),
    "moved_here": ('<ins class="moved">', "</ins>"),
}


def _html_line(line: Line) -> str:
    return "".join(f"{_TAGS[style][0]}{escape(text)}{_TAGS[style][1]}" for style, text in texts(line))


def _marked(line: Line, *, in_short: bool = False) -> str:
    return "".join(_mark(style, text, in_short) for style, text in texts(line))


def _mark(style: Style, text: str, in_short: bool) -> str:
    text = _harmless(text)
    if style == "kept":
        return text
    if in_short and style.startswith("moved"):
        return f"(moved) {_beginning(text)}"
    return f"[-{text}-]" if style in ("removed", "moved_away") else f"{{+{text}+}}"


def _harmless(text: str) -> str:
    for marker in _MARKERS:
        if marker in text:
            text = text.replace(marker, marker[0] + _JOINER + marker[1])
    return text


def _beginning(text: str) -> str:
    found = text.split()
    return " ".join(found[:8]) + (" …" if len(found) > 8 else "")


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
