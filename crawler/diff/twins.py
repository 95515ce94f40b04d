"""Which blocks are edited versions of each other, so that an unedited one that moved past them is seen as moved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, repeat

from crawler.text import words

#: Of the words of both, at least half must be common.
_ALIKE = 0.5
#: For a block at another place it is more: of unlike ones people see better that one went and one came.
_THE_SAME = 0.75
#: And so many words: short ones are alike by chance.
_FEWEST = 6
#: A word in more blocks than this tells nothing, and would make the search quadratic.
_COMMON = 10
#: Beyond this many edited blocks a side the order of the unedited ones alone decides.
_MOST_BLOCKS = 500
#: Of the blocks with the most words in common so many are tried.
_MOST_LOOKED_AT = 3


def twins(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Index of a new block -> index of the old one that it was edited from; only blocks that changed, each once."""
    if min(len(old), len(new)) < 2:
        return {}
    gone, come = _only_in(old, set(new)), _only_in(new, set(old))
    if max(len(gone), len(come)) > _MOST_BLOCKS:
        return {}
    before, after = ({i: frozenset(words(block)) for i, block in blocks.items()} for blocks in (gone, come))
    places: dict[str, list[int]] = defaultdict(list)
    for i, found in before.items():
        for word in found:
            places[word].append(i)
    telling = {word: found for word, found in places.items() if len(found) <= _COMMON}
    taken: set[int] = set()
    pairs: dict[int, int] = {}
    for j, found in after.items():
        best = _best(found, before, telling, taken)
        if best is not None:
            pairs[j] = best
            taken.add(best)
    return pairs


def _only_in(blocks: Sequence[str], others: set[str]) -> dict[int, str]:
    return {index: block for index, block in enumerate(blocks) if block not in others}


def _best(
    found: frozenset[str], before: Mapping[int, frozenset[str]], places: Mapping[str, Sequence[int]], taken: set[int]
) -> int | None:
    """The old block most like the words `found`, the first of equals; None if none is like them."""
    shared = Counter(chain.from_iterable(map(places.get, found, repeat(()))))
    for _ in range(_MOST_LOOKED_AT):
        most = max(shared.values(), default=0)
        i = min((i for i, count in shared.items() if count == most), default=None)
        if i is None:
            return None
        if i not in taken and _likeness(found, before[i]) >= _ALIKE:
            return i
        del shared[i]
    return None


def is_the_same(old: str, new: str) -> bool:
    """Are the blocks so much alike that nobody doubts it, wherever they stand?"""
    before, after = frozenset(words(old)), frozenset(words(new))
    return len(before & after) >= _FEWEST and _likeness(before, after) >= _THE_SAME


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))
