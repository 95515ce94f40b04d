"""What two sequences have in common, and the hunks between: rapidfuzz on small numbers instead of words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import Indel

#: Memory grows with the product of the lengths: 30,000 words a side take 110 MB and half a second.
_LARGEST = 30_000**2
#: Up to this product the time does not matter (3 ms), and the longest common subsequence is searched without anchors.
_SMALL = 3_000**2
#: Anchors are looked for between anchors, so many times at most: a text may be made to have one more each time.
_DEEPEST = 4


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
    """A longest common subsequence, in stretches.

    In long sequences it goes through the places that are plainly the same, and is a long one, not always the longest;
    where too much lies between two such places only the ends of that are matched.
    """
    return list(_joined(_matches(old, new, 0, 0, 0)))


def hunks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Hunk]:
    """What lies between the matches, in order."""
    found = []
    i = j = 0
    for match in (*matches(old, new), Match(len(old), len(new), 0)):
        if match.old > i or match.new > j:
            found.append(Hunk(i, match.old, j, match.new))
        i, j = match.old + match.size, match.new + match.size
    return found


def _matches(old: Sequence[Hashable], new: Sequence[Hashable], i: int, j: int, depth: int) -> Iterator[Match]:
    """The matches of two sequences that begin at `i` and `j` of the whole ones."""
    head = _common(zip(old, new, strict=False))
    rest = min(len(old), len(new)) - head
    tail = min(_common(zip(reversed(old), reversed(new), strict=False)), rest)
    if head:
        yield Match(i, j, head)
    yield from _between(old[head : len(old) - tail], new[head : len(new) - tail], i + head, j + head, depth)
    if tail:
        yield Match(i + len(old) - tail, j + len(new) - tail, tail)


def _common(pairs: Iterable[tuple[Hashable, Hashable]]) -> int:
    count = 0
    for left, right in pairs:
        if left != right:
            break
        count += 1
    return count


def _between(old: Sequence[Hashable], new: Sequence[Hashable], i: int, j: int, depth: int) -> Iterator[Match]:
    """Matches of two sequences with different ends. Elements of only one side are left out first: they never match."""
    shared = set(old) & set(new)
    if not shared:
        return
    left = [at for at, element in enumerate(old) if element in shared]
    right = [at for at, element in enumerate(new) if element in shared]
    if len(left) * len(right) > _SMALL:
        anchors = _anchors([old[at] for at in left], [new[at] for at in right]) if depth < _DEEPEST else []
        if anchors:
            yield from _around([(left[a], right[b]) for a, b in anchors], old, new, i, j, depth)
            return
        if len(left) * len(right) > _LARGEST:
            return
    numbers = {element: number for number, element in enumerate(shared)}
    blocks = Indel.opcodes([numbers[old[at]] for at in left], [numbers[new[at]] for at in right]).as_matching_blocks()
    for block in blocks:
        if block.size:
            yield from _placed(left[block.a : block.a + block.size], right[block.b : block.b + block.size], i, j)


def _around(
    anchors: Sequence[tuple[int, int]], old: Sequence[Hashable], new: Sequence[Hashable], i: int, j: int, depth: int
) -> Iterator[Match]:
    """The anchors, in stretches, and the matches between each two of them."""
    a = b = 0
    for c, d, size in (*_joined((c, d, 1) for c, d in anchors), (len(old), len(new), 0)):
        if c > a and d > b:
            yield from _matches(old[a:c], new[b:d], i + a, j + b, depth + 1)
        if size:
            yield Match(i + c, j + d, size)
        a, b = c + size, d + size


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Places that are plainly the same: elements that stand once on each side, and beside the same neighbour.

    Where every element stands once, all of them: the longest common order of those is the longest that there is.
    """
    before, after = _places(old), _places(new)
    pairs = [(a, after[element]) for element, a in before.items() if a >= 0 and after.get(element, -1) >= 0]
    if len(pairs) < len(old) or len(pairs) < len(new):
        pairs = [(a, b) for a, b in pairs if _has_same_neighbour(old, new, a, b)]
    pairs.sort()
    return _rising(pairs)


def _places(found: Sequence[Hashable]) -> dict[Hashable, int]:
    """Where each element stands; -1 if more than once."""
    places: dict[Hashable, int] = {}
    for at, element in enumerate(found):
        places[element] = -1 if element in places else at
    return places


def _has_same_neighbour(old: Sequence[Hashable], new: Sequence[Hashable], a: int, b: int) -> bool:
    if a and b and old[a - 1] == new[b - 1]:
        return True
    return a + 1 < len(old) and b + 1 < len(new) and old[a + 1] == new[b + 1]


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest selection of the pairs, which are sorted, whose second numbers rise too (patience sorting)."""
    if all(left[1] < right[1] for left, right in pairwise(pairs)):
        return list(pairs)
    tops: list[int] = []
    top_pairs: list[int] = []
    previous: list[int] = []
    for index, (_, b) in enumerate(pairs):
        pile = bisect_left(tops, b)
        previous.append(top_pairs[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(b)
            top_pairs.append(index)
        else:
            tops[pile], top_pairs[pile] = b, index
    chosen = []
    at = top_pairs[-1] if top_pairs else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = previous[at]
    return chosen[::-1]


def _placed(left: Sequence[int], right: Sequence[int], i: int, j: int) -> Iterator[Match]:
    """One match for places in a row, else one for each pair."""
    size = len(left)
    if left[-1] - left[0] == right[-1] - right[0] == size - 1:
        yield Match(left[0] + i, right[0] + j, size)
    else:
        yield from (Match(a + i, b + j, 1) for a, b in zip(left, right, strict=True))


def _joined(found: Iterable[tuple[int, int, int]]) -> Iterator[Match]:
    """Matches that touch each other on both sides become one."""
    i = j = size = 0
    for old, new, more in found:
        if old == i + size and new == j + size:
            size += more
        else:
            if size:
                yield Match(i, j, size)
            i, j, size = old, new, more
    if size:
        yield Match(i, j, size)
