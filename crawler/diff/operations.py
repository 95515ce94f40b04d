"""From an old text to a new one in operations on words: blocks first, then words inside the blocks that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple
from unicodedata import category

from crawler.diff.align import Alignment, Stretch, align
from crawler.diff.sequence import Hunk, hunks
from crawler.diff.sliding import in_sentences
from crawler.text import CROSSED_OUT, join, tokens, tokens_of, usual_gap

#: Between two blocks; a token of its own, so that dividing a paragraph is no edit of its words.
BREAK = "\n\n"
#: Equal words between two changes, up to which the changes read better as one.
_BRIDGE = 2
#: The same in characters, where both changes are at least as long.
_BRIDGE_OF_CHARACTERS = 4
#: The bar between two cells of a table, and the marks around what is crossed out.
_NO_WORDS = frozenset(("", "|", *CROSSED_OUT))
#: Of Thai: written on the letter before it, but no mark by its category.
_SARA_AM = "\u0e33"

Kind = Literal["equal", "removed", "added", "replaced", "moved_away", "moved_here"]


class Moved(str):
    """A whole block among words: it stands in the other text too, at another place."""

    __slots__ = ()


class Op(NamedTuple):
    """One step: `join` of all `old` is the old text, of all `new` the new one."""

    kind: Kind
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    #: the steps from the old block to this one, where a moved one was edited too
    edits: tuple[Op, ...] = ()


class Gap(NamedTuple):
    """Blocks that differ, as tokens, and the smallest hunks that lie between them."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDiff:
    """Two texts laid side by side."""

    operations: tuple[Op, ...] = ()
    gaps: tuple[Gap, ...] = ()
    #: blocks that changed their place
    moved: int = 0

    @property
    def words_added(self) -> int:
        """How many words came; those of moved blocks did not."""
        return _count(
            token for gap in self.gaps for hunk in gap.hunks for token in gap.new[hunk.new_start : hunk.new_end]
        )

    @property
    def words_removed(self) -> int:
        """How many words went."""
        return _count(
            token for gap in self.gaps for hunk in gap.hunks for token in gap.old[hunk.old_start : hunk.old_end]
        )


def operations(old: str, new: str) -> list[Op]:
    """The steps from `old` to `new`; none if they are equal."""
    return list(text_diff(old, new).operations)


def text_diff(old: str, new: str) -> TextDiff:
    """Compare two texts. Time and memory are bounded; beyond that a whole gap counts as replaced."""
    if old == new:
        return TextDiff()
    old_blocks, new_blocks = blocks_of(old), blocks_of(new)
    alignment = align(old_blocks, new_blocks)
    edited = {j: text_diff(old_blocks[i], new_blocks[j]) for j, i in alignment.edited.items()}
    gaps = [gap for diff in edited.values() for gap in diff.gaps]
    steps: list[Op] = []
    for stretch in alignment.stretches:
        if stretch.same:
            steps += _unchanged(old_blocks, stretch)
        else:
            gap = _gap(old_blocks, new_blocks, stretch, alignment)
            gaps.append(gap)
            steps += _changed(gap)
    if edited:
        steps = list(_with_edits(steps, sorted(alignment.moved_new), edited))
    return TextDiff(operations=tuple(steps), gaps=tuple(gaps), moved=len(alignment.moved_new))


def _with_edits(steps: Sequence[Op], moved: Sequence[int], edited: Mapping[int, TextDiff]) -> Iterator[Op]:
    """The steps, those to moved blocks with what was done to them there; `moved` are these blocks, in order."""
    arrived = iter(moved)
    for step in steps:
        diff = edited.get(next(arrived)) if step.kind == "moved_here" else None
        yield step._replace(edits=diff.operations) if diff else step


def whole(old: str, new: str) -> tuple[Op, ...]:
    """The steps from `old` to `new` as they cover both texts: equal ones are one step."""
    if old != new:
        return text_diff(old, new).operations
    blocks = blocks_of(new)
    return tuple(_unchanged(blocks, Stretch(True, 0, len(blocks), 0, len(blocks)))) if blocks else ()


def blocks_of(text: str) -> list[str]:
    """The blocks of a canonical text."""
    return text.split(BREAK) if text else []


def text_after(before: str, found: Sequence[str]) -> str:
    """The text of the tokens as it stands behind the token `before`; "" at the begin of a text."""
    if not before or not found:
        return join(found)
    return join((before, *found))[len(join((before,))) :]


def _unchanged(blocks: Sequence[str], stretch: Stretch) -> Iterator[Op]:
    """Equal blocks. Whether a break stands before the first of them may differ between the two texts."""
    same = tuple(_tokens(blocks, stretch.old_start, stretch.old_end))
    if stretch.old_start and not stretch.new_start:
        yield Op("removed", old=same[:1])
        same = same[1:]
    elif stretch.new_start and not stretch.old_start:
        yield Op("added", new=(BREAK,))
    yield Op("equal", same, same)


def _gap(old: Sequence[str], new: Sequence[str], stretch: Stretch, alignment: Alignment) -> Gap:
    before = _tokens(old, stretch.old_start, stretch.old_end, alignment.moved_old)
    after = _tokens(new, stretch.new_start, stretch.new_end, alignment.moved_new)
    names_old: Sequence[str | int] = before
    names_new: Sequence[str | int] = after
    if alignment.moved_old:
        # A moved block must not match its own double: each gets a name that no word has.
        names_old = [i if isinstance(token, Moved) else token for i, token in enumerate(before)]
        names_new = [~j if isinstance(token, Moved) else token for j, token in enumerate(after)]
    found = in_sentences(names_old, names_new, hunks(names_old, names_new))
    return Gap(old=tuple(before), new=tuple(after), hunks=tuple(found))


