"""Writing a Plan: one function a table, called in one transaction. Decides nothing."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from crawler.errors import StoreConflict
from crawler.model import EndpointState, Plan, PollRecord, SourceFacts
from crawler.store import concluding, covering, noticing, occasions, restlessness, returning, suspecting, sweeping
from crawler.store.posting import write_posts
from crawler.store.rows import hours_text, moment, needed, text
from crawler.store.waits import recovered

QUIET = ("not_modified", "unchanged")


def write(connection: sqlite3.Connection, plan: Plan, *, normalizer_version: int) -> None:
    """Write all of a Plan. Raises StoreConflict when the store has moved since it was decided."""
    try:
        occasion = occasions.of(connection, plan)
        if plan.endpoint is not None:
            before = concluding.standing(connection, plan.endpoint_id)
            if plan.endpoint.read_at is None:
                _let_go(connection, plan.endpoint_id)
            _endpoint(connection, plan.endpoint, at=needed(text(plan.now)))
            covering.looked(connection, plan, before)
            if plan.endpoint.works and plan.poll.outcome != "failed":
                concluding.worked(connection, plan, before)
        poll_id = _poll(connection, plan.endpoint_id, plan.poll, at=needed(text(plan.now)), occasion=occasion)
        if plan.facts.last_sweep_at is not None:
            _swept(connection, plan.source_id, plan.facts.last_sweep_at)
        _facts(connection, plan.source_id, plan.facts)
        if plan.poll.outcome != "failed":
            recovered(connection, plan.source_id)
        if plan.walk is not None:
            sweeping.write(connection, [plan.walk])
        if plan.posts:
            write_posts(connection, plan, poll_id, normalizer_version)
        _seen(connection, plan)
        returning.write(connection, plan.endpoint_id, plan.flips)
        restlessness.write(connection, plan.endpoint_id, plan.restless)
        _notices(connection, plan)
        suspecting.write(connection, plan, poll_id, at=needed(text(plan.now)))
    except sqlite3.IntegrityError as error:
        raise StoreConflict(f"the store has moved since the plan was made: {error}") from error


def _notices(connection: sqlite3.Connection, plan: Plan) -> None:
    for each in plan.notices:
        noticing.write(connection, each.kind, plan.source_id, each.text, plan.now, plan.notified, part=each.part)


def _endpoint(connection: sqlite3.Connection, state: EndpointState, *, at: str) -> None:
    connection.execute(
        """
        UPDATE endpoints SET rank = ?, etag = ?, last_modified = ?, body_hash = ?, watermark = ?, total = ?,
               next_poll_at = ?, last_try_at = ?, last_ok_at = ?, read_at = ?, last_status = ?, failures = ?,
               last_error = ?, redirect_to = ?, redirects = ?, expected_at = ?,
               min_interval = ?, fresh_for = ?, skip_hours = ?,
               failing_since = CASE WHEN ? > 0 THEN coalesce(failing_since, ?) END
         WHERE id = ?
        """,
        (
            state.rank,
            state.validators.etag,
            state.validators.last_modified,
            state.body_hash,
            text(state.watermark),
            state.total,
            text(state.next_poll_at),
            text(state.last_try_at),
            text(state.last_ok_at),
            text(state.read_at),
            state.last_status,
            state.failures,
            state.last_error,
            state.redirect_to,
            state.redirects,
            text(state.next_poll_at),
            state.min_interval,
            state.fresh_for,
            hours_text(state.skip_hours),
            state.failures,
            at,
            state.endpoint_id,
        ),
    )


def _let_go(connection: sqlite3.Connection, endpoint_id: int) -> None:
    """A feed's document moves on unread: what stood in it stood there until the last look that found it unmoved."""
    connection.execute(
        """
        UPDATE sightings SET last_seen_at = max(last_seen_at, (SELECT last_ok_at FROM endpoints WHERE id = ?1))
         WHERE endpoint_id = ?1 AND last_seen_at >= (SELECT read_at FROM endpoints WHERE id = ?1)
        """,
        (endpoint_id,),
    )


def _poll(connection: sqlite3.Connection, endpoint_id: int, poll: PollRecord, *, at: str, occasion: str | None) -> int:
    """One row a poll; quiet ones in a row share it, and so do the Plans of one poll."""
    if poll.continues:
        return _continued(connection, endpoint_id, poll, at=at, occasion=occasion)
    if poll.outcome in QUIET and poll.error is None:
        last = connection.execute(
            "SELECT id, kind, outcome, error FROM polls WHERE endpoint_id = ? ORDER BY id DESC LIMIT 1", (endpoint_id,)
        ).fetchone()
        if last is not None and (last["kind"], last["outcome"], last["error"]) == (poll.kind, poll.outcome, None):
            connection.execute(
                """
                UPDATE polls SET repeats = repeats + 1, last_at = ?, duration_ms = ?, requests = requests + ?,
                       bytes = bytes + ?, seen = ?, status_code = ? WHERE id = ?
                """,
                (at, poll.duration_ms, poll.requests, poll.bytes, poll.seen, poll.status_code, last["id"]),
            )
            return int(last["id"])
    return _new_poll(connection, endpoint_id, poll, at=at, occasion=occasion)


