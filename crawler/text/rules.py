"""Applies `ignore` rules to a post's text: elements out of the tree, expressions out of its blocks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from cssselect import HTMLTranslator
from lxml import etree

from crawler.errors import ParseError
from crawler.model import IgnoreRule
from crawler.text.patterns import for_folded
from crawler.text.writer import code_lines

#: Seconds of CPU for one expression and one block. Sound ones take milliseconds for the longest post; with one that
#: does not end, a page of 100 posts still fails by naming it, and not by its child process being stopped.
_PATIENCE = 0.1


def without_elements(root: etree._Element, rules: Sequence[IgnoreRule]) -> None:
    """Take the elements out that `css` rules select, and leave the text behind them."""
    for rule in rules:
        if rule.css is not None:
            _remove(root, rule.css)


def without_matches(blocks: Sequence[str], rules: Sequence[IgnoreRule]) -> list[str]:
    """The blocks without what `regex` rules match, also part of a line; one of which nothing is left goes.

    Raises ParseError for an expression that takes too long.
    """
    patterns = [rule.regex for rule in rules if rule.regex is not None]
    if not patterns:
        return list(blocks)
    return [left for block in blocks if (left := _taken_out(block, patterns))]


def _taken_out(block: str, patterns: Sequence[str]) -> str:
    before = block
    for pattern in patterns:
        try:
            block = _compiled(pattern).sub("", block, timeout=_PATIENCE)
        except TimeoutError:
            raise ParseError("not_data", f"the ignore rule {pattern!r} takes too long on it; make it simpler") from None
    if block == before:
        return block
    return code_lines(block) if "\n" in block else " ".join(block.split())


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    # Imported with the first such rule: most children never need it. Unlike `re` it can be stopped.
    import regex

    return regex.compile(for_folded(pattern))


@lru_cache(maxsize=256)
def _xpath(css: str) -> etree.XPath:
    return etree.XPath(HTMLTranslator().css_to_xpath(css))


def _remove(root: etree._Element, css: str) -> None:
    for element in cast("list[etree._Element]", _xpath(css)(root)):
        parent = element.getparent()
        if parent is None:
            continue
        previous = element.getprevious()
        if previous is None:
            parent.text = (parent.text or "") + (element.tail or "")
        else:
            previous.tail = (previous.tail or "") + (element.tail or "")
        parent.remove(element)
