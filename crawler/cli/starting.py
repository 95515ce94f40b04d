"""`init`: writes a first `config.yaml`. Asks no site anything: names and shapes come from the URLs alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from crawler import config as configuration
from crawler.cli.app import App, pass_app
from crawler.cli.first_config import config_text, mistake_in_contact, mistake_in_url
from crawler.cli.printing import line, note, show
from crawler.commands.polling import counted
from crawler.errors import CrawlerError


@click.command()
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("--contact", metavar="ADDRESS", help="Your mail address or page, told to the sites' owners.")
@pass_app
def init(app: App, urls: tuple[str, ...], contact: str | None) -> None:
    """Write a commented config.yaml for these sites or feeds.

    Without URLs it asks for them on a terminal, and takes an example
    elsewhere. A file that is there is never overwritten. No site is asked
    anything: that is what `crawler discover` does.

    \b
    Example:
      crawler init https://koreapro.org/ --contact me@example.org
    """
    _refuse_to_overwrite(app.path)
    if not urls and sys.stdin.isatty():
        urls = _asked_urls()
        contact = contact or _asked_contact()
    for number, url in enumerate(urls, 1):
        if mistake := mistake_in_url(url):
            raise click.UsageError(f"URL {number}: {mistake}")
    if contact is not None and (mistake := mistake_in_contact(contact)):
        raise click.UsageError(f"--contact: {mistake}")
    text = config_text(urls, contact)
    sources = len(configuration.load(app.path, env={}, text=text).sources)
    _write(app.path, text)
    show(line(f"{app.path}: written, with {counted(sources, 'source') if urls else 'an example to replace'}"))
    note("Next: `crawler check --connect` tries the addresses, `crawler run` watches them.")


def _asked_urls() -> tuple[str, ...]:
    note("Which sites or feeds are to be watched? One address a line; an empty line ends.")
    urls = []
    while url := _asked("https://…", mistake_in_url):
        urls.append(url)
    return tuple(urls)


def _asked_contact() -> str | None:
    note("Who are you? A mail address or page for the sites' owners; an empty line tells them nothing.")
    return _asked("contact", mistake_in_contact) or None


def _asked(what: str, mistake_in: Callable[[str], str | None]) -> str:
    """An answer that is right, or an empty one."""
    while True:
        answer: str = click.prompt(what, default="", show_default=False, err=True).strip()
        mistake = mistake_in(answer) if answer else None
        if mistake is None:
            return answer
        note(f"That answer: {mistake}")


def _refuse_to_overwrite(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise CrawlerError(f"{path} is there already and was left as it is; `-c FILE` names another")


def _write(path: Path, text: str) -> None:
    """Write the file, all of it or none. Raises CrawlerError."""
    try:
        with path.open("x", encoding="utf-8") as file:
            try:
                file.write(text)
                file.flush()
            except OSError:
                path.unlink()
                raise
    except FileExistsError:
        _refuse_to_overwrite(path)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise CrawlerError(f"{path} could not be written: {reason}") from None
