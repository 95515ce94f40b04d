"""The options that all lists take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

import click

from crawler.cli import times
from crawler.cli.app import App, current_time
from crawler.cli.printing import note

Command = Callable[..., None]

FORMATS = ("table", "json", "jsonl", "csv")
_DEFAULT_LIMIT = 50
#: Of numbers that are typed: any larger one is a slip.
_MOST = 10**9


def number(least: int) -> Callable[[object], int]:
    """An option's or argument's type: a whole number from `least` up."""

    def read(value: object) -> int:
        text = str(value)
        if text.isascii() and text.isdigit() and least <= (found := int(text[:20])) <= _MOST:
            return found
        raise click.BadParameter(f"{text!r} is not a whole number from {least} to {_MOST:,}")

    return read


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What was asked of a list."""

    format: str
    #: None: all
    limit: int | None
    since: datetime | None = None
    until: datetime | None = None
    sources: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def narrowing(self) -> dict[str, Any]:
        """As the store takes it."""
        return {"since": self.since, "until": self.until, "sources": self.sources, "groups": self.groups}

    def tell_if_cut(self, shown: int, count: Callable[[], int]) -> None:
        """Say "50 of 12,304" on stderr when there is more."""
        if self.limit is not None and shown >= self.limit and (total := count()) > shown:
            note(f"{shown:,} of {total:,}")


def list_options(*, with_span: bool = True, with_sources: bool = True) -> Callable[[Command], Command]:
    """Add the options of a list; the command gets them as `listing`."""
    chosen = [*_SHAPE, *(_SPAN if with_span else ()), *(_SOURCES if with_sources else ())]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def wrapped(*args: Any, **given: Any) -> None:
            app = click.get_current_context().ensure_object(App)
            limit = given.pop("limit")
            listing = Listing(
                format=given.pop("format_"),
                limit=limit or None,
                since=_moment(app, given.pop("since", None), "--since"),
                until=_moment(app, given.pop("until", None), "--until"),
                sources=given.pop("source", ()),
                groups=given.pop("group", ()),
            )
            command(*args, listing=listing, **given)

        for option in reversed(chosen):
            wrapped = option(wrapped)
        return wrapped

    return decorate


_SHAPE = (
    click.option(
        "--format",
        "format_",
        type=click.Choice(FORMATS),
        default="table",
        metavar="FORMAT",
        help="table (default), json, jsonl or csv.",
    ),
    click.option(
        "--limit",
        type=number(0),
        default=_DEFAULT_LIMIT,
        metavar="N",
        help="At most N; 0: all. Default: 50.",
    ),
)
_SPAN = (
    click.option("--since", metavar="TIME", help="From 2d or 3h ago, or 2024-03-01[T12:00], on."),
    click.option("--until", metavar="TIME", help="Before then."),
)
_SOURCES = (
    click.option("--source", multiple=True, metavar="NAME", help="Of this source, or these: '*.gov'."),
    click.option("--group", multiple=True, metavar="NAME", help="Of the sources in this group."),
)


def _moment(app: App, text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        return times.moment_or_age(text, zone=app.zone, now=current_time())
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None
