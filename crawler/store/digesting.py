"""Digests: Alerts of a Sink that go out as one. All of them carry its id, and move together from state to state."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from crawler.decide.grouping import digest_id, is_bulk
from crawler.decide.pacing import divided
from crawler.model import DigestView, NoticeSource
from crawler.model.pace import DigestReason, Pace
from crawler.store import pacing
from crawler.store.occasions import WAITING, polls_of
from crawler.store.rows import json_text, packed, sure, text

_names = msgspec.json.Decoder(tuple[str, ...]).decode

#: The Alerts of one digest to one Sink as an Alert `:id` of it names them, it alone where it is in none.
SAME = """
    (id = :id OR (digest_id, sink) = (SELECT o.digest_id, o.sink FROM alerts o WHERE o.id = :id))
"""
#: What may go out together of one poll or sweep. One that has to wait for an earlier Alert of its post is
#: left out: a digest is sent in the place of its first Alert, which would bring it before that. CROSS: in this order,
#: from the few to the many. SQLite would go through all that is pending for each.
_TOGETHER = f"""
      FROM changes c CROSS JOIN alerts a ON a.change_id = c.id AND a.sink = :sink
     WHERE c.poll_id IN (SELECT value FROM json_each(:polls)) AND {WAITING} AND a.next_attempt_at <= :now
       AND NOT EXISTS (SELECT 1 FROM changes e CROSS JOIN alerts b ON b.change_id = e.id AND b.sink = a.sink
                        WHERE e.post_id = c.post_id AND b.state = 'pending' AND b.id < a.id)
"""  # noqa: S608 (our own parts)


class Alike(NamedTuple):
    """What Changes that belong together have in common."""

    occasion: str
    kind: str
    #: as stored
    fields: str


def bulks(connection: sqlite3.Connection, sink: str, due: Iterable[sqlite3.Row], now: datetime) -> list[Alike]:
    """Which of these Alerts are to go out as digests, and are none yet."""
    # One of a Notice, in a digest or tried before goes out as it is.
    asked = {row["occasion"] for row in due if row["digest_id"] is None and row["attempts"] == 0}
    return [found for occasion in sorted(asked - {None}) for found in _many(connection, sink, occasion, now)]


def gather(connection: sqlite3.Connection, sink: str, found: Sequence[Alike], now: datetime) -> None:
    """Put them together, each into one digest. That is on disk before it is sent, so that it never is another one."""
    for each in found:
        rows = connection.execute(
            f"SELECT a.id, a.change_id {_TOGETHER} AND c.kind = :kind AND c.fields = :fields ORDER BY a.id",
            _bound(connection, sink, each.occasion, now) | {"kind": each.kind, "fields": each.fields},
        ).fetchall()
        if is_bulk(len(rows)):
            for part in divided([row["id"] for row in rows]):
                _put_together(connection, sink, "group", part, now)


def gather_paced(connection: sqlite3.Connection, sink: str, pace: Pace, now: datetime) -> None:
    """Put together what the Sink's pace sends as one."""
    held = pacing.held(connection, sink, pace, now)
    for batch in pacing.batches(connection, sink, pace, now, held):
        _put_together(connection, sink, batch.reason, batch.members, now)


def _put_together(
    connection: sqlite3.Connection, sink: str, reason: DigestReason, members: Sequence[int], now: datetime
) -> None:
    of_them = "id IN (SELECT value FROM json_each(?))"
    rows = connection.execute(f"SELECT change_id FROM alerts WHERE {of_them}", (json_text(list(members)),))  # noqa: S608
    name = digest_id(row["change_id"] for row in rows)
    connection.execute(
        "INSERT INTO digests (id, sink, reason, made_at) VALUES (?, ?, ?, ?)", (name, sink, reason, text(now))
    )
    connection.execute(f"UPDATE alerts SET digest_id = ? WHERE {of_them}", (name, json_text(list(members))))  # noqa: S608


def keep_body(connection: sqlite3.Connection, alert_id: int, body: bytes | None) -> None:
    """Keep what is sent as the digest that an Alert is of, if it is of one; None once it is taken."""
    connection.execute(
        "UPDATE digests SET body = ? WHERE (id, sink) = (SELECT digest_id, sink FROM alerts WHERE id = ?)",
        (packed(body), alert_id),
    )


def digest(connection: sqlite3.Connection, name: str, sink: str) -> DigestView:
    """A digest with all that an Alert says of it, but for the Changes themselves."""
    (reason,) = connection.execute("SELECT reason FROM digests WHERE id = ? AND sink = ?", (name, sink)).fetchone()
    rows = connection.execute(
        """
        SELECT c.id, c.detected_at, c.kind, c.fields, p.source_id
          FROM alerts a JOIN changes c ON c.id = a.change_id JOIN posts p ON p.id = c.post_id
         WHERE a.digest_id = ? AND a.sink = ? ORDER BY a.id
        """,
        (name, sink),
    ).fetchall()
    sources = {row["source_id"] for row in rows}
    fields = {row["fields"] for row in rows}
    return DigestView(
        id=name,
        reason=reason,
        source=_source(connection, sources.pop()) if len(sources) == 1 else None,
        sources=len({row["source_id"] for row in rows}),
        kinds=tuple(Counter(row["kind"] for row in rows).most_common()),
        fields=_names(fields.pop()) if len(fields) == 1 else (),
        since=sure(min(row["detected_at"] for row in rows)),
        until=sure(max(row["detected_at"] for row in rows)),
        ids=tuple(row["id"] for row in rows),
    )


def _source(connection: sqlite3.Connection, source_id: int) -> NoticeSource:
    row = connection.execute("SELECT name, url FROM sources WHERE id = ?", (source_id,)).fetchone()
    groups = connection.execute("SELECT name FROM source_groups WHERE source_id = ? ORDER BY name", (source_id,))
    return NoticeSource(name=row["name"], url=row["url"], groups=tuple(group["name"] for group in groups))


def _many(connection: sqlite3.Connection, sink: str, occasion: str, now: datetime) -> list[Alike]:
    rows = connection.execute(
        f"SELECT c.kind, c.fields, count(*) AS n {_TOGETHER} GROUP BY c.kind, c.fields ORDER BY min(a.id)",
        _bound(connection, sink, occasion, now),
    )
    return [Alike(occasion, row["kind"], row["fields"]) for row in rows if is_bulk(row["n"])]


def _bound(connection: sqlite3.Connection, sink: str, occasion: str, now: datetime) -> dict[str, str | None]:
    return {"sink": sink, "polls": json_text(polls_of(connection, occasion)), "now": text(now)}
