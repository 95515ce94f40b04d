"""Where a hunk lies when the words around it leave it a choice: at the begin of a sentence."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from crawler.diff.sentences import ends_sentence
from crawler.diff.sequence import Hunk


def in_sentences(old: Sequence[Hashable], new: Sequence[Hashable], found: Sequence[Hunk]) -> Iterator[Hunk]:
    """The hunks, those that only add or only remove from the begin of a sentence on, where that is as true.

    `left. The {+dog slept. The+} cat` reads as `left. {+The dog slept.+} The cat`; both make the same texts.
    """
    free_from = 0
    for hunk in found:
        room = hunk.old_start - free_from
        free_from = hunk.old_end
        if hunk.old_start == hunk.old_end:
            shift = _shift(new, hunk.new_start, hunk.new_end, room)
        elif hunk.new_start == hunk.new_end:
            shift = _shift(old, hunk.old_start, hunk.old_end, room)
        else:
            shift = 0
        yield Hunk(*(place - shift for place in hunk)) if shift else hunk


def _shift(tokens: Sequence[Hashable], start: int, end: int, room: int) -> int:
    """How many tokens earlier the same words as `tokens[start:end]` begin a sentence; 0 if nowhere."""
    for shift in range(room + 1):
        if _begins_sentence(tokens, start - shift):
            return shift
        if shift == room or tokens[start - shift - 1] != tokens[end - shift - 1]:
            return 0
    return 0


def _begins_sentence(tokens: Sequence[Hashable], index: int) -> bool:
    """Also what stands at the begin of a block, and the break between two blocks itself."""
    if index == 0 or _is_break(tokens[index]):
        return True
    before = tokens[index - 1]
    return _is_break(before) or (isinstance(before, str) and ends_sentence(before))


def _is_break(token: Hashable) -> bool:
    return isinstance(token, str) and not token.strip()
