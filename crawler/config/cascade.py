"""Works out what a Source is told: its own key replaces its groups' key, which replaces the default's, whole.

Only `ignore` adds up. Of two groups that disagree the one listed first wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from crawler.config.result import Layer, SourceConfig
from crawler.config.source_keys import Defaults, Ignore
from crawler.config.sources import Declared
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
        keys, address = declared.keys, declared.address
        told = {**inherited, **_written(keys)}
        if "ignore" in keys.model_fields_set:
            told["ignore"] = inherited["ignore"] + _rules(keys)
        return SourceConfig(
            name=declared.name,
            url=address.url,
            kind=keys.kind,
            groups=declared.groups,
            username=keys.username if keys.username is not None else address.username,
            password=keys.password if keys.password is not None else address.password,
            headers=keys.headers,
            layers=declared.layers + layers,
            **told,
        )

    def _inherited(self, groups: tuple[str, ...]) -> tuple[dict[str, Any], tuple[Layer, ...]]:
        if groups not in self._known:
            # a folder of an OPML file is a group that may have no section
            sections = [self._groups[name] for name in groups if name in self._groups]
            told = {key: getattr(self._defaults.keys, key) for key in _KEYS}
            told["ignore"] = _rules(self._defaults.keys)
            for section in reversed(sections):
                told |= {key: value for key, value in _written(section.keys).items() if key != "ignore"}
            for section in sections:
                told["ignore"] += _rules(section.keys)
            layers = tuple(section.layer for section in (*sections, self._defaults) if section.layer)
            self._known[groups] = told, layers
        return self._known[groups]


def _written(keys: Defaults) -> dict[str, Any]:
    return {key: getattr(keys, key) for key in keys.model_fields_set & _KEYS}


def _rules(keys: Defaults) -> tuple[IgnoreRule, ...]:
    return tuple(_rule(rule) for rule in keys.ignore)


def _rule(rule: Ignore) -> IgnoreRule:
    return IgnoreRule(css=rule.css, regex=rule.regex, field=rule.field)
