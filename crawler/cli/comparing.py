"""`diff`: what differs between two Revisions of a Post."""

from __future__ import annotations

import sys

import click

from crawler.cli.app import App, pass_app
from crawler.cli.diff_forms import FORMS, Pair, terminal
from crawler.cli.naming import Meant, meant
from crawler.cli.options import number
from crawler.cli.printing import block, note, show
from crawler.decide import differing
from crawler.errors import ConfigError, CrawlerError, NotFound
from crawler.store import revisions
from crawler.store.reading import Reader

_TROUBLE = 2


@click.command("diff")
@click.argument("post", metavar="POST")
@click.argument("old", type=number(1), required=False)
@click.argument("new", type=number(1), required=False)
@click.option(
    "--format",
    "format_",
    type=click.Choice(("terminal", "unified", "wdiff", "html", "json")),
    default="terminal",
    help="Default: terminal.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 if they differ, 2 on trouble.")
@pass_app
def diff(app: App, post: str, old: int | None, new: int | None, format_: str, exit_code: bool) -> None:
    """What differs between two revisions of a post.

    Of a post (its id, link, guid, SOURCE:WP_ID) the last two; of a change (its
    id, or the beginning of it) its two. OLD alone, or @3 or @2024-03-01 behind
    POST, is compared with the latest.

    \b
    Example:
      crawler diff c_9f2b
      crawler diff koreapro.org:2200955 1 3 --format unified
    """
    try:
        differs = _diff(app, post, old, new, format_)
    except CrawlerError as error:
        if not exit_code or isinstance(error, ConfigError):
            raise
        note(f"Error: {error}")
        raise SystemExit(_TROUBLE) from None
    if exit_code and differs:
        raise SystemExit(1)


def _diff(app: App, post: str, old: int | None, new: int | None, format_: str) -> bool:
    with app.reading() as reader:
        found = meant(reader, post, app.zone)
        if found.remark is not None:
            note(found.remark)
        first, second = _numbers(reader, found, old, new)
        before = revisions.revision(reader, found.post_id, first)
        after = revisions.revision(reader, found.post_id, second)
        known = revisions.known_post(reader, found.post_id)
    if before.derivation != after.derivation:
        note(
            "these two were read by different `ignore` rules or versions of crawler, which may show as differences;"
            f" `crawler reprocess {known.source}` reads them alike"
        )
    pair = Pair(known, before, after, differing(before.fields, after.fields), app.zone)
    if format_ == "terminal":
        show(*terminal(pair))
    else:
        _print(FORMS[format_](pair))
    return bool(pair.names)


def _numbers(reader: Reader, found: Meant, old: int | None, new: int | None) -> tuple[int, int]:
    """Which two Revisions are meant."""
    old = found.number if old is None else old
    if old is None and found.change_id is not None:
        return _of_change(reader, found.change_id)
    have = revisions.numbers(reader, found.post_id)
    if old is not None:
        return old, have[-1] if new is None else new
    if len(have) < 2:
        raise NotFound(f"post {found.post_id} has one revision only; there is nothing to compare it with")
    return have[-2], have[-1]


def _of_change(reader: Reader, change_id: str) -> tuple[int, int]:
    old, new = revisions.numbers_of_change(reader, change_id)
    if old is None or new is None:
        raise NotFound(f"{change_id} does not lie between two revisions; `crawler show {change_id}` shows its text")
    return old, new


def _print(text: str) -> None:
    if sys.stdout.isatty():
        show(block(text.removesuffix("\n")))
    elif text:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
