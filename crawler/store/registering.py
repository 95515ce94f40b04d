"""Writing down what discovery found, and making one Source of two entries that are one site."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from crawler.model import Discovered, EndpointSeed, Source
from crawler.schedule import shard
from crawler.store.rows import json_text, text
from crawler.store.waits import recovered


def register(connection: sqlite3.Connection, source: Source, found: Discovered, now: datetime) -> int | None:
    """Write down what discovery found. Returns the id of the Source of which this one is a duplicate, if it is.

    Two entries that are one site are one Source: the one that stands first in the config, unless the other already
    has a history. What the second one adds, such as a category feed, becomes one more endpoint of the first.
    """
    same = _same_site(connection, source, found)
    (has_history,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM posts WHERE source_id = ?)", (source.id,)
    ).fetchone()
    first = None if has_history else next((other for other, posts in same if other < source.id or posts), None)
    if first is None:
        connection.execute(
            "UPDATE sources SET kind = ?, home = ?, title = ?, timezone = ? WHERE id = ?",
            (found.kind, found.home, found.title, found.timezone, source.id),
        )
        _watch(connection, source.id, [(seed, None) for seed in found.endpoints], now)
        for other, has_posts in same:
            if not has_posts:
                _join(connection, other, source.id, now)
    else:
        connection.execute("UPDATE sources SET kind = ?, home = ? WHERE id = ?", (found.kind, found.home, source.id))
        _watch(connection, first, [(seed, source.id) for seed in found.endpoints if seed.kind == "feed"], now)
        _join(connection, source.id, first, now)
    recovered(connection, source.id)
    return first


def _join(connection: sqlite3.Connection, loser: int, winner: int, now: datetime) -> None:
    """Make one Source the duplicate of another, which takes over the feeds that it brings."""
    rows = connection.execute(
        "SELECT * FROM endpoints WHERE source_id = ? AND kind = 'feed' AND retired_at IS NULL", (loser,)
    ).fetchall()
    feeds = [(EndpointSeed(kind="feed", url=row["url"], rank=row["rank"]), row["brought_by"] or loser) for row in rows]
    _watch(connection, winner, feeds, now)
    connection.execute(
        "UPDATE endpoints SET retired_at = ? WHERE source_id = ? AND retired_at IS NULL", (text(now), loser)
    )
    connection.execute("UPDATE sources SET duplicate_of = ? WHERE duplicate_of = ?", (winner, loser))
    connection.execute("UPDATE sources SET state = 'duplicate', duplicate_of = ? WHERE id = ?", (winner, loser))


def _watch(
    connection: sqlite3.Connection, owner: int, seeds: Iterable[tuple[EndpointSeed, int | None]], now: datetime
) -> None:
    """Poll these endpoints, each with the duplicate that brought it. What a Source has by itself stays its own."""
    rows = []
    for seed, brought_by in seeds:
        host = urlsplit(seed.url).netloc
        if brought_by is None:
            _move(connection, owner, seed, host)
        rows.append((owner, seed.kind, seed.url, host, seed.type, seed.rank, shard(host), text(now), brought_by))
    connection.executemany(
        """
        INSERT INTO endpoints (source_id, kind, url, host, type, rank, shard, next_poll_at, brought_by)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (source_id, url) DO UPDATE SET retired_at = NULL, brought_by = CASE
               WHEN excluded.brought_by IS NOT NULL AND retired_at IS NULL THEN brought_by
               ELSE excluded.brought_by END
        """,
        rows,
    )


def _move(connection: sqlite3.Connection, owner: int, seed: EndpointSeed, host: str) -> None:
    """Let an endpoint that stands elsewhere now (other permalinks) keep its id, and with it what it has shown."""
    connection.execute(
        """
        UPDATE OR IGNORE endpoints SET url = ?, host = ?, shard = ?, etag = NULL, last_modified = NULL,
               body_hash = NULL, redirect_to = NULL, redirects = 0, failures = 0
         WHERE source_id = ? AND kind = ? AND type = ? AND brought_by IS NULL AND retired_at IS NULL AND url <> ?
        """,
        (seed.url, host, shard(host), owner, seed.kind, seed.type, seed.url),
    )


def _same_site(connection: sqlite3.Connection, source: Source, found: Discovered) -> list[tuple[int, bool]]:
    """The other Sources with the same home, where this or the other one is its REST root; and whether they have posts.

    In the order of the config.
    """
    if found.home is None:
        return []
    home = _bare(found.home)
    candidates = connection.execute(
        """
        SELECT id, home, kind, EXISTS (SELECT 1 FROM posts p WHERE p.source_id = s.id) AS has_posts FROM sources s
         WHERE home COLLATE NOCASE IN (SELECT value FROM json_each(?))
           AND id <> ? AND state NOT IN ('removed', 'duplicate') ORDER BY id
        """,
        (json_text(_spellings(home)), source.id),
    ).fetchall()
    return [
        (int(row["id"]), bool(row["has_posts"]))
        for row in candidates
        if _bare(row["home"]) == home and "wordpress" in (row["kind"], found.kind)
    ]


def _bare(home: str) -> str:
    """A home page's address as it is compared: without scheme, `www.`, case of the host and trailing slash."""
    parts = urlsplit(home)
    return parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/")


def _spellings(bare: str) -> list[str]:
    """The ways in which a bare home page's address is written: what an index can find it by."""
    return [f"{scheme}://{www}{bare}{end}" for scheme in ("https", "http") for www in ("", "www.") for end in ("", "/")]
