"""Posts that may be gone: which they are, whose turn it is, and the Changes of those that are. Decides nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from crawler.model import Plan, RemovalPlan, Source, Suspect
from crawler.store import returning
from crawler.store.posting import alert_rows, change_row, insert
from crawler.store.rows import json_text, needed, suspicion, text
from crawler.store.vanishing import ONLY_BY_FEED
from crawler.store.watched import SOURCES, WATCHED, source_of
from crawler.text import canonical_link

#: A collection that is polled and has shown the post.
_SHOWN_BY = """
    sightings s JOIN endpoints e ON e.id = s.endpoint_id AND e.kind = 'rest' AND e.retired_at IS NULL
"""
#: The public Posts of a Source that its collections show, but for suspects.
_SHOWN = f"""
      FROM posts p WHERE p.source_id = ? AND p.state IN ('public', 'protected')
       AND EXISTS (SELECT 1 FROM {_SHOWN_BY} WHERE s.post_id = p.id)
       AND NOT EXISTS (SELECT 1 FROM suspects x WHERE x.post_id = p.id)
"""  # noqa: S608 (our own parts)
#: A feed that is polled and shows the post no more.
_FEED_MISSES = """
    sightings s JOIN endpoints e ON e.id = s.endpoint_id AND e.retired_at IS NULL AND s.missing_since IS NOT NULL
"""


def due(connection: sqlite3.Connection, now: datetime, *, limit: int, besides: Iterable[int]) -> list[Source]:
    """The polled Sources with a suspect to look at, or a sweep to go on with."""
    rows = connection.execute(
        f"""
        {SOURCES}
         WHERE s.id IN (
                SELECT x.source_id FROM suspects x JOIN posts p ON p.id = x.post_id
                 WHERE x.held = 0 AND x.next_check_at <= :now
                   AND (EXISTS (SELECT 1 FROM {_SHOWN_BY} WHERE s.post_id = x.post_id AND e.source_id = x.source_id)
                        OR EXISTS (SELECT 1 FROM {_FEED_MISSES} WHERE s.post_id = x.post_id AND {ONLY_BY_FEED}))
                 UNION
                SELECT e.source_id FROM walks w JOIN endpoints e ON e.id = w.endpoint_id AND e.retired_at IS NULL
                 WHERE w.kind <> 'baseline' AND w.done = 0 AND coalesce(w.next_at, '') <= :now)
           AND {WATCHED} AND s.id NOT IN (SELECT value FROM json_each(:besides))
         ORDER BY s.id LIMIT :limit
        """,  # noqa: S608 (our own parts)
        {"now": text(now), "limit": limit, "besides": json_text(list(besides))},
    )
    return [source_of(row) for row in rows]


def put_off(connection: sqlite3.Connection, source_id: int, until: datetime, of: Sequence[int] | None) -> None:
    """Leave what would be due of a Source, or of these Endpoints of it, alone: it could not be looked at."""
    asked = (text(until), source_id, None if of is None else json_text(list(of)))
    connection.execute(
        f"""
        UPDATE suspects SET next_check_at = ?1 WHERE source_id = ?2 AND next_check_at < ?1
           AND (?3 IS NULL OR (SELECT s.endpoint_id FROM {_SHOWN_BY} WHERE s.post_id = suspects.post_id
                                ORDER BY s.last_seen_at DESC LIMIT 1) IN (SELECT value FROM json_each(?3)))
        """,  # noqa: S608 (our own parts)
        asked,
    )
    connection.execute(
        """
        UPDATE walks SET next_at = ?1 WHERE kind <> 'baseline' AND done = 0 AND coalesce(next_at, '') < ?1
           AND endpoint_id IN (SELECT id FROM endpoints WHERE source_id = ?2)
           AND (?3 IS NULL OR endpoint_id IN (SELECT value FROM json_each(?3)))
        """,
        asked,
    )


def suspects(connection: sqlite3.Connection, source_id: int) -> list[Suspect]:
    """The suspects of a Source that can be looked at, those whose turn comes first in front."""
    rows = connection.execute(
        f"""
        SELECT x.*, p.wp_id, p.link, p.title, p.state,
               (SELECT s.endpoint_id FROM {_SHOWN_BY} WHERE s.post_id = p.id AND e.source_id = p.source_id
                 ORDER BY s.last_seen_at DESC LIMIT 1) AS shown_by
          FROM suspects x JOIN posts p ON p.id = x.post_id
         WHERE x.source_id = ? AND p.wp_id IS NOT NULL AND shown_by IS NOT NULL
         ORDER BY x.next_check_at, x.post_id
        """,  # noqa: S608 (our own parts)
        (source_id,),
    ).fetchall()
    return [Suspect(**_post(connection, row), **suspicion(row)) for row in rows]


def missing(connection: sqlite3.Connection, source_id: int, since: datetime, *, now: datetime) -> list[Suspect]:
    """The public Posts that no collection of the Source has shown since then, as the suspects that they become."""
    rows = connection.execute(
        f"""
        SELECT p.id AS post_id, p.source_id, p.wp_id, p.link, p.title, p.state, s.endpoint_id AS shown_by,
               max(s.last_seen_at) AS last_seen
          FROM {_SHOWN_BY} JOIN posts p ON p.id = s.post_id
         WHERE e.source_id = ? AND p.state IN ('public', 'protected') AND p.wp_id IS NOT NULL
         GROUP BY p.id HAVING last_seen < ? ORDER BY p.id
        """,  # noqa: S608 (our own parts)
        (source_id, text(since)),
    ).fetchall()
    return [Suspect(**_post(connection, row), evidence="", first_at=now, next_check_at=now) for row in rows]


def public_posts(connection: sqlite3.Connection, source_id: int) -> int:
    """How many public Posts the Source's collections have shown."""
    (number,) = connection.execute(
        f"""
        SELECT count(DISTINCT p.id) FROM {_SHOWN_BY} JOIN posts p ON p.id = s.post_id
         WHERE e.source_id = ? AND p.state IN ('public', 'protected')
        """,  # noqa: S608 (our own parts)
        (source_id,),
    ).fetchone()
    return int(number)


