"""Taking away what is older than it is to be kept. Changes stay for good, and so does what they show.

What is old is looked for by a reader, a page at a time, and taken away by the writer in small transactions: polls go
on meanwhile, and what one of them comes to need stays.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from crawler.model import Pruned, Retained
from crawler.store import searching
from crawler.store.opening import open_reader, translated
from crawler.store.rows import needed, text

#: Rows that one transaction takes away at most, and the seconds after which it takes no more: polls wait for it.
BATCH = 500
SECONDS = 0.1
#: Rows that are looked for at once.
PAGE = 50_000

#: The row of `meta` that says that Revisions have been taken away: those of a Post need not begin with 1 any more.
HAS_PRUNED = "pruned_revisions_at"

Row = int | str
Bounds = Mapping[str, str]
#: Takes one row away; returns whether it went.
Take = Callable[[sqlite3.Connection, Row, Bounds], bool]
Write = Callable[[Callable[[sqlite3.Connection], Any]], Awaitable[Any]]


class Kind(NamedTuple):
    """One kind of rows that grow old."""

    #: of Pruned
    name: str
    #: fields of Retained: where all of them are forever there is nothing to look for
    kept_by: tuple[str, ...]
    #: the `id` of each that is too old. A bound is the time since which things are kept, "" is since ever
    find: str
    take: Take


#: Everything before the first Revision that has to stay: that way there is never a gap in the numbers.
_OLD_REVISION = """
    r.number < (SELECT min(k.number) FROM revisions k JOIN posts p ON p.id = k.post_id
                 WHERE k.post_id = r.post_id
                   AND (k.id = p.latest_revision_id OR k.observed_at >= :revisions
                        OR EXISTS (SELECT 1 FROM changes WHERE old_revision_id = k.id)
                        OR EXISTS (SELECT 1 FROM changes WHERE new_revision_id = k.id)))
"""

#: The newest poll of an endpoint stays: the next one goes by it. The newest Notice of a kind likewise.
_POLLS = """
    SELECT id FROM polls WHERE last_at < :polls
       AND EXISTS (SELECT 1 FROM polls n WHERE n.endpoint_id = polls.endpoint_id AND n.id > polls.id)
"""
_ALERTS = """
    SELECT a.id FROM alerts a LEFT JOIN changes c ON c.id = a.change_id LEFT JOIN notices n ON n.id = a.notice_id
     WHERE a.state <> 'pending' AND coalesce(a.delivered_at, c.detected_at, n.at) < :alerts
"""
_NOTICES = """
    SELECT n.id FROM notices n WHERE n.at < :alerts
       AND EXISTS (SELECT 1 FROM notices l WHERE l.source_id IS n.source_id AND l.kind = n.kind AND l.at > n.at)
       AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.notice_id = n.id
                          AND (a.state = 'pending' OR coalesce(a.delivered_at, n.at) >= :alerts))
"""
_REVISIONS = f"SELECT r.id FROM revisions r WHERE {_OLD_REVISION}"  # noqa: S608 (our own text)
_ORIGINALS = f"""
    SELECT id FROM originals WHERE id NOT IN (
        SELECT r.original_id FROM revisions r JOIN posts o ON o.id = r.post_id
         WHERE r.original_id IS NOT NULL AND (r.id = o.latest_revision_id OR r.observed_at >= :originals)
           AND NOT ({_OLD_REVISION}))
