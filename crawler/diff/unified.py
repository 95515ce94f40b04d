"""Unified diffs, as `patch` takes them: lines are those of the text, laid side by side block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crawler.diff.align import Stretch, align
from crawler.diff.operations import blocks_of

_CONTEXT = 3


class _Line(NamedTuple):
    sign: str
    text: str


def unified(old: str, new: str, name: str) -> str:
    """The diff of the two texts, each with a newline at its end; "" if they are equal."""
    if old == new:
        return ""
    name = " ".join(name.split())
    found = list(_lines(blocks_of(old), blocks_of(new)))
    return "".join((f"--- a/{name}\n+++ b/{name}\n", *_hunks(found)))


def _lines(old: Sequence[str], new: Sequence[str]) -> Iterator[_Line]:
    for stretch in align(old, new).stretches:
        if stretch.same:
            yield from _kept(old, stretch)
        else:
            yield from _replaced(old, new, stretch)


def _replaced(old: Sequence[str], new: Sequence[str], stretch: Stretch) -> Iterator[_Line]:
    """Blocks that differ; the blank line before the first of them stays where both texts have one."""
    both = stretch.old_end > stretch.old_start and stretch.new_end > stretch.new_start
    shared = both and bool(stretch.old_start and stretch.new_start)
    if shared:
        yield _Line(" ", "")
    for index in range(stretch.old_start, stretch.old_end):
        yield from _signed("-", old[index], index - stretch.old_start if shared else index)
    for index in range(stretch.new_start, stretch.new_end):
        yield from _signed("+", new[index], index - stretch.new_start if shared else index)


def _kept(old: Sequence[str], stretch: Stretch) -> Iterator[_Line]:
    """Equal blocks; the blank line before the first of them may be there in one text only."""
    if stretch.old_start and stretch.new_start:
        yield _Line(" ", "")
    elif stretch.old_start or stretch.new_start:
        yield _Line("-" if stretch.old_start else "+", "")
    for index in range(stretch.old_start, stretch.old_end):
        yield from _signed(" ", old[index], index - stretch.old_start)


def _signed(sign: str, block: str, index: int) -> Iterator[_Line]:
    if index:
        yield _Line(sign, "")
    for text in block.split("\n"):
        yield _Line(sign, text)


def _hunks(found: Sequence[_Line]) -> Iterator[str]:
    old_at = new_at = 0
    at = 0
    for start, end in _ranges(found):
        skipped = start - at
        old_at, new_at = old_at + skipped, new_at + skipped
        shown = found[start:end]
        old_size = sum(line.sign != "+" for line in shown)
        new_size = sum(line.sign != "-" for line in shown)
        yield f"@@ -{_range(old_at, old_size)} +{_range(new_at, new_size)} @@\n"
        yield from (f"{line.sign}{line.text}\n" for line in shown)
        old_at, new_at, at = old_at + old_size, new_at + new_size, end


def _ranges(found: Sequence[_Line]) -> Iterator[tuple[int, int]]:
    """Stretches of lines with changes and the context around them."""
    start = end = -1
    for index, line in enumerate(found):
        if line.sign == " ":
            continue
        if start >= 0 and index - _CONTEXT > end:
            yield start, end
            start = -1
        if start < 0:
            start = max(0, index - _CONTEXT)
        end = min(len(found), index + 1 + _CONTEXT)
    if start >= 0:
        yield start, end


def _range(before: int, size: int) -> str:
    """Lines count from 1; an empty range names the line before it."""
    return f"{before + 1 if size else before},{size}"
