"""Whether a store is whole: SQLite's own checks, then the laws that hold between our tables. Reads only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from crawler.parse.original import is_whole
from crawler.store.opening import is_older, open_any, translated
from crawler.store.pruning import HAS_PRUNED
from crawler.store.searching import indexed

#: Told while it goes on: originals read, originals in all.
Report = Callable[[int, int], None]

#: Findings of one kind that are told one by one; of a store that is broken all over, more say no more.
SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """What came of it."""

    #: one line each, for people; none: all is well
    findings: tuple[str, ...]
    posts: int
    revisions: int
    changes: int
    #: `run` or `poll` would migrate it
    older: bool


#: Each selects the rows that break a law, with what is to be said of one.
_LAWS = (
    (
        """
        SELECT p.id, p.latest_revision_id FROM posts p LEFT JOIN revisions r ON r.id = p.latest_revision_id
         WHERE p.latest_revision_id IS NOT NULL AND r.post_id IS NOT p.id
        """,
        "post {}: its latest revision, {}, is none of its own",
    ),
    (
        """
        SELECT p.id, max(r.number) FROM posts p JOIN revisions r ON r.post_id = p.id GROUP BY p.id
        HAVING p.latest_revision_id IS NOT (SELECT n.id FROM revisions n WHERE n.post_id = p.id
                                             ORDER BY n.number DESC LIMIT 1)
        """,
        "post {}: revision {} is the newest, and another one is taken for the latest",
    ),
    (
        """
        SELECT p.id, p.revisions, count(r.id) FROM posts p LEFT JOIN revisions r ON r.post_id = p.id
         GROUP BY p.id HAVING p.revisions <> count(r.id)
        """,
        "post {}: it should have {} revisions and has {}",
    ),
    (
        """
        SELECT post_id, min(number), max(number), count(*) FROM revisions
         GROUP BY post_id HAVING count(*) <> max(number) - min(number) + 1
        """,
        "post {}: of its revisions {} to {} there are only {}",
    ),
    (
        f"""
        SELECT post_id, min(number) FROM revisions
         WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = '{HAS_PRUNED}') GROUP BY post_id HAVING min(number) <> 1
        """,  # noqa: S608 (our own name)
        "post {}: its first revision is number {}, and none has been pruned",
    ),
    (
        """
        SELECT c.id, r.id FROM changes c JOIN revisions r ON r.id IN (c.old_revision_id, c.new_revision_id)
         WHERE r.post_id <> c.post_id
        """,
        "change {}: revision {} is of another post",
    ),
    (
        """
        SELECT id, kind FROM changes
         WHERE new_revision_id IS NULL AND kind = 'published' OR old_revision_id IS NULL AND kind = 'edited'
        """,
        "change {}: it is {}, and a revision that it shows is missing",
    ),
)

_FULL_TEXT = (
    (
        """
        SELECT r.id FROM revisions r LEFT JOIN revisions_fts_docsize d ON d.id = r.id
         WHERE d.id IS NULL AND r.id <= ?
        """,
        "revision {}: it is missing from the full-text index",
    ),
    (
        """
        SELECT d.id FROM revisions_fts_docsize d LEFT JOIN revisions r ON r.id = d.id
         WHERE r.id IS NULL OR d.id > ?
        """,
        "revision {}: the full-text index has it, and the store has not, or not yet",
    ),
)


def verify(path: Path, report: Report | None = None) -> Verified:
    """Look all of a store, or of a copy of one, over. Raises StoreError where it cannot even be opened."""
    with closing(open_any(path)) as connection, translated(path):
        connection.execute("BEGIN")  # one state of it, whatever is written meanwhile
        findings = list(_damage(connection))
        if not findings:
            # what SQLite cannot read would only fail
            findings += _broken_laws(connection)
            findings += _lost_originals(connection, report)
        counts = [_count(connection, table) for table in ("posts", "revisions", "changes")]
        return Verified(
            findings=tuple(findings),
            posts=counts[0],
            revisions=counts[1],
            changes=counts[2],
            older=is_older(connection),
        )


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    for (found,) in connection.execute(f"PRAGMA integrity_check({SHOWN})"):
        if found != "ok":
            yield f"damaged: {' '.join(found.split())}"
    lost = connection.execute("PRAGMA foreign_key_check")
    yield from _shown(f"{row[0]}: row {row[1]} lacks its row of {row[2]}" for row in lost)


def _broken_laws(connection: sqlite3.Connection) -> Iterator[str]:
    for query, says in _LAWS:
        yield from _shown(says.format(*row) for row in connection.execute(query))
    done = indexed(connection)
    for query, says in _FULL_TEXT:
        yield from _shown(says.format(*row) for row in connection.execute(query, (done,)))


def _lost_originals(connection: sqlite3.Connection, report: Report | None) -> Iterator[str]:
    yield from _shown(
        f"original {number}: it is not what its hash says" for number in _unlike_their_hash(connection, report)
    )


def _unlike_their_hash(connection: sqlite3.Connection, report: Report | None) -> Iterator[int]:
    total = _count(connection, "originals")
    originals = connection.execute("SELECT id, hash, encoding, body FROM originals ORDER BY id")
    for number, row in enumerate(originals, start=1):
        if row["encoding"] != "zstd" or not is_whole(row["hash"], row["body"]):
            yield row["id"]
        if report is not None:
            report(number, total)


def _shown(findings: Iterator[str]) -> Iterator[str]:
    """The first ones, and how many more there are."""
    yield from islice(findings, SHOWN)
    if more := sum(1 for _ in findings):
        yield f"… and {more:,} more like these"


def _count(connection: sqlite3.Connection, table: str) -> int:
    (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 (our names)
    return int(number)
