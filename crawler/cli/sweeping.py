"""The command `sweep`: a full re-reading, now."""

from __future__ import annotations

from collections.abc import Sequence

import click

from crawler.cli.app import App, pass_app
from crawler.cli.beside import done
from crawler.cli.compose import watching
from crawler.cli.progress import progress
from crawler.cli.watch import configured, run_loop
from crawler.commands.polling import Tell
from crawler.commands.sweeping import sweep_now
from crawler.commands.turns import Turns
from crawler.config import Config


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--accept-removals", is_flag=True, help="Look also where very many posts are gone at once.")
@pass_app
def sweep(app: App, names: tuple[str, ...], accept_removals: bool) -> None:
    """Read all posts of the named sources (default: all) again, now.

    Finds text that was changed without a new date, and posts that are gone. A post that is not listed any more is
    asked for; it counts as removed when a later look says the same. What is suspected, and when it will be looked at
    again, is printed. Delivers the alerts, as `poll` does.

    \b
    Example:
      crawler sweep koreapro.org
    """
    config = configured(app)

    def tell(line: str) -> None:
        click.echo(line, err=True)

    def alone() -> int:
        return run_loop(_sweep(config, names, tell, accept_removals=accept_removals))

    arguments = {"names": names, "accept_removals": accept_removals}
    raise SystemExit(done(config.store, "sweep", arguments, tell, alone=alone))


async def _sweep(config: Config, names: Sequence[str], tell: Tell, *, accept_removals: bool) -> int:
    with progress(bars=True) as report:
        async with watching(config, report) as watch:
            return await sweep_now(
                watch, names, accept_removals=accept_removals, tell=tell, hosts=Turns(), sinks=Turns()
            )
