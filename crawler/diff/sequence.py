"""What two sequences have in common, and the hunks between: rapidfuzz on small numbers instead of words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel

#: Memory grows with the product of the lengths: 30,000 words a side take 110 MB and half a second.
_LARGEST = 30_000**2


class Match(NamedTuple):
    """`size` equal elements from `old` and `new` on."""

    old: int
    new: int
    size: int


class Hunk(NamedTuple):
    """Elements `old_start:old_end` were replaced by elements `new_start:new_end`; one of the two may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int

    @property
    def size(self) -> int:
        """How much was changed."""
        return max(self.old_end - self.old_start, self.new_end - self.new_start)


def matches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Match]:
    """A longest common subsequence, in stretches; only equal ends where the middle is too long to be compared."""
    head = _common(zip(old, new, strict=False))
    rest = min(len(old), len(new)) - head
    tail = min(_common(zip(reversed(old), reversed(new), strict=False)), rest)
    found = [Match(0, 0, head)] if head else []
    found += _between(old[head : len(old) - tail], new[head : len(new) - tail], head)
    if tail:
        found.append(Match(len(old) - tail, len(new) - tail, tail))
    return list(_joined(found))


def hunks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Hunk]:
    """What lies between the matches, in order."""
    found = []
    i = j = 0
    for match in (*matches(old, new), Match(len(old), len(new), 0)):
        if match.old > i or match.new > j:
            found.append(Hunk(i, match.old, j, match.new))
        i, j = match.old + match.size, match.new + match.size
    return found


def _common(pairs: Iterable[tuple[Hashable, Hashable]]) -> int:
    count = 0
    for left, right in pairs:
        if left != right:
            break
        count += 1
    return count


def _between(old: Sequence[Hashable], new: Sequence[Hashable], offset: int) -> Iterator[Match]:
    """Matches of two sequences with different ends. Elements of only one side are left out first: they never match."""
    shared = set(old) & set(new)
    numbers = {element: number for number, element in enumerate(shared)}
    left = [i for i, element in enumerate(old) if element in shared]
    right = [j for j, element in enumerate(new) if element in shared]
    if not left or len(left) * len(right) > _LARGEST:
        return
    codes = Indel.opcodes([numbers[old[i]] for i in left], [numbers[new[j]] for j in right])
    for code in codes:
        if code.tag == "equal":
            yield from _placed(left[code.src_start : code.src_end], right[code.dest_start : code.dest_end], offset)


def _placed(left: Sequence[int], right: Sequence[int], offset: int) -> Iterator[Match]:
    """One match for places in a row, else one for each pair."""
    size = len(left)
    if left[-1] - left[0] == right[-1] - right[0] == size - 1:
        yield Match(left[0] + offset, right[0] + offset, size)
    else:
        yield from (Match(i + offset, j + offset, 1) for i, j in zip(left, right, strict=True))


def _joined(found: Iterable[Match]) -> Iterator[Match]:
    """Matches that touch each other on both sides become one."""
    current: Match | None = None
    for match in found:
        if current and (match.old, match.new) == (current.old + current.size, current.new + current.size):
            current = current._replace(size=current.size + match.size)
        else:
            if current:
                yield current
            current = match
    if current:
        yield current
