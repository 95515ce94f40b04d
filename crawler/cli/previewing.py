"""`preview`: what the `ignore` rules of a source take out, of its posts as they are now or of its history."""

from __future__ import annotations

from collections.abc import Sequence

import click

from crawler.cli.app import App, pass_app
from crawler.cli.compose import fetching
from crawler.cli.printing import block, line, note, show
from crawler.cli.progress import progress
from crawler.cli.trying import Tried, history, now
from crawler.cli.watch import configured, run_loop
from crawler.commands.polling import counted
from crawler.config import Config, SourceConfig
from crawler.config.write import write
from crawler.errors import NotFound
from crawler.fetch import HostLines
from crawler.model import IgnoreRule
from crawler.workers import Workers


@click.command()
@click.argument("name")
@click.option("--against-history", is_flag=True, help="List the stored changes that would not have been alerts.")
@pass_app
def preview(app: App, name: str, against_history: bool) -> None:
    """Show what the `ignore` rules of a source take out.

    Reads its newest posts now, and stores nothing. With --against-history: which
    of its stored edits would not have been alerts under these rules.

    \b
    Example:
      crawler preview koreapro.org
    """
    config = configured(app)
    source = next((each for each in config.sources if each.name == name), None)
    if source is None:
        raise NotFound(f"no source is called {name}; `crawler check --print` lists those of the config")
    raise SystemExit(run_loop(_history(app, source) if against_history else _now(config, source)))


async def _now(config: Config, source: SourceConfig) -> int:
    async with Workers() as workers, fetching(config, HostLines()) as fetch_for:
        trial = await now(fetch_for(source), workers.run, source)
    _tell_posts(trial.posts)
    for rule in source.ignore:
        show(line(f"{write({_kind(rule): _text(rule)})}: {_effect(rule, trial.posts)}"))
    for unreadable in trial.unreadable:
        note(f"Warning: {unreadable}")
    if not source.ignore:
        note(f"{source.name} has no `ignore` rules")
    return 0


def _tell_posts(posts: Sequence[Tried]) -> None:
    for post in posts:
        if post.diff:
            show(line(f"“{post.title}”", "bold"), block(post.diff), line(""))


def _effect(rule: IgnoreRule, posts: Sequence[Tried]) -> str:
    if rule.field is not None:
        return "does not count"
    number = sum(rule in post.hit for post in posts)
    return f"takes something out of {number} of {counted(len(posts), 'post')}"


async def _history(app: App, source: SourceConfig) -> int:
    total = silenced = 0
    with app.reading() as reader, progress(bars=True) as report:
        async with Workers() as workers:
            async for edit in history(reader, workers.run, source, report):
                total += 1
                if edit.is_silenced:
                    silenced += 1
                    show(line(f"{edit.id[:14]}  {edit.detected_at}  “{edit.title}”  {edit.summary}"))
    note(f"{silenced:,} of {counted(total, 'edit')} would not have been alerts")
    return 0


def _kind(rule: IgnoreRule) -> str:
    return "css" if rule.css is not None else "regex" if rule.regex is not None else "field"


def _text(rule: IgnoreRule) -> str:
    return rule.css or rule.regex or rule.field or ""
