"""The configuration as it was understood, as YAML, with where each value came from. Secrets stay references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

from crawler.config.not_yet import not_yet
from crawler.config.result import Config, Layer, SinkConfig, SourceConfig
from crawler.config.scalars import write_size
from crawler.config.sink_keys import SINKS, SinkKeys
from crawler.config.source_keys import Defaults
from crawler.config.write import write, write_as_written

#: Where the comments begin, as long as the values leave room.
_COMMENTS = 48
#: What None means where it does not mean "absent".
_NONE = {"sweep": "never", "polls": "forever", "alerts": "forever", "revisions": "forever", "originals": "forever"}
_SECTIONS = ("fetch", "retention", "metrics", "web", "backup", "heartbeat", "log")


def describe(config: Config) -> str:
    """The whole configuration, with nothing left to defaults; it can be loaded again."""
    parts = (_head(config), _groups(config), _sources(config), _sinks(config), _sections(config))
    return "".join(f"{line}\n" for part in parts for line in part)


def _head(config: Config) -> Iterator[str]:
    for key in ("store", "contact", "timezone"):
        yield from _line(key, getattr(config, key), (config.layers[""],))


def _groups(config: Config) -> Iterator[str]:
    names = [name for source in config.sources for name in source.groups]
    names += [name for sink in config.sinks for when in sink.when for name in when.groups or ()]
    if names:
        yield "groups:  # what they say stands in each source"
        yield from (f"  {write(name, inside=True)}: {{}}" for name in dict.fromkeys(names))


def _sources(config: Config) -> Iterator[str]:
    yield "sources:" if config.sources else "sources: []"
    for source in config.sources:
        yield from _member(_source(source))


def _source(source: SourceConfig) -> Iterator[str]:
    layers = source.layers
    if any("name" in layer.lines for layer in layers):
        yield from _line("name", source.name, layers)
    else:
        yield _commented("name", write(source.name), "from the URL")
    yield from _line("url", source.url, layers)
    yield from _line("kind", source.kind, layers)
    if source.groups and layers[0].folders:
        yield _commented("groups", write(source.groups), f"folders, {_place(layers[0], 'url')}")
    else:
        yield from _line("groups", source.groups, layers)
    for key in Defaults.model_fields:
        yield from _ignore(layers) if key == "ignore" else _line(key, getattr(source, key), layers, "source")
    for key in ("username", "password", "headers"):
        # a user and password that stand in the URL are shown there
        if any(key in layer.lines for layer in layers):
            yield from _line(key, getattr(source, key), layers)


def _ignore(layers: Sequence[Layer]) -> Iterator[str]:
    """All rules in the order in which they are applied: the default's, the groups', its own."""
    if not_yet("source", "ignore"):
        return
    having = [layer for layer in layers if "ignore" in layer.lines]
    having.sort(key=lambda layer: (not layer.label, layer.label != "defaults"))
    rules = [rule for layer in having for rule in _members(layer.written["ignore"])]
    yield _commented(
        "ignore", write_as_written(rules), "; ".join(_place(layer, "ignore") for layer in having) or "default"
    )


def _sinks(config: Config) -> Iterator[str]:
    yield "sinks:" if config.sinks else "sinks: []"
    for sink in config.sinks:
        yield from _member(_sink(sink))


def _sink(sink: SinkConfig) -> Iterator[str]:
    layers = (sink.layer,) if sink.layer else ()
    common = SinkKeys.model_fields.keys()
    own = [key for key in SINKS[sink.type].model_fields if key not in common and key != "type"]
    for key in dict.fromkeys(("name", "type", *own, *common)):
        value = getattr(sink, key)
        if key == "when" and len(sink.when) == 1:
            value = sink.when[0]
        yield from _line(key, value, layers, "sink")


def _sections(config: Config) -> Iterator[str]:
    for name in _SECTIONS:
        section = getattr(config, name)
        if section is None or not_yet("", name):
            continue
        yield f"{name}:"
        layers = (replace(config.layers[name], label=""),) if name in config.layers else ()
        for field in fields(section):
            value = getattr(section, field.name)
            told = write_size(value) if field.name == "max_body" else value
            yield from (f"  {line}" for line in _line(field.name, told, layers, name))


def _member(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield ("    " if number else "  - ") + line


def _line(key: str, value: object, layers: Sequence[Layer], section: str = "") -> Iterator[str]:
    """One key with its value and where that came from; nothing where there is no value, or no such feature yet."""
    layer = next((layer for layer in layers if key in layer.lines), None)
    if not_yet(section, key) or (value is None and key not in _NONE):
        return
    if layer is None:
        yield _commented(key, _NONE.get(key, "") if value is None else write(value), "default")
    elif key in layer.written:
        yield _commented(key, write_as_written(layer.written[key]), f"{_reference(layer, key)}, {_place(layer, key)}")
    else:
        yield _commented(key, _NONE.get(key, "") if value is None else write(value), _place(layer, key))


def _place(layer: Layer, key: str) -> str:
    place = f"{layer.file}:{layer.lines[key]}"
    return f"{layer.label}, {place}" if layer.label else place


def _reference(layer: Layer, key: str) -> str:
    return "from a file" if "${file:" in str(layer.written[key]) else "from the environment"


def _members(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _commented(key: str, value: str, comment: str) -> str:
    return f"{f'{key}: {value}':<{_COMMENTS}}  # {comment}"
