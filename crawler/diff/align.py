"""Which blocks of two texts belong together: equal stretches, gaps between them, and blocks that moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from crawler.diff.sequence import Match, matches
from crawler.diff.twins import is_the_same, twins


class Stretch(NamedTuple):
    """Blocks `old_start:old_end` beside blocks `new_start:new_end`; equal ones, or a gap."""

    same: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int


class Alignment(NamedTuple):
    """How the blocks of two texts lie beside each other."""

    stretches: tuple[Stretch, ...]
    #: indexes of blocks that stand in both texts but in another order
    moved_old: frozenset[int]
    moved_new: frozenset[int]
    #: those of them that were edited too: index of the new one -> index of the old one
    edited: Mapping[int, int]


def align(old: Sequence[str], new: Sequence[str]) -> Alignment:
    """Lay the blocks of two texts side by side."""
    edited = twins(old, new)
    names = [old[edited[j]] if j in edited else block for j, block in enumerate(new)]
    found = matches(old, names)
    stretches = tuple(_stretches(old, new, found, edited))
    moved = dict(_moved(old, new, stretches))
    moved_and_edited = dict(_moved_and_edited(old, new, found, edited))
    return Alignment(
        stretches,
        frozenset(moved).union(moved_and_edited.values()),
        frozenset(moved.values()).union(moved_and_edited),
        moved_and_edited,
    )


def _stretches(
    old: Sequence[str], new: Sequence[str], found: Sequence[Match], edited: Mapping[int, int]
) -> Iterator[Stretch]:
    """Equal stretches and the gaps between, in order. Edited blocks help to find the order and stand in gaps."""
    i = j = 0
    for i_same, j_same, size in (*_equal_runs(found, edited), (len(old), len(new), 0)):
        if i_same > i or j_same > j:
            yield Stretch(False, i, i_same, j, j_same)
        if size:
            yield Stretch(True, i_same, i_same + size, j_same, j_same + size)
        i, j = i_same + size, j_same + size


def _equal_runs(found: Sequence[Match], edited: Mapping[int, int]) -> Iterator[Match]:
    """The matches without the edited blocks in them."""
    for match in found:
        start = 0
        for at in range(match.size):
            if match.new + at in edited:
                if at > start:
                    yield Match(match.old + start, match.new + start, at - start)
                start = at + 1
        if match.size > start:
            yield Match(match.old + start, match.new + start, match.size - start)


def _moved(old: Sequence[str], new: Sequence[str], stretches: Sequence[Stretch]) -> Iterator[tuple[int, int]]:
    """Pairs of equal blocks that the stretches leave over."""
    gone: dict[str, list[int]] = defaultdict(list)
    gaps = [stretch for stretch in stretches if not stretch.same]
    for gap in gaps:
        for i in range(gap.old_end - 1, gap.old_start - 1, -1):
            gone[old[i]].append(i)
    for gap in gaps:
        for j in range(gap.new_start, gap.new_end):
            if gone.get(new[j]):
                yield gone[new[j]].pop(), j


def _moved_and_edited(
    old: Sequence[str], new: Sequence[str], found: Sequence[Match], edited: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    """Pairs of edited blocks that no match has, and so stand in another order."""
    matched_old = {match.old + at for match in found for at in range(match.size)}
    matched_new = {match.new + at for match in found for at in range(match.size)}
    for j, i in edited.items():
        if j not in matched_new and i not in matched_old and is_the_same(old[i], new[j]):
            yield j, i
