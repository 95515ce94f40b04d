"""What three diffs mark of the edits in tests/corpus: crawler's, difflib's on words, and one of whole lines.

    python -m benchmarks.diffs

Of each pair both texts are canonical already, so that all three see the same; titles and excerpts are left out.
"""

from __future__ import annotations

import difflib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from crawler.diff import operations, words
from crawler.text import canonical_text
from tests.corpus import load

#: Each pair is compared this many times: one takes less than the clock can tell.
_ROUNDS = 20

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


def main() -> None:
    """Print the table."""
    pairs = texts()
    edited = [(old, new) for old, new in pairs if old != new]
    lines = [f"{len(pairs)} pairs, of which {len(edited)} differ in their canonical text", ""]
    lines += ["| diff | hunks | words marked | CPU, ms |", "|---|---|---|---|"]
    for name, diff in (("crawler", ours), ("difflib, words", difflibs), ("lines", of_lines)):
        row = measured(name, diff, edited)
        lines.append(f"| {row.name} | {row.hunks} | {row.marked:,} | {row.milliseconds:.1f} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
