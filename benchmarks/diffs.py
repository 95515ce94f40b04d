"""What three diffs mark of the edits in tests/corpus: crawler's, difflib's on words, and one of whole lines.

    python -m benchmarks.diffs

Of each pair both texts are canonical already, so that all three see the same; titles and excerpts are left out.
Two more tables have the time of whole comparisons, summary and all, of texts of 20,000 words, with as few searches for
garbage as in the child processes that make them.
"""

from __future__ import annotations

import difflib
import gc
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmarks import edits
from crawler.diff import compare, operations, words
from crawler.model import Fields
from crawler.text import canonical_text
from tests.corpus import load

#: Each pair is compared this many times: one takes less than the clock can tell.
_ROUNDS = 20
#: In words, a side.
_SIZE = 20_000
#: As in a child process, see crawler.child.
_GARBAGE = 50_000

Hunks = list[tuple[str, str]]


class Row(NamedTuple):
    """What one diff made of all pairs."""

    name: str
    hunks: int
    marked: int
    milliseconds: float


def ours(old: str, new: str) -> Hunks:
    """Of crawler; a moved block is no marked word."""
    kinds = ("removed", "added", "replaced")
    return [(" ".join(op.old), " ".join(op.new)) for op in operations(old, new) if op.kind in kinds]


def difflibs(old: str, new: str) -> Hunks:
    """Of the standard library, word by word."""
    return list(_replaced(words(old), words(new)))


def of_lines(old: str, new: str) -> Hunks:
    """What `diff` shows: every line that differs, whole."""
    return list(_replaced(old.split("\n"), new.split("\n")))


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    for tag, i, to_i, j, to_j in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield " ".join(old[i:to_i]), " ".join(new[j:to_j])


def measured(name: str, diff: Callable[[str, str], Hunks], pairs: Sequence[tuple[str, str]]) -> Row:
    """The diff of all pairs, and what it costs."""
    found = [hunk for old, new in pairs for hunk in diff(old, new)]
    begun = time.process_time()
    for _ in range(_ROUNDS):
        for old, new in pairs:
            diff(old, new)
    spent = (time.process_time() - begun) * 1000 / _ROUNDS
    hunks = [hunk for hunk in found if any(map(words, hunk))]
    return Row(name, len(hunks), sum(len(words(side)) for hunk in hunks for side in hunk), spent)


def texts() -> list[tuple[str, str]]:
    """Both states of every pair, as canonical text."""
    made = []
    for pair in load():
        old, new = (canonical_text(side["content"]) for side in pair.rendered())
        made.append((old, new))
    return made


def milliseconds(old: str, new: str) -> float:
    """CPU of one whole comparison, the best of five."""
    found = []
    for _ in range(5):
        begun = time.process_time()
        compare(Fields(content=old), Fields(content=new), ["content"])
        found.append(time.process_time() - begun)
    return min(found) * 1000


def main() -> None:
    """Print both tables."""
    pairs = texts()
    edited = [(old, new) for old, new in pairs if old != new]
    lines = [f"{len(pairs)} pairs, of which {len(edited)} differ in their canonical text", ""]
    lines += ["| diff | hunks | words marked | CPU, ms |", "|---|---|---|---|"]
    for name, diff in (("crawler", ours), ("difflib, words", difflibs), ("lines", of_lines)):
        row = measured(name, diff, edited)
        lines.append(f"| {row.name} | {row.hunks} | {row.marked:,} | {row.milliseconds:.1f} |")
    gc.set_threshold(_GARBAGE)
    for kind, made in (("usual", edits.usual), ("worst", edits.worst)):
        lines += ["", f"| 20,000 words, {kind} | CPU, ms |", "|---|---|"]
        lines += [f"| {edit} | {milliseconds(old, new):.0f} |" for edit, old, new in made(_SIZE)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
