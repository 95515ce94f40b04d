"""Excerpts that WordPress made of the content by itself: they change with it and say nothing of their own."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from functools import cached_property
from itertools import pairwise

from crawler.text.characters import with_raised
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
    if _stands_in(text, content_text, cut=cut):
        return True
    # WordPress takes the tags of raised figures out, and footnotes with their numbers.
    return any(_stands_in(text, content, cut=cut) for content in with_raised(content_text))


def _stands_in(text: str, content_text: str, *, cut: bool) -> bool:
    wanted = [word for word in words(text) if _counts(word)]
    if not wanted:
        return True
    found = _Places(content_text)
    if all(found.next(word) for word in wanted[:-1]):
        return found.next(wanted[-1]) or (cut and found.next_beginning(wanted[-1]))
    return False


def _counts(word: str) -> bool:
    """Whether it may stand in both texts: excerpts have no addresses, which stand in `<>`."""
    return word[0] != "<"


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
    """The words of a text, read from left to right and no further than asked for."""

    def __init__(self, text: str) -> None:
        blocks = (words(block) for block in text.split("\n\n"))
        self._blocks = [found for block in blocks if (found := [word for word in block if _counts(word)])]
        self._words = [word for block in self._blocks for word in block]
        self._at = 0

    def next(self, word: str) -> bool:
        """Go behind the next such word, if there is one."""
        try:
            self._at = self._words.index(word, self._at) + 1
        except ValueError:
            return self._next_glued(word)
        return True

    def next_beginning(self, start: str) -> bool:
        """Is there a word that begins so? A cut may fall within a word."""
        return any(word.startswith(start) for word in self._words[self._at :])

    def _next_glued(self, word: str) -> bool:
        places = self._glued.get(word, ())
        index = bisect_left(places, self._at)
        if index == len(places):
            return False
        self._at = places[index] + 2
        return True

    @cached_property
    def _glued(self) -> dict[str, list[int]]:
        """WordPress takes tags out without a space: `<li>one</li><li>two</li>` becomes "onetwo"."""
        glued: dict[str, list[int]] = defaultdict(list)
        place = 0
        for block, following in pairwise(self._blocks):
            place += len(block)
            glued[block[-1] + following[0]].append(place - 1)
        return glued
