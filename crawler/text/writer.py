"""Puts blocks of text together: folds their words and sets link targets and pictures between them as markers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.text.addresses import address, picture_address
from crawler.text.characters import fold, raised, verbatim
from crawler.text.markup import NO_CHARACTER

#: The rest of a word after the end of a link: `<a>word</a>s.` is `words. <…>`, so that a new link is one new word.
_WORD_END = re.compile(r"[^\s\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]*(?:\s»(?!\w))?")
#: Stand around words that are crossed out, and are no words themselves.
CROSSED_OUT = ("<del>", "</del>")
_EMPTY_LINE = re.compile(r"\n(?=\n)")


class _Marker(str):
    """A target or picture between the words: one word by itself."""

    __slots__ = ()


class _Target(_Marker):
    """A link's target: stands after the word in which the link ends."""

    __slots__ = ()


class _Code(str):
    """Text that is left as it stands."""

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
        self._code = 0
        self._raised = 0
        self._broken = False

    def text(self, text: str) -> None:
        """Add text as it stands in the document."""
        if not self._parts and not self._preformatted and text.isspace():
            return
        if self._raised:
            text = raised(text)
        self._parts.append(_Code(text) if self._code else text)
        if self._broken and not text.isspace():
            self._broken = False

    def marker(self, kind: str, where: str) -> None:
        """Add a picture or embed: `<image:/wp-content/uploads/2024/01/photo>`."""
        self._parts.append(_Marker(f"<{kind}:{where}>"))

    def struck(self, *, ends: bool = False) -> None:
        """Words begin, or end, that are crossed out: that is how newsrooms take them back."""
        if ends and self._parts and self._parts[-1] == CROSSED_OUT[0]:
            self._parts.pop()
        else:
            self._parts.append(_Marker(CROSSED_OUT[ends]))

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
        """Lines, white space and typography count from here on."""
        self._preformatted += 1

    def end_preformatted(self) -> None:
        """They stop counting."""
        self._preformatted -= 1

    def begin_code(self) -> None:
        """White space and typography count from here on, within a line."""
        self._code += 1

    def end_code(self) -> None:
        """They stop counting."""
        self._code -= 1

    def begin_raised(self) -> None:
        """Figures stand above the line from here on."""
        self._raised += 1

    def end_raised(self) -> None:
        """They stand on it again."""
        self._raised -= 1

    def flush(self) -> None:
        """End the block, if there is one. A link that goes on shows its target in its first block."""
        self._broken = False
        if not self._parts:
            return
        for link in self._links:
            if link.target:
                self._show_target(link)
            link.start = 0
        block = _preformatted(self._parts) if self._preformatted else _flowing(self._parts)
        if block:
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
    if len(parts) == 1 and type(parts[0]) is str:
        return fold(parts[0])
    line: list[str] = []
    text: list[str] = []
    waiting: list[str] = []
    for part in parts:
        if isinstance(part, _Target):
            waiting.append(part)
        elif isinstance(part, _Marker):
            line += (_folded(text), *waiting, part)
            text, waiting = [], []
        elif waiting and isinstance(part, _Code):
            line += (_folded(text), *waiting)
            text, waiting = [part], []
        elif waiting and (end := _word_end(part, text)) < len(part):
            line += (_folded([*text, part[:end]]), *waiting)
            text, waiting = [part[end:]], []
        else:
            text.append(part)
    line += (_folded(text), *waiting)
    return " ".join(filter(None, line)).strip()


def _word_end(part: str, before: list[str]) -> int:
    """Where in `part` the word ends that was begun before it; 0 where none was."""
    if not before or before[-1][-1:].isspace():
        return 0
    match = _WORD_END.match(part)
    return match.end() if match else 0


def _folded(parts: list[str]) -> str:
    """Text with code in it: folded around the code."""
    if _Code not in map(type, parts):
        return fold("".join(parts))
    codes = [verbatim(part.replace("\n", " ")) for part in parts if isinstance(part, _Code)]
    around = fold("".join(NO_CHARACTER if isinstance(part, _Code) else part for part in parts)).split(NO_CHARACTER)
    return around[0] + "".join(code + text for code, text in zip(codes, around[1:], strict=True))


def _preformatted(parts: list[str]) -> str:
    """The parts with their lines, as one block."""
    text = "".join(f" {part}" if isinstance(part, _Marker) else part for part in parts).replace("\r\n", "\n")
    return code_lines("\n".join(map(verbatim, text.split("\n"))))


def code_lines(text: str) -> str:
    """Lines of code as one block. An empty line is written as a space, for it would end the block."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _EMPTY_LINE.sub("\n ", lines.strip("\n"))