def left_for(connection: sqlite3.Connection, source_id: int, host: str) -> tuple[str, str] | None:
    """Scheme and host of where the public Posts of the Source are that have all left this host; None: they have not.

    Those that its collections show, but for suspects: these may have been shown last before their site moved.
    """
    if not _was_on(connection, source_id, host):
        return None
    on_it = f"SELECT 1 {_SHOWN} AND instr(p.link, '://' || ? || '/') IN (5, 6) LIMIT 1"
    if connection.execute(on_it, (source_id, host)).fetchone() is not None:
        return None
    rows = connection.execute(f"SELECT p.link {_SHOWN} AND p.link IS NOT NULL", (source_id,))
    places = {urlsplit(row["link"])[:2] for row in rows}
    # Both schemes may be known, as a link that only moves to https is no other one: the greater one is https.
    return max(places) if len({place for _, place in places} | {host}) == 2 else None


def _was_on(connection: sqlite3.Connection, source_id: int, host: str) -> bool:
    """Whether a Post of the Source that is no suspect has ever been on this host; keys stay when a link moves."""
    begin = canonical_link(f"https://{host}/")
    row = connection.execute(
        """
        SELECT 1 FROM post_keys k WHERE k.source_id = ? AND k.kind = 'link' AND k.value >= ? AND k.value < ?
           AND NOT EXISTS (SELECT 1 FROM suspects x WHERE x.post_id = k.post_id) LIMIT 1
        """,
        (source_id, begin, begin + "\U0010ffff"),
    ).fetchone()
    return row is not None


def is_taken(connection: sqlite3.Connection, source_id: int, link: str, post_id: int) -> bool:
    """Whether another Post stands at this address now: a trashed post frees its link (measured on WordPress)."""
    owner = connection.execute(
        "SELECT post_id FROM post_keys WHERE source_id = ? AND kind = 'link' AND value = ?",
        (source_id, canonical_link(link)),
    ).fetchone()
    return owner is not None and owner["post_id"] != post_id


