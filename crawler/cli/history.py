"""`log`: what became of one Post, as `git log` would tell it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import tzinfo

import click
from rich.text import Text

from crawler.cli import times
from crawler.cli.app import App, pass_app
from crawler.cli.columns import kind, words
from crawler.cli.formats import WRITERS
from crawler.cli.naming import meant
from crawler.cli.options import Listing, list_options
from crawler.cli.printing import line, show
from crawler.store import queries, revisions
from crawler.store.queries import Row
from crawler.store.reading import Reader
from crawler.store.selecting import Wanted

_HASH_SHOWN = 8


@click.command()
@click.argument("post", metavar="POST")
@list_options(with_sources=False)
@pass_app
def log(app: App, listing: Listing, post: str) -> None:
    """The revisions and changes of a post, newest first.

    POST is a post's id, link, guid, SOURCE:WP_ID, or the beginning of a change's id.

    \b
    Example:
      crawler log https://koreapro.org/2023/05/defense-ties/
      crawler log koreapro.org:2200955
    """
    with app.reading() as reader:
        found = meant(reader, post, app.zone)
        wanted = Wanted(**listing.narrowing)
        shown = _entries(reader, found.post_id, wanted, listing.limit)
        if listing.format == "table":
            show(*_heading(reader, found.post_id), *(part for row in shown for part in _told(row, app.zone)))
        else:
            WRITERS[listing.format](shown, _names(reader), sys.stdout)
        listing.tell_if_cut(len(shown), lambda: revisions.count_history(reader, found.post_id, wanted))


def _entries(reader: Reader, post_id: int, wanted: Wanted, limit: int | None) -> list[Row]:
    """Revisions and Changes as they came, the newest first; a Change stands before the Revision that it led to."""
    found = [{"what": "change", **row} for row in revisions.changes_of_post(reader, post_id, wanted, limit=limit)]
    found += [{"what": "revision", **row} for row in revisions.revisions(reader, post_id, wanted, limit=limit)]
    return sorted(found, key=_when, reverse=True)[:limit]


def _when(row: Row) -> tuple[str, int, bool]:
    if row["what"] == "change":
        return row["detected_at"], row["new_revision"] or row["old_revision"] or 0, True
    return row["observed_at"], row["number"], False


def _names(reader: Reader) -> list[str]:
    """All columns, for CSV: those of Changes, then those that only Revisions have."""
    of_changes = queries.columns(reader, "recent_changes")
    return list(dict.fromkeys(["what", *of_changes, *revisions.columns(reader)]))


def _heading(reader: Reader, post_id: int) -> Sequence[Text]:
    post = revisions.known_post(reader, post_id)
    return (
        line(f"{post.source} · post {post.id} · {post.state} · “{post.title or 'untitled'}”", "bold"),
        line(post.link or ""),
    )


def _told(row: Row, zone: tzinfo) -> Sequence[Text]:
    return _change(row, zone) if row["what"] == "change" else _revision(row, zone)


def _change(row: Row, zone: tzinfo) -> Sequence[Text]:
    said = [f"change {row['id']}", kind(row), times.local(row["detected_at"], zone, with_zone=True)]
    numbers = [str(number) for number in (row["old_revision"], row["new_revision"]) if number is not None]
    facts = [f"revision {' → '.join(numbers)}"] if numbers else []
    if row["old_seen_at"] is not None:
        facts.append(f"the old state was last seen {times.local(row['old_seen_at'], zone)}")
    if words(row):
        facts.append(f"{words(row)} words")
    lines = [Text(""), line("  ".join(said), "yellow"), line("; ".join(facts)), line(row["summary"])]
    return [lines[0], lines[1], *(_indented(each) for each in lines[2:] if each.plain)]


def _revision(row: Row, zone: tzinfo) -> Sequence[Text]:
    said = [f"revision {row['number']}", row["cause"], times.local(row["observed_at"], zone, with_zone=True)]
    facts = [f"last seen {times.local(row['last_seen_at'], zone)}"]
    if row["modified_at"] is not None:
        facts.append(f"modified {times.local(row['modified_at'], zone)}")
    facts.append(f"text {row['content_hash'][:_HASH_SHOWN]}")
    return [Text(""), line("  ".join(said), "cyan"), _indented(line("; ".join(facts)))]


def _indented(text: Text) -> Text:
    return Text("    ") + text
