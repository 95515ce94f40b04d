"""Pairs of renderings with what a reader expects to be told of them: see README.md beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PAIRS = Path(__file__).parent / "pairs"
SIDES = ("old", "new")
#: A post's texts, as REST calls them. A pair that tells no title has the same one on both sides.
TEXTS = {"title": "A post", "content": "", "excerpt": ""}

#: one side of a pair: HTML by the name of the field
Side = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two states of a post and what is expected of their comparison."""

    name: str
    folder: Path
    expected: Mapping[str, Any]

    def written(self) -> tuple[Side, Side] | None:
        """What the editor saved, to be rendered by a WordPress; None where only the rendering is known."""
        return _sides(self.folder) if (self.folder / "old.content.html").exists() else None

    def rendered(self) -> tuple[Side, Side]:
        """What an endpoint says of both."""
        return _sides(self.folder / "rendered")

    def store(self, rendered: tuple[Side, Side]) -> None:
        """Keep a WordPress's rendering of what was written, field by field."""
        for path in self.folder.glob("*.html"):
            side, field, _ = path.name.split(".")
            target = self.folder / "rendered" / path.name
            target.parent.mkdir(exist_ok=True)
            target.write_text(rendered[SIDES.index(side)][field].strip() + "\n")


def load() -> list[Pair]:
    """All pairs, by name."""
    yaml = YAML(typ="safe")
    return [
        Pair(name=path.parent.name, folder=path.parent, expected=yaml.load(path))
        for path in sorted(PAIRS.glob("*/expected.yaml"))
    ]


def _sides(folder: Path) -> tuple[Side, Side]:
    old, new = (
        {field: _read(folder / f"{side}.{field}.html", default) for field, default in TEXTS.items()} for side in SIDES
    )
    return old, new


def _read(path: Path, default: str) -> str:
    return path.read_text() if path.exists() else default
