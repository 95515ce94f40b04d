"""Writing PostPlans: table by table, ids first, so that every insert is one batch. Decides nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from crawler.model import ChangePlan, Plan, PostPlan
from crawler.store import merging
from crawler.store.rows import fields_columns, json_text, needed, text


def write_posts(connection: sqlite3.Connection, plan: Plan, poll_id: int, normalizer_version: int) -> None:
    """Write what a Plan says of Posts, Revisions, Changes and Alerts."""
    ids = _post_ids(connection, plan.posts)
    revision_ids = _revision_ids(connection, plan.posts)
    at = needed(text(plan.now))
    _new_posts(connection, plan, ids, at)
    merging.give_over(connection, plan, ids)
    _keys(connection, plan, ids)
    _originals(connection, plan.posts)
    _revisions(connection, plan, ids, revision_ids, at, normalizer_version)
    _known_posts(connection, plan, ids, revision_ids, at)
    _sightings(connection, plan, ids, at)
    _changes(connection, plan, ids, revision_ids, poll_id, at)


def _next_id(connection: sqlite3.Connection, table: str) -> int:
    (highest,) = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()  # noqa: S608 (our names)
    return int(highest) + 1


def _post_ids(connection: sqlite3.Connection, posts: Iterable[PostPlan]) -> list[int]:
    fresh = _next_id(connection, "posts")
    ids = []
    for post in posts:
        if post.post_id is None:
            ids.append(fresh)
            fresh += 1
        else:
            ids.append(post.post_id)
    return ids


def _revision_ids(connection: sqlite3.Connection, posts: Iterable[PostPlan]) -> list[int | None]:
    fresh = _next_id(connection, "revisions")
    ids: list[int | None] = []
    for post in posts:
        ids.append(None if post.revision is None else fresh)
        fresh += post.revision is not None
    return ids


def _new_posts(connection: sqlite3.Connection, plan: Plan, ids: list[int], at: str) -> None:
    rows = [
        {
            "id": post_id,
            "source_id": plan.source_id,
            "type": post.sighting.type,
            "state": post.state,
            "first_seen_at": at,
            "last_seen_at": at,
        }
        for post, post_id in zip(plan.posts, ids, strict=True)
        if post.post_id is None
    ]
    insert(connection, "posts", rows)


def _keys(connection: sqlite3.Connection, plan: Plan, ids: list[int]) -> None:
    """Add keys. Only `link` may move from another Post; a strong key that is taken is a conflict."""
    rows = [
        {"source_id": plan.source_id, "kind": key.kind, "value": key.value, "post_id": post_id}
        for post, post_id in zip(plan.posts, ids, strict=True)
        for key in post.keys
    ]
    links = [row for row in rows if row["kind"] == "link"]
    insert(connection, "post_keys", [row for row in rows if row["kind"] != "link"])
    insert(
        connection,
        "post_keys",
        links,
        clause="ON CONFLICT (source_id, kind, value) DO UPDATE SET post_id = excluded.post_id",
    )


def _originals(connection: sqlite3.Connection, posts: Iterable[PostPlan]) -> None:
    rows = [
        {"hash": post.sighting.raw_hash, "encoding": "zstd", "body": post.sighting.original}
        for post in posts
        if post.revision is not None and post.sighting.original is not None
    ]
    insert(connection, "originals", rows, clause="ON CONFLICT (hash) DO NOTHING")


def _revisions(
    connection: sqlite3.Connection,
    plan: Plan,
    ids: list[int],
    revision_ids: list[int | None],
    at: str,
    normalizer_version: int,
) -> None:
    rows = []
    hashes = []
    for post, post_id, revision_id in zip(plan.posts, ids, revision_ids, strict=True):
        if post.revision is not None:
            rows.append(
                {
                    "id": revision_id,
                    "post_id": post_id,
                    "number": post.revision.number,
                    "cause": post.revision.cause,
                    "endpoint_id": plan.endpoint_id,
                    "observed_at": at,
                    "modified_at": text(post.revision.modified_at),
                    "content_hash": post.revision.content_hash,
                    "normalizer_version": normalizer_version,
                    "derivation": plan.derivation or None,
                    **fields_columns(post.revision.fields),
                }
            )
            hashes.append((post.sighting.raw_hash, revision_id))
    insert(connection, "revisions", rows)
    connection.executemany(
        "UPDATE revisions SET original_id = (SELECT id FROM originals WHERE hash = ?) WHERE id = ?", hashes
    )


def _known_posts(
    connection: sqlite3.Connection, plan: Plan, ids: list[int], revision_ids: list[int | None], at: str
) -> None:
    """Bring `posts` up to date: names and times from the new Revision or Change, the rest from the Sighting."""
    rows = []
    for post, post_id, revision_id in zip(plan.posts, ids, revision_ids, strict=True):
        fields = _names(post)
        counts = post.revision is not None or post.change is not None
        rows.append(
            {
                "id": post_id,
                "wp_id": post.sighting.wp_id,
                "guid": post.sighting.guid,
                "type": post.sighting.type,
                "state": post.state,
                "link": fields.get("link"),
                "title": fields.get("title"),
                "author": fields.get("author"),
                "published_at": fields.get("published_at"),
                "modified_at": text(post.sighting.modified_at),
                "at": at,
                "revision_id": revision_id,
                "more": int(counts and revision_id is not None),
            }
        )
    connection.executemany(
        """
        UPDATE posts SET wp_id = coalesce(wp_id, :wp_id), guid = coalesce(guid, :guid), state = :state,
               type = CASE WHEN :wp_id IS NULL THEN type ELSE :type END, -- a feed does not tell
               link = coalesce(:link, link), title = coalesce(:title, title), author = coalesce(:author, author),
               published_at = coalesce(:published_at, published_at),
               modified_at = coalesce(:modified_at, modified_at), last_seen_at = :at,
               revisions = revisions + :more, latest_revision_id = coalesce(:revision_id, latest_revision_id)
         WHERE id = :id
        """,
        rows,
    )


def _names(post: PostPlan) -> dict[str, Any]:
    """What a Post is called from now on: a password makes no Revision, and may come with another title or link."""
    if post.revision is not None:
        return fields_columns(post.revision.fields)
    told = post.sighting.fields if post.change is not None else None
    return {} if told is None else fields_columns(told)


def _sightings(connection: sqlite3.Connection, plan: Plan, ids: list[int], at: str) -> None:
    rows = [
        {
            "post_id": post_id,
            "endpoint_id": plan.endpoint_id,
            "raw_hash": post.sighting.raw_hash,
            "text_hash": post.text_hash,
            "prints": None if post.prints is None else json_text(post.prints),
            "derivation": plan.derivation or None,
            "modified_at": text(post.sighting.modified_at),
            "first_seen_at": at,
            "last_seen_at": at,
        }
        for post, post_id in zip(plan.posts, ids, strict=True)
    ]
    insert(
        connection,
        "sightings",
        rows,
        clause="""
        ON CONFLICT (post_id, endpoint_id) DO UPDATE SET raw_hash = excluded.raw_hash,
               text_hash = coalesce(excluded.text_hash, text_hash), prints = coalesce(excluded.prints, prints),
               derivation = CASE WHEN excluded.text_hash IS NULL THEN derivation ELSE excluded.derivation END,
               modified_at = excluded.modified_at, last_seen_at = excluded.last_seen_at, missing_since = NULL
        """,
    )


def _changes(
    connection: sqlite3.Connection,
    plan: Plan,
    ids: list[int],
    revision_ids: list[int | None],
    poll_id: int,
    at: str,
) -> None:
    changes = []
    alerts = []
    for post, post_id, revision_id in zip(plan.posts, ids, revision_ids, strict=True):
        change = post.change
        if change is None:
            continue
        changes.append(change_row(change, post_id=post_id, revision_id=revision_id, poll_id=poll_id, at=at))
        alerts += alert_rows(change, at=at)
    insert(connection, "changes", changes)
    insert(connection, "alerts", alerts)


def change_row(change: ChangePlan, *, post_id: int, revision_id: int | None, poll_id: int, at: str) -> dict[str, Any]:
    """The row of a Change; without a new Revision it is a removal."""
    found = change.comparison
    return {
        "id": change.id,
        "post_id": post_id,
        "poll_id": poll_id,
        "kind": change.kind,
        "silent": change.silent,
        "noted": change.noted,
        "detected_at": at,
        "old_seen_at": text(change.old_seen_at),
        "old_revision_id": None if change.old is None else change.old.id,
        "new_revision_id": revision_id,
        "fields": json_text(change.fields),
        "words_added": found.words_added,
        "words_removed": found.words_removed,
        "summary": found.summary,
        "diff": found.diff,
        "details": json_text(found.fields),
    }


def alert_rows(change: ChangePlan, *, at: str) -> list[dict[str, Any]]:
    """An Alert for each Sink that takes the Change."""
    return [{"change_id": change.id, "sink": sink, "next_attempt_at": at} for sink in change.sinks]


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[dict[str, Any]], *, clause: str = "") -> None:
    """Insert rows that all have the same columns. Table and column names are ours, values are bound."""
    if rows:
        names = list(rows[0])
        columns = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(f":{name}" for name in names)
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values}) {clause}", rows)  # noqa: S608