def _tokens(blocks: Sequence[str], start: int, end: int, moved: frozenset[int] = frozenset()) -> list[str]:
    """The tokens of `blocks[start:end]`, each block but the text's first after a break."""
    if start == end:
        return []
    if not moved or moved.isdisjoint(range(start, end)):
        found = tokens_of(blocks[start:end])
        return [BREAK, *found] if start else found
    found = []
    for index in range(start, end):
        if index:
            found.append(BREAK)
        if index in moved:
            found.append(Moved(blocks[index]))
        else:
            found += tokens(blocks[index])
    return found


def _changed(gap: Gap) -> list[Op]:
    found: list[Op] = []
    i = j = 0
    for i_changed, i_end, j_changed, j_end in _bridged(gap):
        if i_changed > i:
            found.append(Op("equal", gap.old[i:i_changed], gap.new[j:j_changed]))
        found += _steps(gap.old[i_changed:i_end], gap.new[j_changed:j_end])
        i, j = i_end, j_end
    if i < len(gap.old):
        found.append(Op("equal", gap.old[i:], gap.new[j:]))
    return found


def _bridged(gap: Gap) -> Iterator[Hunk]:
    """The hunks, those joined that a word or two hold apart: nobody reads `[-a-]{+b+} of [-c-]{+d+}` with ease."""
    found = iter(_with_letters(gap))
    current = last = next(found, None)
    if current is None or last is None:
        return
    for hunk in found:
        if (
            hunk.old_start - last.old_end <= _BRIDGE_OF_CHARACTERS
            and _is_bridge(gap.old[last.old_end : hunk.old_start], current, hunk)
            and not _has_border(gap, last, -1)
            and not _has_border(gap, hunk, 0)
        ):
            current = Hunk(current.old_start, hunk.old_end, current.new_start, hunk.new_end)
        else:
            yield current
            current = hunk
        last = hunk
    yield current


def _is_bridge(kept: Sequence[str], before: Hunk, after: Hunk) -> bool:
    """Are the kept words so few that the changes on both sides read better as one?

    A character is less than a word: between changes of several characters a few of them are chance.
    """
    if BREAK in kept:
        return False
    if len(kept) <= _BRIDGE:
        return True
    return len(kept) <= min(before.size, after.size) and not any(map(usual_gap, kept, kept[1:]))


def _has_border(gap: Gap, hunk: Hunk, index: int) -> bool:
    """Does the hunk end (-1) or begin (0) with a border between blocks, or hold a moved one?"""
    sides = (gap.old[hunk.old_start : hunk.old_end], gap.new[hunk.new_start : hunk.new_end])
    return any(side and (side[index] == BREAK or Moved in map(type, side)) for side in sides)


def _with_letters(gap: Gap) -> Iterable[Hunk]:
    """The hunks with the letters that their marks belong to: a vowel sign of Thai is no character by itself."""
    if "".join(gap.old).isascii() and "".join(gap.new).isascii():
        return gap.hunks
    return _with_their_letters(gap)


def _with_their_letters(gap: Gap) -> Iterator[Hunk]:
    starts = [hunk.old_start for hunk in gap.hunks[1:]]
    last = 0
    for hunk, limit in zip(gap.hunks, [*starts, len(gap.old)], strict=True):
        before = after = 0
        firsts = (*gap.old[hunk.old_start : hunk.old_end][:1], *gap.new[hunk.new_start : hunk.new_end][:1])
        while hunk.old_start - before > last and any(map(_is_mark, firsts)):
            before += 1
            firsts = (gap.old[hunk.old_start - before],)
        while hunk.old_end + after < limit and _is_mark(gap.old[hunk.old_end + after]):
            after += 1
        last = hunk.old_end + after
        yield Hunk(hunk.old_start - before, last, hunk.new_start - before, hunk.new_end + after)


def _is_mark(token: str) -> bool:
    return not token.isascii() and (token[0] == _SARA_AM or category(token[0]).startswith("M"))


def _steps(old: tuple[str, ...], new: tuple[str, ...]) -> list[Op]:
    """One hunk; moved blocks in it are steps of their own."""
    if Moved in map(type, old) or Moved in map(type, new):
        return [
            *(Op("moved_away" if type(group[0]) is Moved else "removed", group) for group in _around_moved(old)),
            *(Op("moved_here" if type(group[0]) is Moved else "added", (), group) for group in _around_moved(new)),
        ]
    if old and new:
        return [Op("replaced", old, new)]
    return [Op("removed", old) if old else Op("added", (), new)]


def _around_moved(found: tuple[str, ...]) -> list[tuple[str, ...]]:
    groups = []
    start = 0
    for index, kind in enumerate(map(type, found)):
        if kind is Moved:
            if start < index:
                groups.append(found[start:index])
            groups.append(found[index : index + 1])
            start = index + 1
    return [*groups, found[start:]] if start < len(found) else groups


def _count(found: Iterable[str]) -> int:
    """How many words there are: a moved block is none, nor is what stands in _NO_WORDS."""
    count = Counter(token for token in found if not isinstance(token, Moved))
    return count.total() - sum(count[token] for token in count if token.strip() in _NO_WORDS)
