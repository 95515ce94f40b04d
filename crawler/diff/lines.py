"""Operations as lines for people: one line a block, of pieces that are kept, removed, added or moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product, starmap, zip_longest
from typing import Literal, NamedTuple, get_args

from crawler.diff.operations import BREAK, Op
from crawler.diff.sentences import begin_of_context, end_of_context, ends_sentence
from crawler.text import is_simple, join, usual_gap

Style = Literal["kept", "removed", "added", "moved_away", "moved_here"]

#: Shown where nothing but the division into paragraphs changed.
PARAGRAPH = "¶"
#: White space where nothing else differs, as in code, is shown by signs.
_SIGNS = str.maketrans({" ": "·", "\n": "⏎", "\t": "⇥"})
_IN_OLD: tuple[Style, ...] = ("kept", "removed")
_IN_NEW: tuple[Style, ...] = ("kept", "added")
_ELLIPSIS = "…"


class Piece(NamedTuple):
    """A run of words in one style."""

    style: Style
    tokens: tuple[str, ...]
    #: of a moved block that was edited too
    edits: tuple[Op, ...] = ()


Line = tuple[Piece, ...]
_ONLY_BREAK = (BREAK,)
_BREAKS = {style: Piece(style, _ONLY_BREAK) for style in get_args(Style)}


def lines(operations: Sequence[Op]) -> list[Line]:
    """All lines of both texts. How they are divided into paragraphs is marked only where nothing else differs."""
    marks_breaks = all(
        token == BREAK for op in operations if op.kind != "equal" for tokens in (op.old, op.new) for token in tokens
    )
    done: list[Line] = []
    line: list[Piece] = []
    pieces = _pieces(operations)
    for piece, following in zip_longest(pieces, pieces[1:]):
        style, tokens, _ = piece
        if style == "moved_away" or style == "moved_here":
            if line:
                done.append(tuple(line))
                line = []
            done.append((piece,))
        elif tokens != _ONLY_BREAK:
            line.append(piece)
        elif line and style == "removed" and _joins(line, following):
            if marks_breaks:
                line.append(Piece("removed", (PARAGRAPH,)))
        else:
            if marks_breaks and style == "added" and _divides(line, following):
                line.append(Piece("added", (PARAGRAPH,)))
            if line:
                done.append(tuple(line))
                line = []
    return [*done, tuple(line)] if line else done


def _joins(line: Sequence[Piece], following: Piece | None) -> bool:
    """Does a break that went join two paragraphs which are still there?"""
    return following is not None and following.style in _IN_NEW and any(piece.style in _IN_NEW for piece in line)


def _divides(line: Sequence[Piece], following: Piece | None) -> bool:
    """Does a break that came divide a paragraph that was there before?"""
    return following is not None and following.style in _IN_OLD and any(piece.style in _IN_OLD for piece in line)


def is_changed(line: Line) -> bool:
    """Is there anything in the line but kept words?"""
    return line[0].style != "kept" or any(piece.style != "kept" for piece in line)


def shortened(line: Line) -> Line:
    """The line with no more of what was kept than the sentences that its changes stand in."""
    kept = [index for index, piece in enumerate(line) if piece.style == "kept"]
    if not kept:
        return line
    found = list(line)
    for index in kept:
        found[index] = _shortened(line[index], line[max(0, index - 2) : index], is_last=index == len(line) - 1)
    return tuple(found)


def _shortened(piece: Piece, before: Sequence[Piece], *, is_last: bool) -> Piece:
    """Kept words are cut in the middle, at the line's ends only the far side; `before` are the two pieces before."""
    tokens = piece.tokens
    ended = [each for each in before if each.style != "kept"]
    is_new = bool(ended) and all(ends_sentence(each.tokens[-1]) for each in ended)
    head = end_of_context(tokens, is_new_sentence=is_new) if before else 0
    tail = len(tokens) if is_last else begin_of_context(tokens)
    if tail - head <= 1:
        return piece
    return Piece("kept", (*tokens[:head], _ELLIPSIS, *tokens[tail:]))


