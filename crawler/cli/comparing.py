"""`diff`: what differs between two Revisions of a Post."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click
from rich.text import Text

from crawler.cli import formats
from crawler.cli.app import App, pass_app
from crawler.cli.colours import wants_colour
from crawler.cli.documents import IN_TEXT, document, label, value_text
from crawler.cli.naming import Meant, meant
from crawler.cli.options import number
from crawler.cli.printing import block, line, note, show
from crawler.decide import differing
from crawler.diff import as_json, compare, html, spans, unified, wdiff
from crawler.errors import ConfigError, CrawlerError, NotFound
from crawler.store import revisions
from crawler.store.reading import Reader
from crawler.store.revisions import KnownPost, StoredRevision

_TROUBLE = 2
_STYLES = {"kept": "", "removed": "red", "added": "green"}
_MARKS = {"kept": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}


class Pair(NamedTuple):
    """Two Revisions of a Post, and the names of the fields that differ."""

    post: KnownPost
    old: StoredRevision
    new: StoredRevision
    names: tuple[str, ...]

    @property
    def beside(self) -> list[str]:
        """The fields that differ and are not in the text."""
        return [name for name in self.names if name not in IN_TEXT]


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
    pair = Pair(known, before, after, differing(before.fields, after.fields))
    if format_ == "terminal":
        show(*_terminal(pair))
    else:
        _print(_FORMS[format_](pair))
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


def _terminal(pair: Pair) -> Iterator[Text]:
    """The fields beside the text first, then title and text with a little context."""
    post, comparison = pair.post, compare(pair.old.fields, pair.new.fields, pair.names)
    numbers = f"revision {pair.old.number} → {pair.new.number}"
    yield line(f"{post.source} · post {post.id} · {numbers} · “{pair.new.fields.title or post.title or ''}”", "bold")
    yield line(comparison.summary or "no difference")
    sections = dict(zip(pair.names, comparison.diff.split("\n\n"), strict=False))
    for name in (*pair.beside, *(name for name in IN_TEXT if name in sections)):
        yield Text("")
        if name in (*IN_TEXT, "excerpt"):
            yield line({"content": "Text"}.get(name, label(name)), "bold")
        yield _coloured(sections.get(name, ""))


def _coloured(section: str) -> Text:
    """wdiff text in colours, or with its marks where there are none."""
    has_colours = wants_colour(sys.stdout)
    made = Text()
    for style, text in spans(section):
        before, after = ("", "") if has_colours else _MARKS[style]
        made.append(before).append_text(block(text, _STYLES[style])).append(after)
    return made


def _unified(pair: Pair) -> str:
    """For `patch`; what is not in the text stands before it in lines that `patch` passes over."""
    remarks = "".join(f"# {label(name)}: {' → '.join(_values(pair, name))}\n" for name in pair.beside)
    text = unified(document(pair.old.fields), document(pair.new.fields), f"{pair.post.source}/{pair.post.id}")
    return remarks + text


def _values(pair: Pair, name: str) -> Sequence[str]:
    return [value_text(getattr(revision.fields, name)) or "none" for revision in (pair.old, pair.new)]


def _documents(pair: Pair) -> tuple[str, str]:
    return document(pair.old.fields, pair.beside), document(pair.new.fields, pair.beside)


def _json(pair: Pair) -> str:
    comparison = compare(pair.old.fields, pair.new.fields, pair.names)
    return formats.json_text(
        {
            "post_id": pair.post.id,
            "source": pair.post.source,
            "old_revision": pair.old.number,
            "new_revision": pair.new.number,
            "fields": list(pair.names),
            "words_added": comparison.words_added,
            "words_removed": comparison.words_removed,
            "summary": comparison.summary,
            "diff": comparison.diff,
            "lines": as_json(*_documents(pair)),
        },
        indent=2,
    )


_FORMS = {
    "unified": _unified,
    "wdiff": lambda pair: wdiff(*_documents(pair)),
    "html": lambda pair: html(*_documents(pair)),
    "json": _json,
}


def _print(text: str) -> None:
    if sys.stdout.isatty():
        show(block(text.removesuffix("\n")))
    elif text:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
