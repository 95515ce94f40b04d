"""A tree to blocks of text: one for each paragraph, heading, list element, table row, caption or picture.

Which tag makes a block does not count, nor do bold and italic; order, words, link targets and pictures do.
The tree is walked, never recursed into: posts may nest as deep as they like.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from lxml import etree

from crawler.text.addresses import media_address, picture_address
from crawler.text.protection import is_protected, mail_of
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
_EMBEDS = frozenset(("iframe", "embed", "object"))
_MEDIA = frozenset(("video", "audio"))
#: A site that forgets to close one of these must not lose the rest of its text with it.
_SWALLOWING = frozenset(("noscript", "template", "form", "button", "select", "svg", "object", "video", "audio"))
#: What common plugins put into the content themselves: share buttons, related posts, counters.
_PLUGIN = re.compile(
    r"(?:^|\s)(?:sharedaddy|jp-relatedposts|addtoany_share_save_container|yarpp(?:-related)?|post-views|tptn_counter)"
    r"(?:\s|$)"
)
_EMOJI = re.compile(r"(?:^|\s)(?:emoji|wp-smiley)(?:\s|$)")
#: Lazy loading moves the address and leaves a placeholder in `src`.
_SOURCES = ("data-src", "data-lazy-src", "data-original", "src")


def blocks(root: etree._Element, html: str) -> list[str]:
    """The blocks under `root`; `html` is its source, asked only for what was never closed."""
    writer = Writer()

    @cache
    def is_unclosed(tag: str) -> bool:
        lower = html.lower()
        return lower.count(f"</{tag}") < lower.count(f"<{tag}")

    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            if _enter(element, writer, is_unclosed):
                if element.text:
                    writer.text(element.text)
            else:
                walk.skip_subtree()
        else:
            _leave(element.tag, writer)
            if element.tail:
                writer.text(element.tail)
    return writer.finished()


def _enter(element: etree._Element, writer: Writer, is_unclosed: Callable[[str], bool]) -> bool:
    """Begin an element; False: nothing within it counts."""
    tag = element.tag
    if tag in _BLOCKS:
        writer.flush()
        if tag == "pre":
            writer.begin_preformatted()
        classes = element.get("class")
        return classes is None or _PLUGIN.search(classes) is None
    if tag == "a":
        return _enter_link(element, writer)
    if tag == "br":
        writer.line_break()
    elif tag == "img":
        _picture(element, writer)
    elif tag in _CELLS:
        writer.cell()
    elif tag in _SWALLOWING and is_unclosed(tag):
        return True
    elif tag in _EMBEDS or tag in _MEDIA:
        _embed(element, writer)
        return False
    elif element.get("data-cfemail"):
        writer.text(mail_of(element))
        return False
    return tag not in _DROPPED


def _leave(tag: str, writer: Writer) -> None:
    if tag in _BLOCKS:
        writer.flush()
        if tag == "pre":
            writer.end_preformatted()
    elif tag == "a":
        writer.end_link()


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
    if _EMOJI.search(element.get("class", "")):
        writer.text(alternative)
    else:
        writer.marker("image", picture_address(_source(element)))
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
