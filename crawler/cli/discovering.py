"""`discover`: what can be watched at a URL. On stdout there is only YAML for `sources`, the advice in its comments."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import click

from crawler import config as configuration
from crawler.cli import logs
from crawler.cli.advice import about, advised, refused
from crawler.cli.agent import user_agent
from crawler.cli.app import DEFAULT_CONFIG, App, pass_app
from crawler.cli.compose import fetching
from crawler.cli.first_config import mistake_in_url, own_names
from crawler.cli.printing import note
from crawler.cli.surveying import Survey, survey
from crawler.cli.watch import run_loop
from crawler.commands.polling import exit_code
from crawler.config import Config, SourceConfig
from crawler.errors import CrawlerError
from crawler.fetch import HostLines
from crawler.workers import Workers


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@pass_app
def discover(app: App, urls: tuple[str, ...]) -> None:
    """Say what can be watched at these URLs, and what it would cost.

    Prints YAML for the `sources` of a config, with the advice as comments.
    Needs no config; where there is one, its `contact` and `fetch` are used.
    Exits 1 if nothing can be watched, 3 if only some of it.

    \b
    Example:
      crawler discover https://koreapro.org/ https://example.org/feed/
    """
    for number, url in enumerate(urls, 1):
        if mistake := mistake_in_url(url):
            raise click.UsageError(f"URL {number}: {mistake}")
    names = own_names(urls)
    config = _config(app, names)
    logs.configure(config.log, verbose=app.verbose)
    raise SystemExit(run_loop(_discovered(config, names)))


def _config(app: App, urls: Iterable[str]) -> Config:
    """The config with these sources besides; an empty one where none was named and none is there."""
    is_none = app.path == Path(DEFAULT_CONFIG) and not app.path.exists()
    return configuration.load(app.path, env=os.environ, text="" if is_none else None, urls=urls)


async def _discovered(config: Config, names: Mapping[str, str | None]) -> int:
    """Survey all of it, all hosts at once, and print it in the order of the URLs. Returns the exit code."""
    known = {source.url: source for source in config.sources}
    asking = replace(config, sources=tuple(known[url] for url in names))
    async with Workers() as workers, fetching(asking, HostLines()) as fetch_for:

        async def surveyed(source: SourceConfig) -> Survey | CrawlerError:
            try:
                return await survey(fetch_for(source), workers.run, source, user_agent=user_agent(config))
            except CrawlerError as error:
                return error

        work = [asyncio.create_task(surveyed(source)) for source in asking.sources]
        try:
            told = [
                _told(source, await each, name=names[source.url])
                for source, each in zip(asking.sources, work, strict=True)
            ]
        finally:
            for each in work:
                each.cancel()
            await asyncio.gather(*work, return_exceptions=True)
    return exit_code(told)


def _told(source: SourceConfig, found: Survey | CrawlerError, *, name: str | None) -> bool:
    """Print what came of one URL. Returns whether it can be watched."""
    if isinstance(found, CrawlerError):
        note(f"Error: {about(source.url, found)}")
        click.echo(refused(source.url, found))
        return False
    click.echo(advised(found, name=name))
    return True
