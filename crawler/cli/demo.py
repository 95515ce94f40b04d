"""`demo`: a little site on this machine is edited, and the real pipeline watches it. Nothing else is made up."""

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
from crawler.commands.polling import Tell, poll_now
from crawler.commands.turns import Turns
from crawler.demo import serve
from crawler.demo.story import TITLE, Deed, opened, story
from crawler.errors import CrawlerError
from crawler.watch import Watch

#: It is over by then, whatever this machine is busy with.
SECONDS = 28.0
CONFIG = """\
store: crawler.db
fetch: {{allow_private: [127.0.0.0/8]}}
defaults: {{per_host_delay: 0s}}
sources:
  - {{name: harbour-gazette, url: '{url}/'}}
sinks:
  - name: demo
    type: stdout
    when: {{kinds: [published, edited, protected, unpublished, deleted, restored]}}
log: {{level: warning}}
"""
NEXT = """\
Your turn:  crawler init https://your-site.example/   writes config.yaml
            crawler run                               watches it, for months"""

Look = Callable[[Watch, Tell], Awaitable[int]]


@click.command()
@pass_app
def demo(app: App) -> None:
    """Watch a little site on this machine being edited, for half a minute at most.

    Needs no config and no network. The site and the store are gone afterwards.

    \b
    Example:
      crawler demo
    """
    raise SystemExit(run_loop(_until_stopped(app)))


async def _until_stopped(app: App) -> int:
    """The demo, ended early by SIGINT, SIGTERM or SIGHUP; either way nothing is left behind."""
    loop = asyncio.get_running_loop()
    with TemporaryDirectory(prefix="crawler-demo-") as folder:
        showing = asyncio.ensure_future(performed(Path(folder), _say, verbose=app.verbose))
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(name, showing.cancel)
        try:
            async with asyncio.timeout(SECONDS):
                await showing
        except TimeoutError:
            raise CrawlerError("this machine was too busy to show everything in half a minute; try it again") from None
        except asyncio.CancelledError:
            _say("Stopped; nothing is left behind.")
    return 0


async def performed(folder: Path, say: Tell, *, verbose: bool = False) -> list[Deed]:
    """Open the site, watch it from a store in `folder`, and let the story happen. Returns what was done to the site."""
    site = opened()
    done: list[Deed] = []
    with serve(site) as url:
        path = folder / "config.yaml"
        path.write_text(CONFIG.format(url=url), encoding="utf-8")
        config = configuration.load(path, env=os.environ)
        logs.configure(config.log, verbose=verbose)
        async with watching(config, lambda *_: None) as watch:
            say(f"“{TITLE}”, a small WordPress site with {len(site.posts)} posts, now runs at {url}/.")
            say("crawler reads it once:")
            await LOOKS["poll"](watch, lambda line: say(f"  {line}"))
            for chapter in story(site):
                say(f"\n{chapter.told}")
                for look in chapter.looks:
                    say(f"$ crawler {look}")
                    await LOOKS[look](watch, say)
                done += [chapter.deed] if chapter.deed else []
    return done


async def _poll(watch: Watch, tell: Tell) -> int:
    return await poll_now(watch, (), False, tell, hosts=Turns(), sinks=Turns())


LOOKS: Mapping[str, Look] = {"poll": _poll}


def _say(text: str) -> None:
    click.echo(text)
