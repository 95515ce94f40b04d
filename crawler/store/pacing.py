"""What a Sink's `digest`, `quiet` and `storm` hold back, and what they send as one. `decide.pacing` says when.

Nothing is written down of what waits: it follows from the Alerts and the config at every look.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from crawler.decide.pacing import Told, divided, last_quiet, overflow, quiet_until, storm, window
from crawler.model.pace import DigestReason, Hold, Pace
from crawler.store import occasions
from crawler.store.rows import json_text, moment, sure, text

#: An Alert `x` of a Change that was never sent, alone or in a digest, or that begins anew without having been seen.
_UNTRIED = """
    x.state = 'pending' AND x.attempts = 0 AND x.body IS NULL AND x.digest_id IS NULL AND x.change_id IS NOT NULL
"""
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
    storm: Mapping[int, Told] = {}

    @property
    def values(self) -> dict[str, str]:
        """What HELD asks for."""
        return {"scope": self.scope, "storm": json_text(list(self.storm))}

    def of(self, row: Mapping[str, Any], now: datetime) -> Hold | None:
        """What this Alert waits for, beside its own next attempt."""
        if row["state"] != "pending" or row["asked_at"] is not None:
            return None
        untried = not row["attempts"] and not row["digest_id"] and row["change_id"]
        if untried and self.scope != "none":
            return self.hold
        too_many = self.storm.get(row["id"])
        return self.quiet or (_storm(too_many.hour, now) if too_many is not None else None)


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
        return Held(storm={each.alert: each for each in overflow(_told(connection, sink), pace.storm)})
    return Held()


def batches(connection: sqlite3.Connection, sink: str, pace: Pace, now: datetime, found: Held) -> list[Batch]:
    """What is to be put together now of what is held back, and of what was in quiet hours."""
    if found.scope != "none":
        if found.hold is None:
            return []
        condition = "true" if found.hold.until <= now else "x.asked_at IS NOT NULL"
        return _parts(connection, sink, found.hold.reason, _members(connection, sink, condition))
    end = last_quiet(pace, now)
    before = _members(connection, sink, "c.detected_at < :end", end=text(end)) if end is not None else []
    return _parts(connection, sink, "quiet", before) or _storms(connection, sink, found, now)


def _parts(connection: sqlite3.Connection, sink: str, reason: DigestReason, members: Sequence[int]) -> list[Batch]:
    """In parts that fit into a digest each. What waits for another part of them is left for later."""
    parts = (_in_order(connection, sink, part) for part in divided(_in_order(connection, sink, members)))
    return [Batch(reason, part) for part in parts if part]


def _first(connection: sqlite3.Connection, sink: str) -> datetime | None:
    """When the first one was detected that waits, and does not wait for an Alert of its Post that is tried."""
    row = connection.execute(
        f"""
        SELECT c.detected_at {_CHANGES} WHERE x.sink = :sink AND {_UNTRIED}
           AND NOT EXISTS (SELECT 1 FROM changes e CROSS JOIN alerts b ON b.change_id = e.id AND b.sink = :sink
                            WHERE e.post_id = c.post_id AND b.state = 'pending' AND b.id < x.id
                              AND (b.attempts > 0 OR b.body IS NOT NULL OR b.digest_id IS NOT NULL))
         ORDER BY x.id LIMIT 1
        """,  # noqa: S608
        {"sink": sink},
    ).fetchone()
    return None if row is None else moment(row["detected_at"])


def _told(connection: sqlite3.Connection, sink: str) -> Iterator[Told]:
    """All Alerts in no digest of the hours in which some wait."""
    rows = connection.execute(
        f"""
        WITH hours AS (SELECT DISTINCT substr(c.detected_at, 1, 13) AS hour {_CHANGES}
                        WHERE x.sink = :sink AND {_UNTRIED})
        SELECT x.id, p.source_id, hour, {_UNTRIED} AS waits
          FROM hours CROSS JOIN changes c ON c.detected_at >= hour AND c.detected_at < hour || '~'
         CROSS JOIN alerts x ON x.change_id = c.id AND x.sink = :sink
          JOIN posts p ON p.id = c.post_id
         WHERE x.digest_id IS NULL ORDER BY x.id
        """,  # noqa: S608 (our own parts)
        {"sink": sink},
    )
    return map(Told._make, rows)


def _storms(connection: sqlite3.Connection, sink: str, held: Held, now: datetime) -> list[Batch]:
    """Those whose hour is over, for each Source and hour; a poll or sweep under way may bring more like them."""
    if not held.storm:
        return []
    hours = {each.hour for each in held.storm.values()}
    ended = {hour for hour in hours if _storm(hour, now).until <= now}
    over = [alert for alert, each in held.storm.items() if each.hour in ended]
    rows = connection.execute(
        """
        SELECT x.id FROM alerts x JOIN changes c ON c.id = x.change_id
         WHERE x.id IN (SELECT value FROM json_each(:storm)) AND (x.asked_at IS NOT NULL
               OR x.id IN (SELECT value FROM json_each(:over))
                  AND (c.poll_id IS NULL OR c.poll_id NOT IN (SELECT value FROM json_each(:unfinished))))
        """,
        {
            "storm": held.values["storm"],
            "over": json_text(over),
            "unfinished": json_text(occasions.unfinished(connection, sink, now)) if over else "[]",
        },
    )
    found: dict[tuple[int, str], list[int]] = {}
    for (alert,) in rows.fetchall():
        found.setdefault((held.storm[alert].source, held.storm[alert].hour), []).append(alert)
    return [part for ids in found.values() for part in _parts(connection, sink, "storm", ids)]


def _storm(hour: str, now: datetime) -> Hold:
    return storm(sure(f"{hour}:00:00Z"), now)


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
