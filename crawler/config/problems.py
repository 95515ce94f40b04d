"""Gathers every mistake of one run, and the words in which mistakes are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from crawler.errors import ConfigError, Problem


class Problems:
    """Problems so far, in files in the order in which they were opened."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._files: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()

    def add(self, file: str, line: int | None, key: str, message: str) -> None:
        self._files.setdefault(file, len(self._files))
        self._told.add((file, key))
        self._found.append(Problem(file, line, _printable(key), _printable(message)))

    def opened(self, file: str) -> None:
        """Problems of this file come after those of files opened before."""
        self._files.setdefault(file, len(self._files))

    def told(self, file: str, key: str) -> bool:
        """Whether this very key has a problem already: a second one would only be its echo."""
        return (file, key) in self._told

    def raise_if_any(self) -> None:
        if self._found:
            raise ConfigError(sorted(self._found, key=lambda found: (self._files[found.file], found.line or 0)))


def _printable(text: str) -> str:
    """A key may be any text, also one that would move the cursor of a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def key_path(steps: Sequence[int | str]) -> str:
    """`("sources", 2, "every")` as `sources[2].every`."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def nearest(name: str, known: Iterable[str], *, few: int = 8) -> str:
    """`; did you mean every?`, else all names where they are `few`, so that they can be read at a glance."""
    names = sorted(known)
    found = get_close_matches(name, names, n=1, cutoff=0.6)
    if found:
        return f"; did you mean {found[0]}?"
    return f"; known: {', '.join(names)}" if 0 < len(names) <= few else ""


def one_of(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
