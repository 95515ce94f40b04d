"""The HTML part of a mail: the very text of its plain part, with what went struck out and what came underlined."""

from __future__ import annotations

from html import escape

from crawler.render.marked import marked_line

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


def as_html(title: str, body: str) -> str:
    """The page for an inert title and body. Nothing in them is markup, and an address is shown as it is."""
    shown = (marked_line(line, removed=_REMOVED, added=_ADDED) for line in body.split("\n"))
    lines = [_TITLE.format(escape(title)), *(_LINE.format(line or "<br>") for line in shown)]
    return "\n".join((_PAGE, *lines, _END))
