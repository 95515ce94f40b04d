"""Feeds of every dialect -> Sightings, and what a feed says of itself."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from crawler.errors import ParseError
from crawler.model import IgnoreRule, Page, Sighting
from crawler.parse import feedrecord, jsonfeed, tolerant, unique, wellformed, xmltext
from crawler.parse.rawpost import RawFeed


def feed(
    body: bytes,
    *,
    url: str,
    content_type: str | None = None,
    rules: Sequence[IgnoreRule] = (),
    known: Collection[str] = frozenset(),
) -> Page:
    """The posts of a feed document: RSS 0.9x to 2.0, RDF, Atom or JSON Feed, whatever its content type says.

    Raises ParseError when the document is not whole or is no feed; a post that cannot be read only becomes a
    line of `unreadable`.
    """
    read = _read(body, url, content_type)
    full_text = feedrecord.is_full_text(read.posts)
    tells_categories = any(post.categories for post in read.posts)
    found: list[tuple[Sighting, str]] = []
    unreadable: list[str] = []
    for place, post in enumerate(read.posts, start=1):
        try:
            kept = feedrecord.record(post, read, full_text=full_text, tells_categories=tells_categories)
            found.append((feedrecord.sighting(kept, rules, known), _makeshift_guid(kept)))
        except ParseError as error:
            unreadable.append(f"post {place} of the feed: {error}")
    sightings, clashes = unique.by_key(found)
    return Page(
        sightings=tuple(sightings),
        unreadable=(*unreadable, *clashes),
        records=len(read.posts),
        notes=read.notes,
        feed=replace(read.info, full_text=full_text),
    )


def _read(body: bytes, url: str, content_type: str | None) -> RawFeed:
    if body.lstrip()[:1] in (b"{", b"["):
        return jsonfeed.read(body, url)
    document = xmltext.read(body, content_type)
    return wellformed.read(document, url) or tolerant.read(document, url)


def _makeshift_guid(kept: dict[str, Any]) -> str:
    """A name for a post that has neither guid nor link: it lasts as long as title and date do."""
    named = f"{kept['title']}\n{kept['published']}".encode()
    return f"urn:crawler:{hashlib.sha256(named).hexdigest()[:32]}"
