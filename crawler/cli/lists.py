"""`posts` and `changes`: lists, newest first."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import tzinfo
from itertools import islice

import click

from crawler.cli.app import App, pass_app
from crawler.cli.columns import change_columns, post_columns
from crawler.cli.following import follow as follow_changes
from crawler.cli.formats import WRITERS
from crawler.cli.matching import Pattern
from crawler.cli.options import Listing, list_options, number
from crawler.cli.printing import Column, note, show, table
from crawler.model import COMPARED
from crawler.model.change import CHANGE_KINDS
from crawler.store import queries
from crawler.store.queries import Row
from crawler.store.reading import Reader
from crawler.store.selecting import ChangesWanted, Wanted


@click.command()
@list_options()
@pass_app
def posts(app: App, listing: Listing) -> None:
    """List posts, newest first.

    --since and --until are about the time of publication.

    \b
    Example:
      crawler posts --source koreapro.org --since 7d
      crawler posts --format csv --limit 0 > posts.csv
    """
    with app.reading() as reader:
        wanted = Wanted(**listing.narrowing)
        rows = queries.posts(reader, wanted, limit=listing.limit)
        shown = _print(rows, listing, queries.columns(reader, "current_posts"), post_columns(app.zone))
        listing.tell_if_cut(shown, lambda: queries.count_posts(reader, wanted))


@click.command()
@click.option(
    "--kind", multiple=True, type=click.Choice(CHANGE_KINDS), metavar="KIND", help="edited, published, deleted, …"
)
@click.option("--silent", is_flag=True, help="Text that changed although `modified` did not move.")
@click.option("--field", multiple=True, type=click.Choice(COMPARED), metavar="FIELD", help="title, content, tags, …")
@click.option("--author", metavar="TEXT", help="Part of the author's name.")
@click.option("--min-words", type=number(0), default=0, metavar="N", help="Words added and removed, at least.")
@click.option("--match", metavar="REGEX", help="What the changed text must have in it.")
@click.option("--follow", is_flag=True, help="Oldest first, and wait for more.")
@list_options()
@pass_app
def changes(
    app: App,
    listing: Listing,
    kind: tuple[str, ...],
    silent: bool,
    field: tuple[str, ...],
    author: str | None,
    min_words: int,
    match: str | None,
    follow: bool,
) -> None:
    """List changes, newest first.

    \b
    Example:
      crawler changes --kind edited --silent --match '(?i)sanction'
    """
    wanted = ChangesWanted(
        kinds=kind, silent=silent, fields=field, author=author, min_words=min_words, **listing.narrowing
    )
    pattern = None if match is None else Pattern(match)
    with app.reading() as reader:
        if follow:
            follow_changes(reader, wanted, listing, pattern, app.zone)
        else:
            _list_changes(reader, wanted, listing, pattern, app.zone)


def _list_changes(
    reader: Reader, wanted: ChangesWanted, listing: Listing, pattern: Pattern | None, zone: tzinfo
) -> None:
    found = queries.changes(reader, wanted, limit=listing.limit if pattern is None else None)
    rows = (row for _, row in found if pattern is None or pattern.occurs_in(row))
    shown = _print(
        islice(rows, listing.limit), listing, queries.columns(reader, "recent_changes"), change_columns(zone)
    )
    if pattern is None:
        listing.tell_if_cut(shown, lambda: queries.count_changes(reader, wanted))
    elif next(rows, None) is not None:
        note(f"{shown:,}, and there are more")


def _print(rows: Iterable[Row], listing: Listing, names: list[str], columns: list[Column]) -> int:
    """Print rows in the format that was asked for; returns how many."""
    if listing.format != "table":
        return WRITERS[listing.format](rows, names, sys.stdout)
    found = list(rows)
    show(table(found, columns)) if found else note("nothing found")
    return len(found)
