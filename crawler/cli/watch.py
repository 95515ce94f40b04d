"""The commands that watch: `poll` once, `run` until told to stop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Sequence
from typing import Any

import click
import uvloop

from crawler.cli import logs
from crawler.cli.app import App, pass_app
from crawler.cli.beside import done
from crawler.cli.compose import equipped, opened, watching
from crawler.cli.progress import progress
from crawler.commands.polling import Tell, poll_now
from crawler.commands.turns import Turns
from crawler.config import Config
from crawler.daemon import Daemon
from crawler.daemon.metrics import Metrics
from crawler.daemon.notify import Notifier

#: What the full-text index may take of the 15 s in which the daemon ends.
INDEX_SECONDS = 2.0


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--due", is_flag=True, help="Only the sources that are due.")
@pass_app
def poll(app: App, names: tuple[str, ...], due: bool) -> None:
    """Poll the named sources (default: all) once, now, and deliver the alerts.

    A source that has never been read is read whole first. Ignores schedule and back-off, but not a site's Retry-After.
    Where a daemon watches into the same store, it does the work.

    \b
    Example:
      crawler poll koreapro.org
    """
    config = configured(app)

    def tell(line: str) -> None:
        click.echo(line, err=True)

    def alone() -> int:
        return run_loop(_poll(config, names, tell, due=due))

    raise SystemExit(done(config.store, "poll", {"names": names, "due": due}, tell, alone=alone))


@click.command()
@pass_app
def run(app: App) -> None:
    """Watch all sources until SIGTERM or SIGINT.

    \b
    Example:
      crawler -c /etc/crawler/config.yaml run
    """
    run_loop(_watch(app, configured(app)))


def configured(app: App) -> Config:
    """The configuration, with the log set up as it says."""
    config = app.config()
    logs.configure(config.log, verbose=app.verbose)
    return config


def run_loop(work: Coroutine[Any, Any, int]) -> int:
    """Run what returns an exit code."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _watch(app: App, config: Config) -> int:
    # First of all: what it finds in the environment is not for the child processes.
    notifier, metrics = Notifier.from_environment(os.environ), Metrics(config.store)
    with progress(bars=False) as report:
        async with opened(config, patience=INDEX_SECONDS, metrics=metrics) as parts:
            daemon = Daemon(
                parts,
                lambda config: equipped(parts, config, report),
                app.config,
                notifier=notifier,
                metrics=metrics,
                reloaded=lambda config: logs.configure(config.log, verbose=app.verbose),
            )
            await daemon.run(config)
    return 0


async def _poll(config: Config, names: Sequence[str], tell: Tell, *, due: bool) -> int:
    with progress(bars=True) as report:
        async with watching(config, report) as watch:
            return await poll_now(watch, names, due, tell, hosts=Turns(), sinks=Turns())
