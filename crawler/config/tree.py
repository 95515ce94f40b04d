"""Mappings and lists that know on which lines they were written: what a message needs to point at."""

from __future__ import annotations

from typing import Any


class Map(dict[str, Any]):
    """A mapping that knows on which line it and each of its keys begin."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Seq(list[Any]):
    """A sequence that knows on which line it and each of its members begin."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def line_of(tree: object, loc: tuple[int | str, ...], default: int | None = None) -> int | None:
    """The line of the last step of `loc` that was written."""
    line = default
    for step in loc:
        if isinstance(tree, Map) and step in tree.lines:
            line, tree = tree.lines[str(step)], tree.get(str(step))
        elif isinstance(tree, Seq) and isinstance(step, int) and step < len(tree):
            line, tree = tree.lines[step], tree[step]
        elif not isinstance(tree, Map):
            break
    return line
