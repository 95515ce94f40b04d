"""Lines of a diff that are too long for an alert: cut inside their passages, so that no change in them is hidden."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.render.bidi import MARKED

_PARTS = re.compile(f"({MARKED.pattern})", MARKED.flags)
_CUT = " … "
#: A passage shorter than this tells nothing; a line of more such passages is cut at its end.
_LEAST = 30


def fitted(line: str, longest: int) -> str:
    """A line of wdiff text, its longest passages without their middle: `[-The … end.-]{+A … new end.+}`."""
    if len(line) <= longest:
        return line
    parts = _PARTS.split(line)
    most = max(_LEAST, _share([len(part) for part in parts], longest))
    line = "".join(_cut(part, most, is_marked=index % 2 == 1) for index, part in enumerate(parts))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _share(lengths: Sequence[int], room: int) -> int:
    """How long each may be at most, so that all together fit; what short ones leave is for the others."""
    for left, length in zip(range(len(lengths), 0, -1), sorted(lengths), strict=True):
        if length * left > room:
            return room // left
        room -= length
    return room


def _cut(part: str, most: int, *, is_marked: bool) -> str:
    if len(part) <= most:
        return part
    first, last = (part[:2], part[-2:]) if is_marked else ("", "")
    inner = part[len(first) : len(part) - len(last)]
    half = (most - len(first + last + _CUT)) // 2
    # Between words where there are any: of a figure no half is shown.
    head, tail = inner[:half], inner[-half:]
    return f"{first}{head.rpartition(' ')[0] or head}{_CUT}{tail.partition(' ')[2] or tail}{last}"
