"""Colour for diffs on a terminal: removed words red, added words green. `NO_COLOR` is honoured."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TextIO

_REMOVED = re.compile(r"\[-.*?-\]", re.DOTALL)
_ADDED = re.compile(r"\{\+.*?\+\}", re.DOTALL)


def wants_colour(out: TextIO) -> bool:
    """Whether `out` is a terminal on which colour is welcome."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(out: TextIO) -> Callable[[str], str]:
    """What colours a text for `out`; leaves it alone where colour is not wanted."""
    return _coloured if wants_colour(out) else str


def _coloured(text: str) -> str:
    text = _REMOVED.sub(lambda found: f"\x1b[31m{found[0]}\x1b[0m", text)
    return _ADDED.sub(lambda found: f"\x1b[32m{found[0]}\x1b[0m", text)
