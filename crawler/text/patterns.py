"""Expressions of users: written after what a page shows, they are searched for in its folded text.

`“Read” – 5…` finds `"Read" – 5...` too. In code, where nothing is folded, it still finds what stands there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import cast

from crawler.text.literals import UNSEEN, as_folded, as_on_page, lone_folds

_ESCAPE = r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^{}]+\}|[0-9]{1,3}|.)"
#: The parts of an expression that Python's `re` and the library `regex` both understand, as the config asks for.
_PART = re.compile(
    rf"(?P<escape>{_ESCAPE})"
    r"|(?P<whole>\(\?(?:P=\w+|(?P<set>[a-zA-Z]+))\))"
    r"|(?P<group>\((?:\?(?:P<\w+>|<?[=!]|[:>]|\(\w+\)|(?P<flags>[a-zA-Z]*-?[a-zA-Z]*):))?)"
    r"|(?P<class>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])"
    r"|(?P<repeat>(?:[*+?]|\{[0-9a-z<=,:+]{0,20}\})[?+]?)"
    r"|(?P<other>[|)^$.])"
    r"|(?P<char>.)",
    re.DOTALL,
)
_MEMBER = re.compile(rf"(?P<kind>\[:\^?\w+:\])|(?P<escape>{_ESCAPE})|(?P<char>.)", re.DOTALL)
#: How often the white space before stands there, and the end of a French quotation.
_INTO_QUOTE = re.compile(r"(?:[*+?]|\{[0-9,]*\})?[?+]?[»›]")
_NOTE = re.compile(r"\(\?#[^)]*\)")
#: What `x` among the flags makes of no account.
_LAYOUT = re.compile(rf"[ \t\n\r\v\f]+|#[^\n]*|{_NOTE.pattern}")
#: A range that is longer is one of a whole script: nobody means the quotes in it.
_LONGEST_RANGE = 112


@dataclass(slots=True)
class _Literals:
    """Characters that follow one another, as they are written in the expression and as they are meant."""

    written: list[str] = field(default_factory=list)
    meant: list[str] = field(default_factory=list)

    def add(self, written: str, meant: str) -> None:
        self.written.append(written)
        self.meant.append(meant)

    def ends_with(self, chars: str) -> bool:
        """Is the last of them one of these?"""
        return bool(self.meant) and self.meant[-1] in chars

    def taken(self, *, at_end: bool = False) -> str:
        """All of them as a part of the expression."""
        written, meant = "".join(self.written), "".join(self.meant)
        self.written.clear()
        self.meant.clear()
        changed = as_on_page(meant, at_end=at_end)
        if changed is None:
            return written
        # What was taken out may have kept a figure from the number of a group: `\\1`, a soft hyphen, `2`.
        return f"(?:){changed}" if changed[:1].isdigit() else changed

    def last_taken(self) -> str:
        """The last of them as something to be repeated, behind the others."""
        if not self.meant:
            return ""
        written, meant = self.written.pop(), self.meant.pop()
        changed = as_on_page(meant)
        return self.taken() + (written if changed is None else f"(?:{changed})")


def for_folded(pattern: str) -> str:
    """The expression such that it finds the folded text of what it would find on the page."""
    rewriting = _Rewriting()
    at = 0
    while at < len(pattern):
        gap = (_LAYOUT if rewriting.is_laid_out else _NOTE).match(pattern, at)
        if gap:
            at = gap.end()
            rewriting.pass_over(pattern[at : at + 1])
        else:
            part = cast("re.Match[str]", _PART.match(pattern, at))  # any character is one
            at = part.end()
            rewriting.take(part)
    return rewriting.done() or pattern


@lru_cache(maxsize=256)
def searched(pattern: str) -> re.Pattern[str]:
    """The expression compiled for a search of folded text by `re`. Raises what `re.compile` does."""
    compiled = re.compile(pattern)
    try:
        return re.compile(for_folded(pattern))
    except re.error:  # it looks behind, for which `re` has to know the length
        return compiled


class _Rewriting:
    """An expression that is read part by part."""

    def __init__(self) -> None:
        self.is_laid_out = False
        self._outer: list[bool] = []
        self._made: list[str] = []
        self._literals = _Literals()

    def take(self, part: re.Match[str]) -> None:
        char = _meant(part)
        if char is not None:
            self._literals.add(part[0], char)
            return
        written = _class(part[0]) if part["class"] else part[0]
        if written == r"\s" and (self._literals.ends_with("«‹") or _INTO_QUOTE.match(part.string, part.end())):
            written = r"(?:\s|)"  # the space within French quotes is theirs, and folded with them
        self._made.append(self._literals.last_taken() if part["repeat"] else self._literals.taken())
        self._made.append(written)
        if part["set"]:
            self.is_laid_out = self.is_laid_out or "x" in part["set"]
        elif part["group"]:
            self._outer.append(self.is_laid_out)
            on, _, off = (part["flags"] or "").partition("-")
            self.is_laid_out = "x" in on or (self.is_laid_out and "x" not in off)
        elif part[0] == ")" and self._outer:
            self.is_laid_out = self._outer.pop()

    def pass_over(self, following: str) -> None:
        """Layout stands before the character that follows: `\\1 2` is no `\\12`."""
        if following.isdigit():
            self._made += (self._literals.taken(), "(?:)")

    def done(self) -> str:
        return "".join((*self._made, self._literals.taken(at_end=True)))


def _meant(part: re.Match[str]) -> str | None:
    """The one character that the part stands for, if that is all it does."""
    if part["char"]:
        return part["char"]
    written = part["escape"]
    if not written:
        return None
    kind, rest = written[1], written[2:]
    if kind in "xuU" and rest:
        return chr(int(rest, 16))
    if kind == "N" and rest:
        return unicodedata.lookup(rest[1:-1])
    return None if kind.isascii() and kind.isalnum() else kind


def _class(written: str) -> str:
    """A set of characters with the folded forms of those in it."""
    negated = written.startswith("[^")
    body = written[2:-1] if negated else written[1:-1]
    meant = list(_members(body))
    folds = set(chain.from_iterable(map(lone_folds, meant)))
    if not negated:
        folds.update(_spaced(body, meant))
        if meant and UNSEEN.issuperset(meant):
            return f"(?:{written}|)"
    singles, several = ({fold for fold in folds - set(meant) if (len(fold) == 1) is one} for one in (True, False))
    if not singles and not several:
        return written
    # First, for a hyphen at the end is one; and what stands first now does not any more.
    body = "\\" + body if body[:1] in ("]", "-") else body
    made = f"[{'^' if negated else ''}{''.join(map(re.escape, sorted(singles)))}{body}]"
    if not several:
        return made
    others = "|".join(map(as_folded, sorted(several)))
    return f"(?:(?!{others}){made})" if negated else f"(?:{others}|{made})"


def _spaced(body: str, meant: Sequence[str]) -> Iterator[str]:
    """What a hyphen becomes between spaces, and `x` between figures: not in a set for the inner of words."""
    if "x" in meant and "x" in body:
        yield "×"
    if "-" in meant and ((not any(map(str.isalnum, meant)) and r"\w" not in body) or r"\s" in body or " " in body):
        yield "–"


def _members(body: str) -> Iterator[str]:
    """The characters that a set names one by one, those of short ranges too."""
    found = list(_MEMBER.finditer(body))
    chars = [_meant_in_set(each) for each in found]
    index = 0
    while index < len(found):
        first, last = chars[index], chars[index + 2] if index + 2 < len(found) else None
        if first is not None and last is not None and found[index + 1][0] == "-":
            if ord(last) - ord(first) < _LONGEST_RANGE:
                yield from map(chr, range(ord(first), ord(last) + 1))
            index += 3
        else:
            if first is not None:
                yield first
            index += 1


def _meant_in_set(member: re.Match[str]) -> str | None:
    return None if member["kind"] else _meant(member)
