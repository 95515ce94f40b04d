"""Figures and dates that an edit replaced, as they were printed: with sign, currency, separators and unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from crawler.diff.dates import dates, is_name
from crawler.diff.operations import BREAK, Gap, Moved
from crawler.text import join

_UNITS = (
    r"(?:percent|per cent|percentage points?|points?|hundred|thousand|million|billion|trillion|mn|bn|tn|k|m|km|cm|mm"
    r"|kg|g|t|tons?|tonnes?|miles?|mph|kWh|MWh|GWh|MW|GW|kW|ha|hectares?|acres?|barrels?|dollars?|euros?|pounds?|won"
    r"|yen|yuan|rubles?|roubles?|USD|EUR|GBP|KRW|JPY|CNY|Prozent|Millionen|Milliarden|Euro|millions?|milliards?"
    r"|por ciento|millones)(?![A-Za-z])"
    r"|%|‰|°\s?[CF]?|[천만억조]*\s?(?:원|명|달러|개|퍼센트)|[千万億兆]*(?:円|人|ドル|元|パーセント)|[千万億兆천만억조]+"
)
_NUMBER = r"(?:\d{1,3}(?:[ ,.']\d{3})+(?!\d)|\d+)(?:[.,:/]\d+)*"
_FIGURE = re.compile(
    rf"(?<![0-9A-Za-z.,])[+\-−–±~≈]?(?:(?:US|A|C|HK|NT)?[$€£¥₩₹]\s?)?{_NUMBER}(?:\s?(?:{_UNITS}))?",
)
#: A figure or a date has at most this many words on either side of the changed one: "1 200 000 million".
_REACH = 6
#: A text with more hunks is another text, and none of its figures stands for one before.
_MOST_HUNKS = 1000
#: The same for a hunk with more words.
_MOST_WORDS = 50
#: A word with a digit that is not the target of a link.
_WITH_DIGIT = re.compile(r"(?!\s*<[^\s<>]+>\Z)\D*\d")
#: A link's target or a picture among the words, or an address as a word: the numbers in it count nothing.
_ADDRESS = re.compile(r"(?<!\S)<[^\s<>]+>|https?://\S+")


class Replaced(NamedTuple):
    """Pairs of what stood there and what stands there now."""

    figures: tuple[tuple[str, str], ...]
    dates: tuple[tuple[str, str], ...]


class _Found(NamedTuple):
    """What a hunk touches on one side."""

    figures: list[str]
    dates: list[str]


def replaced(gaps: Iterable[Gap]) -> Replaced:
    """Pairs like `("12", "21")` and `("9 May", "10 May")`, where a hunk has as many of them before as after."""
    figures: dict[tuple[str, str], None] = {}
    told_dates: dict[tuple[str, str], None] = {}
    hunks = [(gap, hunk) for gap in gaps for hunk in gap.hunks if hunk.size <= _MOST_WORDS]
    for gap, hunk in hunks if len(hunks) <= _MOST_HUNKS else ():
        before = _found(gap.old, hunk.old_start, hunk.old_end)
        after = _found(gap.new, hunk.new_start, hunk.new_end)
        figures.update(dict.fromkeys(_pairs(before.figures, after.figures)))
        told_dates.update(dict.fromkeys(_pairs(before.dates, after.dates)))
    return Replaced(tuple(figures), tuple(told_dates))


def _pairs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    if len(before) == len(after):
        yield from ((old, new) for old, new in zip(before, after, strict=True) if old != new)


def _found(tokens: Sequence[str], start: int, end: int) -> _Found:
    """The figures and dates that the words from `start` to `end` are part of; a date's figures are none."""
    first = max(0, start - _REACH)
    # Of a block that moved no figure was replaced.
    tokens = [BREAK if isinstance(token, Moved) else token for token in tokens[first : end + _REACH]]
    start, end = start - first, end - first
    has_figure = any(map(_WITH_DIGIT.match, tokens[start:end]))
    if not has_figure and not any(map(is_name, tokens[start:end])):
        return _Found([], [])
    text = join(tokens)
    addresses = list(_ADDRESS.finditer(text)) if "<" in text or "://" in text else []
    begin, stop = len(join(tokens[:start])), len(join(tokens[:end]))
    found_dates = [match for match in dates(text) if match.start() < stop and match.end() > begin]
    figures = [
        match[0]
        for match in (_FIGURE.finditer(text) if has_figure else ())
        if match.start() < stop
        and match.end() > begin
        and not _touches(match, found_dates)
        and not _touches(match, addresses)
    ]
    return _Found(figures, [match[0] for match in found_dates if not _touches(match, addresses)])


def _touches(match: re.Match[str], others: Iterable[re.Match[str]]) -> bool:
    return any(other.start() < match.end() and match.start() < other.end() for other in others)
