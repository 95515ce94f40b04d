"""What a poll comes to for its Source: failed, working again, gone; written down with the Notices that are due."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from crawler.decide import health
from crawler.decide.health import Health
from crawler.errors import Reason
from crawler.model import Plan, Trouble
from crawler.render import incident as words
from crawler.schedule import LONGEST
from crawler.store import covering, noticing, outage
from crawler.store.rows import moment, text

_REASONS: tuple[Reason, ...] = get_args(Reason)


def standing(connection: sqlite3.Connection, endpoint_id: int) -> sqlite3.Row:
    """How an endpoint and its Source are before a look at it is written. Every poll pays for this one.

    `last_try_at`, `expected_at`: the last look at any of the Source's endpoints, and when it wanted the next one.
    """
    row: sqlite3.Row = connection.execute(
        """
        SELECT s.name, s.state, s.failures, s.failing_since, s.told_at, e.url AS endpoint_url,
               e.failing_since AS endpoint_since, e.told_at AS endpoint_told_at,
               (SELECT value FROM meta WHERE key = ?) AS down_since,
               last.last_try_at, coalesce(last.expected_at, last.next_poll_at) AS expected_at
          FROM endpoints e
          JOIN sources s ON s.id = e.source_id
          LEFT JOIN endpoints last ON last.id = (
               SELECT l.id FROM endpoints l
                WHERE l.source_id = s.id AND l.retired_at IS NULL AND l.last_try_at IS NOT NULL
                ORDER BY l.last_try_at DESC, l.expected_at LIMIT 1)
         WHERE e.id = ?
        """,
        (outage.KEY, endpoint_id),
    ).fetchone()
    return row


def worked(connection: sqlite3.Connection, plan: Plan, before: sqlite3.Row) -> None:
    """An endpoint could be read; `before` is its standing until then."""
    if before["down_since"] is not None:
        outage.end(connection, before["down_since"], before["name"], plan.now, plan.notified)
    was = _health(before)
    if not was.is_fine:
        verdict = health.worked(was)
        connection.execute(
            "UPDATE sources SET state = ?, failures = 0, failing_since = NULL, told_at = NULL WHERE id = ?",
            (verdict.health.state, plan.source_id),
        )
        if verdict.notice is not None:
            told = words.recovered(was.failing_since, plan.now)
            _recovered(connection, plan, told, since=was.failing_since)
    if before["endpoint_told_at"] is not None:
        connection.execute("UPDATE endpoints SET told_at = NULL WHERE id = ?", (plan.endpoint_id,))
        if not _blind_still(connection, plan.source_id):
            since = moment(before["endpoint_since"])
            told = words.recovered(since, plan.now, what="Its REST API")
            _recovered(connection, plan, told, since=since, part=before["endpoint_url"])


def failed(
    connection: sqlite3.Connection, source_id: int, trouble: Trouble, now: datetime, sinks: Sequence[str]
) -> None:
    """A poll of the Source went wrong, wholly or in part."""
    source = connection.execute("SELECT * FROM sources WHERE id = ?", (source_id,)).fetchone()
    if source["state"] in ("paused", "removed", "duplicate"):
        return
    if trouble.whole:
        _wholly(connection, source, trouble, now, sinks)
    else:
        _in_part(connection, source, now, sinks)


def _wholly(
    connection: sqlite3.Connection, source: sqlite3.Row, trouble: Trouble, now: datetime, sinks: Sequence[str]
) -> None:
    was = _health(source)
    since = was.failing_since or now
    lasts = was.failures + 1 >= health.TELL_AFTER
    is_gone = lasts and _is_gone(connection, source["id"])
    network = outage.network(connection, source, since, now) if lasts and not was.is_told else "up"
    verdict = health.failed(was, now, is_gone=is_gone, network=network)
    after = verdict.health
    connection.execute(
        """
        UPDATE sources SET state = ?, failures = ?, failing_since = ?, failed_at = ?,
               told_at = CASE WHEN ? THEN coalesce(told_at, ?) END WHERE id = ?
        """,
        (after.state, after.failures, text(since), text(now), after.is_told, text(now), source["id"]),
    )
    if lasts:
        covering.failed(connection, source, "robots" if trouble.reason == "robots" else "failing")
    if after.state == "gone":
        _ask_daily(connection, source["id"], now)
    if verdict.notice == "network":
        outage.begin(connection, source, since, now, sinks)
    elif verdict.notice is not None:
        # One word for the whole Source: what was told of a part of it is part of that now.
        connection.execute("UPDATE endpoints SET told_at = NULL WHERE source_id = ?", (source["id"],))
        told = words.failing(source["url"], trouble, since, after.failures)
        if verdict.notice == "gone":
            told = words.gone(source["url"], since, after.failures)
        noticing.write(connection, verdict.notice, source["id"], told, now, sinks, since=since)


def _in_part(connection: sqlite3.Connection, source: sqlite3.Row, now: datetime, sinks: Sequence[str]) -> None:
    """Tell, once, of collections that have long failed while the rest of the Source works."""
    collections = connection.execute(
        "SELECT * FROM endpoints WHERE source_id = ? AND kind = 'rest' AND retired_at IS NULL ORDER BY id",
        (source["id"],),
    ).fetchall()
    blind = [each for each in collections if health.is_blind(each["failures"])]
    untold = [each for each in blind if each["told_at"] is None]
    if blind:
        covering.blind(connection, source["id"], _why_blind(blind[0]), now)
    if untold:
        first, since = untold[0], moment(untold[0]["failing_since"]) or now
        types = [each["type"] for each in untold]
        told = words.blind(types, _trouble(first), since, only_feed=len(blind) == len(collections))
        noticing.write(connection, "failing", source["id"], told, now, sinks, since=since, part=first["url"])
        connection.executemany(
            "UPDATE endpoints SET told_at = ? WHERE id = ?", [(text(now), each["id"]) for each in untold]
        )


def _recovered(
    connection: sqlite3.Connection, plan: Plan, told: str, *, since: datetime | None, part: str = ""
) -> None:
    noticing.write(connection, "recovered", plan.source_id, told, plan.now, plan.notified, since=since, part=part)


def _health(source: sqlite3.Row) -> Health:
    return Health(
        state=source["state"],
        failures=source["failures"],
        failing_since=moment(source["failing_since"]),
        is_told=source["told_at"] is not None,
    )


def _is_gone(connection: sqlite3.Connection, source_id: int) -> bool:
    """Whether all that was ever asked of the Source has answered 410 the last times."""
    rows = connection.execute(
        """
        SELECT (SELECT count(*) FROM (SELECT status_code, outcome FROM polls WHERE endpoint_id = e.id
                                       ORDER BY id DESC LIMIT ?)
                 WHERE outcome = 'failed' AND status_code = 410) AS times
          FROM endpoints e WHERE e.source_id = ? AND e.retired_at IS NULL AND e.last_try_at IS NOT NULL
        """,
        (health.TELL_AFTER, source_id),
    ).fetchall()
    return bool(rows) and all(row["times"] == health.TELL_AFTER for row in rows)


def _ask_daily(connection: sqlite3.Connection, source_id: int, now: datetime) -> None:
    connection.execute(
        "UPDATE endpoints SET next_poll_at = max(next_poll_at, ?) WHERE source_id = ?",
        (text(now + LONGEST), source_id),
    )


def _blind_still(connection: sqlite3.Connection, source_id: int) -> bool:
    row = connection.execute(
        "SELECT 1 FROM endpoints WHERE source_id = ? AND told_at IS NOT NULL AND retired_at IS NULL", (source_id,)
    ).fetchone()
    return row is not None


def _why_blind(endpoint: sqlite3.Row) -> covering.Reason:
    reason = _trouble(endpoint).reason
    if reason == "robots":
        return "robots"
    is_closed = reason == "not_data" or (reason == "http_4xx" and endpoint["last_status"] in health.CLOSED)
    return "rest_closed" if is_closed else "failing"


def _trouble(endpoint: sqlite3.Row) -> Trouble:
    """What an endpoint's `last_error` says: `http_4xx: the site answered 401`."""
    word, _, error = (endpoint["last_error"] or "").partition(": ")
    reason = next((each for each in _REASONS if each == word), None)
    return Trouble(whole=False, reason=reason, error=error)
