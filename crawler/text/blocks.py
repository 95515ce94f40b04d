"""A tree to blocks of text: one for each paragraph, heading, list element, table row, caption or picture.

Which tag makes a block does not count, nor do bold, italic and lowered; order, words, link targets and pictures do.
The tree is walked, never recursed into: posts may nest as deep as they like.
"""

from __future__ import annotations

import re

from lxml import etree

from crawler.text.addresses import media_address, picture_address
from crawler.text.plugins import is_of_plugin
from crawler.text.protection import is_protected, mail_of
from crawler.text.unclosed import Unclosed
from crawler.text.writer import Writer

_BLOCK_TAGS = """
    address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer
    h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody tfoot thead tr ul
"""
_DROPPED_TAGS = """
    script style noscript template form input button select textarea svg head title meta link param source track
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_DROPPED = frozenset(_DROPPED_TAGS.split())
_CELLS = frozenset(("td", "th"))
_STRUCK = frozenset(("del", "s", "strike"))
_EMBEDS = frozenset(("iframe", "embed", "object"))
_MEDIA = frozenset(("video", "audio"))
#: A site that forgets to close one of these must not lose the rest of its text with it.
_SWALLOWING = frozenset(("noscript", "template", "form", "button", "select", "svg", "object", "video", "audio"))
_EMOJI = re.compile(r"(?:^|\s)(?:emoji|wp-smiley)(?:\s|$)")
_EMOJI_SOURCE = "/core/emoji/"
#: Lazy loading moves the address and leaves a placeholder in `src`.
_SOURCES = ("data-src", "data-lazy-src", "data-original", "src")


def blocks(root: etree._Element, html: str) -> list[str]:
    """The blocks under `root`; `html` is its source, asked only for what was never closed."""
    writer = Writer()

    unclosed = Unclosed(html)
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            if _enter(element, writer, unclosed):
                if text := element.text:
                    writer.text(text)
            else:
                walk.skip_subtree()
        else:
            tag = element.tag
            if tag in _BLOCKS:
                writer.flush()
                if tag == "pre":
                    writer.end_preformatted()
            elif tag == "a":
                writer.end_link()
            elif tag == "code":
                writer.end_code()
            elif tag == "sup":
                writer.end_raised()
            elif tag in _STRUCK:
                writer.struck(ends=True)
            if text := element.tail:
                writer.text(text)
    return writer.finished()


def _enter(element: etree._Element, writer: Writer, unclosed: Unclosed) -> bool:
    """Begin an element; False: nothing within it counts."""
    tag = element.tag
    if tag in _BLOCKS:
        writer.flush()
        if tag == "pre":
            writer.begin_preformatted()
        classes = element.get("class")
        return classes is None or not is_of_plugin(classes)
    if tag == "a":
        return _enter_link(element, writer)
    if tag == "br":
        writer.line_break()
    elif tag == "img":
        _picture(element, writer)
    elif tag == "code":
        writer.begin_code()
    elif tag == "sup":
        writer.begin_raised()
    elif tag in _STRUCK:
        writer.struck()
    elif tag in _CELLS:
        writer.cell()
    elif tag in _SWALLOWING and element in unclosed:
        return True
    elif tag in _EMBEDS or tag in _MEDIA:
        _embed(element, writer)
        return False
    elif element.get("data-cfemail"):
        writer.text(mail_of(element))
        return False
    return tag not in _DROPPED


def _enter_link(element: etree._Element, writer: Writer) -> bool:
    """Begin a link; one that hides a mail address behind Cloudflare's page is the address itself."""
    href = element.get("href", "")
    if element.get("data-cfemail"):
        writer.begin_link("")
        writer.text(mail_of(element))
        return False
    if is_protected(href):
        href = f"mailto:{mail_of(element)}" if mail_of(element) else ""
    writer.begin_link(href)
    return True


def _picture(element: etree._Element, writer: Writer) -> None:
    alternative = element.get("alt", "")
    source = _source(element)
    if _EMOJI.search(element.get("class", "")) or _EMOJI_SOURCE in source:
        writer.text(alternative)
    else:
        writer.marker("image", picture_address(source))
        writer.text(f" {alternative} ")


def _embed(element: etree._Element, writer: Writer) -> None:
    kind = element.tag if element.tag in _MEDIA else "embed"
    source = _source(element) or element.get("data", "")
    for child in element.iterchildren("source"):
        source = source or child.get("src", "")
    writer.flush()
    writer.marker(kind, media_address(source))
    writer.flush()


def _source(element: etree._Element) -> str:
    for name in _SOURCES:
        value = element.get(name, "").strip()
        if value and not value.startswith(("data:", "about:")):
            return value
    candidates = element.get("data-srcset") or element.get("srcset") or ""
    return (candidates.split(maxsplit=1) or [""])[0]
