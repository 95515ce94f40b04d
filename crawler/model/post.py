"""What a site says: a Sighting of a Post, and the pages and listings that carry it.

**None = not told by this endpoint (never compared); empty = told to be empty.**
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

#: The fields of a Post that are compared, in the order in which people want to read them: the long ones come last.
COMPARED = (
    "title",
    "link",
    "author",
    "published_at",
    "categories",
    "tags",
    "featured_image",
    "excerpt",
    "content",
)


class Key(NamedTuple):
    """A name by which a Post is known inside its Source."""

    kind: Literal["wp-id", "guid", "link"]
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ref:
    """A person, a term or a medium: compared by id where both sides have one, else by name.

    `Ref(id=0, name="")` is "told to be none", as `featured_media: 0` is.
    """

    id: int | None = None
    #: display name; for a medium its URL; "" where only the id is known
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """What is compared of a Post: canonical, ignore rules already applied."""

    title: str | None = None
    #: canonical text, blocks separated by a blank line
    content: str | None = None
    #: "" where the site generated it from the content
    excerpt: str | None = None
    link: str | None = None
    author: Ref | None = None
    published_at: datetime | None = None
    #: sorted by (id, name)
    categories: tuple[Ref, ...] | None = None
    tags: tuple[Ref, ...] | None = None
    featured_image: Ref | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """What one endpoint says of one Post, in one look."""

    wp_id: int | None = None
    #: whole and unescaped; never taken apart
    guid: str | None = None
    link: str | None = None
    #: `post`, `page` or a custom type's name
    type: str = "post"
    protected: bool = False
    published_at: datetime | None = None
    modified_at: datetime | None = None
    #: of `original` before compression; changes with anything that the endpoint says of the post
    raw_hash: str
    #: None when the raw hash was among the known ones: nothing was derived
    fields: Fields | None = None
    #: of `fields`
    text_hash: str | None = None
    #: canonical JSON of what was said, compressed (zstd); None when `fields` is
    original: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedInfo:
    """What a feed says of itself."""

    title: str = ""
    #: the site's home page, absolute
    home: str | None = None
    #: `rss`, `atom`, `rdf` or `json`
    format: str = "rss"
    #: whether its posts carry full text (2) or only summaries (3): the endpoint's rank
    full_text: bool = True
    #: the feed asks not to be read again before so many seconds (ttl)
    min_interval: float | None = None
    #: nor in these hours of the day, in UTC (skipHours); sorted, never all of them
    skip_hours: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A parsed answer with posts: a page of a REST collection or a whole feed, in the order of the document."""

    sightings: tuple[Sighting, ...]
    #: one line for each post that could not be read; such a post is neither changed nor gone
    unreadable: tuple[str, ...] = ()
    #: how many records the document held, damaged and repeated ones too
    records: int = 0
    #: `date` of the first and the last record as printed (site-local, no zone): the keyset of a walk; REST only
    first_date: str | None = None
    last_date: str | None = None
    #: about the document, for the log: "control characters inside JSON strings"
    notes: tuple[str, ...] = ()
    feed: FeedInfo | None = None

    @property
    def rank(self) -> int:
        """Of the feed: 2 with full text, 3 with summaries."""
        return 2 if self.feed is None or self.feed.full_text else 3


class Listed(NamedTuple):
    """One post of a light listing."""

    id: int
    published_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A light listing: ids and times only."""

    posts: tuple[Listed, ...]
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class IgnoreRule:
    """What does not count, one entry of `ignore`: exactly one of the three is set."""

    css: str | None = None
    regex: str | None = None
    field: str | None = None
