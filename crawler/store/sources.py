"""Bringing the stored Sources and Sinks in line with the config, and writing down what discovery found."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from crawler.model import Discovered, Source, SourceEntry
from crawler.schedule import shard
from crawler.store.rows import json_text, text


def sync_sources(connection: sqlite3.Connection, entries: Sequence[SourceEntry], now: datetime) -> None:
    """Make the stored Sources those of the config.

    Same url with another name: renamed. Same name with another url: moved, its endpoints are discovered again.
    Both different: a new Source. What is no longer there becomes `removed` and keeps its history.
    """
    rows = {row["id"]: row for row in connection.execute("SELECT * FROM sources")}
    matched = _matched(entries, rows)
    kept = {source_id for source_id in matched if source_id is not None}
    for source_id, row in rows.items():
        if source_id not in kept:
            _remove(connection, row)
    # Names may have been swapped: free all of them before any is given out.
    connection.execute("UPDATE sources SET name = 'source ' || id || ' (renaming)' WHERE state <> 'removed'")
    for entry, source_id in zip(entries, matched, strict=True):
        _free_name(connection, entry.name, source_id)
        if source_id is None:
            _add(connection, entry)
        else:
            _update(connection, entry, rows[source_id], now)


def sync_sinks(connection: sqlite3.Connection, sinks: Sequence[str]) -> None:
    """Note where new Sinks begin; cancel what was pending for those that have gone."""
    held = {row["sink"] for row in connection.execute("SELECT sink FROM sink_states")}
    connection.executemany(
        "INSERT INTO sink_states (sink, first_seq) SELECT ?, coalesce(max(seq), 0) + 1 FROM changes",
        [(sink,) for sink in sinks if sink not in held],
    )
    gone = [(sink,) for sink in held if sink not in sinks]
    connection.executemany("UPDATE alerts SET state = 'cancelled' WHERE sink = ? AND state = 'pending'", gone)
    connection.executemany("DELETE FROM sink_states WHERE sink = ?", gone)


def register(connection: sqlite3.Connection, source: Source, found: Discovered, now: datetime) -> int | None:
    """Write down what discovery found. Returns the id of the Source of which this one is a duplicate, if it is.

    Two entries that are one site are one Source: the one that stands first in the config. What the second one adds,
    such as a category feed, becomes one more endpoint of the first.
    """
    first = _same_site(connection, source, found)
    owner = source.id if first is None else first
    if first is None:
        connection.execute(
            """
            UPDATE sources SET kind = ?, home = ?, title = ?, timezone = ? WHERE id = ?
            """,
            (found.kind, found.home, found.title, found.timezone, source.id),
        )
    else:
        connection.execute(
            """
            UPDATE sources SET state = 'duplicate', duplicate_of = ?, kind = ?, home = ?
             WHERE id = ?
            """,
            (first, found.kind, found.home, source.id),
        )
    recovered(connection, source.id)
    seeds = found.endpoints if first is None else [seed for seed in found.endpoints if seed.kind == "feed"]
    for seed in seeds:
        host = urlsplit(seed.url).netloc
        connection.execute(
            """
            INSERT INTO endpoints (source_id, kind, url, host, type, rank, shard, next_poll_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (source_id, url) DO UPDATE SET retired_at = NULL
            """,
            (owner, seed.kind, seed.url, host, seed.type, seed.rank, shard(host), text(now)),
        )
    return first


def retire(connection: sqlite3.Connection, endpoint_ids: Sequence[int], now: datetime) -> None:
    """Stop polling these endpoints; what they showed stays."""
    connection.executemany(
        "UPDATE endpoints SET retired_at = ? WHERE id = ?", [(text(now), endpoint_id) for endpoint_id in endpoint_ids]
    )


def _matched(entries: Sequence[SourceEntry], rows: dict[int, sqlite3.Row]) -> list[int | None]:
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


def _remove(connection: sqlite3.Connection, row: sqlite3.Row) -> None:
    if row["state"] != "removed":
        connection.execute("UPDATE sources SET state = 'removed' WHERE id = ?", (row["id"],))
    connection.execute(
        "UPDATE sources SET state = 'active', duplicate_of = NULL WHERE duplicate_of = ? AND state = 'duplicate'",
        (row["id"],),
    )


def _free_name(connection: sqlite3.Connection, name: str, source_id: int | None) -> None:
    """A removed Source lets go of its name when another one takes it."""
    connection.execute(
        "UPDATE sources SET name = name || ' (removed ' || id || ')' WHERE name = ? AND id IS NOT ?", (name, source_id)
    )


def _add(connection: sqlite3.Connection, entry: SourceEntry) -> None:
    cursor = connection.execute(
        "INSERT INTO sources (name, url, kind, state) VALUES (?, ?, ?, ?)",
        (entry.name, entry.url, entry.kind, "paused" if entry.paused else "active"),
    )
    _groups(connection, int(cursor.lastrowid or 0), entry.groups)


def _update(connection: sqlite3.Connection, entry: SourceEntry, row: sqlite3.Row, now: datetime) -> None:
    source_id = row["id"]
    state = row["state"]
    if entry.paused:
        state = "paused"
    elif state in ("paused", "removed"):
        state = "active"
    if row["url"] != entry.url or entry.kind not in ("auto", row["kind"]):
        connection.execute(
            "UPDATE endpoints SET retired_at = coalesce(retired_at, ?) WHERE source_id = ?", (text(now), source_id)
        )
        state = "active" if state == "duplicate" else state
    connection.execute(
        "UPDATE sources SET name = ?, url = ?, state = ? WHERE id = ?", (entry.name, entry.url, state, source_id)
    )
    _groups(connection, source_id, entry.groups)


def _groups(connection: sqlite3.Connection, source_id: int, groups: Sequence[str]) -> None:
    connection.execute("DELETE FROM source_groups WHERE source_id = ?", (source_id,))
    connection.executemany(
        "INSERT OR IGNORE INTO source_groups (source_id, name) VALUES (?, ?)", [(source_id, name) for name in groups]
    )


def _same_site(connection: sqlite3.Connection, source: Source, found: Discovered) -> int | None:
    """An earlier Source that is the same site: one with the same home, of which this is the REST root or a feed."""
    if found.home is None:
        return None
    home = _bare(found.home)
    candidates = connection.execute(
        """
        SELECT id, home, kind FROM sources
         WHERE home COLLATE NOCASE IN (SELECT value FROM json_each(?))
           AND id <> ? AND state NOT IN ('removed', 'duplicate') ORDER BY id
        """,
        (json_text(_spellings(home)), source.id),
    )
    for row in candidates:
        one_is_rest = "wordpress" in (row["kind"], found.kind)
        if _bare(row["home"]) == home and one_is_rest and _came_first(connection, row["id"], source.id):
            return int(row["id"])
    return None


def _came_first(connection: sqlite3.Connection, other: int, source_id: int) -> bool:
    """The one that stands first in the config wins, unless the other already has a history."""
    if other < source_id:
        return True
    (posts,) = connection.execute("SELECT count(*) FROM posts WHERE source_id = ?", (other,)).fetchone()
    return bool(posts)


def _bare(home: str) -> str:
    """A home page's address as it is compared: without scheme, `www.`, case of the host and trailing slash."""
    parts = urlsplit(home)
    return parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/")


def _spellings(bare: str) -> list[str]:
    """The ways in which a bare home page's address is written: what an index can find it by."""
    return [f"{scheme}://{www}{bare}{end}" for scheme in ("https", "http") for www in ("", "www.") for end in ("", "/")]


def postpone(connection: sqlite3.Connection, source_id: int, error: str, until: datetime) -> None:
    """Remember why a Source could not be polled at all, and leave it alone until then."""
    connection.execute(
        """
        UPDATE sources SET last_error = ?, failures = failures + 1, next_try_at = ?,
               state = CASE state WHEN 'active' THEN 'failing' ELSE state END
         WHERE id = ?
        """,
        (error, text(until), source_id),
    )


def recovered(connection: sqlite3.Connection, source_id: int) -> None:
    """A poll of the Source succeeded."""
    connection.execute(
        """
        UPDATE sources SET last_error = NULL, failures = 0, next_try_at = NULL,
               state = CASE state WHEN 'failing' THEN 'active' ELSE state END
         WHERE id = ? AND failures > 0
        """,
        (source_id,),
    )


def keep_lines(connection: sqlite3.Connection, lines: Mapping[str, datetime]) -> None:
    """Remember which hosts asked not to be asked before when."""
    connection.execute("DELETE FROM hosts")
    connection.executemany(
        "INSERT INTO hosts (host, next_at) VALUES (?, ?)", [(host, text(at)) for host, at in lines.items()]
    )
