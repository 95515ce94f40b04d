"""The HTML part of a mail: the very text of its plain part, with what went struck out and what came underlined."""

from __future__ import annotations

import re
from html import escape

_PAGE = (
    '<!doctype html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark"></head><body style="margin:0">'
    '<div style="max-width:48em;padding:1em;font:15px/1.5 sans-serif;overflow-wrap:anywhere;white-space:pre-wrap">'
)
_END = "</div></body></html>\n"
_TITLE = '<div dir="auto" style="font-weight:bold">{}</div>'
_LINE = '<div dir="auto">{}</div>'
# Words are dark on pale colours, stroke or underline besides: readable on light and dark, and without any colours.
_REMOVED = '<del style="background:#ffd7d5;color:#6e0011;text-decoration:line-through">{}</del>'
_ADDED = '<ins style="background:#c8f0cf;color:#033a16;text-decoration:underline">{}</ins>'
_MARKED = re.compile(r"(\[-(?:(?!\[-).)*?-\])|(\{\+(?:(?!\{\+).)*?\+\})")


def as_html(title: str, body: str) -> str:
    """The page for an inert title and body. Nothing in them is markup, and an address is shown as it is."""
    lines = [_TITLE.format(escape(title)), *(_LINE.format(_marked(line) or "<br>") for line in body.split("\n"))]
    return "\n".join((_PAGE, *lines, _END))


def _marked(line: str) -> str:
    """The line escaped. The markers stay: a text may contain such signs itself."""
    pieces, end = [], 0
    for found in _MARKED.finditer(line):
        pieces.append(escape(line[end : found.start()]))
        pieces.append((_REMOVED if found[1] else _ADDED).format(escape(found[0])))
        end = found.end()
    return "".join((*pieces, escape(line[end:])))
