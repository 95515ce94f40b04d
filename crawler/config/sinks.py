"""The sinks: each type's own keys, and which Changes a sink takes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from crawler.config.fit import Place, fit
from crawler.config.keys import one_or_more
from crawler.config.layers import layer_of
from crawler.config.problems import nearest, one_of
from crawler.config.reads import show
from crawler.config.references import Referenced, Unresolved
from crawler.config.result import SinkConfig
from crawler.config.sink_keys import SINKS, AtomKeys, JsonlKeys, SinkKeys, When
from crawler.config.tree import Map, Seq
from crawler.model import RouteMatch
from crawler.model.change import CHANGE_KINDS

#: What a sink takes unless it says otherwise: that something is published is no news to those who watch for edits.
_USUAL_KINDS = tuple(kind for kind in CHANGE_KINDS if kind != "published")


def sinks(
    tree: object, folder: Path, place: Place, groups: Collection[str], *, taken: Mapping[Path, str]
) -> Iterator[SinkConfig]:
    """The sinks that are right, in the order of the file; what is wrong with the others is told.

    `taken`: files that no sink may write into, and what they are.
    """
    if not isinstance(tree, Seq):
        place.tell(tree, (), "must be a list; each sink begins with `- name:`")
        return
    names: dict[str, Map] = {}
    for number, each in enumerate(tree):
        own = replace(place, path=(*place.path, number), section="sink")
        if not isinstance(each, Map):
            place.tell(tree, (number,), "must be a mapping; write `- {name: out, type: stdout}`")
            continue
        keys = _keys(each, own)
        _check_name(each, own, names)
        _check_groups(each, own, groups)
        if keys is not None and type(keys) is not SinkKeys:
            if isinstance(keys, JsonlKeys | AtomKeys):
                _check_path(folder / keys.path, each, own, taken)
            yield _sink(keys, each, folder, own)


def _keys(tree: Map, place: Place) -> SinkKeys | None:
    named = tree.get("type")
    model = SINKS.get(named) if isinstance(named, str) else None
    if isinstance(named, Unresolved):
        return None
    if model is None:
        near = nearest(named, SINKS, few=0) if isinstance(named, str) else ""
        told = f"must be {one_of(SINKS)}, not {show(named)}{near}" if "type" in tree else f"is missing: {one_of(SINKS)}"
        place.tell(tree, ("type",), told)
        return fit(SinkKeys, _common(tree), place)
    for key in tree:
        if key not in model.model_fields and any(key in other.model_fields for other in SINKS.values()):
            place.tell(tree, (key,), f"a {named} sink has no {key}")
    return fit(model, tree, place)


def _common(tree: Map) -> Map:
    """The part of a sink of unknown type that can be checked all the same."""
    common = Map(tree.line)
    for key in (key for key in tree if key in SinkKeys.model_fields):
        common[key], common.lines[key] = tree[key], tree.lines[key]
    return common


def _check_name(tree: Map, place: Place, names: dict[str, Map]) -> None:
    name = tree.get("name")
    if isinstance(name, str):
        first = names.setdefault(name.strip(), tree)
        if first is not tree:
            line = first.lines["name"]
            place.tell(tree, ("name",), f"the name {name} is taken by the sink in line {line}; write another")


def _check_groups(tree: Map, place: Place, groups: Collection[str]) -> None:
    """Looks at what was written, since one wrong condition must not hide another."""
    for number, when in enumerate(one_or_more(tree.get("when"))):
        named = when.get("groups") if isinstance(when, Map) else None
        for position, group in enumerate(named if isinstance(named, Seq) else ()):
            if isinstance(group, str) and group.strip() not in groups:
                loc = ("when", number, "groups", position)
                place.tell(tree, loc, f"no group {show(group)}{nearest(group, groups)}")


def _check_path(path: Path, tree: Map, place: Place, taken: Mapping[Path, str]) -> None:
    for other, what in taken.items():
        if os.path.realpath(path) == os.path.realpath(other):
            place.tell(tree, ("path",), f"is {what}, which an alert would destroy; write another")


def _sink(keys: SinkKeys, tree: Map, folder: Path, place: Place) -> SinkConfig:
    own: dict[str, Any] = {
        key: getattr(keys, key) for key in type(keys).model_fields if key not in SinkKeys.model_fields
    }
    if "path" in own:
        own["path"] = folder / own["path"]
    if "run" in own:
        if "/" in own["run"][0]:
            # without a slash it is a program to be looked for in $PATH
            own["run"] = (str(folder / own["run"][0]), *own["run"][1:])
        references = (each for each in one_or_more(tree["run"]) if isinstance(each, Referenced))
        own["hidden"] = tuple(SecretStr(value) for each in references for value in each.values)
    return SinkConfig(
        name=keys.name,
        notices=keys.notices,
        full_text=keys.full_text,
        when=tuple(_match(when) for when in keys.when) or (_match(When()),),
        digest=keys.digest,
        quiet=keys.quiet,
        storm=keys.storm,
        template=None if keys.template is None else folder / keys.template,
        layer=layer_of(tree, place.file),
        **own,
    )


def _match(when: When) -> RouteMatch:
    return RouteMatch(**{**{key: getattr(when, key) for key in When.model_fields}, "kinds": when.kinds or _USUAL_KINDS})
