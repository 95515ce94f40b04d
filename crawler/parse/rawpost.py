"""What a feed says of one post, before anything is derived: the meeting point of the feed dialects."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime

from crawler.model import FeedInfo
from crawler.parse import values
from crawler.parse.xmltext import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class RawPost:
    """One post of a feed. None = not told. Title, content and summary are HTML."""

    guid: str | None = None
    #: absolute
    link: str | None = None
    title: str | None = None
    author: str | None = None
    #: as printed, and as understood
    published: str | None = None
    published_at: datetime | None = None
    modified: str | None = None
    modified_at: datetime | None = None
    categories: tuple[str, ...] = ()
    content: str | None = None
    summary: str | None = None
    #: told by WordPress.com only; the number in a guid like `?p=55` is none
    wp_id: int | None = None
    #: why the post cannot be read; None when it can
    damage: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RawFeed:
    """A feed's posts in the order of the document."""

    info: FeedInfo
    posts: tuple[RawPost, ...]
    notes: tuple[str, ...] = ()
    #: whether U+FFFD in a post stands for something that could not be read
    is_damaged: bool = False


def feed_info(title: str, home: str | None, ttl: str | None, document: Document, url: str) -> FeedInfo:
    """What an XML feed says of itself, from the texts of its elements."""
    minutes = values.digits(ttl)
    return FeedInfo(
        title=" ".join(html.unescape(title).split()),
        home=values.address(home, url),
        format={"rss": "rss", "rdf": "rdf", "feed": "atom"}[document.root],
        min_interval=minutes * 60.0 if minutes else None,
        skip_hours=document.skip_hours,
    )
