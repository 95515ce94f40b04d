"""Bringing the stored Sources and Sinks in line with the config."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crawler.errors import StoreConflict, TooManyRemoved
from crawler.model import ConfiguredSource
from crawler.schedule import first_poll
from crawler.store.rows import json_text, text
from crawler.store.waits import bound, spread


def sync_sources(
    connection: sqlite3.Connection, entries: Sequence[ConfiguredSource], now: datetime, *, reloading: bool = False
) -> None:
    """Make the stored Sources those of the config.

    Same url with another name: renamed. Same name with another url: moved, its endpoints are discovered again.
    Both different: a new Source. What is no longer there becomes `removed` and keeps its history; `reloading` raises
    TooManyRemoved where that is more than half.
    """
    rows = {row["id"]: row for row in connection.execute("SELECT * FROM sources")}
    matched = _matched(entries, rows)
    kept = {source_id for source_id in matched if source_id is not None}
    gone = [row for source_id, row in rows.items() if source_id not in kept and row["state"] != "removed"]
    if reloading:
        _refuse_to_empty(gone, [row for row in rows.values() if row["state"] != "removed"])
    for row in gone:
        _remove(connection, row, now)
    # Names may have been swapped: free all of them before any is given out.
    connection.execute("UPDATE sources SET name = 'source ' || id || ' (renaming)' WHERE state <> 'removed'")
    fresh = matched.count(None)
    for entry, source_id in zip(entries, matched, strict=True):
        _free_name(connection, entry.name, source_id)
        if source_id is None:
            _add(connection, entry, first_poll(entry.url, entry.every, now, among=fresh))
        else:
            _update(connection, entry, rows[source_id], now)
    _cancel_alerts(connection)
    bound(connection, entries, now)
    spread(connection, entries, now)


def sync_sinks(connection: sqlite3.Connection, sinks: Sequence[str]) -> None:
    """Note where new Sinks begin; cancel what was pending for those that have gone."""
    held = {row["sink"] for row in connection.execute("SELECT sink FROM sink_states")}
    connection.executemany(
        "INSERT INTO sink_states (sink, first_seq) SELECT ?, coalesce(max(seq), 0) + 1 FROM changes",
        [(sink,) for sink in sinks if sink not in held],
    )
    gone = [(sink,) for sink in held if sink not in sinks]
    # By what is there, not by `gone`: a poll that was under way may have brought some after its sink had left.
    connection.execute(
        """
        UPDATE alerts SET state = 'cancelled'
         WHERE state = 'pending' AND sink NOT IN (SELECT value FROM json_each(?))
        """,
        (json_text(sinks),),
    )
    connection.executemany("DELETE FROM sink_states WHERE sink = ?", gone)


def retire(connection: sqlite3.Connection, endpoint_ids: Sequence[int], now: datetime) -> None:
    """Stop polling these endpoints; what they showed stays."""
    connection.executemany(
        "UPDATE endpoints SET retired_at = ? WHERE id = ?", [(text(now), endpoint_id) for endpoint_id in endpoint_ids]
    )


def _matched(entries: Sequence[ConfiguredSource], rows: dict[int, sqlite3.Row]) -> list[int | None]:
    """For each entry the stored Source that it is: the same in both, else by url, else by name."""
    free = dict(rows)
    matched: list[int | None] = [None] * len(entries)
    for names in (("url", "name"), ("url",), ("name",)):
        index = {tuple(row[name] for name in names): source_id for source_id, row in free.items()}
        for place, entry in enumerate(entries):
            source_id = index.get(tuple(getattr(entry, name) for name in names))
            if matched[place] is None and source_id in free:
                matched[place] = source_id
                del free[source_id]
    return matched


def _refuse_to_empty(gone: Sequence[sqlite3.Row], watched: Sequence[sqlite3.Row]) -> None:
    if 2 * len(gone) > len(watched):
        names = ", ".join(row["name"] for row in gone[:5]) + (", …" if len(gone) > 5 else "")
        raise TooManyRemoved(
            f"{len(gone):,} of {len(watched):,} sources would be given up ({names}); if that is meant, restart instead"
        )


def _remove(connection: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> None:
    _part(connection, row["id"], now)
    connection.execute("UPDATE sources SET state = 'removed' WHERE id = ?", (row["id"],))


def _part(connection: sqlite3.Connection, source_id: int, now: datetime) -> None:
    """End what ties a Source to others: its duplicates are discovered anew, what a duplicate brought is given back."""
    connection.execute(
        """
        UPDATE sources SET duplicate_of = NULL, state = CASE state WHEN 'duplicate' THEN 'active' ELSE state END
         WHERE duplicate_of = ?
        """,
        (source_id,),
    )
    connection.execute(
        """
        UPDATE endpoints SET retired_at = ?
         WHERE retired_at IS NULL AND (brought_by = ? OR (source_id = ? AND brought_by IS NOT NULL))
        """,
        (text(now), source_id, source_id),
    )


def _free_name(connection: sqlite3.Connection, name: str, source_id: int | None) -> None:
    """A removed Source lets go of its name when another one takes it."""
    connection.execute(
        "UPDATE sources SET name = name || ' (removed ' || id || ')' WHERE name = ? AND id IS NOT ?", (name, source_id)
    )


def _add(connection: sqlite3.Connection, entry: ConfiguredSource, first: datetime | None) -> None:
    cursor = connection.execute(
        "INSERT INTO sources (name, url, kind, state, next_try_at) VALUES (?, ?, ?, ?, ?)",
        (entry.name, entry.url, entry.kind, "paused" if entry.paused else "active", text(first)),
    )
    _groups(connection, int(cursor.lastrowid or 0), entry.groups)


def _update(connection: sqlite3.Connection, entry: ConfiguredSource, row: sqlite3.Row, now: datetime) -> None:
    source_id = row["id"]
    if row["url"] != entry.url or entry.kind not in ("auto", row["kind"]):
        _start_over(connection, entry, source_id, now)
    connection.execute(
        """
        UPDATE sources SET name = ?, url = ?,
               state = CASE WHEN ? THEN 'paused' WHEN state IN ('paused', 'removed') THEN 'active' ELSE state END
         WHERE id = ?
        """,
        (entry.name, entry.url, entry.paused, source_id),
    )
    _groups(connection, source_id, entry.groups)


def _start_over(connection: sqlite3.Connection, entry: ConfiguredSource, source_id: int, now: datetime) -> None:
    """The Source is to be looked for in another place: nothing of what was found out about the old one holds."""
    _part(connection, source_id, now)
    connection.execute(
        "UPDATE endpoints SET retired_at = ? WHERE source_id = ? AND retired_at IS NULL", (text(now), source_id)
    )
    connection.execute(
        """
        UPDATE sources SET kind = ?, home = NULL, duplicate_of = NULL, last_error = NULL, failures = 0,
               next_try_at = NULL, failing_since = NULL, failed_at = NULL, told_at = NULL,
               state = CASE WHEN state IN ('paused', 'removed') THEN state ELSE 'active' END
         WHERE id = ?
        """,
        (entry.kind, source_id),
    )


def _groups(connection: sqlite3.Connection, source_id: int, groups: Sequence[str]) -> None:
    connection.execute("DELETE FROM source_groups WHERE source_id = ?", (source_id,))
    connection.executemany(
        "INSERT OR IGNORE INTO source_groups (source_id, name) VALUES (?, ?)", [(source_id, name) for name in groups]
    )


def _cancel_alerts(connection: sqlite3.Connection) -> None:
    """What is still to be told of Sources that have left the config is not told any more."""
    connection.execute(
        """
        UPDATE alerts SET state = 'cancelled' WHERE state = 'pending' AND 'removed' = (
            SELECT s.state FROM sources s WHERE s.id = coalesce(
                (SELECT p.source_id FROM changes c JOIN posts p ON p.id = c.post_id WHERE c.id = alerts.change_id),
                (SELECT n.source_id FROM notices n WHERE n.id = alerts.notice_id)))
        """
    )


def refuse_unwatched(connection: sqlite3.Connection, source_id: int) -> None:
    """Raise StoreConflict for a Source that was given up while it was being polled: what it showed is not for it."""
    name, state = connection.execute("SELECT name, state FROM sources WHERE id = ?", (source_id,)).fetchone()
    if state in ("duplicate", "removed"):
        raise StoreConflict(f"{name} is {state} by now; nothing of this poll was written")
