"""The README speaks of everything there is, and of nothing that is not."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from crawler.cli import COMMANDS, program
from crawler.config import json_schema
from crawler.config.not_yet import NOT_YET
from crawler.store.schema import migrations
from tests.store.test_schema import VIEWS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CONFIG = (ROOT / "config.yaml").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_readme_with_its_own_options(name):
    assert f"`{name}" in README
    command = program.get_command(click.Context(program), name)
    for parameter in command.params:
        for option in parameter.opts:
            if option.startswith("--") and option not in ("--help",):
                assert option in README, f"{name} {option}"


def test_the_readme_names_no_command_that_is_not_there():
    section = README[README.index("## Commands") : README.index("## Configuration")]
    named = set(re.findall(r"^\| `(\w+)", section, flags=re.MULTILINE))
    assert named == set(COMMANDS)


def keys(schema: dict) -> set[str]:
    """Every key that the schema knows."""
    found = set()
    stack = [schema]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            found |= set(part.get("properties", {}))
            stack += part.values()
        elif isinstance(part, list):
            stack += part
    return found


@pytest.mark.parametrize("key", sorted(keys(json_schema())))
def test_every_key_stands_in_the_commented_reference(key):
    assert re.search(rf"\b{key}\b", CONFIG), key


def test_what_is_not_there_yet_is_said():
    for row in NOT_YET:
        word = re.split(r"[.=]", row)[-1]
        assert f"`{word}`" in README, row


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_explained(view):
    assert f"`{view}`" in README


def test_the_shipped_config_is_started_by_the_readmes_command():
    assert ".venv/bin/crawler run" in README
    assert migrations.name == "crawler"
