"""`status`: how the Sources are doing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import tzinfo

import click
from rich.text import Text

from crawler.cli import times
from crawler.cli.app import App, current_time, pass_app
from crawler.cli.covering import REASONS, SEES
from crawler.cli.formats import WRITERS
from crawler.cli.options import Listing, list_options
from crawler.cli.printing import Column, line, note, show, table
from crawler.errands.files import SERVING, folder_of
from crawler.errors import NotFound
from crawler.store import overview
from crawler.store.holding import holder
from crawler.store.opening import lock_of
from crawler.store.overview import Totals
from crawler.store.queries import Row
from crawler.store.reading import Reader
from crawler.store.selecting import Wanted

#: Of the times the clock was put, the latest.
_JUMPS = 3


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
            about = _about(app, reader)
            show(line(_totals(totals)), *about, line(""), table(rows, _columns()), *_advice(rows, app.zone))
        else:
            show(line(_totals(totals)), *_about(app, reader))
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


def _about(app: App, reader: Reader) -> Iterator[Text]:
    """Who watches, and what is to be known of all Sources."""
    store = app.reading_config.store
    daemon = holder(folder_of(store) / SERVING)
    writer = holder(lock_of(store))
    if daemon is not None:
        yield line(f"watched by the daemon, process {daemon}")
    elif writer is not None:
        yield line(f"no daemon is running; process {writer} is writing to the store")
    else:
        yield line("no daemon is running; `crawler run` watches")
    if (since := overview.network_down_since(reader)) is not None:
        yield line(f"no source at all could be read since {times.local(since, app.zone)}: is the network there?")
    for jump in overview.clock_jumps(reader, limit=_JUMPS):
        before, after = (times.local(jump[name], app.zone) for name in ("from_at", "to_at"))
        yield line(f"the clock went from {before} to {after}: times from around then may be wrong")


def _advice(rows: Sequence[Row], zone: tzinfo) -> Iterator[Text]:
    """What is to be known, or done, about single Sources."""
    told = []
    for row in rows:
        if row["moved_to"]:
            told.append(f"{row['name']}: moved to {row['moved_to']} for good: write that as its url")
        if row["gap_sees"]:
            since = times.local(row["gap_since"], zone)
            what, why = SEES[row["gap_sees"]], REASONS.get(row["gap_reason"], row["gap_reason"])
            told.append(f"{row['name']}: {what} are not seen since {since}: {why}")
        if row["not_believed_since"]:
            since = times.local(row["not_believed_since"], zone)
            told.append(f"{row['name']}: its feed hid an edit, last at {since}; its REST API is asked at every poll")
    if told:
        yield line("")
    yield from map(line, told)


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
        Column("failing since", lambda row: times.age(row["failing_since"], now), right=True),
        Column("sweep", lambda row: times.age(row["last_sweep_at"], now), right=True),
        Column("last error", lambda row: row["last_error"] or "", yields=True),
    ]


def _state(row: Row) -> str:
    return f"duplicate of {row['duplicate_of']}" if row["duplicate_of"] else str(row["state"])


def _next(row: Row, due: str) -> str:
    return "" if row["state"] in ("paused", "removed", "duplicate") else due
