"""A long text in parts that a chat takes: cut between lines where that is possible, and never inside a character."""

from __future__ import annotations

from collections.abc import Iterator

#: More would flood a chat; what is left out can be read by the command that the text names.
MOST_PARTS = 4
#: A chat that takes less than this is one for short messages, and gets one of them.
_SHORT = 1000
_CUT = "…"


def parts(text: str, most: int) -> list[str]:
    """At most MOST_PARTS parts of at most so many units of UTF-16, in which the strictest of the services count."""
    found: list[str] = []
    for line in _lines(text, most):
        if found and size(found[-1]) + 1 + size(line) <= most:
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    allowed = MOST_PARTS if most >= _SHORT else 1
    if len(found) <= allowed:
        return found
    kept = found[:allowed]
    kept[-1] = _head(kept[-1], most - 2).rstrip() + f"\n{_CUT}" if most > 2 else _CUT[:most]
    return kept


def size(text: str) -> int:
    """In units of UTF-16: an emoji is two."""
    return len(text) + sum(character > "\uffff" for character in text)


def _lines(text: str, most: int) -> Iterator[str]:
    """The lines, those that are too long in pieces."""
    for line in text.split("\n"):
        rest = line
        while size(rest) > most:
            piece = _head(rest, most) or rest[0]
            yield piece
            rest = rest[len(piece) :]
        yield rest


def _head(text: str, most: int) -> str:
    """As many characters as there is room for."""
    room = most
    for number, character in enumerate(text):
        room -= size(character)
        if room < 0:
            return text[:number]
    return text
