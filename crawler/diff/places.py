"""Where a text was edited: the equal words around each change, by which the same place is known again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from crawler.diff.operations import BREAK, Op, operations
from crawler.model import Place
from crawler.text import join

#: Equal words on each side that name a place; the end of a block is one of them.
AROUND = 3
#: The end of a block, and those of the whole text: no word is written so.
END, _FIRST, _LAST = "¶", "¶<", ">¶"
_END_OF_BLOCK = Op("equal", (BREAK,), (BREAK,))
#: More places are those of a text that was written anew.
_MOST = 20


def places(old: str, new: str) -> tuple[Place, ...]:
    """The places at which the texts differ; none where there are too many, or where blocks only moved."""
    whole = operations(old, new)
    moved = [[_END_OF_BLOCK, *step.edits, _END_OF_BLOCK] for step in whole if step.edits]
    found = [_place(steps, start, end) for steps in (whole, *moved) for start, end in _runs(steps)]
    told = tuple(place for place in found if place.old or place.new)
    return told if len(told) <= _MOST else ()


def _runs(steps: Sequence[Op]) -> Iterator[tuple[int, int]]:
    """Steps in a row that take away or bring words."""
    start = None
    for index, step in enumerate([*steps, Op("equal")]):
        if step.kind in ("removed", "added", "replaced"):
            start = index if start is None else start
        elif start is not None:
            yield start, index
            start = None


def _place(steps: Sequence[Op], start: int, end: int) -> Place:
    first, last = Op("equal", (), (_FIRST,)), Op("equal", (), (_LAST,))
    before = _equal(chain((steps[at] for at in range(start - 1, -1, -1)), (first,)), last=True)
    after = _equal(chain((steps[at] for at in range(end, len(steps))), (last,)), last=False)
    return Place(
        before=tuple(before[-AROUND:]),
        after=tuple(after[:AROUND]),
        old=join(token for step in steps[start:end] for token in step.old).strip(),
        new=join(token for step in steps[start:end] for token in step.new).strip(),
    )


def _equal(steps: Iterable[Op], *, last: bool) -> list[str]:
    """The words nearest to a change, up to the next change; `last`: the steps stand in reverse, before it."""
    found: list[str] = []
    for step in steps:
        if step.kind != "equal" or len(found) >= AROUND:
            break
        words = [END if token == BREAK else token.strip() for token in step.new if token == BREAK or token.strip()]
        found = [*words, *found] if last else [*found, *words]
    return found
