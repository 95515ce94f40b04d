"""The HTML part of a mail: the very text of its plain part, with what went struck out and what came underlined."""

from __future__ import annotations

from html import escape

from crawler.render.look import HEAD, SHEET, marked
from crawler.render.marked import marked_line

_PAGE = (
    f"<!doctype html>\n<html><head>{HEAD}<style>{SHEET}</style></head>"
    '<body style="margin:0"><div style="max-width:48em;padding:1em;font:15px/1.5 sans-serif;overflow-wrap:anywhere">'
)
_END = "</div></body></html>\n"
_TITLE = '<div dir="auto" style="font-weight:bold;margin:0 0 .5em">{}</div>'
_LINE = '<div dir="auto" style="margin:0 0 .25em;white-space:pre-wrap{indent}">{line}</div>'
_REMOVED = f'<del class="removed" style="{marked("removed")}">{{}}</del>'
_ADDED = f'<ins class="added" style="{marked("added")}">{{}}</ins>'
#: In a font whose letters differ in width; on a telephone a deep one leaves no room for the words.
_EM_PER_SPACE, _DEEPEST = 0.25, 6.0
#: What holds a text of the other direction together, at its begin.
_ISOLATES = "\u2066\u2067\u2068"


def as_html(title: str, body: str) -> str:
    """The page for an inert title and body. Nothing in them is markup, and an address is shown as it is."""
    lines = [_TITLE.format(escape(title)), *map(_line, body.split("\n"))]
    return "\n".join((_PAGE, *lines, _END))


def _line(line: str) -> str:
    """One that goes on in a second row begins there where its words began, also from the right."""
    inner = line.lstrip(_ISOLATES)
    words = inner.lstrip(" ")
    depth = min((len(inner) - len(words)) * _EM_PER_SPACE, _DEEPEST)
    words = line[: len(line) - len(inner)] + words
    indent = f";padding-inline-start:{depth:g}em" if depth and words else ""
    return _LINE.format(indent=indent, line=marked_line(words, removed=_REMOVED, added=_ADDED) or "<br>")
