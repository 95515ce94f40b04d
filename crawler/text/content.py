"""Canonical text of a post's HTML, ignore rules applied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from cssselect import HTMLTranslator
from lxml import etree

from crawler.model import IgnoreRule
from crawler.text.blocks import blocks
from crawler.text.markup import tree

#: What WordPress SEO plugins put below each post in feeds, and only there, in the site's language.
_FEED_FOOTER = re.compile(
    r"(?:the post|der beitrag|l'article|la entrada|il post|l'articolo|o post|het bericht|wpis|inlägget|indlægget)\b"
    r".{0,600}?"
    r"(?:appeared first on|first appeared on|erschien zuerst auf|est apparu en premier sur|se publicó primero en"
    r"|proviene da|apareceu primeiro em|verscheen eerst op|pojawił się poczatkowo|pojawił się pierwszy raz w"
    r"|dök först upp på|blev først udgivet på)\b.{0,600}",
    re.IGNORECASE | re.DOTALL,
)


def canonical_text(html: str, rules: Sequence[IgnoreRule] = ()) -> str:
    """The text of `html`: blocks separated by blank lines, each on one line except preformatted ones.

    A link is followed by its target (`Seoul <//example.org/a>`); pictures and embeds stand as `<image:…>` with
    their alternative text and `<embed:…>`. The same text comes out whichever endpoint showed the post.
    """
    root = tree(html)
    if root is None:
        return ""
    for rule in rules:
        if rule.css is not None:
            _remove(root, rule.css)
    found = blocks(root, html)
    while found and _FEED_FOOTER.fullmatch(found[-1]):
        found.pop()
    patterns = [rule.regex for rule in rules if rule.regex is not None]
    if patterns:
        found = [left for block in found if (left := _taken_out(block, patterns))]
    return "\n\n".join(found)


def _taken_out(block: str, patterns: Sequence[str]) -> str:
    before = block
    for pattern in patterns:
        block = re.sub(pattern, "", block)
    return block if block == before or "\n" in block else " ".join(block.split())


@lru_cache(maxsize=256)
def _xpath(css: str) -> etree.XPath:
    return etree.XPath(HTMLTranslator().css_to_xpath(css))


def _remove(root: etree._Element, css: str) -> None:
    """Take the elements out and leave the text behind them."""
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
