"""Remembers of a section what was written, and on which lines, for `check --print`."""

from __future__ import annotations

from crawler.config.references import Referenced
from crawler.config.result import NOTHING, Layer
from crawler.config.tree import Map


def layer_of(tree: Map, file: str, label: str = "") -> Layer:
    """The layer that a section makes. Values by reference are kept as they were written, never as what they are."""
    # rules add up, so of each layer its own are kept
    written = {key: _as_written(value) for key, value in tree.items() if key == "ignore" or _by_reference(value)}
    return Layer(file=file, lines=tree.lines, label=label, written=written or NOTHING)


def _by_reference(value: object) -> bool:
    if isinstance(value, dict):
        return any(_by_reference(each) for each in value.values())
    if isinstance(value, list):
        return any(_by_reference(each) for each in value)
    return isinstance(value, Referenced)


def _as_written(value: object) -> object:
    if isinstance(value, dict):
        return {key: _as_written(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_written(each) for each in value]
    return value.written if isinstance(value, Referenced) else value
