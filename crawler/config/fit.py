"""Fits what was read into the models of `shape`, telling every mistake with its file, line and key.

A key that is wrong is told and left out, so that what depends on the others can still be checked in the same run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crawler.config.not_yet import not_yet
from crawler.config.problems import Problems, key_path, nearest
from crawler.config.references import Unresolved
from crawler.config.secrets import IN_THE_FILE
from crawler.config.shape import INNER
from crawler.config.tree import Map, Seq, line_of

Loc = tuple[int | str, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a section stands: its file, its path in it, and the word for its kind (`source`, `sink`, …)."""

    file: str
    path: Loc
    section: str
    problems: Problems
    #: where it begins
    line: int | None = None

    def tell(self, tree: object, loc: Loc, message: str) -> None:
        """A problem at `loc` inside the section, unless that very key has one already."""
        steps, line = _written_steps(tree, loc, self.line)
        key = key_path((*self.path, *steps))
        if not self.problems.told(self.file, key):
            self.problems.add(self.file, line, key, message)


def _written_steps(tree: object, loc: Loc, begin: int | None) -> tuple[Loc, int | None]:
    """The steps as they stand in the file: one map where a list may stand has no `[0]`."""
    steps: list[int | str] = []
    value = tree
    for step in loc:
        if isinstance(step, int) and not isinstance(value, Seq):
            continue
        steps.append(step)
        if isinstance(value, Map):
            value = value.get(str(step))
        else:
            value = value[step] if isinstance(value, Seq) and isinstance(step, int) and step < len(value) else None
    return tuple(steps), line_of(tree, tuple(steps), tree.line if isinstance(tree, (Map, Seq)) else begin)


def fit(model: type[Model], tree: Map, place: Place, *, known: Collection[str] = ()) -> Model | None:
    """The section as `model`, without the keys that are wrong; None when too much is missing.

    `known` are further names to suggest for an unknown key.
    """
    for loc in _nulls(tree):
        place.tell(tree, loc, "has no value; write one or take the line out")
    values = {key: value for key, value in tree.items() if value is not None and not _has_unresolved(value)}
    found, told = _validated(model, values, tree.keys() - values.keys())
    for loc, message in _messages(told, model, place.section, known):
        place.tell(tree, loc, message)
    for key, value in tree.items():
        missing = not_yet(place.section, key, value) if key in model.model_fields else None
        if missing:
            place.problems.add(place.file, tree.lines[key], key_path((*place.path, key)), missing)
    return found


def _validated(
    model: type[Model], values: dict[str, Any], absent: Collection[str]
) -> tuple[Model | None, list[ErrorDetails]]:
    """The model made of the keys that are right, and what is wrong with the others.

    A required key among the `absent` is known to be absent: that needs no telling.
    """
    told: list[ErrorDetails] = []
    while True:
        try:
            return model.model_validate(values), told
        except ValidationError as error:
            errors = error.errors(include_url=False)
        wrong = {str(each["loc"][0]) for each in errors}
        told += [each for each in errors if each["type"] != "missing" or each["loc"][0] not in absent]
        if not wrong & values.keys():
            return None, told
        absent = {*absent, *wrong}
        values = {key: value for key, value in values.items() if key not in wrong}


def _messages(
    errors: Sequence[ErrorDetails], model: type[BaseModel], section: str, known: Collection[str]
) -> Iterator[tuple[Loc, str]]:
    deeper = {each["loc"][:end] for each in errors for end in range(len(each["loc"]))}
    for each in errors:
        kind, loc = each["type"], each["loc"]
        if loc[-1:] == ("[key]",):  # so pydantic says that it means the name, not the value
            loc = loc[:-1]
        if kind == "extra_forbidden":
            names = {*_names(model, loc), *(known if len(loc) == 1 else ())}
            yield loc, f"unknown key{nearest(str(loc[-1]), names)}"
        elif kind == IN_THE_FILE:
            yield loc, f"{each['msg']}; write `{_line_to_write(loc, section)}`"
        elif kind != "too_short" or loc not in deeper:
            # an empty list whose members were all refused is only their echo
            yield loc, _message(each)


def _message(error: ErrorDetails) -> str:
    kind, value = error["type"], error["input"]
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "missing":
        return "is missing"
    if kind == "too_short":
        return "is an empty list; write at least one or take the line out"
    if kind in {"tuple_type", "list_type"}:
        return f"must be a list: [{value}]" if isinstance(value, (int, float)) else "must be a list: [one, two]"
    if kind in {"model_type", "dict_type", "model_attributes_type"}:
        return "must be a mapping (key: value)"
    return error["msg"]


def _names(model: type[BaseModel], loc: Loc) -> Collection[str]:
    """The keys known where `loc` ends: those of the section, or of a map inside it."""
    if len(loc) == 1:
        return model.model_fields.keys()
    inner = INNER.get(str(loc[0]))
    return inner.model_fields.keys() if inner else ()


def _line_to_write(loc: Loc, section: str) -> str:
    key = str([step for step in loc if isinstance(step, str)][-1])
    name = "".join(letter if letter.isalnum() else "_" for letter in f"{section}_{key}").upper()
    return f"{key}: ${{{name}}}"


def _nulls(tree: object, loc: Loc = ()) -> Iterator[Loc]:
    if isinstance(tree, (Map, Seq)):
        for key, value in tree.items() if isinstance(tree, Map) else enumerate(tree):
            yield from _nulls(value, (*loc, key))
    elif tree is None:
        yield loc


def _has_unresolved(value: object) -> bool:
    if isinstance(value, (Map, Seq)):
        return any(_has_unresolved(each) for each in (value.values() if isinstance(value, Map) else value))
    return isinstance(value, Unresolved)
