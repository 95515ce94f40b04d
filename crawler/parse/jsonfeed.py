"""JSON Feed 1.x."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from crawler.errors import ParseError
from crawler.model import FeedInfo
from crawler.parse import values
from crawler.parse.jsontext import load
from crawler.parse.rawpost import RawFeed, RawPost
from crawler.parse.xmltext import POSTS_LIMIT


def read(body: bytes, url: str) -> RawFeed:
    """The posts of a JSON Feed. `url` is what relative addresses are resolved against."""
    value, notes = load(body)
    version = value.get("version") if isinstance(value, dict) else None
    if not isinstance(version, str) or "jsonfeed.org" not in version or not isinstance(value.get("items"), list):
        raise ParseError("not_data", "the answer is JSON, but no JSON Feed")
    if len(value["items"]) > POSTS_LIMIT:
        raise ParseError("too_large", f"{len(value['items']):,} posts in one document, more than {POSTS_LIMIT:,}")
    title = value.get("title")
    return RawFeed(
        info=FeedInfo(
            title=" ".join(title.split()) if isinstance(title, str) else "",
            home=values.address(value.get("home_page_url"), url),
            format="json",
        ),
        posts=tuple(_post(each, url) for each in value["items"]),
        notes=notes,
    )


def _post(record: Any, url: str) -> RawPost:
    try:
        if not isinstance(record, dict):
            raise values.damaged(f"it is {values.kind(record)} instead of an object")
        return RawPost(
            guid=_guid(record.get("id")),
            link=values.address(_text(record, "url"), url),
            title=_escaped(_text(record, "title")),
            author=_authors(record),
            published=_text(record, "date_published"),
            published_at=values.time(record.get("date_published")),
            modified=_text(record, "date_modified"),
            modified_at=values.time(record.get("date_modified")),
            categories=tuple(each for each in record.get("tags") or () if isinstance(each, str)),
            content=_content(record),
            summary=_escaped(_text(record, "summary")),
        )
    except ParseError as error:
        return RawPost(damage=str(error))


def _text(record: Mapping[str, Any], name: str) -> str | None:
    value = record.get(name)
    return None if value is None else values.text(value, name)


def _escaped(text: str | None) -> str | None:
    """JSON Feed has plain text where the other dialects have HTML."""
    return None if text is None else html.escape(text, quote=False)


def _guid(value: Any) -> str | None:
    # Ids were numbers in the wild before 1.1 asked readers to take them as text.
    return str(values.number(value, "id")) if isinstance(value, int) else values.text(value or "", "id") or None


def _content(record: Mapping[str, Any]) -> str | None:
    plain = _text(record, "content_text")
    if record.get("content_html") is not None or plain is None:
        return _text(record, "content_html")
    return "".join(f"<p>{html.escape(block, quote=False)}</p>" for block in plain.split("\n\n"))


def _authors(record: Mapping[str, Any]) -> str | None:
    authors = record.get("authors") or [record.get("author")]
    names = [each["name"].strip() for each in values.objects(authors) if isinstance(each.get("name"), str)]
    return ", ".join(dict.fromkeys(name for name in names if name)) or None
