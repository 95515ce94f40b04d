"""`reprocess`: the stored texts as they would be read today."""

from __future__ import annotations

from collections.abc import Sequence

import click

from crawler.cli.app import App, pass_app
from crawler.cli.compose import equipped, opened
from crawler.cli.progress import progress
from crawler.cli.watch import configured, run_loop
from crawler.commands.reprocessing import reprocess
from crawler.config import Config


@click.command("reprocess")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@pass_app
def reprocess_command(app: App, names: tuple[str, ...]) -> None:
    """Derive texts again from stored originals.

    For after a change of `ignore` rules, or a new version of crawler: the old
    revisions of the named sources (default: all) are read as they would be
    today. Makes no changes and no alerts, and can be stopped at any time.

    \b
    Example:
      crawler reprocess koreapro.org
    """
    config = configured(app)
    with app.reading():
        pass  # there is one, and it is of this version: only `run` and `poll` make or migrate a store
    raise SystemExit(run_loop(_reprocess(config, names)))


async def _reprocess(config: Config, names: Sequence[str]) -> int:
    with progress(bars=True) as report:
        async with opened(config) as parts, equipped(parts, config, report) as watch:
            return await reprocess(watch, parts.run, names, click.echo, report)
