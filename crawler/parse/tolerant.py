"""RSS, RDF and Atom of every age, well-formed or not, read by feedparser."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser

from crawler.errors import ParseError
from crawler.parse import values
from crawler.parse.rawpost import RawFeed, RawPost, feed_info
from crawler.parse.xmltext import Document

NOT_WELL_FORMED = "XML that is not well-formed"

# feedparser's dictionaries answer a missing `updated` with `published`; this is dict.get without that.
_get = dict.get


def read(document: Document, url: str) -> RawFeed:
    """The posts of an XML feed. `url` is what relative addresses are resolved against."""
    parsed = _parsed(document)
    if parsed.bozo and not len(parsed.entries) == document.posts == document.ends:
        # The tolerant parser lost its way between two posts: what it gives as one may be halves of both.
        raise ParseError("not_data", f"the feed's XML is damaged: {parsed.bozo_exception}")
    notes = (*document.notes, NOT_WELL_FORMED) if parsed.bozo else document.notes
    try:
        posts = tuple(_post(entry, document, url) for entry in parsed.entries)
        title, home, ttl = (_text(parsed.feed, name) for name in ("title", "link", "ttl"))
        info = feed_info(title or "", home, ttl, document, url)
        return RawFeed(info=info, posts=posts, notes=notes, is_damaged=document.is_damaged)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise _unreadable(error) from None


def _parsed(document: Document) -> Any:
    # Never anything but BytesIO: feedparser opens a body that happens to be a path, and fetches one that is a URL.
    try:
        return feedparser.parse(io.BytesIO(document.text.encode()), sanitize_html=False, resolve_relative_uris=False)
    except MemoryError:
        raise
    except Exception as error:  # hostile input makes feedparser raise nearly anything
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> ParseError:
    return ParseError("not_data", f"the feed could not be read: {type(error).__name__}")


def _post(entry: dict[str, Any], document: Document, url: str) -> RawPost:
    guid, link = _text(entry, "id"), _text(entry, "link")
    if document.root == "rdf":
        guid, link = None, guid or link
    published, modified = "published", "updated"
    if document.root == "rdf" or (document.root == "rss" and not document.tells_updated):
        # dc:date, which feedparser calls `updated`, is when such a post was published.
        published, modified = ("published" if "published" in entry else "updated"), ""
    return RawPost(
        guid=guid or None,
        link=values.address(link, url),
        title=_html(entry, "title", document),
        author=_author(entry),
        published=_text(entry, published),
        published_at=_time(_get(entry, f"{published}_parsed")),
        modified=_text(entry, modified),
        modified_at=_time(_get(entry, f"{modified}_parsed")),
        categories=_categories(entry),
        content=_content(entry, document),
        # feedparser copies the content to a summary that was not told; only a told one has details
        summary=_html(entry, "summary", document) if "summary_detail" in entry else None,
        wp_id=values.digits(_text(entry, "post-id")),
    )


def _text(entry: dict[str, Any], name: str) -> str | None:
    value = _get(entry, name)
    return value if isinstance(value, str) else None


def _html(entry: dict[str, Any], name: str, document: Document) -> str | None:
    value = _text(entry, name)
    kind = _get(_get(entry, f"{name}_detail", {}), "type", "")
    return _as_html(value, kind, document)


def _as_html(value: str | None, kind: str, document: Document) -> str | None:
    # Only Atom means it: in RSS, plain text is where HTML was not recognised.
    return html.escape(value, quote=False) if value and document.root == "feed" and kind == "text/plain" else value


def _content(entry: dict[str, Any], document: Document) -> str | None:
    for each in _get(entry, "content", ()):
        if not each.get("src"):
            return _as_html(each.get("value"), each.get("type", ""), document)
    return None


def _author(entry: dict[str, Any]) -> str | None:
    names = [_get(each, "name") or _get(each, "email") for each in _get(entry, "authors", ())]
    told = [each.strip() for each in names if isinstance(each, str) and each.strip()]
    return ", ".join(dict.fromkeys(told)) or _text(entry, "author") or None


def _categories(entry: dict[str, Any]) -> tuple[str, ...]:
    names = (_get(each, "label") or _get(each, "term") for each in _get(entry, "tags", ()))
    return tuple(dict.fromkeys(each for each in names if isinstance(each, str) and each))


def _time(parsed: Sequence[int] | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        year, month, day, hour, minute, second = parsed[:6]
        moment = datetime(year, month, day, hour, minute, tzinfo=UTC) + timedelta(seconds=second)
        return values.plausible(moment)  # feedparser reads a row of nines as a day in 9999
    except (ValueError, OverflowError):
        return None
