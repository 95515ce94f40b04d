"""Where sentences end: how much of what was kept is shown around a change."""

from __future__ import annotations

import re
from collections.abc import Sequence

_END = re.compile(r"[.!?]+[\"')\]]*$|[。！？؟।॥۔][」』）】》\"')\]]*$")
#: "U.S.", "z.B.", "9. Mai" and titles before names end no sentence.
_NO_END = re.compile(
    r"\W*(?:(?:[^\W\d_]\.)+|\d{1,2}\.|(?:mr|mrs|ms|dr|prof|gen|col|sgt|lt|capt|sen|rep|gov|rev|hon|st|mt|ft|jr|sr|vs|no|nos"
    r"|inc|ltd|corp|dept|est|approx|nr|bzw|ca|vgl|mme|mlle|sra?|ud|núm)\.)",
    re.IGNORECASE,
)
#: In words, a side: a text without full stops is cut nevertheless.
_MOST = 40
#: Shown of the sentence before where a change begins a new one.
_FEW = 6


def begin_of_context(tokens: Sequence[str]) -> int:
    """From where on to show kept words before a change: from the begin of the sentence that it stands in."""
    last = len(tokens)
    lowest = max(0, last - _MOST)
    start = next((at + 1 for at in range(last - 1, lowest - 1, -1) if _ends_sentence(tokens, at)), lowest)
    return start if start < last else max(lowest, last - _FEW)


def end_of_context(tokens: Sequence[str], *, is_new_sentence: bool) -> int:
    """Up to where to show kept words behind a change; none where they are a sentence of their own."""
    if is_new_sentence:
        return 0
    for index in range(min(len(tokens), _MOST)):
        if _ends_sentence(tokens, index):
            return index + 1
    return min(len(tokens), _MOST)


def ends_sentence(token: str) -> bool:
    """Does a sentence end with this word?"""
    return not token[-1:].isalnum() and _END.search(token) is not None and not _NO_END.fullmatch(token.strip())


def _ends_sentence(tokens: Sequence[str], index: int) -> bool:
    """Does a sentence end with this word, or with the address of a link behind it?"""
    if tokens[index].isalnum():
        return False  # as most words
    following = tokens[index + 1].lstrip() if index + 1 < len(tokens) else ""
    if following.startswith("<"):
        return False
    while index and tokens[index].lstrip().startswith("<"):
        index -= 1
    return ends_sentence(tokens[index]) and not following.lstrip("\"'([")[:1].islower()
