"""Plans as polls make them, with as little said as a test needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import zstandard

from crawler.model import (
    ChangePlan,
    Comparison,
    ConfiguredSource,
    Discovered,
    EndpointSeed,
    EndpointState,
    FieldDiff,
    Fields,
    Key,
    KnownRevision,
    Plan,
    PollRecord,
    PostPlan,
    Ref,
    RevisionPlan,
    Sighting,
    Validators,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def entry(name="example.org", url="https://example.org/", **more):
    return ConfiguredSource(name=name, url=url, kind=more.pop("kind", "auto"), **more)


def site(home="https://example.org", *, kind="wordpress", urls=("https://example.org/wp-json/wp/v2/posts",)):
    seeds = tuple(
        EndpointSeed(kind="rest" if "wp-json" in url else "feed", url=url, type="posts" if "wp-json" in url else "")
        for url in urls
    )
    return Discovered(kind=kind, home=home, title="A site", timezone="UTC", endpoints=seeds)


def state(endpoint_id, **more):
    values = {
        "endpoint_id": endpoint_id,
        "rank": 1,
        "validators": Validators(),
        "body_hash": None,
        "watermark": NOW,
        "total": None,
        "next_poll_at": NOW + timedelta(minutes=15),
        "last_try_at": NOW,
        "last_ok_at": NOW,
        "read_at": None,
        "last_status": 200,
        "failures": 0,
        "last_error": None,
        "redirect_to": None,
    }
    return EndpointState(**(values | more))


def sighting(wp_id=1, *, title="A post", content="Some words.", modified=NOW, **more):
    fields = Fields(
        title=title,
        content=content,
        excerpt="",
        link=f"https://example.org/{wp_id}/",
        author=Ref(id=1, name="alice"),
        published_at=NOW - timedelta(days=1),
        categories=(Ref(id=3, name="News"),),
        tags=(),
        featured_image=Ref(id=0),
    )
    raw = f"{wp_id} {title} {content} {modified}".encode()
    return Sighting(
        wp_id=wp_id,
        guid=f"https://example.org/?p={wp_id}",
        link=fields.link,
        published_at=fields.published_at,
        modified_at=modified,
        raw_hash=f"raw-{hash(raw):x}",
        fields=fields,
        text_hash=f"text-{hash((title, content)):x}",
        original=zstandard.compress(raw),
        **more,
    )


def keys(seen):
    return (Key("wp-id", str(seen.wp_id)), Key("guid", seen.guid), Key("link", f"example.org/{seen.wp_id}"))


def new_post(seen, *, change=None, cause="baseline"):
    return PostPlan(
        post_id=None,
        sighting=seen,
        state="public",
        keys=keys(seen),
        text_hash=seen.text_hash,
        revision=RevisionPlan(
            number=1, cause=cause, fields=seen.fields, content_hash=seen.text_hash, modified_at=seen.modified_at
        ),
        change=change,
    )


def edit(known, seen, *, change_id, sinks=()):
    """The plan for an edit of a KnownPost."""
    old: KnownRevision = known.latest
    return PostPlan(
        post_id=known.id,
        sighting=seen,
        state="public",
        keys=(),
        text_hash=seen.text_hash,
        revision=RevisionPlan(
            number=old.number + 1,
            cause="edit",
            fields=seen.fields,
            content_hash=seen.text_hash,
            modified_at=seen.modified_at,
        ),
        change=ChangePlan(
            kind="edited",
            silent=False,
            noted=False,
            old=old,
            old_seen_at=NOW,
            fields=("title",),
            id=change_id,
            comparison=Comparison(
                fields=(FieldDiff(name="title", old=old.fields.title, new=seen.fields.title),),
                words_added=1,
                words_removed=1,
                summary="Title changed",
                diff="[-A-]{+B+} post",
            ),
            sinks=tuple(sinks),
        ),
    )


def poll(outcome="changed", *, kind="poll", at=NOW, **more):
    return PollRecord(kind=kind, started_at=at, duration_ms=5, outcome=outcome, requests=1, **more)


def plan(endpoint, *posts, record=None, now=NOW, **more):
    return Plan(
        source_id=endpoint.source_id,
        endpoint_id=endpoint.id,
        now=now,
        poll=record or poll(at=now),
        endpoint=more.pop("endpoint_state", state(endpoint.id)),
        posts=posts,
        **more,
    )
