"""What the store knows of Posts, as a poll asks before it decides: reads only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crawler.model import (
    Flips,
    Key,
    Known,
    KnownPost,
    KnownRevision,
    LastSighting,
)
from crawler.store import restlessness, returning
from crawler.store.rows import fields_of, json_text, moment, prints, sure, text

#: Sightings whose raw hashes a feed's parse is told of: more than any window that a feed shows.
RECENT = 1000


def recent_hashes(connection: sqlite3.Connection, endpoint_id: int, derivation: str | None) -> frozenset[str]:
    """Raw hashes that the Endpoint showed last: what need not be derived again. Not of Posts that are gone.

    `derivation`: nor of those known by the hashes of another derivation only, from which no edit could be told.
    """
    rows = connection.execute(
        """
        SELECT s.raw_hash FROM sightings s WHERE s.endpoint_id = :endpoint
           AND (SELECT state FROM posts WHERE id = s.post_id) IN ('public', 'protected')
           AND (:derivation IS NULL OR s.prints IS NULL OR s.derivation IS :derivation)
         ORDER BY s.last_seen_at DESC LIMIT :limit
        """,
        {"endpoint": endpoint_id, "derivation": derivation, "limit": RECENT},
    )
    return frozenset(row["raw_hash"] for row in rows)


def sightings_of(connection: sqlite3.Connection, endpoint_id: int, wp_ids: Iterable[int]) -> dict[int, LastSighting]:
    """What the Endpoint last said of the public posts with these WordPress ids; unknown ones are absent.

    So are those that are gone: if one is shown again it is to be read, whatever its dates say.
    """
    rows = connection.execute(
        """
        SELECT p.wp_id, s.* FROM json_each(?) j
         CROSS JOIN post_keys k ON k.source_id = (SELECT source_id FROM endpoints WHERE id = ?)
                          AND k.kind = 'wp-id' AND k.value = CAST(j.value AS TEXT)
          JOIN posts p ON p.id = k.post_id AND p.state IN ('public', 'protected')
          JOIN sightings s ON s.post_id = p.id AND s.endpoint_id = ?
        """,
        (json_text(list(wp_ids)), endpoint_id, endpoint_id),
    )
    return {row["wp_id"]: _sighting(row) for row in rows}


def has_stale_prints(connection: sqlite3.Connection, endpoint_id: int, derivation: str) -> bool:
    """Whether what a feed showed when it was last read whole is known by hashes of another derivation only."""
    row = connection.execute(
        """
        SELECT 1 FROM endpoints e JOIN sightings s ON s.endpoint_id = e.id AND s.last_seen_at >= e.read_at
         WHERE e.id = ? AND s.prints IS NOT NULL AND s.derivation IS NOT ? LIMIT 1
        """,
        (endpoint_id, derivation),
    ).fetchone()
    return row is not None


def originals(connection: sqlite3.Connection, revision_ids: Iterable[int]) -> dict[int, bytes]:
    """What the endpoints said of these Revisions, as stored; one whose original is not kept is absent."""
    rows = connection.execute(
        """
        SELECT r.id, o.body FROM json_each(?) j
          JOIN revisions r ON r.id = j.value
          JOIN originals o ON o.id = r.original_id
        """,
        (json_text(list(revision_ids)),),
    )
    return {row["id"]: row["body"] for row in rows}


def newest_published(
    connection: sqlite3.Connection, source_id: int, now: datetime, before: datetime | None = None
) -> datetime | None:
    """The newest publication date read so far, or `before` a time, that is not in the future."""
    (newest,) = connection.execute(
        """
        SELECT max(published_at) FROM posts
         WHERE source_id = ?1 AND published_at <= ?2 AND (?3 IS NULL OR first_seen_at < ?3)
        """,
        (source_id, text(now), text(before)),
    ).fetchone()
    return moment(newest)


def known(connection: sqlite3.Connection, source_id: int, endpoint_id: int, keys: Sequence[Key]) -> Known:
    """The Posts that any of these keys name, as this Endpoint knows them."""
    owners = {
        Key(row["kind"], row["value"]): int(row["post_id"])
        for row in connection.execute(
            """
            SELECT k.kind, k.value, k.post_id FROM json_each(?) j
             -- CROSS: the asked keys come first, else all keys of the source are read for each of them
             CROSS JOIN post_keys k ON k.source_id = ? AND k.kind = json_extract(j.value, '$[0]')
                              AND k.value = json_extract(j.value, '$[1]')
            """,
            (json_text(keys), source_id),
        )
    }
    if not owners:
        return Known(posts={}, owners={})
    post_ids = sorted(set(owners.values()))
    flips = returning.flips(connection, post_ids, endpoint_id)
    rows = connection.execute(
        """
        SELECT p.id AS post_id, p.wp_id, p.guid, p.link AS post_link, p.type, p.state,
               p.modified_at AS post_modified_at, p.revisions, r.*,
               s.raw_hash, s.text_hash, s.modified_at AS seen_modified_at, s.last_seen_at, s.prints,
               s.derivation AS seen_derivation,
               (SELECT rank FROM endpoints WHERE id = r.endpoint_id) AS rank,
               (SELECT c.id FROM changes c WHERE c.post_id = p.id ORDER BY c.seq DESC LIMIT 1) AS previous_change
          FROM json_each(?) j
          JOIN posts p ON p.id = j.value
          LEFT JOIN revisions r ON r.id = p.latest_revision_id
          LEFT JOIN sightings s ON s.post_id = p.id AND s.endpoint_id = ?
        """,
        (json_text(post_ids), endpoint_id),
    )
    posts = {row["post_id"]: _post(connection, row, endpoint_id, flips.get(row["post_id"])) for row in rows}
    for post_id, each in restlessness.restless(connection, post_ids, endpoint_id).items():
        posts[post_id] = replace(posts[post_id], restless=each)
    return Known(posts=posts, owners=owners)


def _sighting(row: sqlite3.Row) -> LastSighting:
    return LastSighting(
        raw_hash=row["raw_hash"],
        text_hash=row["text_hash"],
        modified_at=moment(row["modified_at"]),
        last_seen_at=sure(row["last_seen_at"]),
        prints=prints(row["prints"]),
        derivation=row["derivation"],
    )


def _revision(connection: sqlite3.Connection, row: sqlite3.Row) -> KnownRevision:
    fields = fields_of(row)
    told = None if fields.content is not None or row["number"] == 1 else _text_before(connection, row)
    return KnownRevision(
        id=row["id"],
        number=row["number"],
        endpoint_id=row["endpoint_id"],
        observed_at=sure(row["observed_at"]),
        modified_at=moment(row["modified_at"]),
        content_hash=row["content_hash"],
        fields=fields if told is None else replace(fields, content=told["content"], excerpt=told["excerpt"]),
        rank=row["rank"],
        derivation=row["derivation"] or str(row["normalizer_version"]),
        text_of=None if told is None else told["id"],
    )


def _text_before(connection: sqlite3.Connection, row: sqlite3.Row) -> sqlite3.Row | None:
    """The text that was told before a Revision that tells none: it was edited behind a password."""
    found: sqlite3.Row | None = connection.execute(
        """
        SELECT id, content, excerpt FROM revisions
         WHERE post_id = ? AND endpoint_id = ? AND number < ? AND content IS NOT NULL ORDER BY number DESC LIMIT 1
        """,
        (row["post_id"], row["endpoint_id"], row["number"]),
    ).fetchone()
    return found


def _by_another(
    connection: sqlite3.Connection, latest: KnownRevision, post_id: int, endpoint_id: int
) -> dict[str, Any]:
    """What is to be known where another endpoint made the latest Revision: when it last showed it, and our own last."""
    shown = connection.execute(
        "SELECT last_seen_at FROM sightings WHERE post_id = ? AND endpoint_id = ? AND text_hash = ?",
        (post_id, latest.endpoint_id, latest.content_hash),
    ).fetchone()
    row = connection.execute(
        """
        SELECT r.*, e.rank FROM revisions r JOIN endpoints e ON e.id = r.endpoint_id
         WHERE r.post_id = ? AND r.endpoint_id = ? ORDER BY r.number DESC LIMIT 1
        """,
        (post_id, endpoint_id),
    ).fetchone()
    told = connection.execute(
        """
        SELECT DISTINCT j.value FROM revisions r JOIN changes c ON c.new_revision_id = r.id, json_each(c.fields) j
         WHERE r.post_id = ? AND r.number > ?
        """,
        (post_id, row["number"] if row is not None else 0),
    )
    return {
        "latest": replace(latest, shown_at=None if shown is None else sure(shown["last_seen_at"])),
        "own": None if row is None else _revision(connection, row),
        "told": frozenset(name for (name,) in told),
    }


def _post(connection: sqlite3.Connection, row: sqlite3.Row, endpoint_id: int, flips: Flips | None) -> KnownPost:
    about: dict[str, Any] = {"latest": None}
    earlier: dict[str, int] = {}
    if row["number"] is not None:
        latest = _revision(connection, row)
        about = {"latest": latest}
        if latest.endpoint_id != endpoint_id:
            about = _by_another(connection, latest, row["post_id"], endpoint_id)
        elif row["previous_change"] is not None:
            about["left"] = returning.left(connection, row["post_id"], row)
    if row["revisions"] > 1:
        earlier = {
            older["content_hash"]: older["number"]
            for older in connection.execute(
                "SELECT content_hash, number FROM revisions WHERE post_id = ? AND number < ? ORDER BY number",
                (row["post_id"], row["number"]),
            )
        }
    seen = None
    if row["raw_hash"] is not None:
        seen = LastSighting(
            raw_hash=row["raw_hash"],
            text_hash=row["text_hash"],
            modified_at=moment(row["seen_modified_at"]),
            # The looks since then showed the return that is held, and not this.
            last_seen_at=flips.held.left_at if flips and flips.held else sure(row["last_seen_at"]),
            prints=prints(row["prints"]),
            derivation=row["seen_derivation"],
        )
    return KnownPost(
        id=row["post_id"],
        wp_id=row["wp_id"],
        guid=row["guid"],
        link=row["post_link"],
        type=row["type"],
        state=row["state"],
        modified_at=moment(row["post_modified_at"]),
        seen=seen,
        previous_change=row["previous_change"],
        earlier=earlier,
        flips=flips,
        **about,
    )