def witnesses(connection: sqlite3.Connection, endpoint_id: int, limit: int) -> list[int]:
    """WordPress ids of Posts that the collection should show, those shown last in front."""
    rows = connection.execute(
        """
        SELECT p.wp_id FROM sightings s CROSS JOIN posts p ON p.id = s.post_id
         WHERE s.endpoint_id = ? AND p.state = 'public' AND p.wp_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM suspects x WHERE x.post_id = p.id)
         ORDER BY s.last_seen_at DESC LIMIT ?
        """,
        (endpoint_id, limit),
    )
    return [int(row["wp_id"]) for row in rows]


def write(connection: sqlite3.Connection, plan: Plan, poll_id: int, *, at: str) -> None:
    """Write what a Plan says of removals and suspects; a Post that its collection shows is suspected no longer."""
    _removals(connection, plan.suspicion.removals, poll_id, at)
    rows = [_row(plan.source_id, each) for each in plan.suspicion.suspects]
    if rows:
        replace = ", ".join(f"{name} = excluded.{name}" for name in rows[0] if name != "post_id")
        insert(connection, "suspects", rows, clause=f"ON CONFLICT (post_id) DO UPDATE SET {replace}")
    connection.executemany(
        "UPDATE sightings SET missing_since = coalesce(missing_since, ?) WHERE post_id = ? AND endpoint_id = ?",
        [(at, each.post_id, each.endpoint_id) for each in plan.suspicion.suspects if each.wp_id is None],
    )
    connection.executemany("DELETE FROM suspects WHERE post_id = ?", [(post_id,) for post_id in plan.suspicion.cleared])
    _clear_shown(connection, plan)


def _clear_shown(connection: sqlite3.Connection, plan: Plan) -> None:
    """Of what a collection has shown a feed is no witness: it may be a copy that a cache has kept."""
    shown = [*plan.seen, *(post.post_id for post in plan.posts if post.post_id is not None)]
    if not shown or connection.execute("SELECT 1 FROM suspects LIMIT 1").fetchone() is None:
        return
    connection.executemany(
        """
        DELETE FROM suspects WHERE post_id = ?
           AND ((SELECT kind FROM endpoints WHERE id = ?) = 'rest'
                OR NOT EXISTS (SELECT 1 FROM sightings s JOIN endpoints e ON e.id = s.endpoint_id
                                WHERE s.post_id = suspects.post_id AND e.kind = 'rest'))
           AND (SELECT state FROM posts WHERE id = post_id) IN ('public', 'protected')
        """,
        [(post_id, plan.endpoint_id) for post_id in shown],
    )


def _removals(connection: sqlite3.Connection, removals: Iterable[RemovalPlan], poll_id: int, at: str) -> None:
    returning.forget(connection, [removal.post_id for removal in removals])
    for removal in removals:
        connection.execute("UPDATE posts SET state = ? WHERE id = ?", (removal.state, removal.post_id))
        row = change_row(removal.change, post_id=removal.post_id, revision_id=None, poll_id=poll_id, at=at)
        insert(connection, "changes", [row])
        insert(connection, "alerts", alert_rows(removal.change, at=at))


def _post(connection: sqlite3.Connection, row: sqlite3.Row) -> Mapping[str, Any]:
    return {
        "post_id": row["post_id"],
        "wp_id": row["wp_id"],
        "endpoint_id": row["shown_by"],
        "link": row["link"],
        "is_replaced": row["link"] is not None and is_taken(connection, row["source_id"], row["link"], row["post_id"]),
        "title": row["title"],
        "state": row["state"],
    }


def _row(source_id: int, suspect: Suspect) -> dict[str, Any]:
    return {
        "post_id": suspect.post_id,
        "source_id": source_id,
        "kind": suspect.kind,
        "evidence": suspect.evidence,
        "checks": suspect.checks,
        "trouble": suspect.trouble,
        "sweeps": suspect.sweeps,
        "held": int(suspect.held),
        "first_at": needed(text(suspect.first_at)),
        "next_check_at": needed(text(suspect.next_check_at)),
    }
