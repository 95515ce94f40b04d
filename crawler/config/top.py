"""The outermost mapping of `config.yaml`: its sections, read one by one, so that one mistake hides no other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from crawler.config.cascade import Section
from crawler.config.files import Files
from crawler.config.fit import Place, fit
from crawler.config.keys import Keys
from crawler.config.layers import layer_of
from crawler.config.not_yet import not_yet
from crawler.config.problems import Problems
from crawler.config.reads import show
from crawler.config.references import Unresolved
from crawler.config.result import Layer
from crawler.config.shape import HeadKeys, RootKeys
from crawler.config.source_keys import Defaults, SiteKeys
from crawler.config.tree import Map

Model = TypeVar("Model", bound=Keys)


@dataclass(frozen=True, kw_only=True, slots=True)
class Top:
    """The outermost mapping."""

    path: Path
    tree: Map
    problems: Problems
    #: what was written, by section; "" for the single values
    layers: dict[str, Layer]

    def has(self, name: str) -> bool:
        """Whether there is such a section; one whose lines are all comments is as good as none."""
        return self.tree.get(name) is not None

    def place(self, *path: int | str, section: str = "") -> Place:
        """Where a section stands."""
        line = self.tree.lines.get(str(path[0])) if path else None
        return Place(file=str(self.path), path=path, section=section, problems=self.problems, line=line)

    def section(self, name: str, model: type[Model], *, kind: str = "") -> Model | None:
        """The section as `model`; None where it is absent, or wrong, which has been told."""
        if not self.has(name):
            return None
        tree = self.tree[name]
        if not isinstance(tree, Map):
            self.place().tell(self.tree, (name,), f"must be a mapping (key: value), not {show(tree)}")
            return None
        self.layers[name] = layer_of(tree, str(self.path), name)
        return fit(model, tree, self.place(name, section=kind or name))


def open_top(path: Path, files: Files) -> Top:
    """The file's outermost mapping; an empty one where the file cannot be read, which has been told."""
    tree = files.yaml(path)
    if tree is not None and not isinstance(tree, Map):
        files.problems.add(str(path), 1, "", f"must be a mapping (key: value), not {show(tree)}")
    top = Top(path=path, tree=tree if isinstance(tree, Map) else Map(1), problems=files.problems, layers={})
    for key in top.tree:
        message = not_yet("", key) if top.has(key) else None
        if message:
            top.problems.add(str(path), top.tree.lines[key], key, message)
    return top


def head(top: Top) -> HeadKeys:
    """The single values at the top of the file."""
    tree = Map(1)
    for key, value in top.tree.items():
        if key not in RootKeys.model_fields or key in HeadKeys.model_fields:
            tree[key], tree.lines[key] = value, top.tree.lines[key]
    if isinstance(tree.get("store"), Unresolved):
        top.place().tell(tree, ("store",), f"a reference in {tree['store']} is missing, and nothing works without it")
    top.layers[""] = layer_of(tree, str(top.path))
    return fit(HeadKeys, tree, top.place(), known=RootKeys.model_fields) or HeadKeys()


def defaults(top: Top) -> Section:
    """`defaults`, or what the program says where they are not written."""
    if top.has("defaults"):
        _tell_of_source_keys(top.tree["defaults"], top.place("defaults"))
    keys = top.section("defaults", Defaults, kind="source") or Defaults()
    return Section(keys, top.layers.get("defaults"))


def groups(top: Top) -> dict[str, Section]:
    """The groups by name. One that is wrong is there, so that its sources are not told off as well."""
    tree = top.tree.get("groups")
    if tree is None:
        return {}
    if not isinstance(tree, Map):
        top.place().tell(top.tree, ("groups",), "must be a mapping of groups; write `NAME: {every: 5m}`")
        return {}
    return {name: _group(top, tree, name) for name in tree}


def _group(top: Top, tree: Map, name: str) -> Section:
    own = Map(tree.lines[name]) if tree[name] is None else tree[name]
    if not isinstance(own, Map):
        top.place("groups").tell(tree, (name,), f"must be a mapping (key: value), not {show(own)}")
        return Section(Defaults(), None)
    place = top.place("groups", name, section="source")
    _tell_of_source_keys(own, place)
    keys = fit(Defaults, own, place) or Defaults()
    return Section(keys, layer_of(own, str(top.path), f"groups.{name}"))


def _tell_of_source_keys(tree: object, place: Place) -> None:
    for key in tree if isinstance(tree, Map) else ():
        if key in SiteKeys.model_fields and key not in Defaults.model_fields:
            place.tell(tree, (key,), f"only a source has {key}; write it there")
