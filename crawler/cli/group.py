"""The group of commands: loads a command's module when it is called, and turns errors into one message each."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

import click

from crawler.errors import ConfigError, CrawlerError

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


class Stub(NamedTuple):
    """Where a command stands, and its line in the list of commands: known without importing it."""

    place: str
    help: str


class LazyGroup(click.Group):
    """Commands by name; importing all of them would make every one of them start slowly."""

    def __init__(self, *args: Any, stubs: Mapping[str, Stub], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stubs = stubs

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.stubs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.stubs:
            return None
        module, _, name = self.stubs[cmd_name].place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.stubs and not args[0].startswith("-"):
            near = get_close_matches(args[0], self.stubs, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, stub.help) for name, stub in self.stubs.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. An error that is meant for people becomes a message and an exit code."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except ConfigError as error:
            # One line a mistake, each beginning with its place, as compilers do: editors can jump there.
            click.echo(legible(str(error)), err=True)
            ctx.exit(MISUSED)
        except CrawlerError as error:
            click.echo(f"Error: {legible(str(error))}", err=True)
            ctx.exit(FAILED)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _let_go_of_stdout()
            ctx.exit(0)
        except OSError as error:
            # Nothing else that a command does lets one out: this is standard output, on a device that is full.
            _let_go_of_stdout()
            click.echo(f"Error: the output could not be written: {error.strerror or error}", err=True)
            ctx.exit(FAILED)
        except UnicodeEncodeError:
            # Arguments that are no UTF-8 arrive as half characters, which SQLite does not take.
            click.echo("Error: an argument is not text in UTF-8", err=True)
            ctx.exit(MISUSED)


def legible(text: str) -> str:
    """The text with control characters shown as escapes; lines stay lines. A message may quote what a site said."""
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


def _let_go_of_stdout() -> None:
    """Whoever read from us has had enough. What is still buffered must not fail again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
