"""What a Sink's `digest`, `quiet` and `storm` hold back, and what they send as one. `decide.pacing` says when.

Nothing is written down of what waits: it follows from the Alerts and the config at every look.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from crawler.decide.pacing import Told, divided, last_quiet, overflow, quiet_until, window
from crawler.model.pace import AT_ONCE, DigestReason, Hold, Pace
from crawler.store import occasions
from crawler.store.rows import json_text, moment, sure, text

#: An Alert `x` of a Change that was never sent, alone or in a digest.
_UNTRIED = (
    "x.state = 'pending' AND x.attempts = 0 AND x.digest_id IS NULL AND x.last_error IS NULL"
    " AND x.change_id IS NOT NULL"
)
#: An Alert `x` that is held back, with `Held.values`. What somebody asked for with `alerts retry` is not kept waiting.
HELD = f"""
    (:scope = 'all' AND x.asked_at IS NULL OR :scope = 'changes' AND {_UNTRIED}
     OR x.id IN (SELECT value FROM json_each(:storm)))
"""  # noqa: S608 (our own parts)
_CHANGES = "FROM alerts x JOIN changes c ON c.id = x.change_id"


class Batch(NamedTuple):
    """Alerts that are to go out as one, by number."""

    reason: DigestReason
    members: Sequence[int]


class Held(NamedTuple):
    """What a Sink's pace holds back."""

    #: nothing; Changes; in quiet hours Notices and what has been tried, too
    scope: Literal["none", "changes", "all"] = "none"
    #: why and until when Changes wait that have not been tried; None: there are none
    hold: Hold | None = None
    #: until when it is quiet
    quiet: Hold | None = None
    #: those of one Source that are too many
    storm: Mapping[int, Hold] = {}

    @property
    def values(self) -> dict[str, str]:
        """What HELD asks for."""
        return {"scope": self.scope, "storm": json_text(list(self.storm))}

    def of(self, row: Mapping[str, Any]) -> Hold | None:
        """What this Alert waits for, beside its own next attempt."""
        if row["state"] != "pending" or row["asked_at"] is not None:
            return None
        untried = not row["attempts"] and not row["digest_id"] and row["change_id"] and row["last_error"] is None
        if untried and self.scope != "none":
            return self.hold
        return self.quiet or self.storm.get(row["id"])


def within(alert: str) -> str:
    """HELD of an alias of `alerts` in somebody's query."""
    return HELD.replace("x.", f"{alert}.")


def held(connection: sqlite3.Connection, sink: str, pace: Pace, now: datetime) -> Held:
    """What is held back from the Sink now."""
    end = quiet_until(pace, now)
    quiet = Hold(reason="quiet", until=end) if end is not None else None
    if pace.digest is not None:
        since = _first(connection, sink)
        hold = window(pace, since, now) if since is not None else None
        return Held("all" if quiet else "changes", hold, quiet)
    if quiet is not None:
        return Held("all", quiet, quiet)
    if pace.storm is not None:
        return Held(storm=overflow(_told(connection, sink), pace.storm, now))
    return Held()


def batches(connection: sqlite3.Connection, sink: str, pace: Pace, now: datetime) -> list[Batch]:
    """What is to be put together now."""
    if pace == AT_ONCE:
        return []
    found = held(connection, sink, pace, now)
    if found.scope != "none":
        if found.hold is None:
            return []
        condition = "true" if found.hold.until <= now else "x.asked_at IS NOT NULL"
        return _parts(connection, sink, found.hold.reason, _members(connection, sink, condition))
    end = last_quiet(pace, now)
    before = _members(connection, sink, "c.detected_at < :end", end=text(end)) if end is not None else []
    return _parts(connection, sink, "quiet", before) or _storms(connection, sink, found.storm, now)


def _parts(connection: sqlite3.Connection, sink: str, reason: DigestReason, members: Sequence[int]) -> list[Batch]:
    """In parts that fit into a digest each. What waits for another part of them is left for later."""
    parts = (_in_order(connection, sink, part) for part in divided(_in_order(connection, sink, members)))
    return [Batch(reason, part) for part in parts if part]


