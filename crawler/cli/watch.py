"""The commands that watch: `poll` once, `run` until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import click
import uvloop

from crawler.alert import deliver
from crawler.cli import logs
from crawler.cli.app import App, pass_app
from crawler.cli.compose import watching
from crawler.cli.progress import progress
from crawler.config import Config
from crawler.daemon import Daemon
from crawler.errors import NotFound
from crawler.model import Source
from crawler.poll import Polled, poll_hosts
from crawler.watch import Watch


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--due", is_flag=True, help="Only the sources that are due.")
@pass_app
def poll(app: App, names: tuple[str, ...], due: bool) -> None:
    """Poll the named sources (default: all) once, now, and deliver the alerts.

    A source that has never been read is read whole first. Ignores schedule and back-off, but not a site's Retry-After.

    \b
    Example:
      crawler poll koreapro.org
    """
    raise SystemExit(_run(_poll(_configured(app), names, due=due)))


@click.command()
@pass_app
def run(app: App) -> None:
    """Watch all sources until SIGTERM or SIGINT.

    \b
    Example:
      crawler -c /etc/crawler/config.yaml run
    """
    _run(_watch(_configured(app)))


def _configured(app: App) -> Config:
    """The configuration, with the log set up as it says."""
    config = app.config()
    logs.configure(config.log, verbose=app.verbose)
    return config


def _run(work: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def _watch(config: Config) -> int:
    with progress(bars=False) as report:
        async with watching(config, report) as watch:
            await Daemon(watch.desk, watch.sinks, watch.pairs).run()
    return 0


async def _poll(config: Config, names: Sequence[str], *, due: bool) -> int:
    outcomes: list[Polled] = []
    failed_sinks = 0
    delivering = asyncio.Lock()
    with progress(bars=True) as report:
        async with watching(config, report) as watch:

            async def told(polled: Polled) -> None:
                nonlocal failed_sinks
                outcomes.append(polled)
                click.echo(_line(polled), err=True)
                if polled.changes:
                    async with delivering:
                        failed_sinks = max(failed_sinks, await deliver(watch.store, watch.sinks, watch.desk.clock))

            pairs = watch.pairs(_named(watch, names, due=due))
            if not pairs:
                click.echo(_nothing(watch, due=due), err=True)
            await poll_hosts(watch.desk, pairs, told, concurrency=watch.config.fetch.concurrency)
            # A sink that has failed before is not asked again so soon: what it cost then counts.
            failed_sinks = max(failed_sinks, await deliver(watch.store, watch.sinks, watch.desk.clock))
    return _exit_code(outcomes, failed_sinks)


def _named(watch: Watch, names: Sequence[str], *, due: bool) -> list[Source]:
    """The Sources meant: paused ones only when they are named."""
    sources = watch.store.due(watch.desk.clock()) if due else watch.store.sources()
    if not names:
        return [source for source in sources if source.state != "paused"]
    known = {source.name for source in watch.store.sources() if source.state != "removed"}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise NotFound(f"no source is called {', '.join(unknown)}; `crawler status` lists them")
    return [source for source in sources if source.name in names]


def _nothing(watch: Watch, *, due: bool) -> str:
    """Why there is nothing to poll."""
    paused = sum(source.state == "paused" for source in watch.store.sources())
    if due:
        return "nothing to poll: no source is due"
    if paused:
        return f"nothing to poll: {_counted(paused, 'source')} {'is' if paused == 1 else 'are'} paused"
    return "nothing to poll: the config has no sources"


def _line(polled: Polled) -> str:
    """What came of one Source, for people."""
    if polled.duplicate_of is not None:
        return f"{polled.source}: the same site as {polled.duplicate_of}, which watches it"
    if not polled.ok:
        return f"{polled.source}: failed, {polled.reason}: {polled.error}"
    parts = [_counted(polled.baseline, "post") + " read"] if polled.baseline else []
    parts += [_counted(polled.changes, "change"), _counted(polled.requests, "request")]
    if polled.error is not None:
        parts.append(f"but {polled.reason}: {polled.error}")
    return f"{polled.source}: {', '.join(parts)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _exit_code(outcomes: Sequence[Polled], failed_sinks: int) -> int:
    """0 fine; 3 something failed and something else did not; 1 all failed."""
    failed = sum(not polled.ok for polled in outcomes) + failed_sinks
    if not failed:
        return 0
    return 3 if any(polled.ok for polled in outcomes) else 1
