"""`check`: is the configuration right, how was it understood, and do its addresses answer?"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable

import click

from crawler import config as configuration
from crawler.cli.app import App, pass_app
from crawler.cli.formats import json_text
from crawler.cli.printing import block, line, note, show
from crawler.config import Config

_ALL_FAILED, _SOME_FAILED = 1, 3


@click.command()
@click.option("--connect", "connects", is_flag=True, help="Also try the address of each source and sink.")
@click.option("--print", "prints", is_flag=True, help="Print it as understood, with where each value came from.")
@click.option("--schema", is_flag=True, help="Print its JSON Schema, for editors.")
@pass_app
def check(app: App, connects: bool, prints: bool, schema: bool) -> None:
    """Validate the configuration; every mistake is told at once.

    Exits 0 if it is right, 2 if not; with --connect 1 if no address answers, 3 if
    some do not.

    \b
    Example:
      crawler -c /etc/crawler/config.yaml check --connect
    """
    if schema:
        sys.stdout.write(json_text(configuration.json_schema(), indent=2) + "\n")
        return
    config = app.config()
    if any(sink.type == "apprise" or (sink.is_for_people and sink.template) for sink in config.sinks):
        # Here and not above: it loads much, and most configs have nothing that it is for.
        from crawler.cli.rehearsing import rehearse

        asyncio.run(rehearse(config))
    for warning in _warnings(config):
        note(f"Warning: {warning}")
    if prints:
        show(block(configuration.describe(config).removesuffix("\n")))
    if connects:
        # Here and not above: only this needs the network's parts, which take long to load.
        from crawler.cli.connecting import connect

        raise SystemExit(_tell(asyncio.run(connect(config))))
    if not prints:
        show(line(f"{config.path}: {_counted(config.sources, 'source')}, {_counted(config.sinks, 'sink')}"))


def _warnings(config: Config) -> Iterable[str]:
    if not config.sources:
        yield "there is nothing to watch; add `sources`"
    if not config.sinks:
        yield "there are no sinks: changes are stored and nobody is told"
    elif not any(sink.notices for sink in config.sinks):
        yield "no sink takes notices: nobody is told when a source fails for long; give one `notices: true`"
    for sink in config.sinks:
        if sink.template is not None and not sink.is_for_people:
            yield f"the sink {sink.name} has a template, which a {sink.type} sink has no use for: it sends data"


def _tell(results: Iterable[tuple[str, bool, str]]) -> int:
    """A line an address; returns the exit code."""
    outcomes = []
    for name, is_ok, message in results:
        outcomes.append(is_ok)
        show(line(f"{'ok    ' if is_ok else 'FAILED'}  {name}: {message}"))
    if all(outcomes):
        return 0
    return _SOME_FAILED if any(outcomes) else _ALL_FAILED


def _counted(things: tuple[object, ...], noun: str) -> str:
    return f"1 {noun}" if len(things) == 1 else f"{len(things):,} {noun}s"
