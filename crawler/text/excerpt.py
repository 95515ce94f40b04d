"""Excerpts that WordPress made of the content by itself: they change with it and say nothing of their own."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from crawler.text.words import words

_CUT = re.compile(r"\s*(?:\[\s?\.\.\.\s?\]|\(\.\.\.\)|\.\.\.)")
#: What themes write after the cut, or in its place.
_GO_ON = re.compile(
    r"\s*(?:continue reading|read (?:more|on|the rest|full)|keep reading|weiterlesen|lire la suite|leer más"
    r"|seguir leyendo|続きを読む|더 ?보기|계속 읽기).{0,300}$",
    re.IGNORECASE | re.DOTALL,
)
_LINK_ONLY = re.compile(r"[^.]{0,300}<[^\s<>]+>\W*$")


def is_generated_excerpt(excerpt_text: str, content_text: str) -> bool:
    """Without its tail all its words stand in this order in the content: images, captions and code may be left out."""
    text, cut = _without_tail(excerpt_text)
    wanted = words(text)
    if not wanted:
        return True
    found = _Places(content_text)
    if all(found.next(word) for word in wanted[:-1]):
        return found.next(wanted[-1]) or (cut and found.next_beginning(wanted[-1]))
    return False


def _without_tail(text: str) -> tuple[str, bool]:
    """The text up to its cut, and whether it was cut at all."""
    cuts = list(_CUT.finditer(text))
    if cuts:
        rest = text[cuts[-1].end() :].strip()
        if not rest or _GO_ON.match(rest) or _LINK_ONLY.match(rest):
            return text[: cuts[-1].start()], True
    go_on = _GO_ON.search(text[-400:])
    if go_on:
        return text[: len(text) - len(text[-400:]) + go_on.start()], True
    return text, False


class _Places:
    """Where each word of a text stands, read from left to right."""

    def __init__(self, text: str) -> None:
        blocks = [found for block in text.split("\n\n") if (found := [word for word in words(block) if word[0] != "<"])]
        self._words = [word for block in blocks for word in block]
        self._starts: dict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(self._words):
            self._starts[word].append(place)
        self._glued = self._across_blocks(blocks)
        self._at = 0

    def next(self, word: str) -> bool:
        """Go behind the next such word, if there is one."""
        for starts, length in ((self._starts, 1), (self._glued, 2)):
            places = starts.get(word, ())
            index = bisect_left(places, self._at)
            if index < len(places):
                self._at = places[index] + length
                return True
        return False

    def next_beginning(self, start: str) -> bool:
        """Is there a word that begins so? A cut may fall within a word."""
        return any(word.startswith(start) for word in self._words[self._at :])

    @staticmethod
    def _across_blocks(blocks: Sequence[Sequence[str]]) -> dict[str, list[int]]:
        """WordPress takes tags out without a space: `<li>one</li><li>two</li>` becomes "onetwo"."""
        glued: dict[str, list[int]] = defaultdict(list)
        place = 0
        for block, following in pairwise(blocks):
            place += len(block)
            glued[block[-1] + following[0]].append(place - 1)
        return glued
