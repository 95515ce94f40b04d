"""The sources that are declared: in the configuration, in the files that it includes, in OPML files.

Here is what is declared and where; what groups and defaults add is worked out in `cascade`.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crawler.config.addresses import default_name
from crawler.config.declared import Declared
from crawler.config.files import Files
from crawler.config.fit import Place, fit
from crawler.config.layers import layer_of
from crawler.config.opml import Outline, outlines
from crawler.config.result import NOTHING, Layer
from crawler.config.secrets import SiteAddress, public_address
from crawler.config.source_keys import IncludeKeys, OpmlKeys, SiteKeys, SourceKeys
from crawler.config.tree import Map, Seq

_TOLD = frozenset(SourceKeys.model_fields) - {"groups"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Gatherer:
    """Follows a list of sources into the files that it names."""

    files: Files
    #: files that have been read; each is read once, so that a circle ends
    read: set[str]
    #: every source that was found, right or wrong
    places: list[tuple[Map, Place]] = field(default_factory=list)

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
            _tell_of_login(each, own)
            self.places.append((each, own))
            if "include" in each:
                yield from self._included(each, folder, own)
            elif "opml" in each:
                yield from self._opml(each, folder, own)
            else:
                yield from _site(each, own)

    def _included(self, tree: Map, folder: Path, place: Place) -> Iterator[Declared]:
        _tell_of_keys(tree, SiteKeys.model_fields, place, "cannot stand beside include; write it in the files")
        keys = fit(IncludeKeys, tree, place)
        if keys is None:
            return
        paths = _matching(keys.include, folder)
        if not paths:
            place.tell(tree, ("include",), f"no file matches; the pattern is relative to {folder.absolute()}")
        for path in paths:
            if os.path.realpath(path) in self.read:
                place.tell(tree, ("include",), f"{path} has been read already; include it once")
                continue
            self.read.add(os.path.realpath(path))
            inner = self.files.yaml(path)
            if inner is not None:
                yield from self.gather(inner, path.parent, replace(place, file=str(path), path=(), line=1))

    def _opml(self, tree: Map, folder: Path, place: Place) -> Iterator[Declared]:
        _tell_of_keys(tree, ("name",), place, "cannot stand beside opml; each feed has a name of its own")
        keys = fit(OpmlKeys, tree, place)
        if keys is None:
            return
        path = folder / keys.opml
        self.files.problems.opened(str(path))
        try:
            feeds = outlines(path.read_bytes(), str(path), place.problems)
        except OSError as error:
            place.tell(tree, ("opml",), f"{path} cannot be read: {(error.strerror or 'unknown error').lower()}")
            return
        if feeds == []:
            place.tell(tree, ("opml",), f"there is no feed in {path} (no outline with an xmlUrl)")
        yield from _feeds(feeds or [], keys, str(path), tree, place)


def _feeds(feeds: Iterable[Outline], keys: OpmlKeys, file: str, tree: Map, place: Place) -> Iterator[Declared]:
    layer, told = layer_of(tree, place.file), _told(keys)
    taken: set[str] = set()
    for feed in feeds:
        try:
            address = SiteAddress(url=public_address(feed.url), username=None, password=None)
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
            name=name,
            address=address,
            groups=tuple(dict.fromkeys((*keys.groups, *feed.folders))),
            told=told,
            layers=(own, layer),
            tree=tree,
            place=place,
        )


def _site(tree: Map, place: Place) -> Iterator[Declared]:
    keys = fit(SiteKeys, tree, place, known=("opml", "include"))
    if keys is not None:
        if keys.username is not None and keys.url.username is not None:
            place.tell(tree, ("username",), "the URL has a user too; keep one of them")
        yield Declared(
            name=keys.name or default_name(keys.url.url),
            address=keys.url,
            groups=tuple(dict.fromkeys(keys.groups)),
            told=_told(keys),
            layers=(layer_of(tree, place.file),),
            tree=tree,
            place=place,
        )


def _told(keys: SourceKeys) -> Mapping[str, Any]:
    told = {key: getattr(keys, key) for key in keys.model_fields_set & _TOLD}
    # `kind` has another default in an OPML file
    return told | {"kind": keys.kind} if keys.kind != "auto" else told or NOTHING


def _matching(pattern: str, folder: Path) -> list[Path]:
    """The files that a pattern means, in the order of their names."""
    if not Path(pattern).is_absolute():
        pattern = f"{glob.escape(str(folder))}/{pattern}"
    return [path for path in map(Path, sorted(glob.glob(pattern, recursive=True))) if path.is_file()]


def _tell_of_two(tree: Map, place: Place) -> None:
    first, *others = [key for key in ("include", "opml", "url") if key in tree] or [""]
    _tell_of_keys(tree, others, place, f"cannot stand beside {first}; write it as a source of its own")


def _tell_of_login(tree: Map, place: Place) -> None:
    if "username" in tree and "password" not in tree:
        place.tell(tree, ("username",), "needs a password; write `password: ${SOURCE_PASSWORD}`")
    if "password" in tree and "username" not in tree:
        place.tell(tree, ("password",), "needs a username; write `username: NAME`")


def _tell_of_keys(tree: Map, keys: Iterable[str], place: Place, message: str) -> None:
    for key in keys:
        if key in tree:
            place.tell(tree, (key,), message)
