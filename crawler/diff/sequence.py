"""What two sequences have in common, and the hunks between: rapidfuzz on small numbers instead of words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain, compress, pairwise
from operator import ne
from typing import NamedTuple

from rapidfuzz.distance import Indel

#: Memory grows with the product of the lengths: 30,000 words a side take 110 MB and half a second.
_LARGEST = 30_000**2
#: Up to this product the time does not matter (3 ms), and the longest common subsequence is searched without anchors.
_SMALL = 3_000**2
#: Anchors are looked for between anchors, so many times at most: a text may be made to have one more each time.
_DEEPEST = 4

#: Elements as numbers, equal ones with the same: these are compared, counted and looked up in less time.
_Numbers = list[int]
#: The beginning of a match in both sequences, and its size.
_Stretch = tuple[int, int, int]


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
    shorter = min(len(old), len(new))
    head = _common(old, new, shorter)
    tail = _common(reversed(old), reversed(new), shorter - head)
    found: list[_Stretch] = [(0, 0, head)]
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    if before and after and len(before) + len(after) > 2:  # not one word in place of another, as most edits are
        elements = dict.fromkeys(chain(before, after))
        number = dict(zip(elements, range(len(elements)), strict=True)).__getitem__
        _search(list(map(number, before)), list(map(number, after)), head, head, 0, found)
    found.append((len(old) - tail, len(new) - tail, tail))
    return [Match(*stretch) for stretch in _joined(found)]


def hunks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Hunk]:
    """What lies between the matches, in order."""
    found = []
    i = j = 0
    for i_same, j_same, size in (*matches(old, new), (len(old), len(new), 0)):
        if i_same > i or j_same > j:
            found.append(Hunk(i, i_same, j, j_same))
        i, j = i_same + size, j_same + size
    return found


def _search(old: _Numbers, new: _Numbers, i: int, j: int, depth: int, found: list[_Stretch]) -> None:
    """Find the matches of two sequences that begin at `i` and `j` of the whole ones."""
    if len(old) * len(new) <= _SMALL:
        _search_all(old, new, i, j, found)
        return
    shorter = min(len(old), len(new))
    head = _common(old, new, shorter)
    tail = _common(reversed(old), reversed(new), shorter - head)
    if head:
        found.append((i, j, head))
    _search_between(old[head : len(old) - tail], new[head : len(new) - tail], i + head, j + head, depth, found)
    if tail:
        found.append((i + len(old) - tail, j + len(new) - tail, tail))


def _common(left: Iterable[Hashable], right: Iterable[Hashable], most: int) -> int:
    """How many are equal before the first two that are not."""
    return next(compress(range(most), map(ne, left, right)), most)


def _search_all(old: _Numbers, new: _Numbers, i: int, j: int, found: list[_Stretch]) -> None:
    """Find the longest common subsequence of short sequences; of long ones time and memory are their product."""
    if old == new:
        found.append((i, j, len(old)))
    elif len(old) + len(new) > 2:
        blocks = Indel.opcodes(old, new).as_matching_blocks()
        found += [(block.a + i, block.b + j, block.size) for block in blocks]


def _search_between(old: _Numbers, new: _Numbers, i: int, j: int, depth: int, found: list[_Stretch]) -> None:
    """Search sequences with different ends. Elements of only one side are left out first: they never match."""
    shared = set(old).intersection(new)
    left = [at for at, element in enumerate(old) if element in shared]
    right = [at for at, element in enumerate(new) if element in shared]
    before, after = [old[at] for at in left], [new[at] for at in right]
    if len(left) * len(right) > _SMALL:
        anchors = _anchors(before, after) if depth < _DEEPEST else []
        if anchors:
            _search_around([(left[a], right[b]) for a, b in anchors], old, new, i, j, depth, found)
            return
        if len(left) * len(right) > _LARGEST:
            return
    close: list[_Stretch] = []
    _search_all(before, after, 0, 0, close)
    for a, b, size in close:
        if size:
            found += _placed(left[a : a + size], right[b : b + size], i, j)


def _search_around(
    anchors: Iterable[tuple[int, int]], old: _Numbers, new: _Numbers, i: int, j: int, depth: int, found: list[_Stretch]
) -> None:
    """Take the anchors, in stretches, and search between each two of them."""
    a = b = 0
    for c, d, size in (*_joined((c, d, 1) for c, d in anchors), (len(old), len(new), 0)):
        if c > a and d > b:
            _search(old[a:c], new[b:d], i + a, j + b, depth + 1, found)
        if size:
            found.append((i + c, j + d, size))
        a, b = c + size, d + size


def _anchors(old: _Numbers, new: _Numbers) -> list[tuple[int, int]]:
    """Places that are plainly the same: elements that stand once on each side, and beside the same neighbour.

    Where every element stands once, all of them: the longest common order of those is the longest that there is.
    """
    before, after = _once(old), _once(new)
    pairs = [(a, after[element]) for element, a in before.items() if element in after]
    if len(pairs) < len(old) or len(pairs) < len(new):
        pairs = [(a, b) for a, b in pairs if _has_same_neighbour(old, new, a, b)]
    pairs.sort()
    return _rising(pairs)


def _once(found: _Numbers) -> dict[int, int]:
    """Where the elements stand that stand there once."""
    first = dict(zip(reversed(found), range(len(found) - 1, -1, -1), strict=True))
    last = dict(zip(found, range(len(found)), strict=True))
    return {element: at for element, at in last.items() if first[element] == at}


def _has_same_neighbour(old: _Numbers, new: _Numbers, a: int, b: int) -> bool:
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


def _placed(left: Sequence[int], right: Sequence[int], i: int, j: int) -> list[_Stretch]:
    """One match for places in a row, else one for each pair."""
    size = len(left)
    if left[-1] - left[0] == right[-1] - right[0] == size - 1:
        return [(left[0] + i, right[0] + j, size)]
    return [(a + i, b + j, 1) for a, b in zip(left, right, strict=True)]


def _joined(found: Iterable[_Stretch]) -> Iterator[_Stretch]:
    """Those that touch each other on both sides become one."""
    i = j = size = 0
    for old, new, more in found:
        if old == i + size and new == j + size:
            size += more
        else:
            if size:
                yield i, j, size
            i, j, size = old, new, more
    if size:
        yield i, j, size
