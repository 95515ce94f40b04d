"""The tree is the architecture: imports go one way, the core stays pure, SQL stays in the store."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import crawler

ROOT = Path(crawler.__file__).parent

#: Each module or folder with its layer; imports go to lower layers or stay within the own folder.
LAYERS = {
    "errors": 0,
    "model": 0,
    "parse": 1,
    "text": 1,
    "identity": 1,
    "decide": 1,
    "diff": 1,
    "schedule": 1,
    "render": 1,
    "route": 1,
    "tasks": 1,
    "config": 2,
    "fetch": 2,
    "endpoints": 2,
    "store": 2,
    "alert": 2,
    "threads": 2,
    "child": 2,
    "workers": 2,
    "demo": 2,
    "errands": 2,
    "poll": 3,
    "watch": 4,
    "commands": 4,
    "daemon": 5,
    "web": 6,
    "cli": 7,
    "__main__": 8,
    "__init__": 0,
}
#: Pairs of one layer of which the first may see the second.
NEIGHBOURS = {
    ("alert", "store"),  # delivery reads the outbox
    ("alert", "threads"),
    ("workers", "child"),
    ("model", "errors"),
    ("commands", "watch"),
    ("diff", "text"),  # one notion of a word
    ("diff", "render"),  # one look of what came and went
}

CORE = {name for name, layer in LAYERS.items() if layer <= 1}
IMPURE = {
    "httpx", "aiohttp", "sqlite3", "sqlite_utils", "apscheduler", "asyncio", "time", "random", "os", "logging",
    "socket", "subprocess", "secrets", "structlog",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today"}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if "__pycache__" not in path.parts)


def part(path: Path) -> str:
    """The module or folder of the package that a file belongs to."""
    relative = path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            if node.module == "crawler":
                yield from (f"crawler.{name.name}" for name in node.names)


def test_every_module_has_a_layer():
    assert {part(path) for path in modules()} <= set(LAYERS)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_to_lower_layers_only(path):
    own = part(path)
    for name in imports(path):
        if not name.startswith("crawler."):
            continue
        other = name.split(".")[1]
        if other == own or other not in LAYERS or (own, other) in NEIGHBOURS:
            continue
        core_by_decide_only = LAYERS[own] == LAYERS[other] == 1 and own in ("decide", "tasks", "parse")
        assert LAYERS[other] < LAYERS[own] or core_by_decide_only, f"{own} imports {name}"


@pytest.mark.parametrize("path", [p for p in modules() if part(p) in CORE], ids=lambda p: str(p.relative_to(ROOT)))
def test_the_core_touches_no_world_and_asks_no_clock(path):
    assert not {name.split(".")[0] for name in imports(path)} & IMPURE
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            assert not (isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")), ast.unparse(node)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_sqlite_stays_in_the_store_and_http_in_fetch(path):
    names = {name.split(".")[0] for name in imports(path)}
    if part(path) != "store":
        assert not names & {"sqlite3", "sqlite_utils"} or path == ROOT / "cli" / "version.py"
    if part(path) != "fetch":
        assert not names & {"httpx", "aiohttp", "httpx_aiohttp"}


def test_feedparser_only_ever_gets_bytes_in_memory():
    """A body that is a path or an address would be opened (measured), so only BytesIO goes in."""
    calls = [
        (path, ast.unparse(node))
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "feedparser.parse"
    ]
    assert calls
    assert all(re.match(r"feedparser\.parse\(\s*(io\.)?BytesIO\(", call) for _, call in calls), calls


def test_html_parser_is_never_used_for_untrusted_text():
    for path in modules():
        assert "html.parser" not in path.read_text(), path


def test_there_is_no_drawer_for_odds_and_ends():
    banned = {"utils", "helpers", "common", "base", "manager", "misc", "util"}
    assert not [path for path in modules() if path.stem in banned]


def test_ddl_stands_in_the_schema_only():
    for path in modules():
        if path != ROOT / "store" / "schema.py":
            assert not re.search(r"\b(CREATE|ALTER|DROP)\s+(TABLE|VIEW|INDEX|VIRTUAL)", path.read_text()), path


def test_migrations_import_nothing_of_the_program():
    assert not [name for name in imports(ROOT / "store" / "schema.py") if name.startswith("crawler")]


def test_the_oracle_knows_nothing_of_the_program():
    folder = Path(__file__).parent / "oracle"
    for name in ("editor", "operations", "oracle", "proxy"):
        ours = [each for each in imports(folder / f"{name}.py") if each.split(".")[0] in ("crawler", "tests")]
        assert all(each.startswith(("tests.oracle.", "tests.wordpress")) for each in ours), (name, ours)
