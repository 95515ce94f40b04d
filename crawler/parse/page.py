"""Pages read for discovery: where a site's REST API and its feeds are."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

from bs4 import BeautifulSoup, Tag
from bs4.filter import SoupStrainer

from crawler.parse import values
from crawler.parse.answers import PageLinks

__all__ = ["PageLinks", "header_links", "links"]

REST_RELATION = "https://api.w.org/"

#: Links to feeds stand in the head; the rest of a huge page is not worth the time.
_PAGE_LIMIT = 2_000_000
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_COMMENTS = re.compile(r"/comments/feed(/|$)|[?&]feed=comments-|/feeds/[^/]*/?comments/")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_LINK = re.compile(r"""<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]*"|[^\s",;]+))?)*)""")
_RELATION = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))""", re.IGNORECASE)


def links(body: bytes, *, url: str, content_type: str | None = None) -> PageLinks:
    """The links of a page; a PageLinks without any for what is no HTML. Addresses are resolved against `url`."""
    charset = _CHARSET.search(content_type or "")
    with warnings.catch_warnings():
        # bs4 warns of text that looks like a file name or like XML; neither matters here.
        warnings.simplefilter("ignore")
        soup = BeautifulSoup(
            body[:_PAGE_LIMIT],
            "lxml",
            parse_only=SoupStrainer(["link", "title"]),
            from_encoding=charset[1] if charset else None,
        )
    found = [each for each in soup.find_all("link") if isinstance(each, Tag)]
    title = soup.find("title")
    feeds = [
        address
        for each in found
        if "alternate" in _relations(each)
        and _type(each) in _FEED_TYPES
        and (address := _address(each, url))
        and _COMMENTS.search(address) is None
    ]
    return PageLinks(
        rest_root=next((_address(each, url) for each in found if REST_RELATION in _relations(each)), None),
        feeds=tuple(dict.fromkeys(feeds)),
        title=" ".join(title.get_text().split())[:500] if isinstance(title, Tag) else "",
    )


def header_links(value: str, url: str) -> str | None:
    """The REST root in an HTTP `Link` header: `<https://example.org/wp-json/>; rel="https://api.w.org/"`."""
    for target, parameters in _LINK.findall(value):
        relation = _RELATION.search(parameters)
        if relation and REST_RELATION in (relation[1] or relation[2]).lower().split():
            return values.address(target, url)
    return None


def _relations(link: Tag) -> Sequence[str]:
    relations = link.get("rel") or ()
    return [each.lower() for each in (relations.split() if isinstance(relations, str) else relations)]


def _type(link: Tag) -> str:
    return str(link.get("type") or "").partition(";")[0].strip().lower()


def _address(link: Tag, url: str) -> str | None:
    return values.address(link.get("href"), url)
