"""Coverage: from when to when an edit could have been seen. A quiet poll costs one UPDATE of the spans that go on.

`new` is seen by any look that worked, `edits` by REST or inside a feed's window, `silent` edits (which move no date)
by a whole sweep or in a feed whose body came: its 304 knows of none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from crawler.decide import health
from crawler.model import Plan
from crawler.model.plan import Sees
from crawler.store.rows import needed, sure, text

#: Why a span ends: the program did not run, the Source failed, …
Reason = Literal["down", "failing", "paused", "robots", "rest_closed", "removed"]


def looked(connection: sqlite3.Connection, plan: Plan, before: sqlite3.Row) -> None:
    """A look was taken: what it saw is seen up to now. `before`: the Source's standing until then."""
    at = needed(text(plan.now))
    last, expected = before["last_try_at"], before["expected_at"]
    if last is not None and expected is not None and health.was_missed(sure(last), sure(expected), plan.now):
        _missed(connection, plan, last)
    if not plan.sees or before["state"] == "paused" or plan.endpoint is None or not plan.endpoint.works:
        return
    marks = ", ".join("?" * len(plan.sees))
    moved = connection.execute(
        f"""
        UPDATE coverage_spans SET to_at = max(to_at, ?)
         WHERE source_id = ? AND sees IN ({marks}) AND end_reason IS NULL
        """,  # noqa: S608 (question marks)
        (at, plan.source_id, *plan.sees),
    )
    if moved.rowcount < len(plan.sees):
        _begin(connection, plan.source_id, plan.sees, at)


def failed(connection: sqlite3.Connection, source: sqlite3.Row, reason: Reason) -> None:
    """Nothing of the Source can be read. A sweep of a site sees later what was edited silently meanwhile."""
    ended(
        connection, source["id"], ("new", "edits", "silent") if source["kind"] == "feed" else ("new", "edits"), reason
    )


def ended(connection: sqlite3.Connection, source_id: int, sees: Sequence[Sees], reason: Reason) -> None:
    """What was seen until the last look that worked is not seen any more."""
    connection.executemany(
        "UPDATE coverage_spans SET end_reason = ? WHERE source_id = ? AND sees = ? AND end_reason IS NULL",
        [(reason, source_id, each) for each in sees],
    )


def blind(connection: sqlite3.Connection, source_id: int, reason: Reason, now: datetime) -> None:
    """Its collections cannot be read: no edit is seen. Where none ever was, that is a gap from the beginning."""
    ended(connection, source_id, ("edits",), reason)
    connection.execute(
        """
        INSERT INTO coverage_spans (source_id, sees, from_at, to_at, end_reason)
        SELECT id, 'edits', coalesce(baseline_at, :now), coalesce(baseline_at, :now), :reason FROM sources s
         WHERE id = :id AND NOT EXISTS (SELECT 1 FROM coverage_spans WHERE source_id = :id AND sees = 'edits')
        """,
        {"id": source_id, "now": text(now), "reason": reason},
    )


def unwatched(connection: sqlite3.Connection) -> None:
    """End what is open of Sources that are not watched any more, as the config wants it."""
    connection.execute(
        """
        UPDATE coverage_spans SET end_reason = CASE
               WHEN (SELECT state FROM sources s WHERE s.id = source_id) = 'paused' THEN 'paused' ELSE 'removed' END
         WHERE end_reason IS NULL
           AND source_id IN (SELECT id FROM sources WHERE state IN ('paused', 'removed', 'duplicate'))
        """
    )


def swept(connection: sqlite3.Connection, source_id: int, since: datetime, until: datetime) -> None:
    """A sweep has ended: silent edits between the begin of the last one (`since`) and its own (`until`) were seen."""
    last = connection.execute(
        "SELECT id, to_at, end_reason FROM coverage_spans WHERE source_id = ? AND sees = 'silent'"
        " ORDER BY from_at DESC, id DESC LIMIT 1",
        (source_id,),
    ).fetchone()
    begin, end = needed(text(since)), needed(text(until))
    if last is not None and begin <= last["to_at"]:
        # No gap lies between, whatever had ended it.
        connection.execute(
            "UPDATE coverage_spans SET to_at = max(to_at, ?), end_reason = NULL WHERE id = ?", (end, last["id"])
        )
        return
    ended(connection, source_id, ("silent",), "down")
    connection.execute(
        "INSERT INTO coverage_spans (source_id, sees, from_at, to_at) VALUES (?, 'silent', ?, ?)",
        (source_id, begin, end),
    )


def _missed(connection: sqlite3.Connection, plan: Plan, last: str) -> None:
    """Nobody has looked since then, and somebody should have. Silent edits wait for a whole reading anyway."""
    connection.executemany(
        """
        UPDATE coverage_spans SET end_reason = 'down'
         WHERE source_id = ? AND sees = ? AND end_reason IS NULL AND to_at <= ?
        """,
        [(plan.source_id, each, last) for each in ("new", "edits")],
    )


def _begin(connection: sqlite3.Connection, source_id: int, sees: Sequence[Sees], at: str) -> None:
    connection.executemany(
        """
        INSERT INTO coverage_spans (source_id, sees, from_at, to_at)
        SELECT :id, :sees, :at, :at
         WHERE NOT EXISTS (SELECT 1 FROM coverage_spans
                            WHERE source_id = :id AND sees = :sees AND end_reason IS NULL)
        """,
        [{"id": source_id, "sees": each, "at": at} for each in sees],
    )
