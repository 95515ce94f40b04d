"""Operations as lines for people: one line a block, of pieces that are kept, removed, added or moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple

from crawler.diff.operations import BREAK, Op
from crawler.text import join, usual_gap

Style = Literal["kept", "removed", "added", "moved_away", "moved_here"]

#: Shown where only the division into paragraphs changed.
PARAGRAPH = "¶"
_IN_OLD: tuple[Style, ...] = ("kept", "removed")
_IN_NEW: tuple[Style, ...] = ("kept", "added")
_CONTEXT = 6
_ELLIPSIS = "…"


class Piece(NamedTuple):
    """A run of words in one style."""

    style: Style
    tokens: tuple[str, ...]


Line = tuple[Piece, ...]


def lines(operations: Iterable[Op]) -> list[Line]:
    """All lines of both texts."""
    done: list[Line] = []
    line: list[Piece] = []
    pieces = list(_pieces(operations))
    for piece, following in zip_longest(pieces, pieces[1:]):
        if piece.style in ("moved_away", "moved_here"):
            done += (tuple(line), (piece,))
            line = []
        elif piece.tokens != (BREAK,):
            line.append(piece)
        elif piece.style == "removed" and _joins(line, following):
            line.append(Piece("removed", (PARAGRAPH,)))
        else:
            if piece.style == "added" and _divides(line, following):
                line.append(Piece("added", (PARAGRAPH,)))
            done.append(tuple(line))
            line = []
    return [line for line in (*done, tuple(line)) if line]


def _joins(line: Sequence[Piece], following: Piece | None) -> bool:
    """Does a break that went join two paragraphs which are still there?"""
    return following is not None and following.style in _IN_NEW and any(piece.style in _IN_NEW for piece in line)


def _divides(line: Sequence[Piece], following: Piece | None) -> bool:
    """Does a break that came divide a paragraph that was there before?"""
    return following is not None and following.style in _IN_OLD and any(piece.style in _IN_OLD for piece in line)


def is_changed(line: Line) -> bool:
    """Is there anything in the line but kept words?"""
    return any(piece.style != "kept" for piece in line)


def shortened(line: Line) -> Line:
    """The line with only a little of what was kept around its changes."""
    last = len(line) - 1
    return tuple(_shortened(piece, index == 0, index == last) for index, piece in enumerate(line))


def texts(line: Line) -> list[tuple[Style, str]]:
    """The pieces as text, the white space between them put into kept ones of its own.

    Where either text has a space, one is shown: an added word must not stick to the word before a removed one.
    """
    found: list[tuple[Style, str]] = []
    before: set[str] = set()
    for index, piece in enumerate(line):
        text = join(piece.tokens)
        replaces = piece.style == "added" and index > 0 and line[index - 1].style == "removed"
        gap = "" if replaces else _gap(before, line[index : index + 2])
        if piece.style != "kept" or gap:
            text = text.lstrip()
        if gap:
            found.append(("kept", gap))
        found.append((piece.style, text))
        before = {piece.tokens[-1].strip()} | (set() if piece.style == "kept" else before)
    return found


def _gap(before: set[str], pieces: Sequence[Piece]) -> str:
    """The white space before the first of two pieces, or before the second where that replaces it."""
    firsts = [pieces[0].tokens[0]]
    if [piece.style for piece in pieces] == ["removed", "added"]:
        firsts.append(pieces[1].tokens[0])
    own = [first[: len(first) - len(first.lstrip())] for first in firsts]
    usual = [usual_gap(last, first.strip()) for last in before for first in firsts]
    return next(filter(None, (*own, *usual)), "")


def _pieces(operations: Iterable[Op]) -> Iterator[Piece]:
    """Runs of words without breaks in them, and the breaks."""
    for op in operations:
        if op.kind == "equal":
            yield from _split("kept", op.new)
        elif op.kind in ("moved_away", "moved_here"):
            yield Piece(op.kind, op.old or op.new)
        else:
            yield from _split("removed", op.old)
            yield from _split("added", op.new)


def _split(style: Style, tokens: Sequence[str]) -> Iterator[Piece]:
    start = 0
    for index, token in enumerate(tokens):
        if token == BREAK:
            if start < index:
                yield Piece(style, tuple(tokens[start:index]))
            yield Piece(style if len(tokens) == 1 else "kept", (BREAK,))
            start = index + 1
    if start < len(tokens):
        yield Piece(style, tuple(tokens[start:]))


def _shortened(piece: Piece, first: bool, last: bool) -> Piece:
    """Kept words are cut in the middle, at the line's ends only the far side."""
    tokens = piece.tokens
    room = _CONTEXT if first or last else 2 * _CONTEXT
    if piece.style != "kept" or len(tokens) <= room + 1:
        return piece
    head = () if first else tokens[:_CONTEXT]
    tail = () if last else tokens[-_CONTEXT:]
    return Piece("kept", (*head, _ELLIPSIS, *tail))
