"""Quoted passages that an edit changed: what somebody said is what nobody may silently reword."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from crawler.diff.operations import BREAK, Gap, Moved
from crawler.text import join, words

#: Canonical text has straight quotes only, beside those of East Asia. A quote that is opened and not closed, as in a
#: passage of several paragraphs, is none; neither are inches.
_QUOTE = re.compile(r"(?<!\w)\"(?=[^\s\"])([^\"]*[^\s\"])\"(?!\w)|「([^「」]+)」|『([^『』]+)』")
#: One of these opens each.
_MARKS = '"「『'
_PUNCTUATION = ".,;:!?–-'()[] 、。，．！？"
#: Of the words of both, at least this part must be common to two versions of one passage.
_ALIKE = 0.4
#: Beyond this many a gap they are not paired: the whole text is another one.
_MOST = 40

#: The words of a passage without what is around them.
Said = tuple[str, ...]


class QuoteChange(NamedTuple):
    """A passage before and after; "" where it came or went as a whole."""

    old: str
    new: str


def changed_quotes(gaps: Iterable[Gap]) -> list[QuoteChange]:
    """What happened to quoted passages: first those that were reworded, then those that went, then those that came."""
    gone: list[str] = []
    come: list[str] = []
    for gap in gaps:
        gone += _quotes(gap.old)
        come += _quotes(gap.new)
    said = {quote: _said(quote) for quote in (*gone, *come)}
    gone, come = _without(gone, come, said), _without(come, gone, said)
    if max(len(gone), len(come)) > _MOST:
        return []
    reworded = _reworded(gone, come, said)
    gone_alone = [QuoteChange(quote, "") for quote in gone if all(quote != pair.old for pair in reworded)]
    come_alone = [QuoteChange("", quote) for quote in come if all(quote != pair.new for pair in reworded)]
    return [*reworded, *gone_alone, *come_alone]


def _quotes(tokens: Sequence[str]) -> list[str]:
    if not any(map("".join(tokens).__contains__, _MARKS)):
        return []
    text = join(token for token in tokens if not isinstance(token, Moved))
    return [next(filter(None, match.groups())) for block in text.split(BREAK) for match in _QUOTE.finditer(block)]


def _without(quotes: Iterable[str], others: Iterable[str], said: Mapping[str, Said]) -> list[str]:
    """The quotes that do not stand among the others too, whatever their punctuation."""
    known = Counter(said[quote] for quote in others)
    left = []
    for quote in quotes:
        if known[said[quote]]:
            known[said[quote]] -= 1
        else:
            left.append(quote)
    return left


def _said(quote: str) -> Said:
    return tuple(bare for word in words(quote) if (bare := word.strip(_PUNCTUATION).casefold()))


def _reworded(gone: Sequence[str], come: Sequence[str], said: Mapping[str, Said]) -> list[QuoteChange]:
    """Pairs of passages that are most alike, each once, in the order of the new text."""
    numbers: dict[tuple[str, int], int] = {}
    before, after = ([_numbered(said[quote], numbers) for quote in quotes] for quotes in (gone, come))
    likeness = sorted(
        (
            (-2 * len(old & new) / (len(old) + len(new)), j, i)
            for i, old in enumerate(before)
            for j, new in enumerate(after)
            if old or new
        )
    )
    pairs: dict[int, int] = {}
    for unlike, j, i in likeness:
        if -unlike >= _ALIKE and j not in pairs and i not in pairs.values():
            pairs[j] = i
    return [QuoteChange(gone[i], come[j]) for j, i in sorted(pairs.items())]


def _numbered(said: Said, numbers: dict[tuple[str, int], int]) -> frozenset[int]:
    """A number for each word, another where it is said again: sets are compared in less time than words counted."""
    seen: Counter[str] = Counter()
    found = set()
    for word in said:
        seen[word] += 1
        found.add(numbers.setdefault((word, seen[word]), len(numbers)))
    return frozenset(found)
