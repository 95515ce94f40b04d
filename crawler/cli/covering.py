"""`coverage`: from when to when an edit could have been seen, and why not at other times."""

from __future__ import annotations

import sys
from datetime import datetime, tzinfo

import click

from crawler.cli import times
from crawler.cli.app import App, current_time, pass_app
from crawler.cli.formats import WRITERS
from crawler.cli.options import Listing, list_options
from crawler.cli.printing import Column, note, show, table
from crawler.store import gaps
from crawler.store.queries import Row
from crawler.store.selecting import Wanted

#: `coverage_spans.sees` and the reasons, in words.
SEES = {"new": "new posts", "edits": "edits", "silent": "silent edits"}
REASONS = {
    "down": "crawler did not run",
    "failing": "it could not be read",
    "paused": "it was paused",
    "robots": "robots.txt did not allow it",
    "rest_closed": "its REST API was closed",
    "removed": "it was not in the config",
    gaps.NOT_YET: "not watched then",
    gaps.NOT_SINCE: "not looked at since",
}


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--at", "at", metavar="TIME", help="For that one moment: seen or not, and why.")
@list_options()
@pass_app
def coverage(app: App, listing: Listing, names: tuple[str, ...], at: str | None) -> None:
    """When the sources were watched, and the gaps.

    What was edited twice inside a gap is known only by what came of it.

    \b
    Example:
      crawler coverage koreapro.org --since 30d
      crawler coverage koreapro.org --at 2024-03-01T12:00
    """
    wanted = Wanted(since=listing.since, until=listing.until, sources=(*names, *listing.sources), groups=listing.groups)
    with app.reading() as reader:
        if at is not None:
            _print(list(gaps.at(reader, wanted, _moment(app, at), limit=listing.limit)), listing, app.zone, at=True)
            return
        rows = list(gaps.rows(reader, wanted, limit=listing.limit))
        _print(rows, listing, app.zone)
        listing.tell_if_cut(len(rows), lambda: gaps.count(reader, wanted))


def said(row: Row) -> str:
    """`seen`, or why not."""
    return "seen" if row["watched"] else f"not seen: {REASONS.get(row['reason'], row['reason'])}"


def _print(rows: list[Row], listing: Listing, zone: tzinfo, *, at: bool = False) -> None:
    if listing.format != "table":
        WRITERS[listing.format](rows, gaps.AT_COLUMNS if at else gaps.COLUMNS, sys.stdout)
    elif rows:
        show(table(rows, _columns(zone)))
    else:
        note("nothing was watched yet")


def _columns(zone: tzinfo) -> list[Column]:
    return [
        Column("source", lambda row: row["source"]),
        Column("what", lambda row: SEES[row["sees"]]),
        Column("from", lambda row: times.local(row["from_at"], zone)),
        Column("to", lambda row: times.local(row["to_at"], zone)),
        Column("", said, yields=True),
    ]


def _moment(app: App, text: str) -> datetime:
    try:
        return times.moment_or_age(text, zone=app.zone, now=current_time())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from None
