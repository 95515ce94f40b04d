"""A line of a diff as HTML: what went and what came in elements of their own."""

from __future__ import annotations

import re
from html import escape

_MARKED = re.compile(r"(\[-(?:(?!\[-).)*?-\])|(\{\+(?:(?!\{\+).)*?\+\})")


def marked_line(line: str, *, removed: str = "<del>{}</del>", added: str = "<ins>{}</ins>") -> str:
    """The inert line escaped. The markers stay: a text may contain such signs itself."""
    pieces, end = [], 0
    for found in _MARKED.finditer(line):
        pieces.append(escape(line[end : found.start()]))
        pieces.append((removed if found[1] else added).format(escape(found[0])))
        end = found.end()
    return "".join((*pieces, escape(line[end:])))
