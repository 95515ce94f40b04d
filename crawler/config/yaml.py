"""YAML text -> plain values that know their lines.

Reads YAML 1.2 scalars from ruamel's events, without its tree of nodes: of ten thousand sources that tree is 80 MB.
Knows nothing of what the keys mean. Values are never quoted in a message: they may be secrets.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, MappingStartEvent, NodeEvent, ScalarEvent, SequenceStartEvent

from crawler.config import plain
from crawler.config.problems import Problems, key_path
from crawler.config.tree import Map, Seq

#: Ten aliases of ten aliases of ten … are a short text and a thousand million values.
_ALIASED_LIMIT = 1_000_000
_CORE = "tag:yaml.org,2002:"


def parse(text: str, file: str, problems: Problems, expand: Callable[[str], str]) -> Any:
    """The document as Map, Seq, str, int, float, bool or None, which is also what an unreadable one is.

    `expand` resolves references; what is wrong with one it says by ValueError.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ruamel warns of anchors that are used twice, which is fine
            return _Builder(yaml.parse(text), file, problems, expand).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        problems.add(file, line, "", _explain(text, error, line))
    except YAMLError as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else None
        problems.add(file, line, "", "a character that YAML does not allow (a control character?); take it out")
    except RecursionError:
        problems.add(file, None, "", "nested too deeply to be a configuration")
    return None


def _explain(text: str, error: MarkedYAMLError, line: int | None) -> str:
    lines = text.splitlines()
    written = lines[line - 1] if line and line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())] or "'\\t'" in str(error.problem):
        return "a tab at the start of a line; YAML indents with spaces"
    # ruamel's `problem` names tokens and single characters; its snippet of the line could show a secret
    what = re.sub(r"\s+", " ", str(error.problem or error.context or "not YAML"))[:120]
    return f"not readable as YAML here or just above: {what}"


class _Builder:
    """Turns the events of one document into values."""

    def __init__(self, events: Iterator[Any], file: str, problems: Problems, expand: Callable[[str], str]) -> None:
        self._events, self._file, self._problems, self._expand = events, file, problems, expand
        self._anchors: dict[str, Any] = {}
        self._open: set[str] = set()
        #: values so far, counting those behind an alias each time
        self._count = self._aliased = 0
        self._weights: dict[str, int] = {}

    def document(self) -> Any:
        roots = (event for event in self._events if isinstance(event, NodeEvent))
        first = next(roots, None)
        value = None if first is None else self._node(first, ())
        second = next(roots, None)
        if second is not None:
            self._tell(second, (), "a second document (`---`) begins here; write one only")
        return value

    def _node(self, event: Any, path: tuple[int | str, ...]) -> Any:
        if isinstance(event, AliasEvent):
            return self._alias(event, path)
        before = self._count
        self._count += 1
        if event.anchor:
            self._open.add(event.anchor)
        if isinstance(event, ScalarEvent):
            value = self._scalar(event, path)
        elif isinstance(event, SequenceStartEvent):
            value = self._sequence(event, path)
        else:
            value = self._mapping(event, path)
        if event.anchor:
            self._open.discard(event.anchor)
            self._anchors[event.anchor], self._weights[event.anchor] = value, self._count - before
        return value

    def _alias(self, event: AliasEvent, path: tuple[int | str, ...]) -> Any:
        if event.anchor in self._open:
            self._tell(event, path, f"*{event.anchor} stands inside itself")
        elif event.anchor not in self._anchors:
            self._tell(event, path, f"*{event.anchor} is not defined above")
        weight = self._weights.get(event.anchor, 0)
        self._count += weight
        self._aliased += weight
        if self._aliased > _ALIASED_LIMIT:
            self._tell(event, path, "aliases of aliases make this too large; write it out")
            return None
        return self._anchors.get(event.anchor)

    def _sequence(self, event: SequenceStartEvent, path: tuple[int | str, ...]) -> Seq:
        self._known_tag(event, path, "seq")
        seq = Seq(event.start_mark.line + 1)
        while isinstance(child := next(self._events), NodeEvent):
            seq.lines.append(child.start_mark.line + 1)
            seq.append(self._node(child, (*path, len(seq))))
        return seq

    def _mapping(self, event: MappingStartEvent, path: tuple[int | str, ...]) -> Map:
        self._known_tag(event, path, "map")
        found = Map(event.start_mark.line + 1)
        while isinstance(child := next(self._events), NodeEvent):
            line = child.start_mark.line + 1
            key = self._key(child, path)
            value = self._node(next(self._events), (*path, key or "?"))
            if key in found:
                self._tell(
                    child, (*path, key or "?"), f"written twice, first in line {found.lines[str(key)]}; keep one"
                )
            elif key is not None:
                found[key], found.lines[key] = value, line
        return found

    def _key(self, event: Any, path: tuple[int | str, ...]) -> str | None:
        if isinstance(event, ScalarEvent) and event.tag is None:
            try:
                text = plain.joined(event.value)
            except ValueError as error:
                self._tell(event, path, str(error))
                return None
            if event.style or isinstance(plain.resolve(text), str):
                return text
            self._tell(event, (*path, text), f"keys are text; put it in quotes: '{text}'")
            return None
        self._node(event, path)  # reads past it
        self._tell(event, path, "a key must be plain text")
        return None

    def _scalar(self, event: ScalarEvent, path: tuple[int | str, ...]) -> Any:
        self._known_tag(event, path, "str")
        try:
            text = plain.joined(event.value)
            if "${" in text:
                return self._expand(text)
        except ValueError as error:
            self._tell(event, path, str(error))
            return None
        if event.style or event.tag:
            return text
        if plain.looks_like_a_time(text):
            self._tell(event, path, f"a time without quotes, which YAML readers take for a number; write '{text}'")
        return plain.resolve(text)

    def _known_tag(self, event: Any, path: tuple[int | str, ...], kind: str) -> None:
        if event.tag not in (None, "!", _CORE + kind):
            self._tell(event, path, "a YAML tag (!) has no meaning here; take it out")

    def _tell(self, event: Any, path: tuple[int | str, ...], message: str) -> None:
        self._problems.add(self._file, event.start_mark.line + 1, key_path(path), message)
