"""A diff as one page of HTML that needs nothing else: for a browser, and for a mail, where only inline styles stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Literal, NamedTuple

from crawler.diff.lines import Line, Piece, is_changed, lines, texts
from crawler.diff.operations import whole
from crawler.render.inert import inert
from crawler.render.look import HEAD, SHEET, coloured, marked


class Section(NamedTuple):
    """One field before and after: its label and two texts, or the names that went, came and stayed."""

    label: str
    old: str = ""
    new: str = ""
    removed: Sequence[str] = ()
    added: Sequence[str] = ()


class Heading(NamedTuple):
    """What the page is about: a line in bold, what is known beside it, and where the post stands."""

    title: str
    facts: Sequence[str] = ()
    link: str = ""


def html(heading: Heading, summary: str, sections: Iterable[Section]) -> str:
    """The whole page. Everything of the texts is escaped, and no direction mark reaches beyond its own passage."""
    facts = [_shown(fact) for fact in heading.facts] + ([_address(heading.link)] if heading.link else [])
    top = [f"<h1{_TITLE}>{_shown(heading.title)}</h1>", *(f"<p{_FACT}>{fact}</p>" for fact in facts)]
    top.append(f"<p{_SUMMARY}>{_shown(summary)}</p>")
    body = "\n".join((*top, *map(_section, sections)))
    return f"{_HEAD}<title>{_shown(heading.title)}</title></head>{_BODY}\n{body}\n</div></body></html>\n"


# A browser may not load or run anything on behalf of the page, whatever it holds.
_HEAD = (
    f"<!doctype html>\n<html><head>{HEAD}"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    f'<meta name="referrer" content="no-referrer"><style>{SHEET}</style>'
)
_BODY = (
    '<body style="margin:0"><div style="max-width:45em;margin:0 auto;padding:1.5em 1em;'
    'font:16px/1.6 Georgia,serif;overflow-wrap:anywhere">'
)
_SANS = "font:{} sans-serif"
_TITLE = f' dir="auto" style="{_SANS.format("bold 18px/1.4")};margin:0 0 .3em"'
_FACT = f' dir="auto" style="{_SANS.format("13px/1.5")};margin:0;opacity:.75"'
_SUMMARY = f' dir="auto" style="{_SANS.format("14px/1.5")};margin:.8em 0 1.5em"'
_LABEL = f' style="{_SANS.format("bold 13px/1.4")};margin:1.5em 0 .3em;opacity:.75"'
_STAYS = f' style="{_SANS.format("13px/1.5")};margin:0 0 .8em;opacity:.75;cursor:pointer"'
_AWAY = ' dir="auto" style="text-decoration:line-through"'
_NOTE = f' style="{_SANS.format("bold 12px/1.4")}"'
_WORDS = "margin:0 0 .8em;white-space:pre-wrap"
_CODE = ";font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px"
_MOVED = f";{coloured('moved')};padding:.2em .6em;border-left:4px solid"

_TAGS = {"removed": "del", "added": "ins"}
_NOTES = {"moved_away": "Moved away from here:", "moved_here": "Moved here:"}
#: Paragraphs beside a change that stand open, and how many others are worth folding away.
_OPEN = 1
_LEAST_FOLDED = 3
#: A page must not hold them; browsers would show nothing or a box.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_PAGE = re.compile(r"https?://[^\s\x00-\x20\x7f-\x9f\ud800-\udfff<>\"]+", re.IGNORECASE)
#: White space that is in code only.
_OF_CODE = re.compile(r"\n|\t| {2}")


def _section(section: Section) -> str:
    label = f"<h2{_LABEL}>{_shown(section.label)}</h2>"
    if section.removed or section.added:
        names = [_marked("removed", name) for name in section.removed]
        names += [_marked("added", name) for name in section.added]
        return f'{label}\n<p dir="auto" style="{_WORDS}">{" · ".join(names)}</p>'
    return "\n".join((label, *_paragraphs(lines(whole(section.old, section.new)))))


def _paragraphs(found: Sequence[Line]) -> Iterator[str]:
    """The lines; long stretches without changes are folded, where the reader's program can."""
    changed = [index for index, line in enumerate(found) if is_changed(line)]
    near = {index + step for index in changed or (-1,) for step in range(-_OPEN, _OPEN + 1)}
    at = 0
    for is_open, group in groupby(range(len(found)), near.__contains__):
        count = len(list(group))
        shown = [_paragraph(line) for line in found[at : at + count]]
        at += count
        if is_open or count < _LEAST_FOLDED:
            yield from shown
        else:
            yield f"<details><summary{_STAYS}>{count:,} unchanged paragraphs</summary>"
            yield from shown
            yield "</details>"


def _paragraph(line: Line) -> str:
    style = line[0].style
    words = "".join(text for _, text in texts(line))
    look = _WORDS + (_CODE if _OF_CODE.search(words) else "")
    if style not in ("moved_away", "moved_here"):
        return f'<p dir="auto" style="{look}">{_words(line)}</p>'
    inner = f"<del{_AWAY}>{_shown(words)}</del>" if style == "moved_away" else _moved(line[0])
    return f'<p class="moved" dir="auto" style="{look}{_MOVED}"><span{_NOTE}>{_NOTES[style]}</span> {inner}</p>'


def _moved(piece: Piece) -> str:
    """A block where it stands now, with what was edited in it."""
    if not piece.edits:
        return "".join(_shown(text) for _, text in texts((piece,)))
    return "\n".join(map(_words, lines(piece.edits)))


def _words(line: Line) -> str:
    return "".join(
        _marked(style, text) if style == "removed" or style == "added" else _shown(text) for style, text in texts(line)
    )


def _marked(style: Literal["removed", "added"], text: str) -> str:
    # dir=auto isolates: a Hebrew name put into an English sentence, or the other way round, stays in its place.
    tag = _TAGS[style]
    return f'<{tag} class="{style}" title="{style}" dir="auto" style="{marked(style)}">{_shown(text)}</{tag}>'


def _address(link: str) -> str:
    """Where the post stands: to be followed only where it leads to a page."""
    text = escape(inert(link))
    if not _PAGE.fullmatch(link):
        return text
    return f'<a href="{escape(link)}" style="color:inherit" rel="noreferrer">{text}</a>'


def _shown(text: str) -> str:
    return escape(_CONTROLS.sub("\ufffd", text))
