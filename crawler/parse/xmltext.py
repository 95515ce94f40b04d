"""The text of a feed's XML: whole, free of entities of its own, and mended. Reads no posts yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from crawler.errors import ParseError
from crawler.parse import mend, skiphours
from crawler.parse.charset import decode

#: Feeds carry tens of posts, archives in one document some hundreds; 100,000 take feedparser 14 s and 221 MB.
POSTS_LIMIT = 2_000

CONTROL_CHARACTERS = "control characters in the XML"
BAD_CHARACTERS = "bytes or references that are no characters"

_ROOT = re.compile(r"<((?:[A-Za-z_][\w.-]*:)?(rss|rdf|feed))(?=[\s>/])", re.IGNORECASE)
_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!DOCTYPE[^<>\[]*(?:\[[^\]]*\])?[^<>]*>)*+", re.IGNORECASE | re.DOTALL)
_POST = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:item|entry)(?=[\s>/])", re.IGNORECASE)
_POST_END = re.compile(r"</(?:[A-Za-z_][\w.-]*:)?(?:item|entry)\s*>", re.IGNORECASE)
_UPDATED = re.compile(r"<(?:[A-Za-z_][\w.-]*:)(?:updated|modified)(?=[\s>/])", re.IGNORECASE)
_INSTRUCTION = re.compile(r"<\?[^<>]*\?>")
_HTML = ("<!doctype html", "<html", "<head", "<body", "<br", "<b>", "<div", "<p>", "<p ", "<script", "<style")


class Document(NamedTuple):
    """XML text ready for a parser."""

    text: str
    #: `rss`, `rdf` or `feed`
    root: str
    #: how many posts it begins, and how many it ends
    posts: int
    ends: int
    #: whether U+FFFD in it stands for bytes or references that could not be read
    is_damaged: bool
    notes: tuple[str, ...]
    #: whether its posts tell of their last edit (`atom:updated`, `dcterms:modified`)
    tells_updated: bool
    #: hours of the day in which the channel asks to be left alone, in UTC
    skip_hours: tuple[int, ...]


class _Part(NamedTuple):
    text: str
    is_markup: bool


def read(body: bytes, content_type: str | None) -> Document:
    """The feed document in a body. Raises ParseError when it is cut, no feed, or hostile."""
    received, is_damaged = decode(body, content_type)
    text = mend.without_controls(received)
    notes = [CONTROL_CHARACTERS] if len(text) != len(received) else []
    text = text.lstrip("\ufeff \t\r\n")
    if not text:
        raise ParseError("truncated", f"the answer is empty ({len(body):,} bytes): a feed was expected")
    parts = list(_parts(text, len(body)))
    markup = "".join(part.text for part in parts if part.is_markup)
    root = _root(markup)
    _check_end(markup, root[1], len(body))
    posts = len(_POST.findall(markup))
    if posts > POSTS_LIMIT:
        raise ParseError("too_large", f"{posts:,} posts in one document, more than {POSTS_LIMIT:,}")
    mended = _mended(parts, root.start())
    is_damaged = is_damaged or mended.count(mend.UNREADABLE) > text.count(mend.UNREADABLE)
    if is_damaged:
        notes.append(BAD_CHARACTERS)
    return Document(
        text=mended,
        root=root[2].lower(),
        posts=posts,
        ends=len(_POST_END.findall(markup)),
        is_damaged=is_damaged,
        notes=tuple(notes),
        tells_updated=_UPDATED.search(markup) is not None,
        skip_hours=skiphours.read(_channel(markup)) if root[2].lower() == "rss" else (),
    )


def _channel(markup: str) -> str:
    """What a feed says outside of its posts."""
    first, ends = _POST.search(markup), [*_POST_END.finditer(markup)]
    return markup if first is None or not ends else markup[: first.start()] + markup[ends[-1].end() :]


def _parts(text: str, size: int) -> Iterator[_Part]:
    """Markup and CDATA sections in turn, without the comments. A section that does not end is a cut."""
    at = 0
    while (start := _next_section(text, at)) >= 0:
        is_comment = text.startswith("<!--", start)
        end = text.find("-->" if is_comment else "]]>", start + 4)
        if end < 0:
            where = len(text[:start].encode())
            what = "a comment" if is_comment else "a CDATA section"
            message = f"the feed breaks off inside {what} that began at byte {where:,}; {size:,} bytes came"
            raise ParseError("truncated", message)
        yield _Part(text[at:start], is_markup=True)
        at = end + 3
        if not is_comment:
            yield _Part(text[start:at], is_markup=False)
    yield _Part(text[at:], is_markup=True)


def _next_section(text: str, at: int) -> int:
    while (at := text.find("<!", at)) >= 0:
        if text.startswith(("<!--", "<![CDATA["), at):
            return at
        at += 2
    return -1


def _root(markup: str) -> re.Match[str]:
    if "<!entity" in markup.lower():
        raise ParseError("not_data", "the document defines entities of its own, which no feed needs")
    prolog = _PROLOG.match(markup)
    after = prolog.end() if prolog else 0
    root = _ROOT.match(markup, after)
    if root:
        return root
    rest = markup[after:].lower()
    if rest.startswith(_HTML):
        raise ParseError("not_data", "a web page or a PHP notice came where a feed was expected")
    if rest.startswith("<") and ">" not in rest:
        raise ParseError("truncated", "the feed breaks off before its first element ends")
    raise ParseError("not_data", "the answer is no RSS, RDF or Atom document")


def _check_end(markup: str, root: str, size: int) -> None:
    """A cut feed looks whole to a tolerant parser, last half post included: the root must be closed."""
    end = re.search(rf"</{re.escape(root)}\s*>", markup, re.IGNORECASE)
    if end is None:
        raise ParseError("truncated", f"the feed breaks off: </{root}> is missing; {size:,} bytes came")
    if _INSTRUCTION.sub("", markup[end.end() :]).strip("\0 \t\r\n"):
        raise ParseError("not_data", f"something else follows the feed's closing </{root}>")


def _mended(parts: list[_Part], prolog: int) -> str:
    """The document from its root on: what stands before (declarations, a DOCTYPE) is left out."""
    pieces = ['<?xml version="1.0" encoding="utf-8"?>']
    for part in parts:
        if part.is_markup:
            pieces.append(mend.markup(part.text[prolog:]))
            prolog = max(0, prolog - len(part.text))
        else:
            pieces.append(part.text)
    return "".join(pieces)
