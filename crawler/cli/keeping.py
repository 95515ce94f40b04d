"""The commands that look after the store: `backup`, `restore`, `verify`, `prune`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from crawler.cli import logs
from crawler.cli.app import App, current_time, pass_app
from crawler.cli.group import FAILED, legible
from crawler.cli.printing import note
from crawler.cli.progress import progress
from crawler.config import Config
from crawler.model import Pruned
from crawler.store import SqliteStore, copying, pruning, restoring, verifying
from crawler.store.restoring import Restored
from crawler.store.verifying import Verified

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_FILE, metavar="FILE")
@pass_app
def backup(app: App, file: Path) -> None:
    """Copy the store to a file, also while a daemon writes.

    The copy is one file, checked before it gets its name. A FILE that is there already is left alone.

    \b
    Example:
      crawler backup /mnt/backups/crawler-monday.db
    """
    config = _configured(app)
    with progress(bars=True) as report:
        size = copying.back_up(config.store, file, report=lambda done, total: report("bytes copied", done, total))
    click.echo(f"{file}: {size / 1e6:,.1f} MB, checked")


@click.command()
@click.argument("file", type=_FILE, metavar="FILE")
@pass_app
def restore(app: App, file: Path) -> None:
    """Put a backup in the store's place.

    FILE is verified first and left as it is. The store that was there is kept beside it. Stop the daemon before.

    \b
    Example:
      crawler restore crawler-monday.db
    """
    config = _configured(app)
    with progress(bars=True) as report:
        restored = restoring.restore(file, config.store, report)
    click.echo(_told(config.store, restored))


@click.command()
@click.argument("file", type=_FILE, metavar="[FILE]", required=False)
@pass_app
def verify(app: App, file: Path | None) -> None:
    """Look over the store or a backup, FILE: is it whole?

    A line for each thing that is wrong, and then exit code 1. Only reads, also beside a daemon.

    \b
    Example:
      crawler verify crawler-monday.db
    """
    # A backup is to be looked over where there is no config, too.
    path = file or _configured(app).store
    with progress(bars=True) as report:
        verified = verifying.verify(path, lambda done, total: report("originals", done, total))
    for finding in verified.findings:
        click.echo(legible(finding))
    if verified.findings:
        raise SystemExit(FAILED)
    click.echo(_fine(verified))


@click.command()
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
@pass_app
def prune(app: App, dry_run: bool) -> None:
    """Take out what `retention` keeps no longer.

    A daemon does it by itself, once a day. Changes and what they show, the latest revisions and pending alerts stay.

    \b
    Example:
      crawler prune --dry-run
    """
    config = _configured(app)
    if dry_run:
        click.echo(f"would go: {_numbers(pruning.count(config.store, config.retention.retained(), current_time()))}")
        return
    with app.reading():
        pass  # there is one, and it is of this version: only `run` and `poll` make or migrate a store
    click.echo(f"gone: {_numbers(asyncio.run(_prune(config)))}")
    note("the file keeps its size: the room is used again; a backup is as small as it can be")


def _configured(app: App) -> Config:
    config = app.reading_config
    logs.configure(config.log, verbose=app.verbose)
    return config


async def _prune(config: Config) -> Pruned:
    with SqliteStore(config.store) as store:
        return await store.prune(config.retention.retained(), current_time())


def _numbers(pruned: Pruned) -> str:
    """`1,204 polls, 310 alerts, 4 notices, 0 revisions, 0 originals`."""
    return ", ".join(f"{number:,} {name}" for name, number in asdict(pruned).items())


def _fine(verified: Verified) -> str:
    """`fine: 8,412 posts, 9,033 revisions, 214 changes`."""
    older = "; of an older version: `run` or `poll` brings it up to date" if verified.older else ""
    return f"fine: {verified.posts:,} posts, {verified.revisions:,} revisions, {verified.changes:,} changes{older}"


def _told(store: Path, restored: Restored) -> str:
    kept = f"\nThe store that was there is {restored.kept}; remove it when all is well." if restored.kept else ""
    return f"{store}: restored. {_fine(restored.verified)}{kept}"
