"""HTML of strangers to a tree, without losing text in silence and without taking seconds for it."""

from __future__ import annotations

import re

from lxml import etree

#: Never stands in a tree: what a writer may use for its own purposes.
NO_CHARACTER = "\uffff"
#: libxml2 gives up below this depth; the flat reading takes over there.
_DEEPEST = 2048
#: A tag this long with this many words in it only wants to cost time: libxml2 compares attributes pair by pair.
_LONG_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)\s[^<>]{5000,}")
_MOST_ATTRIBUTES = 500

#: A fragment has no business to end or frame the document: libxml2 drops what follows.
_FRAME = re.compile(r"</?(?:html|body|head|frameset|frame)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_FLAT = frozenset(("img", "br", "hr", "script", "style"))
_INLINE_TAGS = "a abbr b bdi bdo big cite code em font i kbd mark q s small span strong sub sup tt u"
_INLINE = frozenset(_INLINE_TAGS.split())

_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)


def tree(html: str) -> etree._Element | None:
    """The body of a fragment; None where there is nothing in it."""
    html = html.replace("\0", "").replace(NO_CHARACTER, "")
    html = _FRAME.sub("", html)
    if len(html) > 5000:
        html = _LONG_TAG.sub(_attributes_limited, html)
    root = _parsed(html)
    # html.count is thousands of times cheaper than asking for the log, which is made anew for each asking
    if html.count("<") > _DEEPEST and _PARSER.error_log.filter_from_fatals():
        root = _parsed(_TAG.sub(_flattened, html))
    return root


def _parsed(html: str) -> etree._Element | None:
    # The frame keeps a fragment's own <head>, <frameset> or encoding from having a say.
    return etree.fromstring(b"<html><body>" + html.encode("utf-8", "replace"), _PARSER)


def _attributes_limited(match: re.Match[str]) -> str:
    return match[0] if len(match[0].split(maxsplit=_MOST_ATTRIBUTES)) <= _MOST_ATTRIBUTES else f"<{match[1]} "


def _flattened(match: re.Match[str]) -> str:
    """Blocks become paragraphs, which do not nest; links of such a text are given up, its words are not."""
    name = match[2].lower()
    if name in _FLAT:
        return match[0]
    return "" if name in _INLINE else "<p>"
