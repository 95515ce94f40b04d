"""`alerts`: the outbox; what was not taken is tried again, and a Sink is tried with nothing to tell."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from difflib import get_close_matches
from typing import Any

import click
from rich.text import Text

from crawler.alert import Sink
from crawler.cli import times
from crawler.cli.app import App, current_time, pass_app
from crawler.cli.beside import done
from crawler.cli.compose import watching
from crawler.cli.formats import WRITERS
from crawler.cli.options import Listing, list_options, number
from crawler.cli.printing import Column, line, note, show, table
from crawler.cli.progress import progress
from crawler.cli.sinks import opened_sinks
from crawler.cli.watch import configured, run_loop
from crawler.commands.retrying import retry_alerts
from crawler.commands.turns import Turns
from crawler.config import Config, SinkConfig
from crawler.errors import NotFound, SinkError
from crawler.render.samples import samples, trial
from crawler.route import paces
from crawler.store.alerts import COLUMNS, AlertsWanted, count_alerts, resting
from crawler.store.alerts import alerts as stored_alerts
from crawler.store.reading import Reader, reading

#: Of a digest's id: enough to tell which rows go out together.
_SHORT_ID = 8


@click.group(invoke_without_command=True)
@click.option("--failed", is_flag=True, help="Only those that were not taken: dead, or to be tried again.")
@click.option("--sink", multiple=True, metavar="NAME", help="To this sink.")
@list_options()
@click.pass_context
def alerts(ctx: click.Context, listing: Listing, failed: bool, sink: tuple[str, ...]) -> None:
    """List the outbox, newest first; `retry` and `test` do something.

    --since and --until are about when the change was detected.

    \b
    Example:
      crawler alerts --failed
      crawler alerts test newsroom
    """
    if ctx.invoked_subcommand is None:
        _list(ctx.ensure_object(App), listing, AlertsWanted(failed=failed, sinks=sink, **listing.narrowing))


def _list(app: App, listing: Listing, wanted: AlertsWanted) -> None:
    with app.reading() as reader:
        rows = stored_alerts(
            reader, wanted, limit=listing.limit, paces=paces(app.reading_config.routes()), now=current_time()
        )
        if listing.format != "table":
            shown = WRITERS[listing.format](rows, COLUMNS, sys.stdout)
        else:
            found = list(rows)
            show(table(found, _columns(app.zone))) if found else note("nothing found")
            show(*_resting(reader, wanted, app.zone))
            shown = len(found)
        listing.tell_if_cut(shown, lambda: count_alerts(reader, wanted))


def _resting(reader: Reader, wanted: AlertsWanted, zone: tzinfo) -> Iterator[Text]:
    """Which Sinks are left alone for a while, and why."""
    for sink in resting(reader, current_time(), wanted.sinks):
        until = times.local(sink.until, zone)
        failed = "once" if sink.failures == 1 else f"{sink.failures:,} times in a row"
        yield line(f"{sink.sink} rests until {until}, it failed {failed}: {sink.last_error}")


@alerts.command()
@click.argument("ids", nargs=-1, type=number(1), metavar="[ID]...")
@pass_app
def retry(app: App, ids: tuple[int, ...]) -> None:
    """Try alerts again at once (default: all that are pending or dead).

    A dead one begins anew: if it fails, it is tried for about three days. Where a
    daemon watches into the same store, it does the work.

    \b
    Example:
      crawler alerts retry 17 18
    """
    config = configured(app)

    def alone() -> int:
        with reading(config.store):  # makes no store where there is none: it would have nothing to retry
            pass
        return run_loop(_retry(config, ids))

    raise SystemExit(done(config.store, "alerts retry", {"ids": ids}, _say, alone=alone))


async def _retry(config: Config, ids: Sequence[int]) -> int:
    with progress(bars=False) as report:
        async with watching(config, report) as watch:
            return await retry_alerts(watch, ids, _say, sinks=Turns())


@alerts.command("test")
@click.argument("name", metavar="SINK")
@click.option("--samples", "with_samples", is_flag=True, help="Also one of each other type, made up.")
@pass_app
def test_command(app: App, name: str, with_samples: bool) -> None:
    """Send a test to a sink, and print what it answers.

    Nothing is stored, and nothing is tried again.

    \b
    Example:
      crawler alerts test newsroom --samples
    """
    config = configured(app)
    raise SystemExit(run_loop(_test(config, _named(config, name), _payloads(name, with_samples=with_samples))))


def _named(config: Config, name: str) -> SinkConfig:
    """The Sink of that name. Raises NotFound with the nearest one."""
    found = {sink.name: sink for sink in config.sinks}
    if name not in found:
        near = get_close_matches(name, found, n=1)
        known = f"there are {', '.join(found)}" if found else "the config has no sinks"
        raise NotFound(f"no sink is called {name!r}; " + (f"did you mean {near[0]!r}?" if near else known))
    return found[name]


def _payloads(sink: str, *, with_samples: bool) -> Iterator[dict[str, Any]]:
    tag, now = secrets.token_hex(6), current_time()
    yield trial(tag, sink, now)
    if with_samples:
        yield from samples(tag, now)


async def _test(config: Config, wanted: SinkConfig, payloads: Iterator[Mapping[str, Any]]) -> int:
    async with opened_sinks(config, [wanted]) as (sink,):
        return await _send(sink, payloads)


async def _send(sink: Sink, payloads: Iterator[Mapping[str, Any]]) -> int:
    """Send each of them; returns the exit code."""
    code = 0
    for payload in payloads:
        try:
            reply = await sink.send(payload)
        except SinkError as error:
            _say(f"{sink.name}: {payload['type']} failed: {error}")
            code = 1
        else:
            _say(f"{sink.name}: {payload['type']} taken" + (f": {reply}" if reply else ""))
    return code


def _say(text: str) -> None:
    """A line at once, also into a pipe."""
    show(line(text))
    sys.stdout.flush()


def _columns(zone: tzinfo) -> list[Column]:
    return [
        Column("id", lambda row: str(row["id"]), right=True),
        Column("state", lambda row: row["state"]),
        Column("sink", lambda row: row["sink"]),
        Column("kind", lambda row: row["kind"]),
        Column("source", lambda row: row["source"] or ""),
        Column("title", lambda row: (row["title"] or "untitled").partition("\n")[0], yields=True),
        Column("digest", lambda row: (row["digest_id"] or "")[:_SHORT_ID]),
        Column("attempts", lambda row: str(row["attempts"] or ""), right=True),
        Column("next attempt", lambda row: times.local(_next(row), zone)),
        Column("held by", lambda row: row["held_by"] or ""),
        Column("last error", lambda row: row["last_error"] or ""),
    ]


def _next(row: Mapping[str, Any]) -> str | None:
    """When it is tried next; nothing for one that is done with."""
    return max(row["next_attempt_at"], row["held_until"] or "") if row["state"] == "pending" else None