def texts(line: Line) -> list[tuple[Style, str]]:
    """The pieces as text, the white space between them put into kept ones of its own.

    Where either text has a space, one is shown: an added word must not stick to the word before a removed one.
    """
    if len(line) == 1 and line[0].tokens[0][:1].strip():
        return [(line[0].style, join(line[0].tokens))]
    if is_simple(" ".join([token for piece in line for token in piece.tokens])):
        return _simple_texts(line)
    found: list[tuple[Style, str]] = []
    before: tuple[str, ...] = ()
    for index, piece in enumerate(line):
        style, tokens, _ = piece
        spaced = style in ("removed", "added") and _differs_in_space(piece, line[max(0, index - 1) : index + 2])
        text = join(tokens)
        replaces = style == "added" and index > 0 and line[index - 1].style == "removed"
        gap = "" if replaces or spaced else _gap(before, line[index : index + 2])
        if spaced:
            text = _signed(before, piece)
        elif style != "kept" or gap:
            text = text.lstrip()
        if gap:
            found.append(("kept", gap))
        found.append((style, text))
        before = (tokens[-1].strip(), *(() if style == "kept" else before))
    return found


def _simple_texts(line: Line) -> list[tuple[Style, str]]:
    """The same of words with a space between each two of them, as most lines are, in less time."""
    found: list[tuple[Style, str]] = []
    before: Style = "kept"
    for style, tokens, _ in line:
        if found and not (style == "added" and before == "removed"):
            found.append(("kept", " "))
        found.append((style, " ".join(tokens)))
        before = style
    return found


def _differs_in_space(piece: Piece, around: Sequence[Piece]) -> bool:
    """Is the piece nothing but white space, or does it differ in that alone from the one which it replaces?"""
    if not any(map(str.strip, piece.tokens)):
        return True
    sides = [each.tokens for each in around if each.style in ("removed", "added")]
    return len(sides) == 2 and len(sides[0]) == len(sides[1]) and all(map(_is_same_word, *sides))


def _is_same_word(token: str, other: str) -> bool:
    return token.strip() == other.strip()


def _signed(before: Iterable[str], piece: Piece) -> str:
    """The piece with its white space as signs, that before its first word too."""
    text = join(piece.tokens)
    if not text[:1].isspace():
        text = next(filter(None, (usual_gap(last, text) for last in before)), "") + text
    return text.translate(_SIGNS)


def _gap(before: Sequence[str], pieces: Sequence[Piece]) -> str:
    """The white space before the first of two pieces, or before the second where that replaces it."""
    firsts = [piece.tokens[0] for piece in pieces]
    if len(pieces) == 2 and (pieces[0].style != "removed" or pieces[1].style != "added"):
        firsts.pop()
    for first in firsts:
        if first[:1].isspace():
            return first[: len(first) - len(first.lstrip())]
    return " " if any(starmap(usual_gap, product(before, firsts))) else ""


def _pieces(operations: Iterable[Op]) -> list[Piece]:
    """Runs of words without breaks in them, and the breaks."""
    found: list[Piece] = []
    for kind, old, new, edits in operations:
        if kind == "equal":
            _split("kept", new, found)
        elif kind == "moved_away" or kind == "moved_here":
            found.append(Piece(kind, old or new, edits))
        else:
            _split("removed", old, found)
            _split("added", new, found)
    return found


def _split(style: Style, tokens: tuple[str, ...], found: list[Piece]) -> None:
    if tokens == _ONLY_BREAK:
        found.append(_BREAKS[style])
        return
    start = 0
    for _ in range(tokens.count(BREAK)):
        index = tokens.index(BREAK, start)
        if start < index:
            found.append(Piece(style, tokens[start:index]))
        found.append(_BREAKS["kept"])
        start = index + 1
    if start < len(tokens):
        found.append(Piece(style, tokens[start:]))
