"""Which poll or sweep a row of `polls` is part of, and of which the Alerts still wait. `decide.grouping` says why.

A row stands for a poll of its own, unless `polls.occasion` names what it is part of: a sweep (`sweep`, source, when its
walk began), or the poll that was cut short before it by a crash and that it goes on with (`poll` and the first row).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from crawler.decide.grouping import PATIENCE, Occasion, waits
from crawler.model import Plan
from crawler.store.rows import json_text, sure, text

#: What a row `p` of polls is part of.
NAME = "coalesce(p.occasion, 'poll ' || p.id)"
#: An Alert `a` that has never been tried, alone or in a digest.
WAITING = "a.state = 'pending' AND a.attempts = 0 AND a.body IS NULL AND a.digest_id IS NULL"
#: Of an endpoint: a look has committed a part of what it wanted to read, and has not come to its end.
_CUT_SHORT = "failures = 0 AND last_ok_at IS NOT last_try_at"
_LAST_POLL = f"""
    SELECT {NAME} FROM polls p WHERE p.endpoint_id = endpoints.id AND p.kind = 'poll' ORDER BY p.id DESC LIMIT 1
"""  # noqa: S608 (our own parts)


class _Open(NamedTuple):
    """A poll or sweep that may bring more."""

    name: str
    is_read_on: bool
    suspected: int


def of(connection: sqlite3.Connection, plan: Plan) -> str | None:
    """What the Plan's poll is part of; None: it is one by itself. To be asked before the Plan is written."""
    if plan.poll.kind == "sweep":
        (source_id,) = connection.execute(
            "SELECT source_id FROM endpoints WHERE id = ?", (plan.endpoint_id,)
        ).fetchone()
        return _sweep(connection, source_id)
    if plan.poll.kind == "baseline" or plan.poll.continues:
        return None
    row = connection.execute(
        f"SELECT ({_LAST_POLL}) FROM endpoints WHERE id = ? AND {_CUT_SHORT}",  # noqa: S608
        (plan.endpoint_id,),
    ).fetchone()
    return None if row is None else row[0]


def polls_of(connection: sqlite3.Connection, name: str) -> list[int]:
    """The rows of `polls` that are part of it."""
    kind, _, first = name.partition(" ")
    rows = connection.execute(
        "SELECT id FROM polls WHERE occasion = ? OR id = ?", (name, int(first) if kind == "poll" else None)
    )
    return [row["id"] for row in rows]


def unfinished(connection: sqlite3.Connection, sink: str, now: datetime) -> list[int]:
    """The rows of `polls` whose Alerts to the Sink wait for the end of what they were found in."""
    found = []
    for each in (*_polls(connection), *_sweeps(connection, now)):
        ids = polls_of(connection, each.name)
        occasion = _waiting(connection, sink, each, ids)
        if occasion is not None and waits(occasion, now):
            found += ids
    return found


def _polls(connection: sqlite3.Connection) -> Iterator[_Open]:
    rows = connection.execute(f"SELECT ({_LAST_POLL}) FROM endpoints WHERE {_CUT_SHORT}")  # noqa: S608
    for (name,) in rows.fetchall():
        if name is not None:
            yield _Open(name, is_read_on=True, suspected=0)


def _sweeps(connection: sqlite3.Connection, now: datetime) -> Iterator[_Open]:
    """A walk that failed, or that goes on only in some hours, is not waited for."""
    walking = {
        row["source_id"]
        for row in connection.execute(
            """
            SELECT e.source_id FROM walks w JOIN endpoints e ON e.id = w.endpoint_id AND e.retired_at IS NULL
             WHERE w.kind = 'sweep' AND w.done = 0 AND w.failures = 0 AND coalesce(w.next_at, '') <= ?
            """,
            (text(now),),
        )
    }
    suspected = dict(
        connection.execute(
            """
            SELECT x.source_id, count(*) FROM suspects x JOIN posts p ON p.id = x.post_id
             WHERE x.held = 0 AND x.next_check_at <= ? AND p.state IN ('public', 'protected') GROUP BY x.source_id
            """,
            (text(now + PATIENCE["sweep"]),),
        ).fetchall()
    )
    for source_id in sorted({*walking, *suspected}):
        name = _sweep(connection, source_id)
        yield _Open(name, is_read_on=source_id in walking, suspected=suspected.get(source_id, 0))


def _sweep(connection: sqlite3.Connection, source_id: int) -> str:
    """The Source's last full sweep, under way or done. All of its collections are one, and so is what suspects that
    were found in between turn out to be.
    """
    (begun,) = connection.execute(
        """
        SELECT coalesce(max(w.started_at), 'none yet') FROM walks w JOIN endpoints e ON e.id = w.endpoint_id
         WHERE e.source_id = ? AND w.kind = 'sweep'
        """,
        (source_id,),
    ).fetchone()
    return f"sweep {source_id} {begun}"


def _waiting(connection: sqlite3.Connection, sink: str, found: _Open, ids: list[int]) -> Occasion | None:
    """It, as the Sink's Alerts wait in it; None: none does."""
    since, removed = connection.execute(
        f"""
        SELECT min(c.detected_at), count(*) FILTER (WHERE c.kind IN ('unpublished', 'deleted'))
          FROM changes c CROSS JOIN alerts a ON a.change_id = c.id AND a.sink = ?
         WHERE c.poll_id IN (SELECT value FROM json_each(?)) AND {WAITING}
        """,  # noqa: S608
        (sink, json_text(ids)),
    ).fetchone()
    if since is None:
        return None
    return Occasion(
        kind="sweep" if found.name.startswith("sweep ") else "poll",
        since=sure(since),
        is_read_on=found.is_read_on,
        removed=removed,
        suspected=found.suspected,
    )