def _new_poll(
    connection: sqlite3.Connection, endpoint_id: int, poll: PollRecord, *, at: str, occasion: str | None
) -> int:
    cursor = connection.execute(
        """
        INSERT INTO polls (endpoint_id, kind, started_at, last_at, duration_ms, outcome, reason, status_code,
                           requests, bytes, seen, new, changed, error, occasion)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            endpoint_id,
            poll.kind,
            text(poll.started_at),
            at,
            poll.duration_ms,
            poll.outcome,
            poll.reason,
            poll.status_code,
            poll.requests,
            poll.bytes,
            poll.seen,
            poll.new,
            poll.changed,
            poll.error,
            occasion,
        ),
    )
    return int(cursor.lastrowid or 0)


def _set_apart(
    connection: sqlite3.Connection, endpoint_id: int, poll: PollRecord, *, at: str, occasion: str | None
) -> None:
    """Give a poll that began quietly, and so shares the row of those before it, one of its own: now it has news."""
    last = connection.execute(
        "SELECT id, repeats FROM polls WHERE endpoint_id = ? ORDER BY id DESC LIMIT 1", (endpoint_id,)
    ).fetchone()
    if last["repeats"] > 1:
        connection.execute("UPDATE polls SET repeats = repeats - 1 WHERE id = ?", (last["id"],))
        begun = PollRecord(kind=poll.kind, started_at=poll.started_at, duration_ms=0, outcome="unchanged")
        _new_poll(connection, endpoint_id, begun, at=at, occasion=occasion)


def _continued(
    connection: sqlite3.Connection, endpoint_id: int, poll: PollRecord, *, at: str, occasion: str | None
) -> int:
    if poll.outcome not in QUIET or poll.error is not None:
        _set_apart(connection, endpoint_id, poll, at=at, occasion=occasion)
    row = connection.execute(
        """
        UPDATE polls SET last_at = ?, duration_ms = ?, requests = requests + ?, bytes = bytes + ?, seen = seen + ?,
               new = new + ?, changed = changed + ?, status_code = ?, reason = ?,
               error = coalesce(error || '; ' || ?, ?, error),
               outcome = CASE WHEN ? = 'failed' OR outcome = 'unchanged' THEN ? ELSE outcome END
         WHERE id = (SELECT max(id) FROM polls WHERE endpoint_id = ?)
        RETURNING id
        """,
        (
            at,
            poll.duration_ms,
            poll.requests,
            poll.bytes,
            poll.seen,
            poll.new,
            poll.changed,
            poll.status_code,
            poll.reason,
            poll.error,
            poll.error,
            poll.outcome,
            poll.outcome,
            endpoint_id,
        ),
    ).fetchone()
    return int(row["id"])


def _facts(connection: sqlite3.Connection, source_id: int, facts: SourceFacts) -> None:
    connection.execute(
        """
        UPDATE sources SET kind = coalesce(?, kind), home = coalesce(?, home), title = coalesce(?, title),
               timezone = coalesce(?, timezone), state = coalesce(?, state), baseline_at = coalesce(?, baseline_at),
               last_sweep_at = coalesce(?, last_sweep_at)
         WHERE id = ?
        """,
        (
            facts.kind,
            facts.home,
            facts.title,
            facts.timezone,
            facts.state,
            text(facts.baseline_at),
            text(facts.last_sweep_at),
            source_id,
        ),
    )


def _swept(connection: sqlite3.Connection, source_id: int, until: datetime) -> None:
    """A sweep that began then has ended: until then silent edits were seen, since the last full reading."""
    left_out = connection.execute(
        "SELECT 1 FROM endpoints WHERE source_id = ? AND kind = 'rest' AND failures > 0 AND watermark IS NOT NULL"
        " AND retired_at IS NULL",
        (source_id,),
    ).fetchone()
    if left_out is not None:
        covering.ended(connection, source_id, ("silent",), "failing")
        return
    (since,) = connection.execute(
        "SELECT coalesce(last_sweep_at, baseline_at) FROM sources WHERE id = ?", (source_id,)
    ).fetchone()
    covering.swept(connection, source_id, moment(since) or until, until)


def _seen(connection: sqlite3.Connection, plan: Plan) -> None:
    at = text(plan.now)
    connection.executemany(
        "UPDATE sightings SET last_seen_at = ?, missing_since = NULL WHERE endpoint_id = ? AND post_id = ?",
        [(at, plan.endpoint_id, post_id) for post_id in plan.seen],
    )
    connection.executemany("UPDATE posts SET last_seen_at = ? WHERE id = ?", [(at, post_id) for post_id in plan.seen])
