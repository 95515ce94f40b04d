"""`changes --follow`: Changes oldest first, and then those that come, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import tzinfo

import click

from crawler.cli.columns import change_columns
from crawler.cli.formats import write_csv_header, write_csv_rows, write_jsonl
from crawler.cli.matching import Pattern
from crawler.cli.options import Listing
from crawler.cli.printing import line, show
from crawler.store import queries
from crawler.store.queries import Row
from crawler.store.reading import Reader, version_seen
from crawler.store.selecting import ChangesWanted

SECONDS = 1.0

Print = Callable[[Iterable[Row]], object]


def follow(reader: Reader, wanted: ChangesWanted, listing: Listing, pattern: Pattern | None, zone: tzinfo) -> None:
    """Print the newest Changes, oldest first, then each that is detected, until interrupted."""
    if listing.format == "json":
        raise click.UsageError("--follow never ends and a JSON array does; use --format jsonl")
    names = queries.columns(reader, "recent_changes")
    output = _printer(listing.format, names, zone)
    # Asked for before the rows: what comes in between is seen by the first look of the loop.
    version, seq = -1, queries.latest_seq(reader)
    try:
        output(_latest(reader, wanted, pattern, listing.limit, seq))
        while True:
            time.sleep(SECONDS)
            seen = version_seen(reader)
            if seen != version:
                version = seen
                rows = list(queries.changes(reader, replace(wanted, after=seq), oldest_first=True))
                seq = rows[-1][0] if rows else seq
                output(row for _, row in rows if pattern is None or pattern.occurs_in(row))
    except KeyboardInterrupt:
        return


def _latest(
    reader: Reader, wanted: ChangesWanted, pattern: Pattern | None, limit: int | None, seq: int
) -> Iterable[Row]:
    rows: list[Row] = []
    for found, row in queries.changes(reader, wanted, limit=limit if pattern is None else None):
        if limit is not None and len(rows) == limit:
            break
        if found <= seq and (pattern is None or pattern.occurs_in(row)):
            rows.append(row)
    return reversed(rows)


def _printer(format_: str, names: Sequence[str], zone: tzinfo) -> Print:
    if format_ == "jsonl":
        return lambda rows: write_jsonl(rows, names, sys.stdout)
    if format_ == "csv":
        write_csv_header(names, sys.stdout)
        return lambda rows: (write_csv_rows(rows, names, sys.stdout), sys.stdout.flush())
    return lambda rows: _lines(rows, zone)


def _lines(rows: Iterable[Row], zone: tzinfo) -> None:
    """A line a Change, without waiting for others to be aligned with."""
    for row in rows:
        show(line("  ".join(column.cell(row) for column in change_columns(zone) if column.cell(row))))
        sys.stdout.flush()
