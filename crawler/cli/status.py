"""`status`: how the Sources are doing."""

from __future__ import annotations

import sys

import click

from crawler.cli import times
from crawler.cli.app import App, current_time, pass_app
from crawler.cli.formats import WRITERS
from crawler.cli.options import Listing, list_options
from crawler.cli.printing import Column, line, note, show, table
from crawler.errors import NotFound
from crawler.store import overview
from crawler.store.overview import Totals
from crawler.store.queries import Row
from crawler.store.selecting import Wanted


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--bad", is_flag=True, help="Only the sources that are not fine.")
@list_options(with_span=False)
@pass_app
def status(app: App, listing: Listing, names: tuple[str, ...], bad: bool) -> None:
    """How the sources are doing, worst first.

    NAME may be a pattern, such as '*.gov'.

    \b
    Example:
      crawler status --bad
    """
    with app.reading() as reader:
        wanted = Wanted(sources=(*names, *listing.sources), groups=listing.groups)
        totals = overview.totals(reader)
        if not totals.sources:
            raise NotFound("no sources yet; write them into the config, then `crawler poll` reads them")
        rows = list(overview.sources(reader, wanted, only_bad=bad, limit=listing.limit))
        if listing.format != "table":
            WRITERS[listing.format](rows, overview.COLUMNS, sys.stdout)
        elif rows:
            show(line(_totals(totals)), line(""), table(rows, _columns()))
        else:
            show(line(_totals(totals)))
            note("all sources are fine" if bad else "nothing found")
        listing.tell_if_cut(len(rows), lambda: overview.count_sources(reader, wanted, only_bad=bad))


def _totals(totals: Totals) -> str:
    """`12 sources: 10 active, 1 failing, 1 paused; 8,412 posts, 9,033 revisions, 214 changes; 3 alerts pending`."""
    states = ", ".join(f"{number:,} {state}" for state, number in totals.states.items())
    stored = (
        f"{_counted(totals.posts, 'post')}, {_counted(totals.revisions, 'revision')},"
        f" {_counted(totals.changes, 'change')}"
    )
    alerts = f"{_counted(totals.pending, 'alert')} pending" + (f", {totals.dead:,} dead" if totals.dead else "")
    return f"{_counted(totals.sources, 'source')}: {states}; {stored}; {alerts}"


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def _columns() -> list[Column]:
    now = current_time()
    return [
        Column("source", lambda row: row["name"]),
        Column("state", _state),
        Column("posts", lambda row: f"{row['posts']:,}", right=True),
        Column("last success", lambda row: times.age(row["last_ok_at"], now) or "never", right=True),
        Column("next poll", lambda row: _next(row, times.until(row["next_poll_at"], now)), right=True),
        Column("failures", lambda row: str(row["failures"] or ""), right=True),
        Column("sweep", lambda row: times.age(row["last_sweep_at"], now), right=True),
        Column("last error", lambda row: row["last_error"] or "", yields=True),
    ]


def _state(row: Row) -> str:
    return f"duplicate of {row['duplicate_of']}" if row["duplicate_of"] else str(row["state"])


def _next(row: Row, due: str) -> str:
    return "" if row["state"] in ("paused", "removed", "duplicate") else due
