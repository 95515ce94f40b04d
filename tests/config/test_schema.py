"""The JSON Schema, and that schema, contract and the configuration on top speak of the same keys."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from crawler.config import json_schema

TOP = Path(__file__).parents[2] / "config.yaml"
GOOD = Path(__file__).parent / "good" / "contract.good.yaml"
SCHEMA = json_schema()

#: Every key that users may rely on.
CONTRACT = {
    "": "store contact timezone defaults groups sources sinks fetch retention metrics web backup heartbeat log",
    "defaults": "every sweep confirm types baseline ignore timeout per_host_delay robots paused",
    "groups": "every sweep confirm types baseline ignore timeout per_host_delay robots paused",
    "sources": "name url kind groups every sweep confirm types baseline ignore timeout per_host_delay robots paused "
    "username password headers opml include",
    "ignore": "css regex field",
    "sinks": "name type path notices full_text url secret headers allow_private when digest quiet storm template run "
    "entries",
    "when": "kinds sources groups fields min_words match silent noted after_publication",
    "fetch": "concurrency max_body allow_private proxy",
    "retention": "polls alerts revisions originals",
    "metrics": "listen",
    "web": "listen token url",
    "backup": "to every keep",
    "heartbeat": "url every",
    "log": "level format",
}


def resolved(schema: dict) -> dict:
    return SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def alternatives(schema: dict) -> list[dict]:
    schema = resolved(schema)
    return [each for part in schema.get("anyOf", schema.get("oneOf", [])) for each in alternatives(part)] or [schema]


def keys(schema: dict, path: list[str]) -> set[str]:
    """The keys that the schema knows at a path; through lists and maps of any name."""
    found = set()
    for each in alternatives(schema):
        if each.get("type") == "array":
            found |= keys(each["items"], path)
        elif isinstance(each.get("additionalProperties"), dict):
            found |= keys(each["additionalProperties"], path)
        elif not path:
            found |= set(each.get("properties", ()))
        elif path[0] in each.get("properties", ()):
            found |= keys(each["properties"][path[0]], path[1:])
    return found


def wrong(value: object, schema: dict) -> str:
    """Why a value does not fit; "" if it does. Knows what our schema uses of JSON Schema, and no more."""
    parts = alternatives(schema)
    if len(parts) > 1:
        reasons = [wrong(value, part) for part in parts]
        return "" if "" in reasons else " / ".join(reasons)
    (schema,) = parts
    unknown = schema.keys() - KNOWN
    assert not unknown, unknown
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        return f"{value!r} is none of the words"
    if "type" in schema and type(value) is not TYPES[schema["type"]]:
        return f"{value!r} is not of type {schema['type']}"
    if isinstance(value, str):
        return "" if re.search(schema.get("pattern", ""), value) else f"{value!r} does not fit {schema['pattern']}"
    if isinstance(value, list):
        return next(filter(None, (wrong(each, schema["items"]) for each in value)), "")
    if isinstance(value, dict):
        return wrong_map(value, schema)
    return "" if schema.get("minimum", value) <= value <= schema.get("maximum", value) else f"{value!r} is out of range"


def wrong_map(value: dict, schema: dict) -> str:
    missing = set(schema.get("required", ())) - value.keys()
    if missing:
        return f"{missing} missing"
    for key, each in value.items():
        part = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        reason = f"unknown key {key}" if not isinstance(part, dict) else wrong(each, part)
        if reason:
            return reason
    return ""


TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
KNOWN = {
    *("type", "properties", "required", "additionalProperties", "items", "const", "enum", "pattern", "minimum"),
    *("maximum", "minLength", "minItems", "default", "description", "title", "examples", "format", "propertyNames"),
    *("$defs", "$schema"),
}


def load(path: Path) -> dict:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("section", CONTRACT)
def test_every_key_of_the_contract_is_in_the_schema(section):
    path = {"": [], "ignore": ["defaults", "ignore"], "when": ["sinks", "when"]}.get(section, [section])
    assert keys(SCHEMA, path) == set(CONTRACT[section].split())


@pytest.mark.parametrize("section", CONTRACT)
def test_every_key_of_the_contract_is_in_the_configuration_on_top(section):
    text = TOP.read_text(encoding="utf-8")
    assert [key for key in CONTRACT[section].split() if not re.search(rf"\b{key}:", text)] == []


def test_every_row_of_features_to_come_names_a_key(real_not_yet):
    places = {"source": ["sources"], "sink": ["sinks"]}
    for row in real_not_yet:
        section, _, key = row.rpartition(".")
        assert key.partition("=")[0] in keys(SCHEMA, places.get(section, [section] if section else []))


@pytest.mark.parametrize("path", [TOP, GOOD], ids=["config.yaml", "the contract"])
def test_a_configuration_fits_the_schema(path):
    value = load(path)
    value.get("groups", {}).pop("empty", None)  # a name alone, which only editors mind
    value["sources"] = [each for each in value["sources"] if each.get("paused") != "${PAUSED}"]
    assert wrong(value, SCHEMA) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"stor": "x"},
        {"defaults": {"every": 15}},
        {"defaults": {"every": "15"}},
        {"sources": [{"name": "no address"}]},
        {"sources": [{"url": "https://example.org/", "password": "literal"}]},
        {"sinks": [{"name": "log", "type": "jsonl"}]},
        {"sinks": [{"name": "out", "type": "stdout", "path": "x"}]},
        {"log": {"level": "loud"}},
        {"fetch": {"concurrency": 0}},
        {"contact": None},
    ],
)
def test_a_mistake_does_not_fit_the_schema(change):
    assert wrong(load(TOP) | change, SCHEMA) != ""


def test_the_schema_says_which_dialect_it_is_and_what_keys_mean():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    every = SCHEMA["$defs"]["Defaults"]["properties"]["every"]
    assert (every["default"], every["description"]) == ("15m", "time from poll to poll")