"""  # noqa: S608


def _take_poll(connection: sqlite3.Connection, row: Row, _bounds: Bounds) -> bool:
    return connection.execute("DELETE FROM polls WHERE id = ?", (row,)).rowcount == 1


def _take_alert(connection: sqlite3.Connection, row: Row, _bounds: Bounds) -> bool:
    # It may have been made pending again meanwhile.
    gone = connection.execute(
        "DELETE FROM alerts WHERE id = ? AND state <> 'pending' RETURNING digest_id, sink", (row,)
    )
    digests = [tuple(each) for each in gone]
    connection.executemany(
        """
        DELETE FROM digests WHERE id = ?1 AND sink = ?2
           AND NOT EXISTS (SELECT 1 FROM alerts WHERE digest_id = ?1 AND sink = ?2)
        """,
        digests,
    )
    return bool(digests)


def _take_notice(connection: sqlite3.Connection, row: Row, _bounds: Bounds) -> bool:
    return connection.execute("DELETE FROM notices WHERE id = ?", (row,)).rowcount == 1


def _take_revision(connection: sqlite3.Connection, row: Row, bounds: Bounds) -> bool:
    searching.forget(connection, int(row))
    connection.execute(
        "UPDATE posts SET revisions = revisions - 1 WHERE id = (SELECT post_id FROM revisions WHERE id = ?)", (row,)
    )
    connection.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (HAS_PRUNED, bounds["now"]),
    )
    # That of a latest one would only fail when everything is committed.
    gone = connection.execute(
        "DELETE FROM revisions WHERE id = ?1 AND NOT EXISTS"
        " (SELECT 1 FROM posts p WHERE p.id = post_id AND p.latest_revision_id = ?1)",
        (row,),
    )
    return gone.rowcount == 1


def _take_original(connection: sqlite3.Connection, row: Row, bounds: Bounds) -> bool:
    connection.execute(
        """
        UPDATE revisions SET original_id = NULL WHERE original_id = ? AND observed_at < ?
           AND id IS NOT (SELECT latest_revision_id FROM posts p WHERE p.id = post_id)
        """,
        (row, bounds["originals"]),
    )
    return connection.execute("DELETE FROM originals WHERE id = ?", (row,)).rowcount == 1


#: In this order: what goes first may have been what needed the next.
KINDS = (
    Kind("polls", ("polls",), _POLLS, _take_poll),
    Kind("alerts", ("alerts",), _ALERTS, _take_alert),
    Kind("notices", ("alerts",), _NOTICES, _take_notice),
    Kind("revisions", ("revisions",), _REVISIONS, _take_revision),
    Kind("originals", ("revisions", "originals"), _ORIGINALS, _take_original),
)


def count(path: Path, kept: Retained, now: datetime) -> Pruned:
    """How much is too old. Only reads."""
    bounds = _bounds(kept, now)
    with translated(path), closing(open_reader(path)) as reader:
        found = {
            kind.name: reader.execute(f"SELECT count(*) FROM ({kind.find})", bounds).fetchone()[0]  # noqa: S608
            for kind in _kinds(bounds)
        }
    return Pruned(**found)


async def prune(path: Path, write: Write, kept: Retained, now: datetime) -> Pruned:
    """Take away what is too old; `write` hands a write to the writer."""
    bounds = _bounds(kept, now)
    gone = {kind.name: 0 for kind in _kinds(bounds)}
    for kind in _kinds(bounds):
        after: Row = "" if kind.name == "notices" else 0
        while rows := await asyncio.to_thread(_find, path, kind, bounds, after):
            after = rows[-1]
            while rows:
                taken, done = await write(partial(_take_some, kind=kind, rows=rows[:BATCH], bounds=bounds))
                gone[kind.name] += taken
                del rows[:done]
    return Pruned(**gone)


def _bounds(kept: Retained, now: datetime) -> dict[str, str]:
    ages = asdict(kept)
    return {"now": needed(text(now))} | {
        name: "" if age is None else needed(text(now - age)) for name, age in ages.items()
    }


def _kinds(bounds: Bounds) -> list[Kind]:
    return [kind for kind in KINDS if any(bounds[name] for name in kind.kept_by)]


def _find(path: Path, kind: Kind, bounds: Bounds, after: Row) -> list[Row]:
    """The next page of what is too old, by id. A reader that stayed open would hold up checkpoints."""
    page = f"SELECT id FROM ({kind.find}) WHERE id > :after ORDER BY id LIMIT {PAGE}"  # noqa: S608
    with translated(path), closing(open_reader(path)) as reader:
        return [row["id"] for row in reader.execute(page, {**bounds, "after": after})]


def _take_some(connection: sqlite3.Connection, *, kind: Kind, rows: Sequence[Row], bounds: Bounds) -> tuple[int, int]:
    """Take rows away until they are all gone or it has taken long enough. Returns how many went, and were tried."""
    taken, enough = 0, time.monotonic() + SECONDS
    for done, row in enumerate(rows, start=1):
        connection.execute("SAVEPOINT pruned")
        try:
            went = kind.take(connection, row, bounds)
        except sqlite3.IntegrityError:
            went = False  # something has come to need it
        if not went:
            connection.execute("ROLLBACK TO pruned")
        connection.execute("RELEASE pruned")
        taken += went
        if time.monotonic() > enough:
            return taken, done
    return taken, len(rows)
