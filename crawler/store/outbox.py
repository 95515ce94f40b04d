"""The outbox: Alerts that wait for their Sink, with everything that is needed to write them out.

The Alerts of a digest stand in the place of the first of them, and are taken or refused together.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from crawler.model import (
    ChangeView,
    DigestView,
    FieldDiff,
    NoticeSource,
    NoticeView,
    PendingAlert,
    PostView,
    Ref,
    RevisionView,
)
from crawler.store import digesting, occasions, pacing
from crawler.store.rows import json_text, moment, sure, text, unpacked

NOTHING_HELD = pacing.Held()

_details = msgspec.json.Decoder(tuple[FieldDiff, ...]).decode
_names = msgspec.json.Decoder(tuple[Ref, ...]).decode

_CHANGE = """
    SELECT c.*, p.wp_id, p.guid, p.type AS post_type, p.state AS post_state, p.link AS post_link,
           p.title AS post_title, p.author AS post_author, p.published_at AS post_published_at,
           p.modified_at AS post_modified_at, s.name AS source_name, s.url AS source_url, s.id AS source_id,
           s.timezone AS source_timezone,
           old.number AS old_number, old.observed_at AS old_observed_at, old.modified_at AS old_modified_at,
           old.content_hash AS old_hash, old.content AS old_content, old.title AS old_title, old.link AS old_link,
           old.author AS old_author, old.categories AS old_categories, old.tags AS old_tags,
           old.published_at AS old_published_at,
           new.number AS new_number, new.observed_at AS new_observed_at, new.modified_at AS new_modified_at,
           new.content_hash AS new_hash, new.content AS new_content, new.title AS new_title, new.link AS new_link,
           new.author AS new_author, new.categories AS new_categories, new.tags AS new_tags,
           new.published_at AS new_published_at
      FROM changes c
      JOIN posts p ON p.id = c.post_id
      JOIN sources s ON s.id = p.source_id
      LEFT JOIN revisions old ON old.id = c.old_revision_id
      LEFT JOIN revisions new ON new.id = c.new_revision_id
