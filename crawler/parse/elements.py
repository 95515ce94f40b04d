"""What the elements of a well-formed feed's posts mean, and whether all of them are plainly understood."""

from __future__ import annotations

import re
from typing import Any

ATOM = "{http://www.w3.org/2005/Atom}"
RSS1 = "{http://purl.org/rss/1.0/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
#: language, and the number of comments: of no account in any element
_ASIDES = ("base-unused", "{http://www.w3.org/XML/1998/namespace}", "{http://purl.org/syndication/thread/1.0}")

_SHARED = {
    "{http://purl.org/rss/1.0/modules/content/}encoded": "content",
    f"{_DC}creator": "author",
    f"{_DC}subject": "category",
    "{com-wordpress:feed-additions:1}post-id": "wp_id",
}
#: What an element of a post is, by the document's root.
_MEANINGS: dict[str, dict[str, str]] = {
    "rss": _SHARED
    | {"title": "title", "link": "link", "guid": "guid", "pubDate": "published", "description": "summary"}
    | {"author": "author", "category": "category"},
    "rdf": _SHARED
    | {f"{RSS1}title": "title", f"{RSS1}link": "link", f"{RSS1}description": "summary", f"{_DC}date": "published"},
    "feed": {
        f"{ATOM}id": "guid",
        f"{ATOM}title": "atom:title",
        f"{ATOM}link": "atom:link",
        f"{ATOM}published": "published",
        f"{ATOM}updated": "modified",
        f"{ATOM}author": "atom:author",
        f"{ATOM}category": "atom:category",
        f"{ATOM}summary": "atom:summary",
        f"{ATOM}content": "atom:content",
    },
}
_SEVERAL = frozenset(("author", "category", "atom:link", "atom:author", "atom:category"))
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "guid": ("isPermaLink",),
    "category": ("domain",),
    "atom:link": ("rel", "type", "href", "title", "hreflang", "length"),
    "atom:category": ("term", "label", "scheme"),
    "atom:title": ("type",),
    "atom:summary": ("type",),
    "atom:content": ("type",),
}
#: Comment counts, places, pictures: nothing in these is the post's text, whichever parser reads them.
_IGNORED = re.compile(
    r"(?:\{http://www\.w3\.org/2005/Atom\}|\{http://purl\.org/rss/1\.0/\})?aside|comments|enclosure"
    r"|\{http://(?:purl\.org/rss/1\.0/modules/(?:slash|syndication)/|wellformedweb\.org/CommentAPI/"
    r"|purl\.org/syndication/thread/1\.0|www\.georss\.org/georss|www\.w3\.org/2003/01/geo/wgs84_pos#"
    r"|rssnamespace\.org/feedburner/ext/1\.0)\}.*"
    r"|\{http://search\.yahoo\.com/mrss/\}(?:content|thumbnail|credit|group|copyright|player)"
)

Told = dict[str, list[Any]]


def told(post: Any, root: str) -> Told | None:
    """The elements of a post by what they mean; None when one of them is not plainly understood."""
    meanings, found = _MEANINGS[root], Told()
    for each in post:
        meaning = meanings.get(each.tag) if isinstance(each.tag, str) else None
        if meaning is None:
            if not _is_ignored(each):
                return None
        elif (meaning in found and meaning not in _SEVERAL) or not is_plain(each, meaning):
            return None
        else:
            found.setdefault(meaning, []).append(each)
    return found


def text(found: Told, meaning: str) -> str | None:
    """The text of an element that stands once at most."""
    return content(found[meaning][0]) if meaning in found else None


def content(element: Any) -> str:
    """An element's own text."""
    return (element.text or "").strip()


def is_plain(element: Any, meaning: str = "") -> bool:
    """Whether an element is nothing but text, and text that feedparser would leave as it is."""
    allowed = _ATTRIBUTES.get(meaning, ())
    if any(name not in allowed and not name.startswith(_ASIDES) for name in element.attrib):
        return False
    if meaning == "atom:author":
        return all(each.tag in (f"{ATOM}name", f"{ATOM}uri") and is_plain(each) for each in element)
    return len(element) == 0 and not _is_encoded_twice(element.text or "")


def _is_ignored(element: Any) -> bool:
    return all(isinstance(each.tag, str) and _IGNORED.fullmatch(each.tag) for each in element.iter())


def _is_encoded_twice(value: str) -> bool:
    """UTF-8 taken for Latin-1 and encoded again, which feedparser takes back."""
    if value.isascii():
        return False
    try:
        value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True
