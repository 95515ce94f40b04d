"""The sources that are declared: in the configuration, in the files that it includes, in OPML files.

Here is what is declared and where; what groups and defaults add is worked out in `cascade`.
"""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from crawler.config.addresses import default_name
from crawler.config.files import Files
from crawler.config.fit import Place, fit
from crawler.config.layers import layer_of
from crawler.config.opml import NotOpml, Outline, outlines
from crawler.config.problems import nearest
from crawler.config.result import Layer
from crawler.config.secrets import SiteAddress, site_address
from crawler.config.source_keys import IncludeKeys, OpmlKeys, SiteKeys, SourceKeys
from crawler.config.yaml import Map, Seq, Unreadable


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """A Source as it is declared."""

    keys: SourceKeys
    address: SiteAddress
    name: str
    groups: tuple[str, ...]
    layers: tuple[Layer, ...]
    tree: Map
    place: Place

    @property
    def where(self) -> str:
        """The file and line that declare it."""
        layer = self.layers[0]
        return f"{layer.file}:{layer.lines.get('url')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Gatherer:
    """Follows a list of sources into the files that it names."""

    files: Files
    #: files that have been read; each is read once, so that a circle ends
    read: set[Path]

    def gather(self, tree: object, folder: Path, place: Place) -> Iterator[Declared]:
        """The sources of one list, in its order. `folder` is what its relative paths are relative to."""
        if not isinstance(tree, Seq):
            place.tell(tree, (), "must be a list; each source begins with `- url:`")
            return
        for number, each in enumerate(tree):
            own = replace(place, path=(*place.path, number))
            if not isinstance(each, Map):
                place.tell(tree, (number,), "must be a mapping; write `- url: https://…`")
                continue
            _tell_of_two(each, own)
            if "include" in each:
                yield from self._included(each, folder, own)
            elif "opml" in each:
                yield from self._opml(each, folder, own)
            else:
                yield from _site(each, own)

    def _included(self, tree: Map, folder: Path, place: Place) -> Iterator[Declared]:
        keys = fit(IncludeKeys, tree, place, known=SiteKeys.model_fields)
        if keys is None:
            return
        paths = [
            path for path in map(Path, sorted(glob.glob(str(folder / keys.include), recursive=True))) if path.is_file()
        ]
        if not paths:
            place.tell(tree, ("include",), f"no file in {folder.absolute()} matches")
        for path in paths:
            if path.resolve() in self.read:
                place.tell(tree, ("include",), f"{path} has been read already; include it once")
                continue
            self.read.add(path.resolve())
            try:
                inner = self.files.yaml(path)
            except Unreadable:
                continue
            if inner is not None:
                yield from self.gather(inner, path.parent, replace(place, file=str(path), path=()))

    def _opml(self, tree: Map, folder: Path, place: Place) -> Iterator[Declared]:
        keys = fit(OpmlKeys, tree, place, known=SiteKeys.model_fields)
        if keys is None:
            return
        path = folder / keys.opml
        self.files.problems.opened(str(path))
        try:
            feeds = outlines(path.read_bytes())
        except OSError as error:
            place.tell(tree, ("opml",), f"{path} cannot be read: {(error.strerror or 'unknown error').lower()}")
            return
        except NotOpml as error:
            place.problems.add(str(path), error.line, "", str(error))
            return
        if not feeds:
            place.tell(tree, ("opml",), f"there is no feed in {path} (no outline with an xmlUrl)")
        yield from _feeds(feeds, keys, str(path), tree, place)


def _feeds(feeds: Iterable[Outline], keys: OpmlKeys, file: str, tree: Map, place: Place) -> Iterator[Declared]:
    layer = layer_of(tree, place.file)
    taken: set[str] = set()
    for feed in feeds:
        try:
            address = site_address(feed.url)
        except ValueError as error:
            place.problems.add(file, feed.line, "xmlUrl", str(error))
            continue
        name = default_name(address.url)
        if name in taken:
            # feeds that differ in their query only are common in OPML, where nobody can write a name
            name = address.url.partition("://")[2].removeprefix("www.")
        taken.add(name)
        own = Layer(file=file, lines={"url": feed.line}, folders=feed.folders)
        yield Declared(
            keys=keys,
            address=address,
            name=name,
            groups=tuple(dict.fromkeys((*keys.groups, *feed.folders))),
            layers=(own, layer),
            tree=tree,
            place=place,
        )


def _site(tree: Map, place: Place) -> Iterator[Declared]:
    keys = fit(SiteKeys, tree, place, known=("opml", "include"))
    if keys is not None:
        yield Declared(
            keys=keys,
            address=keys.url,
            name=keys.name or default_name(keys.url.url),
            groups=tuple(dict.fromkeys(keys.groups)),
            layers=(layer_of(tree, place.file),),
            tree=tree,
            place=place,
        )


def _tell_of_two(tree: Map, place: Place) -> None:
    first, *others = [key for key in ("include", "opml", "url") if key in tree] or [""]
    for key in others:
        place.tell(tree, (key,), f"cannot stand beside {first}; write it as a source of its own")


def group_names(sources: Iterable[Declared]) -> set[str]:
    """The groups that come from folders of OPML files."""
    return {group for each in sources for group in each.layers[0].folders}


def check(sources: Iterable[Declared], groups: Collection[str]) -> None:
    """Tells what is wrong between sources: names and URLs that stand twice, groups that are not there."""
    names: dict[str, Declared] = {}
    urls: dict[str, Declared] = {}
    for each in sources:
        if (first := urls.setdefault(each.address.url, each)) is not each:
            _tell(each, "url", f"the same URL as {first.name} in {first.where}; keep one of them")
        elif (first := names.setdefault(each.name, each)) is not each:
            _tell(each, "name", f"the name {each.name} is taken by {first.where}; write another `name`")
        for number, group in enumerate(each.keys.groups):
            if group not in groups:
                each.place.tell(each.tree, ("groups", number), f"no group {group}{nearest(group, groups)}")
        _check_login(each)


def _tell(source: Declared, key: str, message: str) -> None:
    own = source.layers[0]
    if isinstance(source.keys, OpmlKeys):
        source.place.problems.add(own.file, own.lines["url"], "xmlUrl", message)
    else:
        source.place.tell(source.tree, (key if key in source.tree else "url",), message)


def _check_login(source: Declared) -> None:
    keys, tree, place = source.keys, source.tree, source.place
    if source.address.username is not None and keys.username is not None:
        place.tell(tree, ("username",), "the URL has a user too; keep one of them")
    if keys.username is not None and "password" not in tree:
        place.tell(tree, ("username",), "needs a password; write `password: ${SOURCE_PASSWORD}`")
    if keys.password is not None and "username" not in tree:
        place.tell(tree, ("password",), "needs a username; write `username: NAME`")
