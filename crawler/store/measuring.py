"""Numbers about the store for a monitoring system that asks each minute: cheap ones, which read few pages."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crawler.store.reading import Reader, reading
from crawler.store.rows import sure, text
from crawler.store.schema import migrations
from crawler.store.watched import WATCHED


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """The store at one moment."""

    #: Sources by state
    sources: dict[str, int] = field(default_factory=dict)
    #: Alerts by Sink and state
    alerts: dict[tuple[str, str], int] = field(default_factory=dict)
    #: by Sink, when what has been pending longest was found
    oldest_pending: dict[str, datetime] = field(default_factory=dict)
    #: when what has waited longest for its poll was due; None: nothing is due
    oldest_due: datetime | None = None
    #: of the sites, the longest ago; None: there is none to sweep
    oldest_sweep: datetime | None = None
    #: of the file, its journal, and what in the file is free to be used again
    bytes: dict[str, int] = field(default_factory=dict)


def schema() -> str:
    """The name of the newest migration, which an open store has."""
    return migrations._migrations[-1].name


def measure(path: Path, now: datetime, *, never_swept: Collection[str]) -> Measures:
    """All of it, through a connection of its own, in whichever thread asks. Raises StoreError."""
    with reading(path) as reader:
        # One transaction: what is counted fits together.
        reader.execute("BEGIN")
        sinks = [row["sink"] for row in reader.execute("SELECT sink FROM sink_states ORDER BY sink")]
        return Measures(
            sources=dict(reader.execute("SELECT state, count(*) FROM sources GROUP BY state").fetchall()),
            alerts=_alerts(reader),
            oldest_pending=_oldest_pending(reader, sinks),
            oldest_due=_oldest_due(reader, now),
            oldest_sweep=_oldest_sweep(reader, never_swept),
            bytes=_bytes(reader, path),
        )


def _alerts(reader: Reader) -> dict[tuple[str, str], int]:
    rows = reader.execute("SELECT sink, state, count(*) AS n FROM alerts GROUP BY sink, state")
    return {(row["sink"], row["state"]): row["n"] for row in rows}


def _oldest_pending(reader: Reader, sinks: list[str]) -> dict[str, datetime]:
    found = {}
    for sink in sinks:
        # The first one by id: they are numbered as they are made. The partial index alerts_pending leads there.
        row = reader.execute(
            """
            SELECT coalesce(c.detected_at, n.at) AS at
              FROM alerts a
              LEFT JOIN changes c ON c.id = a.change_id
              LEFT JOIN notices n ON n.id = a.notice_id
             WHERE a.state = 'pending' AND a.sink = ? ORDER BY a.id LIMIT 1
            """,
            (sink,),
        ).fetchone()
        if row is not None:
            found[sink] = sure(row["at"])
    return found


def _oldest_due(reader: Reader, now: datetime) -> datetime | None:
    """Asked of the store and not of the clock's tick: it grows also while that hangs."""
    row = reader.execute(
        f"""
        SELECT e.next_poll_at FROM endpoints e INDEXED BY endpoints_due
         CROSS JOIN sources s ON s.id = e.source_id
         WHERE e.next_poll_at <= :now AND e.retired_at IS NULL AND {WATCHED}
         ORDER BY e.next_poll_at LIMIT 1
        """,  # noqa: S608 (our own parts)
        {"now": text(now)},
    ).fetchone()
    return None if row is None else sure(row["next_poll_at"])


def _oldest_sweep(reader: Reader, never_swept: Collection[str]) -> datetime | None:
    """Before its first sweep a site is as old as its baseline, which was a full reading too."""
    (oldest,) = reader.execute(
        """
        SELECT min(coalesce(last_sweep_at, baseline_at)) FROM sources
         WHERE kind = 'wordpress' AND state NOT IN ('paused', 'removed', 'duplicate')
           AND name NOT IN (SELECT value FROM json_each(?))
        """,
        (json.dumps(sorted(never_swept)),),
    ).fetchone()
    return None if oldest is None else sure(oldest)


def _bytes(reader: Reader, path: Path) -> dict[str, int]:
    page, free = (reader.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "freelist_count"))
    found = {"db": path.stat().st_size, "wal": 0, "free": page * free}
    with suppress(FileNotFoundError):  # the last connection that closes takes it away
        found["wal"] = path.with_name(path.name + "-wal").stat().st_size
    return found
