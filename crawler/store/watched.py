"""The Sources and Endpoints that are watched, as values, and those of them whose time has come: reads only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from crawler.model import Endpoint, Source, Validators
from crawler.store.rows import hours, json_text, moment, names, text

SOURCES = """
    SELECT s.*, (SELECT json_group_array(name) FROM (SELECT name FROM source_groups WHERE source_id = s.id
                                                      ORDER BY name)) AS groups,
           max(s.failures, coalesce((SELECT max(e.failures) FROM endpoints e
                                      WHERE e.source_id = s.id AND e.retired_at IS NULL), 0)) AS trouble
      FROM sources s
"""
#: Sources that are polled, unless they wait; the ids that they are taken from come first in the query.
WATCHED = "s.state IN ('active', 'failing', 'suspect', 'gone') AND coalesce(s.next_try_at, '') <= :now"


def sources(connection: sqlite3.Connection) -> list[Source]:
    """All Sources, removed and duplicate ones too, in the order of the config they came with."""
    return [source_of(row) for row in connection.execute(f"{SOURCES} ORDER BY s.id")]


def source(connection: sqlite3.Connection, source_id: int) -> Source:
    """The Source with this id, which must be there."""
    return source_of(connection.execute(f"{SOURCES} WHERE s.id = ?", (source_id,)).fetchone())


def endpoints(connection: sqlite3.Connection, source_id: int) -> list[Endpoint]:
    """The Endpoints of a Source that are polled, best first."""
    rows = connection.execute(
        """
        SELECT e.*, coalesce(b.missed, 0) AS missed, b.distrusted_at
          FROM endpoints e LEFT JOIN beacons b ON b.endpoint_id = e.id
         WHERE e.source_id = ? AND e.retired_at IS NULL ORDER BY e.rank, e.id
        """,
        (source_id,),
    )
    return [_endpoint(row) for row in rows]


def due(connection: sqlite3.Connection, now: datetime, *, limit: int, besides: Iterable[int]) -> list[Source]:
    """The polled Sources with an Endpoint that is due; those that have waited longest if more than `limit`."""
    rows = connection.execute(
        f"""
        {SOURCES}
         WHERE s.id IN (
                SELECT e.source_id FROM endpoints e INDEXED BY endpoints_due
                 CROSS JOIN sources s ON s.id = e.source_id
                 WHERE e.next_poll_at <= :now AND e.retired_at IS NULL AND {WATCHED}
                   AND e.source_id NOT IN (SELECT value FROM json_each(:besides))
                 GROUP BY e.source_id ORDER BY min(e.next_poll_at) LIMIT :limit)
         ORDER BY s.id
        """,  # noqa: S608 (our own parts)
        {"now": text(now), "limit": limit, "besides": json_text(list(besides))},
    )
    return [source_of(row) for row in rows]


def bare(connection: sqlite3.Connection, now: datetime, *, limit: int, besides: Iterable[int]) -> list[Source]:
    """The polled Sources without any Endpoint yet."""
    rows = connection.execute(
        f"""
        {SOURCES}
         WHERE {WATCHED} AND NOT EXISTS (SELECT 1 FROM endpoints e WHERE e.source_id = s.id AND e.retired_at IS NULL)
           AND s.id NOT IN (SELECT value FROM json_each(:besides))
         ORDER BY s.id LIMIT :limit
        """,  # noqa: S608 (our own parts)
        {"now": text(now), "limit": limit, "besides": json_text(list(besides))},
    )
    return [source_of(row) for row in rows]


def summary(connection: sqlite3.Connection) -> tuple[dict[str, int], int]:
    """How many Sources are in which state, and how many Alerts are pending."""
    states = {
        row["state"]: row["n"] for row in connection.execute("SELECT state, count(*) AS n FROM sources GROUP BY 1")
    }
    (pending,) = connection.execute("SELECT count(*) FROM alerts WHERE state = 'pending'").fetchone()
    return states, pending


def source_of(row: sqlite3.Row) -> Source:
    """The Source that a row of `SOURCES` holds."""
    return Source(
        id=row["id"],
        name=row["name"],
        url=row["url"],
        kind=row["kind"],
        home=row["home"],
        title=row["title"],
        timezone=row["timezone"],
        state=row["state"],
        groups=names(row["groups"]),
        baseline_at=moment(row["baseline_at"]),
        last_sweep_at=moment(row["last_sweep_at"]),
        failures=row["failures"],
        trouble=row["trouble"],
        login_at=moment(row["login_at"]),
        login_error=row["login_error"],
    )


def _endpoint(row: sqlite3.Row) -> Endpoint:
    return Endpoint(
        id=row["id"],
        source_id=row["source_id"],
        kind=row["kind"],
        url=row["url"],
        host=row["host"],
        type=row["type"],
        rank=row["rank"],
        validators=Validators(row["etag"], row["last_modified"]),
        body_hash=row["body_hash"],
        watermark=moment(row["watermark"]),
        total=row["total"],
        next_poll_at=moment(row["next_poll_at"]),
        last_try_at=moment(row["last_try_at"]),
        last_ok_at=moment(row["last_ok_at"]),
        read_at=moment(row["read_at"]),
        last_status=row["last_status"],
        failures=row["failures"],
        last_error=row["last_error"],
        redirect_to=row["redirect_to"],
        redirects=row["redirects"],
        min_interval=row["min_interval"],
        fresh_for=row["fresh_for"],
        skip_hours=hours(row["skip_hours"]),
        missed=row["missed"],
        distrusted_at=moment(row["distrusted_at"]),
    )
