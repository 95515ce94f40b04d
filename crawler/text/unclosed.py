"""Elements that a site forgot to close, and that hold the rest of its text therefore."""

from __future__ import annotations

import re
from functools import cache, cached_property

from lxml import etree

_ANY_TAG = re.compile(r"<[^<>]*>?")


class Unclosed:
    """Asked of the elements of one tree; `html` is what it was read from."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._is_unbalanced = cache(self._unbalanced)
        self._has_text_behind = cache(self._text_behind)

    def __contains__(self, element: etree._Element) -> bool:
        """Whether there are more such tags opened than closed, or text behind the last one closed is in the element."""
        return self._is_unbalanced(element.tag) or (self._has_text_behind(element.tag) and _is_last(element))

    @cached_property
    def _lower(self) -> str:
        return self._html.lower()

    def _unbalanced(self, tag: str) -> bool:
        return self._lower.count(f"</{tag}") < self._lower.count(f"<{tag}")

    def _text_behind(self, tag: str) -> bool:
        behind = self._html[self._lower.rfind(f"</{tag}") :].partition(">")[2]
        return bool(_ANY_TAG.sub("", behind).strip())


def _is_last(element: etree._Element | None) -> bool:
    """Whether nothing follows the element in its tree."""
    while element is not None:
        if element.getnext() is not None or (element.tail and not element.tail.isspace()):
            return False
        element = element.getparent()
    return True
