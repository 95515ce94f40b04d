"""`show`: the text of one Revision, such that a unified diff can be applied to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import tzinfo

import click

from crawler.cli import times
from crawler.cli.app import App, pass_app
from crawler.cli.documents import document, label, value_text
from crawler.cli.formats import json_text, plain
from crawler.cli.naming import chosen, meant
from crawler.cli.printing import block, line, note, show
from crawler.errors import NotFound
from crawler.parse.original import unseal
from crawler.store import revisions
from crawler.store.reading import Reader
from crawler.store.revisions import StoredRevision

_TOLD = ("link", "author", "published_at", "categories", "tags", "featured_image", "excerpt")


@click.command("show")
@click.argument("post", metavar="POST")
@click.option("--html", "as_html", is_flag=True, help="The HTML as it was received.")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", help="Default: text.")
@pass_app
def show_command(app: App, post: str, as_html: bool, format_: str) -> None:
    """The text of one revision of a post: title, empty line, text.

    POST is a post's id, link, guid, SOURCE:WP_ID, or the beginning of a change's
    id; with @3 behind it revision 3, with @2024-03-01 or @2024-03-01T12:00 what
    was known then; else the latest. On a terminal, and on stderr with `crawler
    -v`, times and the other fields come first.

    \b
    Example:
      crawler show koreapro.org:2200955@1 > text
      crawler diff koreapro.org:2200955 1 2 --format unified | patch text
    """
    if as_html and format_ == "json":
        raise click.UsageError("--html and --format json exclude each other")
    with app.reading() as reader:
        found = meant(reader, post, app.zone)
        if found.remark is not None:
            note(found.remark)
        revision = chosen(reader, found)
        if format_ == "json":
            sys.stdout.write(json_text(plain(revision.row), indent=2) + "\n")
        elif as_html:
            _print(received(revisions.original(reader, revision)))
        else:
            _print_text(reader, revision, app)


def received(original: bytes) -> str:
    """The HTML of an original as it is stored: of a REST record or of a feed's."""
    record = unseal(original)
    content = record.get("content")
    html = content.get("rendered") if isinstance(content, dict) else content
    html = record.get("summary") if html is None else html
    if html is None:
        raise NotFound("no text was told of this revision; `--format json` shows what was")
    return str(html)


def _print_text(reader: Reader, revision: StoredRevision, app: App) -> None:
    text = document(revision.fields)
    told = list(_told(reader, revision, app.zone))
    if sys.stdout.isatty():
        show(*(line(each, "dim") for each in told), line(""), block(text))
        return
    if app.verbose:
        note("\n".join(told))
    _print(text)
    if revision.fields.content is None:
        note("no text was told of this revision")


def _print(text: str) -> None:
    """As it is, where a program reads it; inert on a terminal."""
    if sys.stdout.isatty():
        show(block(text))
    else:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")


def _told(reader: Reader, revision: StoredRevision, zone: tzinfo) -> Iterator[str]:
    post = revisions.known_post(reader, revision.post_id)
    yield f"{post.source} · post {post.id} · {post.state} · revision {revision.number} of {post.revisions}"
    seen = f"{revision.cause}, seen {times.local(revision.observed_at, zone, with_zone=True)}"
    yield f"{seen} to {times.local(revision.last_seen_at, zone)}"
    if revision.modified_at is not None:
        yield f"Modified at: {times.local(revision.modified_at, zone, with_zone=True)}"
    for name in _TOLD:
        value = getattr(revision.fields, name)
        if value:
            yield f"{label(name)}: {value_text(value)}"
