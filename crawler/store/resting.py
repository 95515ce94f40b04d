"""How Sinks stand: which of them rest, what became of an Alert that was not taken, and what is told of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crawler.decide import resting
from crawler.decide.resting import Consequence
from crawler.model import Refusal, Refused, SinkStanding, TriedAlert
from crawler.render import outbox as words
from crawler.store import digesting, noticing
from crawler.store.rows import moment, packed, text


def standing(connection: sqlite3.Connection, sink: str) -> SinkStanding:
    """How a Sink stands."""
    row = connection.execute("SELECT * FROM sink_states WHERE sink = ?", (sink,)).fetchone()
    if row is None:
        return SinkStanding(sink=sink)
    return SinkStanding(
        sink=sink,
        failures=row["failures"],
        failing_since=moment(row["failing_since"]),
        until=moment(row["next_attempt_at"]),
        last_error=row["last_error"],
        told_at=moment(row["told_at"]),
        refusal_told_at=moment(row["refusal_told_at"]),
    )


def refused(
    connection: sqlite3.Connection, alert_id: int, refusal: Refusal, now: datetime, notified: Sequence[str]
) -> Refused:
    """The Sink did not take an Alert, nor with it any of its digest: write down what comes of that.

    What is given up is told, in one Notice an incident, to those of `notified` that are other Sinks.
    """
    row = connection.execute(
        "SELECT sink, attempts, next_attempt_at, tried_since FROM alerts WHERE id = ?", (alert_id,)
    ).fetchone()
    tried = TriedAlert(
        id=alert_id,
        attempts=row["attempts"],
        due_at=moment(row["next_attempt_at"]) or now,
        tried_since=moment(row["tried_since"]),
    )
    before = standing(connection, row["sink"])
    found = resting.failed(before, tried, refusal, now)
    dead = _mark(connection, alert_id, refusal, found.due, now)
    if found.given_up is not None:
        dead += _give_up(connection, before.sink, refusal.error, found.given_up)
    _keep(connection, found.standing)
    if dead and found.tell is not None:
        _tell(connection, found, refusal.error, dead, now, notified)
    return Refused(
        again=found.due if found.given_up is None else _due(connection, alert_id),
        rests_until=found.standing.until,
        dead=dead,
    )


def taken(connection: sqlite3.Connection, alert_id: int, now: datetime, notified: Sequence[str]) -> None:
    """The Sink took an Alert: it is in no trouble."""
    (sink,) = connection.execute("SELECT sink FROM alerts WHERE id = ?", (alert_id,)).fetchone()
    before = standing(connection, sink)
    after = resting.taken(before)
    if after == before:
        return
    _keep(connection, after)
    if before.told_at is not None:
        noticing.write(
            connection,
            "recovered",
            None,
            words.takes_again(sink, before.told_at, now),
            now,
            _others(notified, sink),
            since=before.told_at,
            part=sink,
        )


def wake(connection: sqlite3.Connection, sinks: Sequence[str]) -> None:
    """Let these Sinks rest no longer."""
    connection.executemany(
        "UPDATE sink_states SET failures = 0, next_attempt_at = NULL WHERE sink = ?", [(sink,) for sink in sinks]
    )


def _mark(connection: sqlite3.Connection, alert_id: int, refusal: Refusal, due: datetime | None, now: datetime) -> int:
    """Write down that the Alert, and with it all of its digest, was not taken; without `due` it is dead."""
    marked = connection.execute(
        f"""
        UPDATE alerts SET attempts = attempts + 1, last_error = :error, next_attempt_at = :due, asked_at = NULL,
               tried_since = coalesce(tried_since, :now), state = CASE WHEN :due IS NULL THEN 'dead' ELSE state END,
               -- that of a digest stands with it
               body = CASE WHEN digest_id IS NULL THEN coalesce(body, :body) END
         WHERE {digesting.SAME} AND (id = :id OR state = 'pending')
        """,  # noqa: S608 (our own part)
        {
            "id": alert_id,
            "error": refusal.error,
            "due": text(due),
            "now": text(now),
            "body": packed(refusal.body),
        },
    )
    return marked.rowcount if due is None else 0


def _give_up(connection: sqlite3.Connection, sink: str, error: str, due_by: datetime) -> int:
    """Nothing that was due by then is tried any more; a digest only as a whole."""
    given_up = connection.execute(
        """
        UPDATE alerts SET state = 'dead', next_attempt_at = NULL, last_error = coalesce(last_error, :error)
         WHERE sink = :sink AND state = 'pending' AND next_attempt_at <= :due_by
           AND NOT (digest_id IS NOT NULL AND EXISTS (
                    SELECT 1 FROM alerts b WHERE b.digest_id = alerts.digest_id AND b.sink = :sink
                       AND b.state = 'pending' AND b.next_attempt_at > :due_by))
        """,
        {"sink": sink, "error": error, "due_by": text(due_by)},
    )
    return given_up.rowcount


def _due(connection: sqlite3.Connection, alert_id: int) -> datetime | None:
    (due,) = connection.execute("SELECT next_attempt_at FROM alerts WHERE id = ?", (alert_id,)).fetchone()
    return moment(due)


def _keep(connection: sqlite3.Connection, found: SinkStanding) -> None:
    connection.execute(
        """
        UPDATE sink_states SET failures = ?, failing_since = ?, next_attempt_at = ?, last_error = ?, told_at = ?,
               refusal_told_at = ?
         WHERE sink = ?
        """,
        (
            found.failures,
            text(found.failing_since),
            text(found.until),
            found.last_error,
            text(found.told_at),
            text(found.refusal_told_at),
            found.sink,
        ),
    )


def _tell(
    connection: sqlite3.Connection, found: Consequence, error: str, dead: int, now: datetime, notified: Sequence[str]
) -> None:
    sink = found.standing.sink
    if found.tell == "down":
        told = words.takes_nothing(sink, found.standing.failing_since or now, dead, error)
        connection.execute("UPDATE sink_states SET told_at = ? WHERE sink = ?", (text(now), sink))
    else:
        told = words.refuses(sink, dead, error)
        connection.execute("UPDATE sink_states SET refusal_told_at = ? WHERE sink = ?", (text(now), sink))
    noticing.write(connection, "sink_dead", None, told, now, _others(notified, sink), part=sink)


def _others(notified: Sequence[str], sink: str) -> list[str]:
    """Those who can be told: the Sink itself would not take it."""
    return [each for each in notified if each != sink]
