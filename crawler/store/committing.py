"""Writing a Plan: one function a table, called in one transaction. Decides nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from crawler.errors import StoreConflict
from crawler.model import EndpointState, Plan, PollRecord, PostPlan, SourceFacts, Walk
from crawler.store.rows import fields_columns, json_text, reach_text, text
from crawler.store.sources import recovered

QUIET = ("not_modified", "unchanged")


def write(connection: sqlite3.Connection, plan: Plan, *, normalizer_version: int) -> None:
    """Write all of a Plan. Raises StoreConflict when the store has moved since it was decided."""
    try:
        _endpoint(connection, plan.endpoint)
        poll_id = _poll(connection, plan.endpoint_id, plan.poll, at=_need(text(plan.now)))
        _facts(connection, plan.source_id, plan.facts)
        if plan.poll.outcome != "failed":
            recovered(connection, plan.source_id)
        if plan.walk is not None:
            _walk(connection, plan.walk)
        if plan.posts:
            _posts(connection, plan, poll_id, normalizer_version)
        _seen(connection, plan)
    except sqlite3.IntegrityError as error:
        raise StoreConflict(f"the store has moved since the plan was made: {error}") from error


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[dict[str, Any]], *, clause: str = "") -> None:
    """Insert rows that all have the same columns. Table and column names are ours, values are bound."""
    if rows:
        names = list(rows[0])
        columns = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(f":{name}" for name in names)
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values}) {clause}", rows)  # noqa: S608


def _need(value: str | None) -> str:
    if value is None:
        raise ValueError("a time that must be there is missing")
    return value


def _endpoint(connection: sqlite3.Connection, state: EndpointState) -> None:
    connection.execute(
        """
        UPDATE endpoints SET rank = ?, etag = ?, last_modified = ?, body_hash = ?, watermark = ?, total = ?,
               next_poll_at = ?, last_try_at = ?, last_ok_at = ?, read_at = ?, last_status = ?, failures = ?,
               last_error = ?, redirect_to = ?
         WHERE id = ?
        """,
        (
            state.rank,
            state.validators.etag,
            state.validators.last_modified,
            state.body_hash,
            text(state.watermark),
            state.total,
            text(state.next_poll_at),
            text(state.last_try_at),
            text(state.last_ok_at),
            text(state.read_at),
            state.last_status,
            state.failures,
            state.last_error,
            state.redirect_to,
            state.endpoint_id,
        ),
    )


def _poll(connection: sqlite3.Connection, endpoint_id: int, poll: PollRecord, *, at: str) -> int:
    """One row a poll; quiet ones in a row share it, and so do the Plans of one poll."""
    if poll.continues:
        return _continued(connection, endpoint_id, poll, at=at)
    if poll.outcome in QUIET and poll.error is None:
        last = connection.execute(
            "SELECT id, kind, outcome, error FROM polls WHERE endpoint_id = ? ORDER BY id DESC LIMIT 1", (endpoint_id,)
        ).fetchone()
        if last is not None and (last["kind"], last["outcome"], last["error"]) == (poll.kind, poll.outcome, None):
            connection.execute(
                """
                UPDATE polls SET repeats = repeats + 1, last_at = ?, duration_ms = ?, requests = requests + ?,
                       bytes = bytes + ?, seen = ?, status_code = ? WHERE id = ?
                """,
                (at, poll.duration_ms, poll.requests, poll.bytes, poll.seen, poll.status_code, last["id"]),
            )
            return int(last["id"])
    cursor = connection.execute(
        """
        INSERT INTO polls (endpoint_id, kind, started_at, last_at, duration_ms, outcome, reason, status_code,
                           requests, bytes, seen, new, changed, error)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            endpoint_id,
            poll.kind,
            text(poll.started_at),
            at,
            poll.duration_ms,
            poll.outcome,
            poll.reason,
            poll.status_code,
            poll.requests,
            poll.bytes,
            poll.seen,
            poll.new,
            poll.changed,
            poll.error,
        ),
    )
    return int(cursor.lastrowid or 0)


