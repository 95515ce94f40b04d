"""A Source as it is declared, and what must hold between all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crawler.config.fit import Place
from crawler.config.problems import nearest
from crawler.config.reads import show
from crawler.config.result import Layer
from crawler.config.secrets import SiteAddress
from crawler.config.tree import Map, Seq


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """A Source as it is declared."""

    name: str
    address: SiteAddress
    groups: tuple[str, ...]
    #: the keys that were written and those that only sources have; a long list has no room for all of the others
    told: Mapping[str, Any]
    layers: tuple[Layer, ...]
    tree: Map
    place: Place

    @property
    def where(self) -> str:
        """The file and line that declare it."""
        layer = self.layers[0]
        return f"{layer.file}:{layer.lines.get('url')}"


def group_names(sources: Iterable[Declared]) -> set[str]:
    """The groups that come from folders of OPML files."""
    return {group for each in sources for group in each.layers[0].folders}


def check_unique(sources: Iterable[Declared]) -> None:
    """Tells of names and URLs that stand twice."""
    names: dict[str, Declared] = {}
    urls: dict[str, Declared] = {}
    for each in sources:
        if (first := urls.setdefault(each.address.url, each)) is not each:
            _tell(each, "url", f"the same URL as {first.name} in {first.where}; keep one of them")
        elif (first := names.setdefault(each.name, each)) is not each:
            _tell(each, "name", f"the name {each.name} is taken by {first.where}; write another `name`")


def _tell(source: Declared, key: str, message: str) -> None:
    own, tree = source.layers[0], source.tree
    if own.file == source.place.file:
        source.place.tell(tree, (key if key in tree else "url",), message)
    else:
        source.place.problems.add(own.file, own.lines["url"], "xmlUrl", message)


def check_groups(places: Iterable[tuple[Map, Place]], groups: Collection[str]) -> None:
    """Tells of groups that are not there, also in sources that are wrong in other ways."""
    for tree, place in places:
        named = tree.get("groups")
        for number, group in enumerate(named if isinstance(named, Seq) else ()):
            if isinstance(group, str) and group.strip() not in groups:
                place.tell(tree, ("groups", number), f"no group {show(group)}{nearest(group, groups)}")
