"""Works out what a Source is told: its own key replaces its groups' key, which replaces the default's, whole.

Only `ignore` adds up. Of two groups that disagree the one listed first wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from crawler.config.declared import Declared
from crawler.config.result import NOTHING, Layer, SourceConfig
from crawler.config.source_keys import Defaults, Ignore
from crawler.model import IgnoreRule

_KEYS = frozenset(Defaults.model_fields)


class Section(NamedTuple):
    """`defaults` or a group, and where it was written."""

    keys: Defaults
    layer: Layer | None


class Cascade:
    """The defaults and groups of one configuration. What a combination of groups says is worked out once."""

    def __init__(self, defaults: Section, groups: Mapping[str, Section]) -> None:
        self._defaults, self._groups = defaults, groups
        self._known: dict[tuple[str, ...], tuple[dict[str, Any], tuple[Layer, ...]]] = {}

    def source(self, declared: Declared) -> SourceConfig:
        """The Source with everything that is said of it."""
        inherited, layers = self._inherited(declared.groups)
        told, address = {**inherited, **declared.told}, declared.address
        told["ignore"] = inherited["ignore"] + _rules(declared.told.get("ignore", ()))
        return SourceConfig(
            name=declared.name,
            url=address.url,
            groups=declared.groups,
            layers=declared.layers + layers,
            **{"username": address.username, "password": address.password, **told},
        )

    def _inherited(self, groups: tuple[str, ...]) -> tuple[dict[str, Any], tuple[Layer, ...]]:
        if groups not in self._known:
            # a folder of an OPML file is a group that may have no section
            sections = [self._groups[name] for name in groups if name in self._groups]
            told: dict[str, Any] = {key: getattr(self._defaults.keys, key) for key in _KEYS}
            told |= {"kind": "auto", "headers": NOTHING, "ignore": _rules(self._defaults.keys.ignore)}
            for section in reversed(sections):
                told |= {key: value for key, value in _written(section.keys).items() if key != "ignore"}
            for section in sections:
                told["ignore"] += _rules(section.keys.ignore)
            layers = tuple(section.layer for section in (*sections, self._defaults) if section.layer)
            self._known[groups] = told, layers
        return self._known[groups]


def _written(keys: Defaults) -> dict[str, Any]:
    return {key: getattr(keys, key) for key in keys.model_fields_set & _KEYS}


def _rules(rules: Iterable[Ignore]) -> tuple[IgnoreRule, ...]:
    return tuple(_rule(rule) for rule in rules)


def _rule(rule: Ignore) -> IgnoreRule:
    return IgnoreRule(css=rule.css, regex=rule.regex, field=rule.field)