def _continued(connection: sqlite3.Connection, endpoint_id: int, poll: PollRecord, *, at: str) -> int:
    row = connection.execute(
        """
        UPDATE polls SET last_at = ?, duration_ms = ?, requests = requests + ?, bytes = bytes + ?, seen = seen + ?,
               new = new + ?, changed = changed + ?, status_code = ?, reason = ?,
               error = coalesce(error || '; ' || ?, ?, error),
               outcome = CASE WHEN ? = 'failed' OR outcome = 'unchanged' THEN ? ELSE outcome END
         WHERE id = (SELECT max(id) FROM polls WHERE endpoint_id = ?)
        RETURNING id
        """,
        (
            at,
            poll.duration_ms,
            poll.requests,
            poll.bytes,
            poll.seen,
            poll.new,
            poll.changed,
            poll.status_code,
            poll.reason,
            poll.error,
            poll.error,
            poll.outcome,
            poll.outcome,
            endpoint_id,
        ),
    ).fetchone()
    return int(row["id"])


def _facts(connection: sqlite3.Connection, source_id: int, facts: SourceFacts) -> None:
    connection.execute(
        """
        UPDATE sources SET kind = coalesce(?, kind), home = coalesce(?, home), title = coalesce(?, title),
               timezone = coalesce(?, timezone), state = coalesce(?, state), baseline_at = coalesce(?, baseline_at)
         WHERE id = ?
        """,
        (facts.kind, facts.home, facts.title, facts.timezone, facts.state, text(facts.baseline_at), source_id),
    )


def _walk(connection: sqlite3.Connection, walk: Walk) -> None:
    row = {
        "endpoint_id": walk.endpoint_id,
        "kind": walk.kind,
        "started_at": text(walk.started_at),
        "cursor": walk.cursor,
        "offset": walk.offset,
        "seen": walk.seen,
        "total": walk.total,
        "done": int(walk.done),
        "reach": reach_text(walk.reach),
    }
    replace = ", ".join(f'"{name}" = excluded."{name}"' for name in row if name != "endpoint_id")
    insert(connection, "walks", [row], clause=f"ON CONFLICT (endpoint_id) DO UPDATE SET {replace}")


def _posts(connection: sqlite3.Connection, plan: Plan, poll_id: int, normalizer_version: int) -> None:
    """Write the PostPlans table by table: ids first, so that every insert is one batch."""
    ids = _post_ids(connection, plan.posts)
    revision_ids = _revision_ids(connection, plan.posts)
    at = _need(text(plan.now))
    _new_posts(connection, plan, ids, at)
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
    """Bring `posts` up to date: names and times from the new Revision, state and sight from the Sighting."""
    rows = []
    for post, post_id, revision_id in zip(plan.posts, ids, revision_ids, strict=True):
        fields = fields_columns(post.revision.fields) if post.revision is not None else {}
        counts = post.revision is not None or post.change is not None
        rows.append(
            {
                "id": post_id,
                "wp_id": post.sighting.wp_id,
                "guid": post.sighting.guid,
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
               link = coalesce(:link, link), title = coalesce(:title, title), author = coalesce(:author, author),
               published_at = coalesce(:published_at, published_at),
               modified_at = coalesce(:modified_at, modified_at), last_seen_at = :at,
               revisions = revisions + :more, latest_revision_id = coalesce(:revision_id, latest_revision_id)
         WHERE id = :id
        """,
        rows,
    )


def _sightings(connection: sqlite3.Connection, plan: Plan, ids: list[int], at: str) -> None:
    rows = [
        {
            "post_id": post_id,
            "endpoint_id": plan.endpoint_id,
            "raw_hash": post.sighting.raw_hash,
            "text_hash": post.text_hash,
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
        ON CONFLICT (post_id, endpoint_id) DO UPDATE SET raw_hash = excluded.raw_hash, text_hash = coalesce(excluded.text_hash, text_hash),
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
        found = change.comparison
        changes.append(
            {
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
        )
        alerts += [{"change_id": change.id, "sink": sink, "next_attempt_at": at} for sink in change.sinks]
    insert(connection, "changes", changes)
    insert(connection, "alerts", alerts)


def _seen(connection: sqlite3.Connection, plan: Plan) -> None:
    at = text(plan.now)
    connection.executemany(
        "UPDATE sightings SET last_seen_at = ?, missing_since = NULL WHERE endpoint_id = ? AND post_id = ?",
        [(at, plan.endpoint_id, post_id) for post_id in plan.seen],
    )
    connection.executemany("UPDATE posts SET last_seen_at = ? WHERE id = ?", [(at, post_id) for post_id in plan.seen])