"""

#: the state that a post is in through a Change, which may not be its state any more when the Alert goes out
_STATE_AFTER = {"protected": "protected", "unpublished": "unpublished", "deleted": "deleted"}


def due(
    connection: sqlite3.Connection,
    sink: str,
    now: datetime,
    limit: int,
    *,
    failures: int = 0,
    held: pacing.Held = NOTHING_HELD,
) -> list[sqlite3.Row]:
    """The due Alerts of a Sink, oldest first; of a digest the first one.

    After `failures` in a row one is to be tried to see whether the Sink is back. That is one that was tried least, by
    turns the oldest and the newest of those: they may be what the Sink has trouble with, and dozens of them in a row.

    One waits for the earlier ones of its post, or about its Source, and for the end of the poll or sweep that it was
    found in; and what is `held` back waits.
    """
    probing = failures > 0
    order = "a.id" if not probing else "a.attempts, a.id" if failures % 2 else "a.attempts, a.id DESC"
    waiting = f"""
        SELECT 1 FROM alerts a WHERE a.sink = :sink AND a.state = 'pending' AND a.next_attempt_at <= :now
           AND NOT {pacing.within("a")} LIMIT 1
    """  # noqa: S608 (our own parts)
    if connection.execute(waiting, {"sink": sink, "now": text(now), **held.values}).fetchone() is None:
        return []
    return connection.execute(
        f"""
        WITH unfinished AS (SELECT value AS id FROM json_each(:unfinished))
        SELECT a.id, a.sink, a.attempts, a.digest_id, coalesce(a.digest_id, a.change_id, a.notice_id) AS data_id,
               c.kind AS change_kind, c.fields, {occasions.NAME} AS occasion
          FROM alerts a
          LEFT JOIN changes c ON c.id = a.change_id
          LEFT JOIN polls p ON p.id = c.poll_id
          LEFT JOIN notices n ON n.id = a.notice_id
         WHERE a.sink = :sink AND a.state = 'pending' AND a.next_attempt_at <= :now
           AND NOT {pacing.within("a")}
           AND NOT (p.id IS NOT NULL AND p.id IN unfinished AND {occasions.WAITING})
           AND (a.digest_id IS NULL OR NOT EXISTS (
                SELECT 1 FROM alerts b
                 WHERE b.digest_id = a.digest_id AND b.sink = a.sink AND b.state = 'pending' AND b.id < a.id))
           -- CROSS: from the few to the many; SQLite would go through all that is pending for each
           AND NOT EXISTS (SELECT 1 FROM changes e CROSS JOIN alerts b ON b.change_id = e.id AND b.sink = a.sink
                            WHERE e.post_id = c.post_id AND b.state = 'pending' AND b.id < a.id
                              AND (:probing OR b.next_attempt_at > :now OR {pacing.within("b")}
                                   OR b.attempts = 0 AND b.body IS NULL AND b.digest_id IS NULL
                                      AND e.poll_id IN unfinished))
           AND NOT (n.id IS NOT NULL AND EXISTS (
                    SELECT 1 FROM notices m CROSS JOIN alerts b ON b.notice_id = m.id AND b.sink = a.sink
                     WHERE m.source_id IS n.source_id AND b.state = 'pending' AND b.id < a.id
                       AND (:probing OR b.next_attempt_at > :now OR {pacing.within("b")})))
         ORDER BY {order} LIMIT :limit
        """,  # noqa: S608 (our own parts)
        {
            "sink": sink,
            "now": text(now),
            "probing": probing,
            "limit": 1 if probing else limit,
            "unfinished": json_text(occasions.unfinished(connection, sink, now)),
            **held.values,
        },
    ).fetchall()


def alert(row: sqlite3.Row) -> PendingAlert:
    """A due Alert."""
    return PendingAlert(id=row["id"], sink=row["sink"], attempts=row["attempts"], data_id=row["data_id"])


def body(connection: sqlite3.Connection, alert_id: int) -> bytes | None:
    """The object that an Alert or the digest that it is of was sent as; None: it was not sent, or made by mistake."""
    (found,) = connection.execute(
        """
        SELECT CASE WHEN a.digest_id IS NULL THEN a.body ELSE d.body END
          FROM alerts a LEFT JOIN digests d ON d.id = a.digest_id AND d.sink = a.sink WHERE a.id = ?
        """,
        (alert_id,),
    ).fetchone()
    return unpacked(found)


def news(connection: sqlite3.Connection, alert_id: int) -> ChangeView | NoticeView | DigestView:
    """What an Alert, or the digest that it is of, tells."""
    row = connection.execute(
        "SELECT sink, change_id, notice_id, digest_id FROM alerts WHERE id = ?", (alert_id,)
    ).fetchone()
    if row["notice_id"] is not None:
        return notice(connection, row["notice_id"])
    if row["digest_id"] is not None:
        return digesting.digest(connection, row["digest_id"], row["sink"])
    return change(connection, row["change_id"])


def change(connection: sqlite3.Connection, change_id: str) -> ChangeView:
    """A Change with all that an Alert says of it."""
    row = connection.execute(f"{_CHANGE} WHERE c.id = ?", (change_id,)).fetchone()
    return ChangeView(
        id=row["id"],
        kind=row["kind"],
        silent=_flag(row["silent"]),
        noted=_flag(row["noted"]),
        detected_at=sure(row["detected_at"]),
        old_seen_at=moment(row["old_seen_at"]),
        source_name=row["source_name"],
        source_url=row["source_url"],
        source_timezone=row["source_timezone"],
        groups=_groups(connection, row["source_id"]),
        post=_post(row),
        old=_revision(row, "old"),
        new=_revision(row, "new"),
        fields=_details(row["details"]),
        words_added=row["words_added"],
        words_removed=row["words_removed"],
        summary=row["summary"],
        diff=row["diff"],
    )


def notice(connection: sqlite3.Connection, notice_id: str) -> NoticeView:
    """A Notice with all that an Alert says of it."""
    row = connection.execute(
        """
        SELECT n.*, s.name AS source_name, s.url AS source_url
          FROM notices n LEFT JOIN sources s ON s.id = n.source_id WHERE n.id = ?
        """,
        (notice_id,),
    ).fetchone()
    source = None
    if row["source_id"] is not None:
        groups = _groups(connection, row["source_id"])
        source = NoticeSource(name=row["source_name"], url=row["source_url"], groups=groups)
    return NoticeView(id=row["id"], kind=row["kind"], at=sure(row["at"]), source=source, text=row["text"])


def _groups(connection: sqlite3.Connection, source_id: int) -> tuple[str, ...]:
    rows = connection.execute("SELECT name FROM source_groups WHERE source_id = ? ORDER BY name", (source_id,))
    return tuple(row["name"] for row in rows)


def delivered(connection: sqlite3.Connection, alert_id: int, at: datetime, reply: str | None) -> None:
    """The Sink said yes to an Alert, and with it to all of its digest."""
    connection.execute(
        f"""
        UPDATE alerts SET state = 'delivered', attempts = attempts + 1, delivered_at = :at, reply = :reply,
               next_attempt_at = NULL, last_error = NULL, body = NULL
         WHERE {digesting.SAME} AND (id = :id OR state = 'pending')
        """,  # noqa: S608
        {"id": alert_id, "at": text(at), "reply": reply},
    )
    digesting.keep_body(connection, alert_id, None)


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _post(row: sqlite3.Row) -> PostView:
    """The post as it was right after the Change, so that a late Alert says the same as a prompt one."""
    side = "new" if row["new_number"] is not None else "old"

    def told(name: str, fallback: str | None = None) -> str | None:
        value: str | None = row[f"{side}_{name}"]
        if value is None and fallback is not None:
            value = row[fallback]
        return value

    categories, tags = told("categories"), told("tags")
    return PostView(
        id=row["post_id"],
        wp_id=row["wp_id"],
        guid=row["guid"],
        type=row["post_type"],
        state=_STATE_AFTER.get(row["kind"], "public"),
        link=told("link", "post_link"),
        title=told("title", "post_title"),
        author=told("author", "post_author"),
        categories=tuple(ref.name for ref in _names(categories)) if categories else (),
        tags=tuple(ref.name for ref in _names(tags)) if tags else (),
        published_at=moment(told("published_at", "post_published_at")),
        modified_at=moment(told("modified_at", "post_modified_at")),
    )


def _revision(row: sqlite3.Row, side: str) -> RevisionView | None:
    if row[f"{side}_number"] is None:
        return None
    return RevisionView(
        number=row[f"{side}_number"],
        observed_at=sure(row[f"{side}_observed_at"]),
        modified_at=moment(row[f"{side}_modified_at"]),
        hash=row[f"{side}_hash"],
        content=row[f"{side}_content"],
    )
