"""Text for people on stdout: tables as wide as the screen, colour and a pager only on a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from crawler.cli.colours import wants_colour
from crawler.render import inert
from crawler.store.queries import Row

#: Where nothing is cut off because nobody looks at it directly.
_UNBOUNDED = 1_000_000
_GAP = 2
_NARROWEST = 10


class Column(NamedTuple):
    """One column of a table. `cell` makes its text out of a row."""

    heading: str
    cell: Callable[[Row], str]
    #: the one that gives way when the screen is narrow
    yields: bool = False
    right: bool = False


def table(rows: Iterable[Row], columns: Sequence[Column]) -> Text:
    """Rows in aligned columns, a line a row; on a terminal the column that yields is cut to fit."""
    cells = [[_one_line(column.cell(row)) for column in columns] for row in rows]
    headings = [column.heading for column in columns]
    widths = [max(map(cell_len, each)) for each in zip(headings, *cells, strict=True)]
    yielding = next(index for index, column in enumerate(columns) if column.yields)
    excess = sum(widths) + _GAP * (len(widths) - 1) - screen_width()
    if excess > 0:
        widths[yielding] = max(_NARROWEST, widths[yielding] - excess)
    lines = [Text(_aligned(headings, columns, widths), style="bold")]
    lines += [Text(_aligned(each, columns, widths)) for each in cells]
    return Text("\n").join(lines)


def _aligned(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    shown = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        cut = cell if cell_len(cell) <= width else set_cell_size(cell, width - 1) + "…"
        room = " " * (width - cell_len(cut))
        shown.append(room + cut if column.right else cut + room)
    return (" " * _GAP).join(shown).rstrip()


def screen_width() -> int:
    """How wide a line may be; elsewhere than on a terminal nothing is cut off."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNBOUNDED


def line(text: str, style: str = "") -> Text:
    """Text from outside, in one line and inert."""
    return Text(_one_line(text), style=style)


def block(text: str, style: str = "") -> Text:
    """Text from outside with its lines, each of them inert."""
    return Text("\n".join(inert(each) for each in text.split("\n")), style=style)


def show(*parts: Text) -> None:
    """Print each part on lines of its own, through a pager where that is longer than the screen."""
    out = sys.stdout
    text = _rendered(parts)
    if out.isatty() and text.count("\n") >= shutil.get_terminal_size().lines:
        click.echo_via_pager(text, color=wants_colour(out))
    else:
        out.write(text)


def note(text: str) -> None:
    """Say something about the data on stderr."""
    click.echo(str(block(text)), err=True)


def _rendered(parts: Iterable[Text]) -> str:
    if not wants_colour(sys.stdout):
        return "".join(f"{part.plain}\n" for part in parts)
    console = Console(
        width=_UNBOUNDED, color_system="standard", force_terminal=True, markup=False, highlight=False, emoji=False
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=True)
    return captured.get()


def _one_line(text: str) -> str:
    return inert(" ".join(text.split()))
