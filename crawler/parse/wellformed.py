"""Well-formed feeds that hold nothing unusual, read by lxml: nearly all feeds, in a tenth of feedparser's time.

Whatever is not plainly understood here is left to `tolerant`, and what is must come out the same as from there:
a post must never look edited only because its feed went from one reader to the other.
"""

from __future__ import annotations

import html
import re
from typing import Any

from lxml import etree

from crawler.model import FeedInfo
from crawler.parse import feeddate, values
from crawler.parse.elements import ATOM, RDF, RSS1, Told, content, is_plain, text, told
from crawler.parse.rawpost import RawFeed, RawPost, feed_info
from crawler.parse.xmltext import Document

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)

_SPACE = {"rss": "", "rdf": RSS1, "feed": ATOM}
_HTML_TYPES = ("text/html", "application/xhtml+xml")
# feedparser reads these as windows-1252, and repairs addresses with odd slashes or entities in them.
_C1 = re.compile("[\x80-\x9f]")
_ODD_ADDRESS = re.compile(r":///|&\w+;")


def read(document: Document, url: str) -> RawFeed | None:
    """The posts of a feed as `tolerant` would read them; None when it should."""
    root = _root(document)
    if root is None:
        return None
    space = _SPACE[document.root]
    head = root if document.root == "feed" else root.find(f"{space}channel")
    info = None if head is None else _info(head, document, url)
    if head is None or info is None:
        return None
    elements = (root if document.root == "rdf" else head).findall(f"{space}{'entry' if head is root else 'item'}")
    read_one = _atom_post if head is root else _rdf_post if document.root == "rdf" else _rss_post
    posts = tuple(post for each in elements if (post := read_one(each, url)) is not None)
    if len(posts) != document.posts:
        return None
    return RawFeed(info=info, posts=posts, notes=document.notes, is_damaged=document.is_damaged)


def _root(document: Document) -> Any:
    """The root element; None where a date of the last edit in RSS, or an odd character, needs a closer look."""
    if _C1.search(document.text) or (document.tells_updated and document.root != "feed"):
        return None
    try:
        return etree.fromstring(document.text.encode(), _PARSER)
    except etree.XMLSyntaxError:
        return None


def _rss_post(element: Any, url: str) -> RawPost | None:
    found = told(element, "rss")
    if found is None:
        return None
    guid, link = text(found, "guid"), text(found, "link")
    if guid and link is None and found["guid"][0].get("isPermaLink", "true").lower() == "true":
        link = guid
    return _rss_like(found, guid, link, url)


def _rdf_post(element: Any, url: str) -> RawPost | None:
    found = told(element, "rdf")
    return None if found is None else _rss_like(found, None, element.get(f"{RDF}about") or text(found, "link"), url)


def _rss_like(found: Told, guid: str | None, link: str | None, url: str) -> RawPost | None:
    published = text(found, "published")
    published_at = feeddate.common(published or "")
    authors = [content(each) for each in found.get("author", ())]
    if (
        (published is not None and published_at is None)
        or not all(authors)
        or any("@" in each for each in authors)
        or link == ""
        or _ODD_ADDRESS.search(f"{guid} {link}")
    ):
        return None
    return RawPost(
        guid=guid or None,
        link=values.address(link, url),
        title=text(found, "title"),
        author=", ".join(dict.fromkeys(authors)) or None,
        published=published,
        published_at=published_at,
        categories=tuple(dict.fromkeys(content(each) for each in found.get("category", ()) if content(each))),
        content=text(found, "content"),
        summary=text(found, "summary"),
        wp_id=values.digits(text(found, "wp_id")),
    )


def _atom_post(element: Any, url: str) -> RawPost | None:
    found = told(element, "feed")
    if found is None:
        return None
    published, modified = text(found, "published"), text(found, "modified")
    published_at, modified_at = (feeddate.common(each or "") for each in (published, modified))
    authors = [(each.findtext(f"{ATOM}name") or "").strip() for each in found.get("atom:author", ())]
    terms = [each.get("label") or each.get("term") for each in found.get("atom:category", ())]
    guid, link = text(found, "guid"), _alternate(found.get("atom:link", ()))
    marked_up = [found[name][0] for name in ("atom:title", "atom:content", "atom:summary") if name in found]
    if (
        (published is not None and published_at is None)
        or (modified is not None and modified_at is None)
        or not all((*authors, *terms))
        or any(content(each) for each in found.get("atom:category", ()))
        or any(each.get("type", "text") not in ("text", "html") for each in marked_up)
        or link == ""
        or _ODD_ADDRESS.search(f"{guid} {link}")
    ):
        return None
    return RawPost(
        guid=guid or None,
        link=values.address(link or guid, url),
        title=_atom_html(found, "atom:title"),
        author=", ".join(dict.fromkeys(authors)) or None,
        published=published,
        published_at=published_at,
        modified=modified,
        modified_at=modified_at,
        categories=tuple(dict.fromkeys(terms)),
        content=_atom_html(found, "atom:content"),
        summary=_atom_html(found, "atom:summary"),
    )


def _atom_html(found: Told, meaning: str) -> str | None:
    value = text(found, meaning)
    if value is None or found[meaning][0].get("type") == "html":
        return value
    return html.escape(value, quote=False)


def _alternate(links: Any) -> str | None:
    """The last link to the thing itself as a web page; "" when it leads nowhere."""
    for each in reversed(links):
        if each.get("rel", "alternate").lower() == "alternate" and each.get("type", "text/html").lower() in _HTML_TYPES:
            return str(each.get("href", ""))
    return None


def _info(head: Any, document: Document, url: str) -> FeedInfo | None:
    """What the feed says of itself; None when it says a thing twice or oddly."""
    space = _SPACE[document.root]
    titles, links, waits = (head.findall(f"{space}{name}") for name in ("title", "link", "ttl"))
    if len(titles) != 1 or len(waits) > 1 or not all(is_plain(each, "atom:title") for each in (*titles, *waits)):
        return None
    if document.root == "feed":
        home = _alternate(links)
    else:
        others = head.findall(f"{ATOM}link")
        if (
            len(links) > 1
            or any(each.attrib for each in links)
            or any(_alternate([each]) is not None for each in others)
        ):
            return None
        home = content(links[0]) if links else None
    if home == "" or _ODD_ADDRESS.search(home or ""):
        return None
    return feed_info(content(titles[0]), home, content(waits[0]) if waits else None, document, url)
