"""Trying Alerts again at once, and where they stand afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crawler.errors import NotFound
from crawler.model import AlertState
from crawler.store import resting
from crawler.store.rows import json_text, moment, text


def retry(connection: sqlite3.Connection, ids: Sequence[int], sinks: Sequence[str], now: datetime) -> list[int]:
    """Make pending and dead Alerts to these Sinks due at once; returns their ids.

    `ids`: only these, each with all of the digest that it is of; none for all. A dead one begins anew, with all its
    attempts. Their Sinks rest no longer. Raises NotFound for an id that is no Alert's, before anything is written.
    """
    known = {row["id"] for row in connection.execute(f"SELECT id {_OF}", (json_text(ids),))}
    unknown = [str(each) for each in ids if each not in known]
    if unknown:
        raise NotFound(f"there is no alert {', '.join(unknown)}; `crawler alerts` lists them")
    rows = connection.execute(
        """
        UPDATE alerts SET state = 'pending', next_attempt_at = :now, asked_at = :now,
               attempts = CASE state WHEN 'dead' THEN 0 ELSE attempts END,
               tried_since = CASE state WHEN 'dead' THEN NULL ELSE tried_since END
         WHERE state IN ('pending', 'dead') AND sink IN (SELECT value FROM json_each(:sinks))
           AND (NOT :some OR id IN (SELECT value FROM json_each(:ids))
                OR (digest_id, sink) IN (SELECT digest_id, sink FROM alerts
                                          WHERE id IN (SELECT value FROM json_each(:ids))))
        RETURNING id, sink
        """,
        {"now": text(now), "sinks": json_text(sinks), "some": bool(ids), "ids": json_text(ids)},
    ).fetchall()
    resting.wake(connection, sorted({row["sink"] for row in rows}))
    return sorted(row["id"] for row in rows)


def states(connection: sqlite3.Connection, ids: Sequence[int]) -> list[AlertState]:
    """Where these Alerts stand, oldest first."""
    rows = connection.execute(f"SELECT * {_OF} ORDER BY id", (json_text(ids),))
    return [
        AlertState(
            id=row["id"],
            sink=row["sink"],
            state=row["state"],
            attempts=row["attempts"],
            next_attempt_at=moment(row["next_attempt_at"]),
            last_error=row["last_error"],
            digest_id=row["digest_id"],
        )
        for row in rows
    ]


_OF = "FROM alerts WHERE id IN (SELECT value FROM json_each(?))"
