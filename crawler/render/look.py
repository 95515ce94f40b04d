"""How what came and went looks in HTML: in a colour, and with a stroke or a line beneath where there are none.

Each colour of words comes with its ground, so that they are readable on any page; a dark screen gets darker ones where
the style sheet is kept, which is not so in every mail program.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["removed", "added", "moved"]


class Colours(NamedTuple):
    """Of words, and of the ground behind them."""

    words: str
    ground: str


LIGHT: dict[Kind, Colours] = {
    "removed": Colours("#6e0011", "#ffd7d5"),
    "added": Colours("#033a16", "#c8f0cf"),
    "moved": Colours("#0a3069", "#dbe9fb"),
}
DARK: dict[Kind, Colours] = {
    "removed": Colours("#ffdcd7", "#5c1a1a"),
    "added": Colours("#d2f8d8", "#12451f"),
    "moved": Colours("#dbe9fb", "#15355e"),
}
_LINES = {"removed": "line-through", "added": "underline"}
#: Keeps "12" that went and "21" that came from looking like one figure.
_APART = "padding:0 .15em;border-radius:.2em"

#: For the head: follows a dark screen. Marked words have their kind as class.
SHEET = (
    ":root{color-scheme:light dark}@media (prefers-color-scheme:dark){"
    + "".join(
        f".{kind}{{background:{ground}!important;color:{words}!important}}" for kind, (words, ground) in DARK.items()
    )
    + "}"
)
HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
)


def coloured(kind: Kind) -> str:
    """The inline style of a ground with its words."""
    words, ground = LIGHT[kind]
    return f"background:{ground};color:{words}"


def marked(kind: Literal["removed", "added"]) -> str:
    """The inline style of marked words."""
    return f"{coloured(kind)};text-decoration:{_LINES[kind]};{_APART}"