def _first(connection: sqlite3.Connection, sink: str) -> datetime | None:
    """When the first one was detected that waits."""
    row = connection.execute(
        f"SELECT c.detected_at {_CHANGES} WHERE x.sink = ? AND {_UNTRIED} ORDER BY x.id LIMIT 1",
        (sink,),
    ).fetchone()
    return None if row is None else moment(row["detected_at"])


def _told(connection: sqlite3.Connection, sink: str) -> list[Told]:
    """All Alerts in no digest of the hours in which some wait."""
    rows = connection.execute(
        f"""
        WITH hours AS (SELECT DISTINCT substr(c.detected_at, 1, 13) AS hour {_CHANGES}
                        WHERE x.sink = :sink AND {_UNTRIED})
        SELECT x.id, p.source_id, c.detected_at, {_UNTRIED} AS waits
          FROM hours CROSS JOIN changes c ON c.detected_at >= hour AND c.detected_at < hour || '~'
         CROSS JOIN alerts x ON x.change_id = c.id AND x.sink = :sink
          JOIN posts p ON p.id = c.post_id
         WHERE x.digest_id IS NULL ORDER BY x.id
        """,  # noqa: S608 (our own parts)
        {"sink": sink},
    )
    return [
        Told(alert=row["id"], source=row["source_id"], detected_at=sure(row["detected_at"]), waits=bool(row["waits"]))
        for row in rows
    ]


def _storms(connection: sqlite3.Connection, sink: str, storm: Mapping[int, Hold], now: datetime) -> list[Batch]:
    """Those whose hour is over, for each Source and hour; a poll or sweep under way may bring more like them."""
    if not storm:
        return []
    over = [alert for alert, hold in storm.items() if hold.until <= now]
    rows = connection.execute(
        f"""
        SELECT x.id, p.source_id, substr(c.detected_at, 1, 13) AS hour {_CHANGES} JOIN posts p ON p.id = c.post_id
         WHERE x.id IN (SELECT value FROM json_each(:storm)) AND x.sink = :sink
           AND (x.asked_at IS NOT NULL OR x.id IN (SELECT value FROM json_each(:over))
                AND c.poll_id NOT IN (SELECT value FROM json_each(:unfinished)))
        """,  # noqa: S608
        {
            "sink": sink,
            "storm": json_text(list(storm)),
            "over": json_text(over),
            "unfinished": json_text(occasions.unfinished(connection, sink, now)) if over else "[]",
        },
    ).fetchall()
    found: dict[tuple[int, str], list[int]] = {}
    for row in rows:
        found.setdefault((row["source_id"], row["hour"]), []).append(row["id"])
    return [part for ids in found.values() for part in _parts(connection, sink, "storm", ids)]


def _members(connection: sqlite3.Connection, sink: str, condition: str, **values: str | None) -> list[int]:
    rows = connection.execute(
        f"SELECT x.id {_CHANGES} WHERE x.sink = :sink AND {_UNTRIED} AND {condition}",
        {"sink": sink, **values},
    )
    return [row["id"] for row in rows]


def _in_order(connection: sqlite3.Connection, sink: str, ids: Sequence[int]) -> list[int]:
    """Those of these Alerts that wait for no earlier one of their Post: a digest would come before that."""
    rows = connection.execute(
        """
        WITH together AS MATERIALIZED (SELECT value AS id FROM json_each(:ids))
        SELECT a.id FROM together t JOIN alerts a ON a.id = t.id JOIN changes c ON c.id = a.change_id
         WHERE NOT EXISTS (SELECT 1 FROM changes e CROSS JOIN alerts b ON b.change_id = e.id AND b.sink = :sink
                            WHERE e.post_id = c.post_id AND b.state = 'pending' AND b.id < a.id
                              AND b.id NOT IN (SELECT id FROM together))
         ORDER BY a.id
        """,
        {"sink": sink, "ids": json_text(sorted(ids))},
    )
    return [row["id"] for row in rows]
