"""Whatever stands in the file, it is understood or told of; nothing else may come out, and no secret."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from crawler.config import describe, json_schema, load
from crawler.errors import ConfigError

from .loading import CANARY, ENV, write

GOOD = Path(__file__).parent / "good"
CONTRACT = YAML(typ="safe", pure=True).load((GOOD / "contract.good.yaml").read_text(encoding="utf-8"))
CONTRACT["sources"] = [each for each in CONTRACT["sources"] if "url" in each]

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "${KEY}",
            "${",
            "$${",
            "${file:/}",
            "${file:\0}",
            "${EMPTY}",
            "${ABSENT}",
            "1h",
            "never",
            "https://[",
            "\0",
            "\n",
        ]
    ),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
SETTINGS = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def places(tree, path=()):
    """The path to every value of a tree."""
    yield path
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield from places(tree[key], (*path, key))


PLACES = list(places(CONTRACT))[1:]


def outcome(folder: Path, text: str, *, require_references: bool) -> str:
    try:
        return describe(load(write(folder, text), env=ENV, require_references=require_references))
    except ConfigError as error:
        return str(error)


@SETTINGS
@given(place=st.sampled_from(PLACES), value=VALUES, required=st.booleans())
def test_any_value_anywhere_is_understood_or_told_of(place, value, required, tmp_path):
    tree = copy.deepcopy(CONTRACT)
    *above, last = place
    inner = tree
    for step in above:
        inner = inner[step]
    inner[last] = value
    assert CANARY not in outcome(tmp_path, json.dumps(tree), require_references=required)


@SETTINGS
@given(text=st.text(st.sampled_from("aurl:-[]{}#&*!|>'\"%@`, \n\t${}\\0~?\ufeff\x85\u2028"), max_size=60))
def test_any_text_is_understood_or_told_of(text, tmp_path):
    outcome(tmp_path, text, require_references=True)


def test_deep_nesting_is_told_of(tmp_path):
    for text in ("[" * 20_000, "{a: " * 2_000, "sources: " + "- " * 2_000):
        assert "config.yaml" in outcome(tmp_path, text, require_references=True)


def test_a_thousand_million_aliases_cost_nothing(tmp_path):
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases of aliases" in outcome(tmp_path, "\n".join(lines), require_references=True)


def test_aliases_that_stand_inside_themselves_are_told_of(tmp_path):
    assert "stands inside itself" in outcome(tmp_path, "sources: &a [*a]", require_references=True)


def test_the_schema_holds_no_secret_and_is_json():
    assert CANARY not in json.dumps(json_schema())


def test_a_link_that_leads_to_itself_is_told_of(tmp_path):
    (tmp_path / "config.yaml").symlink_to("config.yaml")
    with pytest.raises(ConfigError, match="too many levels of symbolic links"):
        load(tmp_path / "config.yaml", env={})
