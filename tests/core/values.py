"""Sources, Sightings and known Posts with as little said as a test needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawler.decide import Look
from crawler.identity import keys_of
from crawler.model import (
    Endpoint,
    Fields,
    Key,
    Known,
    KnownPost,
    KnownRevision,
    LastSighting,
    Page,
    Ref,
    Sighting,
    Source,
    Validators,
)
from crawler.text import canonical_link, fields_hash

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SAVED = NOW - timedelta(hours=3)
#: when the known posts were last read
READ = NOW - timedelta(hours=1)


def source(**more):
    values = {
        "id": 1,
        "name": "example.org",
        "url": "https://example.org/",
        "kind": "wordpress",
        "home": "https://example.org",
        "title": "A site",
        "timezone": "UTC",
        "state": "active",
        "groups": ("uk-papers",),
        "baseline_at": NOW - timedelta(days=1),
    }
    return Source(**(values | more))


def endpoint(kind="rest", **more):
    values = {
        "id": 5,
        "source_id": 1,
        "kind": kind,
        "url": "https://example.org/wp-json/wp/v2/posts" if kind == "rest" else "https://example.org/feed/",
        "host": "example.org",
        "type": "posts" if kind == "rest" else "",
        "rank": 1,
        "validators": Validators(),
        "body_hash": None,
        "watermark": None,
        "total": None,
        "next_poll_at": None,
        "last_try_at": None,
        "last_ok_at": None,
        "read_at": None,
        "last_status": 200,
        "failures": 0,
        "last_error": None,
    }
    return Endpoint(**(values | more))


def look(**more):
    values = {"source": source(), "endpoint": endpoint(), "kind": "poll", "now": NOW, "counts": True}
    return Look(**(values | more))


FIELDS = {
    "title": "A title",
    "content": "Some words of text.",
    "excerpt": "",
    "author": Ref(id=7, name="Jane Roe"),
    "published_at": NOW - timedelta(days=2),
    "categories": (Ref(id=3, name="News"),),
    "tags": (),
    "featured_image": Ref(id=0),
}
BY_NUMBER = object()


def sighting(number=1, *, wp_id=BY_NUMBER, guid=BY_NUMBER, link=BY_NUMBER, modified=SAVED, protected=False, **told):
    """What REST says of post `number`; `told` are fields that differ from FIELDS."""
    link = f"https://example.org/{number}/" if link is BY_NUMBER else link
    fields = Fields(**(FIELDS | {"link": link} | told))
    if protected:
        fields = replace(fields, content=None, excerpt=None)
    wp_id = number if wp_id is BY_NUMBER else wp_id
    guid = f"https://example.org/?p={number}" if guid is BY_NUMBER else guid
    said = (wp_id, guid, link, modified, protected, fields)
    return Sighting(
        wp_id=wp_id,
        guid=guid,
        link=link,
        protected=protected,
        published_at=fields.published_at,
        modified_at=modified,
        raw_hash=f"raw of {said}",
        fields=fields,
        text_hash=fields_hash(fields),
        original=b"",
    )


def unread(seen):
    """The same, parsed by one who knew its raw hash already."""
    return replace(seen, fields=None, text_hash=None, original=None)


def keys(seen):
    return keys_of(seen, link=canonical_link(seen.link) if seen.link else None)


def known_post(post_id=1, shown=None, *, seen=BY_NUMBER, read=READ, **more):
    """A Post that `shown` made known; `seen`: the Sighting that the looking endpoint last had of it, None: none yet."""
    shown = shown or sighting(post_id)
    last = shown if seen is BY_NUMBER else seen
    values = {
        "id": post_id,
        "wp_id": shown.wp_id,
        "guid": shown.guid,
        "link": shown.link,
        "type": "post",
        "state": "protected" if shown.protected else "public",
        "modified_at": shown.modified_at,
        "latest": KnownRevision(
            id=100 + post_id,
            number=1,
            endpoint_id=5,
            observed_at=READ,
            modified_at=shown.modified_at,
            content_hash=shown.text_hash,
            fields=shown.fields,
        ),
        "seen": last
        and LastSighting(
            raw_hash=last.raw_hash, text_hash=last.text_hash, modified_at=last.modified_at, last_seen_at=read
        ),
        "previous_change": None,
        "earlier": {},
    }
    return KnownPost(**(values | more))


def known(*posts, **more_owners):
    """What the store answers when it has these Posts; keywords are ids of Posts by a further guid: `g2=1`."""
    owners = {}
    for post in posts:
        link = canonical_link(post.link) if post.link else None
        owners |= dict.fromkeys(keys_of(Sighting(wp_id=post.wp_id, guid=post.guid, raw_hash=""), link=link), post.id)
    owners |= {Key("guid", guid): post_id for guid, post_id in more_owners.items()}
    return Known(posts={post.id: post for post in posts}, owners=owners)


def page(*sightings):
    return Page(sightings=sightings, records=len(sightings))
