"""`demo`: a little site on this machine is edited, and the real pipeline watches it. Only the site is made up."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from crawler import config as configuration
from crawler.cli import logs
from crawler.cli.app import App, pass_app
from crawler.cli.compose import watching
from crawler.cli.watch import run_loop
from crawler.commands.polling import Tell, counted, poll_now
from crawler.commands.sweeping import sweep_now
from crawler.commands.turns import Turns
from crawler.demo import serve
from crawler.demo.story import TITLE, Deed, opened, story
from crawler.errors import CrawlerError
from crawler.store import queries
from crawler.store.reading import reading
from crawler.store.selecting import ChangesWanted
from crawler.watch import Watch

#: It is over by then, whatever else this machine is busy with.
SECONDS = 28.0
#: Before each chapter, for who reads along. More than a second also because the store's times are whole ones: what
#: is deleted within the second in which it was last seen is missed by the next sweep only.
PAUSE = 1.5
CONFIG = """\
store: crawler.db
fetch: {{allow_private: [127.0.0.0/8]}}
defaults: {{per_host_delay: 0s, confirm: 0s}}
sources:
  - {{name: harbour-gazette, url: '{url}/'}}
sinks:
  - name: demo
    type: stdout
    when: {{kinds: [published, edited, protected, unpublished, deleted, restored]}}
log: {{level: warning}}
"""
YOUR_TURN = """\
Your turn:  crawler init https://your-site.example/   writes a config.yaml
            crawler run                               watches, for months"""

Look = Callable[[Watch, Tell], Awaitable[int]]


@click.command()
@pass_app
def demo(app: App) -> None:
    """See a little site being edited, and what is told of it.

    Takes less than half a minute; needs no config and no network. The site runs
    on this machine only. It and the store are gone afterwards.

    \b
    Example:
      crawler demo
    """
    raise SystemExit(run_loop(_until_stopped(app)))


async def _until_stopped(app: App) -> int:
    """The demo, ended early by a signal; either way nothing is left behind."""
    loop = asyncio.get_running_loop()
    with _temporary_folder() as folder:
        showing = asyncio.ensure_future(performed(Path(folder), click.echo, verbose=app.verbose))
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(name, lambda: showing.cancelling() or showing.cancel())
        try:
            async with asyncio.timeout(SECONDS):
                deeds = await showing
        except TimeoutError:
            raise CrawlerError("this machine was too busy to show all of it in half a minute; try again") from None
        except asyncio.CancelledError:
            click.echo("Stopped; nothing is left behind.", err=True)
            return 0
    click.echo(
        f"{counted(len(deeds), 'alert')} for what was done, none for what was not. Site and store are gone again."
    )
    click.echo(f"\n{YOUR_TURN}")
    return 0


def _temporary_folder() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory(prefix="crawler-demo-")
    except OSError as error:
        told = f"the demo needs a place for temporary files, and there is none: {error.strerror}; TMPDIR can name one"
        raise CrawlerError(told) from None


async def performed(folder: Path, say: Tell, *, verbose: bool = False) -> list[Deed]:
    """Open the site, watch it from `folder` and let the story happen. Returns what was done to the site.

    Raises CrawlerError when what was told is not what was done.
    """
    site = opened()
    deeds: list[Deed] = []
    with serve(site) as url:
        path = folder / "config.yaml"
        path.write_text(CONFIG.format(url=url), encoding="utf-8")
        config = configuration.load(path, env=os.environ)
        logs.configure(config.log, verbose=verbose)
        async with watching(config, lambda *_: None) as watch:
            say(f"“{TITLE}” is a small WordPress site on this machine: {url}/")
            say("crawler reads it for the first time:")
            await _look(watch, "poll", say)
            for chapter in story(site):
                await asyncio.sleep(PAUSE)
                say(chapter.told)
                for look in chapter.looks:
                    await _look(watch, look, say)
                deeds += [chapter.deed] if chapter.deed else []
        _check(config.store, deeds)
    return deeds


async def _look(watch: Watch, look: str, say: Tell) -> None:
    say(f"$ crawler {look}")
    if await LOOKS[look](watch, lambda line: say(f"{line}\n")):
        raise CrawlerError("the demo's site could not be read, or nobody reads what is told")


async def _poll(watch: Watch, tell: Tell) -> int:
    return await poll_now(watch, (), False, tell, hosts=Turns(), sinks=Turns())


async def _sweep(watch: Watch, tell: Tell) -> int:
    return await sweep_now(watch, (), accept_removals=False, tell=tell, hosts=Turns(), sinks=Turns())


LOOKS: Mapping[str, Look] = {"poll": _poll, "sweep": _sweep}


def _check(store: Path, deeds: list[Deed]) -> None:
    """Compare what was stored with what was done."""
    with reading(store) as reader:
        rows = [row for _, row in queries.changes(reader, ChangesWanted(), oldest_first=True)]
    found = [(row["kind"], row["title"], row["silent"]) for row in rows]
    if found != [(deed.kind, deed.title, deed.silent) for deed in deeds]:
        raise CrawlerError("what crawler has found is not what was done to the site; that is a mistake in crawler")
