"""The command line. Each family of commands is a module of its own, imported when it is called."""

from __future__ import annotations

from pathlib import Path

import click

from crawler.cli.group import LazyGroup, Stub
from crawler.cli.version import VERSION

#: In the order in which one meets them; the help of each is the first line of its own.
COMMANDS = {
    "demo": Stub("crawler.cli.demo:demo", "See a little site being edited, and what is told of it."),
    "init": Stub("crawler.cli.starting:init", "Write a commented config.yaml for these sites."),
    "discover": Stub("crawler.cli.discovering:discover", "Say what can be watched at a URL, and what it costs."),
    "run": Stub("crawler.cli.watch:run", "Watch all sources until SIGTERM or SIGINT."),
    "poll": Stub("crawler.cli.watch:poll", "Poll the named sources (default: all) once, now."),
    "sweep": Stub("crawler.cli.sweeping:sweep", "Read all posts of the named sources (default: all) again."),
    "check": Stub("crawler.cli.checking:check", "Validate the configuration."),
    "status": Stub("crawler.cli.status:status", "How the sources are doing, worst first."),
    "coverage": Stub("crawler.cli.covering:coverage", "When the sources were watched, and the gaps."),
    "posts": Stub("crawler.cli.lists:posts", "List posts, newest first."),
    "changes": Stub("crawler.cli.lists:changes", "List changes, newest first."),
    "alerts": Stub("crawler.cli.alerts:alerts", "List the outbox, newest first; `retry`, `test`."),
    "log": Stub("crawler.cli.history:log", "The revisions and changes of a post, newest first."),
    "show": Stub("crawler.cli.showing:show_command", "The text of one revision of a post."),
    "diff": Stub("crawler.cli.comparing:diff", "What differs between two revisions of a post."),
    "backup": Stub("crawler.cli.keeping:backup", "Copy the store to a file, also beside a daemon."),
    "restore": Stub("crawler.cli.keeping:restore", "Put a backup in the store's place."),
    "verify": Stub("crawler.cli.keeping:verify", "Look over the store or a backup: is it whole?"),
    "preview": Stub("crawler.cli.previewing:preview", "Show what the `ignore` rules of a source take out."),
    "reprocess": Stub("crawler.cli.reprocessing:reprocess_command", "Derive texts again from stored originals."),
    "prune": Stub("crawler.cli.keeping:prune", "Take out what `retention` keeps no longer."),
}


@click.group(
    cls=LazyGroup,
    stubs=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="`crawler COMMAND --help` tells more, with an example.",
)
@click.option("-c", "--config", type=click.Path(path_type=Path), help="Default: $CRAWLER_CONFIG, else ./config.yaml.")
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")
@click.version_option(VERSION, message="%(prog)s %(version)s")
@click.pass_context
def program(ctx: click.Context, config: Path | None, verbose: bool) -> None:
    """Watch WordPress sites and feeds, keep every revision, tell what changed."""
    # Here and not above: it takes the configuration's parts along, for which `--help` should not wait.
    from crawler.cli.app import App

    ctx.obj = App(verbose=verbose) if config is None else App(path=config, verbose=verbose)
