"""A diff as one page of HTML that needs nothing else: for a browser, and for a mail, where only inline styles stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from crawler.diff.lines import Line, Style, lines, texts
from crawler.diff.operations import whole


class Section(NamedTuple):
    """One field before and after: its label and two texts, or the names that went, came and stayed."""

    label: str
    old: str = ""
    new: str = ""
    removed: Sequence[str] = ()
    added: Sequence[str] = ()


def html(heading: str, summary: str, sections: Iterable[Section]) -> str:
    """The whole page. Everything of the texts is escaped, and no direction mark reaches beyond its own passage."""
    body = "\n".join(_section(section) for section in sections)
    top = f"<h1{_HEADING}>{_shown(heading)}</h1>\n<p{_SUMMARY}>{_shown(summary)}</p>"
    return f"{_HEAD.format(title=_shown(heading))}\n{top}\n{body}\n</div></body></html>\n"


#: Words are dark on pale colours, stroke or underline besides: readable in light and dark, and without any colours.
_STYLES: dict[Style, str] = {
    "removed": "background:#ffd7d5;color:#6e0011;text-decoration:line-through",
    "added": "background:#c8f0cf;color:#033a16;text-decoration:underline",
    "moved_away": "background:#dbe9fb;color:#0a3069;text-decoration:line-through",
    "moved_here": "background:#dbe9fb;color:#0a3069;text-decoration:none",
}
_TAGS: dict[Style, str] = {"removed": "del", "added": "ins", "moved_away": "del", "moved_here": "ins"}
_TITLES: dict[Style, str] = {
    "removed": "removed",
    "added": "added",
    "moved_away": "moved away from here",
    "moved_here": "moved here",
}
# What a mail program drops of this is a refinement only: the page follows a dark screen where it is kept.
_HEAD = (
    '<!doctype html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
    "<title>{title}</title><style>:root{{color-scheme:light dark}}@media (prefers-color-scheme:dark){{"
    "del.removed{{background:#5c1a1a!important;color:#ffdcd7!important}}"
    "ins.added{{background:#12451f!important;color:#d2f8d8!important}}"
    ".moved_away,.moved_here{{background:#15355e!important;color:#dbe9fb!important}}"
    '}}</style></head><body style="margin:0"><div style="max-width:45em;margin:0 auto;padding:1.5em 1em;'
    'font:16px/1.55 Georgia,serif">'
)
_HEADING = ' dir="auto" style="font:bold 18px/1.4 sans-serif;margin:0 0 .3em"'
_SUMMARY = ' dir="auto" style="font:14px/1.5 sans-serif;margin:0 0 1.5em;opacity:.8"'
_LABEL = ' style="font:bold 13px/1.4 sans-serif;margin:1.5em 0 .3em;opacity:.7"'
_LINE = ' dir="auto" style="margin:0 0 .8em;white-space:pre-wrap;overflow-wrap:anywhere"'

#: A page must not hold them; browsers would show nothing or a box.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _section(section: Section) -> str:
    label = f"<h2{_LABEL}>{_shown(section.label)}</h2>"
    if section.removed or section.added:
        names = [_marked("removed", name) for name in section.removed]
        names += [_marked("added", name) for name in section.added]
        return f"{label}\n<p{_LINE}>{' '.join(names)}</p>"
    body = "\n".join(f"<p{_LINE}>{_line(line)}</p>" for line in lines(whole(section.old, section.new)))
    return f"{label}\n{body}"


def _line(line: Line) -> str:
    return "".join(_shown(text) if style == "kept" else _marked(style, text) for style, text in texts(line))


def _marked(style: Style, text: str) -> str:
    # dir=auto isolates: a Hebrew name put into an English sentence, or the other way round, stays in its place.
    tag = _TAGS[style]
    attributes = f'class="{style}" title="{_TITLES[style]}" dir="auto" style="{_STYLES[style]}"'
    return f"<{tag} {attributes}>{_shown(text)}</{tag}>"


def _shown(text: str) -> str:
    return escape(_CONTROLS.sub("\ufffd", text))
