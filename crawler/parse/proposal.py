"""An `ignore` rule for a place of a text that changes at every look: by its element's class, or by the words around."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from crawler.model import IgnoreRule, Place
from crawler.parse.original import unseal
from crawler.text import canonical_text, words
from crawler.text.markup import tree

#: In the words around a place it stands for the end of a block.
_END = "¶"
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
#: Classes of themes and of the block editor, which stand at many places.
_COMMON = re.compile(r"(?:wp-|has-|is-|align|entry|post|hentry|content|article|page|container|row|col|text|size-).*")
_NUMBER = re.compile(r"\d[\d.,]*")
#: An element that holds more of the text than this is not what changes.
_MOST = 0.5
_LONGEST = 300


def propose(original: bytes, place: Place) -> str | None:
    """The rule as it is written in YAML; None where there is nothing to go by."""
    kept = unseal(original)
    html = _html(kept)
    css = _css(html, place) if html else None
    if css is not None:
        return f"- {{css: '{css}'}}"
    pattern = regex(place)
    return None if pattern is None else "- {regex: '" + pattern.replace("'", "''") + "'}"


def regex(place: Place) -> str | None:
    """An expression for what stands between the words around, inside their block."""
    before = _inside(place.before[::-1])[::-1]
    after = _inside(place.after)
    if not before and not after:
        return None
    if _NUMBER.fullmatch(place.old) and _NUMBER.fullmatch(place.new):
        gap = r"\d[\d.,]*"
    else:
        gap = f".{{0,{min(_LONGEST, 20 + 2 * max(len(place.old), len(place.new)))}}}?"
    # Of a block's beginning or end there is nothing else to go by.
    parts = [r"\s+".join(map(re.escape, before)) or "^", gap, r"\s+".join(map(re.escape, after)) or "$"]
    pattern = parts[0] + (r"\s*" if before else "") + parts[1] + (r"\s*" if after else "") + parts[2]
    return pattern if pattern.isprintable() else None


def _inside(around: Sequence[str]) -> list[str]:
    """The words up to the end of the block."""
    return list(takewhile(lambda word: _END not in word, around))


def _html(kept: dict[str, Any]) -> str | None:
    content = kept.get("content")
    found = content.get("rendered") if isinstance(content, dict) else content
    return found if isinstance(found, str) else None


def _css(html: str, place: Place) -> str | None:
    """The class of the smallest element around what stands there now, where that is one of its own."""
    root = tree(html)
    if root is None or not place.new:
        return None
    wanted = " ".join(place.new.split())
    found = []
    for element in root.iter("*"):
        names = [name for name in (element.get("class") or "").split() if _CLASS.fullmatch(name)]
        shown = " ".join("".join(map(str, element.itertext())).split())
        if wanted in shown:
            found += [(len(shown), name) for name in names if not _COMMON.fullmatch(name)]
    for _, name in sorted(found):
        if _fits(html, name, place):
            return f".{name}"
    return None


def _fits(html: str, name: str, place: Place) -> bool:
    """Whether without the elements of that class the place is gone and the rest of the text is not."""
    whole = canonical_text(html)
    left = canonical_text(html, (IgnoreRule(css=f".{name}"),))
    return place.new not in left and len(words(left)) >= (1 - _MOST) * len(words(whole))
