"""Puts blocks of text together: folds their words and sets link targets and pictures between them as markers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.text.addresses import address, picture_address
from crawler.text.characters import fold, fold_line

#: The rest of a word after the end of a link: `<a>word</a>s.` is `words. <…>`, so that a new link is one new word.
_WORD_END = re.compile(r"[^\s\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]*")


class _Marker(str):
    """A target or picture between the words: one word by itself."""

    __slots__ = ()


class _Target(_Marker):
    """A link's target: stands after the word in which the link ends."""

    __slots__ = ()


@dataclass(slots=True)
class _Link:
    target: str
    #: as it stands in the document
    href: str
    #: index of the link's first part
    start: int


class Writer:
    """Takes text, markers and block borders in document order."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._parts: list[str] = []
        self._links: list[_Link] = []
        self._preformatted = 0
        self._broken = False

    def text(self, text: str) -> None:
        """Add text as it stands in the document."""
        if not self._parts and not self._preformatted and text.isspace():
            return
        self._parts.append(text)
        if self._broken and not text.isspace():
            self._broken = False

    def marker(self, kind: str, where: str) -> None:
        """Add a picture or embed: `<image:/wp-content/uploads/2024/01/photo>`."""
        self._parts.append(_Marker(f"<{kind}:{where}>"))

    def line_break(self) -> None:
        """One is a space, two in a row begin a new block; in preformatted text it is what it says."""
        if self._preformatted:
            self._parts.append("\n")
        elif self._broken:
            self.flush()
        else:
            self._parts.append(" ")
            self._broken = True

    def cell(self) -> None:
        """Begin a cell of a table's row."""
        if self._parts:
            self._parts.append(" | ")

    def begin_link(self, href: str) -> None:
        """What follows leads to `href`; "" for nowhere."""
        self._links.append(_Link(address(href), href, len(self._parts)))

    def end_link(self) -> None:
        """The link that was begun last ends here."""
        self._show_target(self._links.pop())

    def begin_preformatted(self) -> None:
        """White space counts from here on."""
        self._preformatted += 1

    def end_preformatted(self) -> None:
        """White space stops counting."""
        self._preformatted -= 1

    def flush(self) -> None:
        """End the block, if there is one. A link that goes on shows its target in its first block."""
        self._broken = False
        for link in self._links:
            if link.target:
                self._show_target(link)
            link.start = 0
        if self._parts:
            if self._preformatted:
                self._blocks += _preformatted(self._parts)
            elif block := _flowing(self._parts):
                self._blocks.append(block)
            self._parts.clear()

    def finished(self) -> list[str]:
        """All blocks."""
        self.flush()
        return self._blocks

    def _show_target(self, link: _Link) -> None:
        inner = self._parts[link.start :]
        text = "".join(part for part in inner if not isinstance(part, _Marker)).strip()
        pictures = [part for part in inner if isinstance(part, _Marker)]
        if not link.target or not (text or pictures):
            return
        if not _shows(pictures, link.href) and not _says_so(text, link.target):
            self._parts.append(_Target(f"<{link.target}>"))
        link.target = ""


def _shows(pictures: Sequence[str], href: str) -> bool:
    """Is one of the pictures the target itself, in a smaller size?"""
    return bool(pictures) and f"<image:{picture_address(href)}>" in pictures


def _says_so(text: str, target: str) -> bool:
    """Is the text of a link its own target, as in `https://example.org` or `me@example.org`?"""
    if " " in text or "." not in text:
        return False
    return target in (address(text), address(f"//{text}"), f"mailto:{text}")


def _flowing(parts: list[str]) -> str:
    """The parts on one line, folded. Markers are not: their dots and dashes are addresses."""
    if len(parts) == 1 and not isinstance(parts[0], _Marker):
        return fold(parts[0])
    line: list[str] = []
    text: list[str] = []
    waiting: list[str] = []
    for part in parts:
        if isinstance(part, _Target):
            waiting.append(part)
        elif isinstance(part, _Marker):
            line += (fold("".join(text)), *waiting, part)
            text, waiting = [], []
        elif waiting and (end := _word_end(part)) < len(part):
            line += (fold("".join(text) + part[:end]), *waiting)
            text, waiting = [part[end:]], []
        else:
            text.append(part)
    line += (fold("".join(text)), *waiting)
    return " ".join(filter(None, line))


def _word_end(text: str) -> int:
    match = _WORD_END.match(text)
    return match.end() if match else 0


def _preformatted(parts: list[str]) -> list[str]:
    """The parts with their lines; a blank line ends a block as it does everywhere."""
    text = "".join(f" {part}" if isinstance(part, _Marker) else part for part in parts)
    lines = "\n".join(fold_line(line) for line in text.split("\n"))
    return [block.strip("\n") for block in re.split(r"\n{2,}", lines) if block.strip()]
