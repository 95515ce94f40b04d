"""What three diffs mark of the edits in tests/corpus: crawler's, difflib's on words, and one of whole lines.

    python -m benchmarks.diffs

Of each pair both texts are canonical already, so that all three see the same; titles and excerpts are left out.
A second table has the time of whole comparisons, summary and all, of texts of 20,000 words.
"""

# ruff: noqa: S311 (nothing here is secret)

from __future__ import annotations

import difflib
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmarks import prose
from crawler.diff import compare, operations, words
from crawler.model import Fields
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


def large(size: int) -> Iterator[tuple[str, str, str]]:
    """Pairs of texts of so many words, with a name."""
    text, other = prose.words("text", size), prose.words("other", size)
    edited = [f"{word}x" if at % 30 == 15 else word for at, word in enumerate(text)]
    blocks = _blocks(edited)
    moved = random.Random(1).sample(blocks, len(blocks))
    few = [random.Random(seed).choices("abcdefgh", k=size) for seed in (1, 2)]
    yield "a word in 30 edited", "\n\n".join(_blocks(text)), "\n\n".join(blocks)
    yield "the same, one paragraph", " ".join(text), " ".join(edited)
    yield "the same, paragraphs in another order", "\n\n".join(_blocks(text)), "\n\n".join(moved)
    yield "another text", "\n\n".join(_blocks(text)), "\n\n".join(_blocks(other))
    yield "another text of the same eight words", " ".join(few[0]), " ".join(few[1])
    yield "another text, paragraphs of one word", "\n\n".join(text), "\n\n".join(other)


def _blocks(text: Sequence[str]) -> list[str]:
    return [" ".join(text[at : at + 60]) for at in range(0, len(text), 60)]


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
    lines += ["", "| 20,000 words | CPU, ms |", "|---|---|"]
    lines += [f"| {name} | {milliseconds(old, new):.0f} |" for name, old, new in large(20_000)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
