"""Figures that an edit replaced, as they were printed: with sign, currency, separators and unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from crawler.diff.operations import Gap
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
#: A figure has at most this many words on either side of the changed one: "1 200 000 million".
_REACH = 4


def replaced_figures(gaps: Iterable[Gap]) -> Iterator[tuple[str, str]]:
    """Pairs like `("12", "21")` and `("$1,200", "$1,500")`, where one hunk has as many figures before as after."""
    for gap in gaps:
        for hunk in gap.hunks:
            before = _figures(gap.old, hunk.old_start, hunk.old_end)
            after = _figures(gap.new, hunk.new_start, hunk.new_end)
            if len(before) == len(after):
                yield from ((old, new) for old, new in zip(before, after, strict=True) if old != new)


def _figures(tokens: Sequence[str], start: int, end: int) -> list[str]:
    """The figures that the words from `start` to `end` are part of."""
    if start == end or not any(char.isdigit() for token in tokens[start:end] for char in token):
        return []
    first = max(0, start - _REACH)
    text = join(tokens[first : end + _REACH])
    begin, stop = len(join(tokens[first:start])), len(join(tokens[first:end]))
    return [match[0] for match in _FIGURE.finditer(text) if match.start() < stop and match.end() > begin]
