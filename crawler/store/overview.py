"""How the Sources are doing: totals over the whole store, and a row a Source, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crawler.decide import moving
from crawler.store import gaps, outage
from crawler.store.queries import Row
from crawler.store.reading import Reader
from crawler.store.selecting import Conditions, Wanted, bound, of_sources

#: Worst first. An active Source with an endpoint that fails stands between the bad states and the fine ones.
_WORSE = ("failing", "suspect", "gone")
_FINE = ("active", "paused", "duplicate", "removed")

COLUMNS = (
    "id",
    "name",
    "url",
    "kind",
    "title",
    "state",
    "baseline_at",
    "last_sweep_at",
    "duplicate_of",
    "last_ok_at",
    "next_poll_at",
    "failures",
    "last_error",
    "posts",
    "failing_since",
    "moved_to",
    "gap_sees",
    "gap_reason",
    "gap_since",
    "not_believed_since",
)

_SOURCES = """
    SELECT s.id, s.name, s.url, s.kind, s.title, s.state, s.baseline_at, s.last_sweep_at,
           (SELECT d.name FROM sources d WHERE d.id = s.duplicate_of) AS duplicate_of,
           e.last_ok_at, nullif(max(coalesce(s.next_try_at, ''), coalesce(e.next_poll_at, '')), '') AS next_poll_at,
           max(s.failures, coalesce(e.failures, 0)) AS failures,
           coalesce(s.last_error, s.login_error, e.last_error) AS last_error,
           coalesce(s.failing_since, e.failing_since) AS failing_since,
           (SELECT max(b.distrusted_at) FROM endpoints f JOIN beacons b ON b.endpoint_id = f.id
             WHERE f.source_id = s.id AND f.retired_at IS NULL) AS not_believed_since
      FROM sources s
      LEFT JOIN (SELECT source_id, max(last_ok_at) AS last_ok_at, min(next_poll_at) AS next_poll_at,
                        max(failures) AS failures, min(failing_since) AS failing_since,
                        max(CASE WHEN failures > 0 THEN last_error END) AS last_error
                   FROM endpoints WHERE retired_at IS NULL GROUP BY source_id) e ON e.source_id = s.id
"""
_IS_BAD = """
    (s.state IN ('failing', 'suspect', 'gone')
     OR (s.state = 'active' AND (coalesce(e.failures, 0) > 0 OR s.last_error IS NOT NULL OR s.login_error IS NOT NULL)))
"""
_WORST_FIRST = f"""
    ORDER BY CASE s.state WHEN 'failing' THEN 0 WHEN 'suspect' THEN 1 WHEN 'gone' THEN 2
                  WHEN 'active' THEN CASE WHEN {_IS_BAD} THEN 3 ELSE 4 END
                  WHEN 'paused' THEN 5 WHEN 'duplicate' THEN 6 ELSE 7 END,
             max(s.failures, coalesce(e.failures, 0)) DESC, e.last_ok_at, s.name
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """What is in the store."""

    #: number of Sources by state, worst first
    states: dict[str, int]
    posts: int
    revisions: int
    changes: int
    pending: int
    dead: int

    @property
    def sources(self) -> int:
        return sum(self.states.values())


def totals(reader: Reader) -> Totals:
    """Counts over everything that is stored."""
    found = {
        row["state"]: row["n"] for row in reader.execute("SELECT state, count(*) AS n FROM sources GROUP BY state")
    }
    order = ("active", *_WORSE, *_FINE[1:])
    numbers = reader.execute(
        """
        SELECT (SELECT count(*) FROM posts) AS posts, (SELECT count(*) FROM revisions) AS revisions,
               (SELECT count(*) FROM changes) AS changes,
               (SELECT count(*) FROM alerts WHERE state = 'pending') AS pending,
               (SELECT count(*) FROM alerts WHERE state = 'dead') AS dead
        """
    ).fetchone()
    return Totals(states={state: found[state] for state in order if state in found}, **dict(numbers))


def sources(reader: Reader, wanted: Wanted, *, only_bad: bool, limit: int | None) -> Iterator[Row]:
    """A row a Source, worst first."""
    conditions = _of_sources(reader, wanted, only_bad=only_bad)
    rows = reader.execute(
        f"{_SOURCES} {conditions.where} {_WORST_FIRST} LIMIT ?",
        (*conditions.values, bound(limit)),
    ).fetchall()
    for row in rows:
        (posts,) = reader.execute("SELECT count(*) FROM posts WHERE source_id = ?", (row["id"],)).fetchone()
        yield {**dict(row), "posts": posts, "moved_to": _moved_to(reader, row), **gaps.present(reader, row["id"])}


def count_sources(reader: Reader, wanted: Wanted, *, only_bad: bool) -> int:
    """How many Sources `sources` would show without a limit."""
    conditions = _of_sources(reader, wanted, only_bad=only_bad)
    counted = f"SELECT count(*) FROM ({_SOURCES} {conditions.where})"  # noqa: S608 (our names)
    (number,) = reader.execute(counted, conditions.values).fetchone()
    return int(number)


def clock_jumps(reader: Reader, *, limit: int) -> list[Row]:
    """The latest times when the clock of this machine was put: `from_at` is what it said before, `to_at` after."""
    rows = reader.execute("SELECT from_at, to_at FROM clock_jumps ORDER BY id DESC LIMIT ?", (limit,))
    return [dict(row) for row in rows]


def network_down_since(reader: Reader) -> str | None:
    """Since when nothing at all can be read, where a Notice has said so."""
    row = reader.execute("SELECT value FROM meta WHERE key = ?", (outage.KEY,)).fetchone()
    return None if row is None else str(row["value"])


def _moved_to(reader: Reader, source: Row) -> str | None:
    """The `url` to write for a Source that has moved for good."""
    row = reader.execute(
        """
        SELECT url, redirect_to FROM endpoints
         WHERE source_id = ? AND retired_at IS NULL AND brought_by IS NULL AND redirects >= ? ORDER BY rank LIMIT 1
        """,
        (source["id"], moving.REDIRECTS),
    ).fetchone()
    return None if row is None else moving.proposed_url(source["url"], row["url"], row["redirect_to"])


def _of_sources(reader: Reader, wanted: Wanted, *, only_bad: bool) -> Conditions:
    conditions = Conditions()
    of_sources(conditions, "s.id", reader, wanted)
    if only_bad:
        conditions.add(_IS_BAD)
    return conditions
