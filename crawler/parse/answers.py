"""What comes out of parsing besides Pages and Listings: small values, cheap to import in every process."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.model import Fields


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteIndex:
    """What a site says of itself at the root of its REST API."""

    name: str = ""
    url: str | None = None
    #: the site's identity: two addresses with one home are one site
    home: str | None = None
    #: IANA name, else `UTC+9` or `UTC-3:30`; None when not told
    timezone: str | None = None
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PageLinks:
    """What a page links to, all absolute."""

    rest_root: str | None = None
    #: in the order of the document; feeds of comments are left out
    feeds: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Derived:
    """What is compared of a post, and its hash."""

    fields: Fields
    text_hash: str
