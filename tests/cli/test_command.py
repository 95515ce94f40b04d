"""The command as a whole: help, errors, start-up, and what it is as a process on a terminal and in a pipe."""

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time

import click
import pytest
from click.testing import CliRunner

from crawler.cli import COMMANDS, program
from crawler.errors import ConfigError, CrawlerError, NotFound, Problem, StoreRefused
from crawler.model import ConfiguredSource
from tests.cli.conftest import runner
from tests.cli.scene import record, scene

COMMAND = [sys.executable, "-m", "crawler"]
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_help_fits_a_screen_and_shows_an_example(name):
    result = CliRunner().invoke(program, [*filter(None, [name]), "--help"], prog_name="crawler", terminal_width=80)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    # The list of all has a line for each.
    assert len(lines) <= (24 if name is not None else 13 + len(COMMANDS))
    assert max(map(len, lines)) <= 80
    assert (
        "crawler COMMAND --help" in result.stdout
        if name is None
        else f"  crawler {name}" in result.stdout or "crawler -c" in result.stdout
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says_of_itself(name):
    command = program.get_command(click.Context(program), name)
    first = (command.help or "").splitlines()[0]
    assert first.startswith(COMMANDS[name].help.rstrip(".")[:25])


def test_version_tells_sqlites_too():
    said = CliRunner().invoke(program, ["--version"], prog_name="crawler").stdout
    assert re.fullmatch(rf"crawler \d\S* \(SQLite {re.escape(sqlite3.sqlite_version)}\)\n", said)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NotFound("no such \x1b[2Jthing"), 1, "Error: no such \\x1b[2Jthing\n"),
        (StoreRefused("damaged"), 1, "Error: damaged\n"),
        (ConfigError([Problem("a", 1, "b", "c"), Problem("a", 2, "d", "e")]), 2, "a:1: b: c\na:2: d: e\n"),
        (CrawlerError("first\nsecond"), 1, "Error: first\nsecond\n"),
        (KeyboardInterrupt(), 130, ""),
        (click.UsageError("no"), 2, "no\n"),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_errors_become_a_message_and_an_exit_code(crawler, monkeypatch, error, code, said):
    def fail(*_args, **_kwargs):
        raise error

    monkeypatch.setattr("crawler.store.queries.posts", fail)
    monkeypatch.setattr("crawler.cli.group._let_go_of_stdout", lambda: None)
    result = crawler("posts")
    assert result.exit_code == code
    assert result.stderr.endswith(said)
    assert result.stdout == ""


HEAVY = ("aiohttp", "httpx", "feedparser", "bs4", "apscheduler", "uvloop", "structlog")


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "more"),
    [(("--help",), ("crawler.store", "crawler.config", "pydantic", "rich")), (("posts",), ()), (("diff", "1"), ())],
)
def test_commands_that_read_do_not_load_what_they_do_not_need(filled, arguments, more):
    code = f"""
import sys
from crawler.__main__ import main
sys.argv = ["crawler", "-c", {os.fspath(filled / "config.yaml")!r}, *{arguments!r}]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
loaded = [name for name in {HEAVY + more!r} if name in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.process
@pytest.mark.parametrize("format_", ["table", "json", "jsonl", "csv"])
def test_a_reader_that_has_had_enough_is_no_error(tmp_path, filled, format_):
    shutil.copy(filled / "config.yaml", tmp_path)
    with scene(tmp_path / "crawler.db") as story:
        story.sources(ConfiguredSource(name="site.example", url="https://site.example/", kind="auto"))
        story.discovered("site.example")
        story.baseline("site.example", "2024-03-01 10:00", *(record(n, "A title " * 20) for n in range(1, 800)))
    read, write = os.pipe()
    command = subprocess.Popen(
        [*COMMAND, "-c", tmp_path / "config.yaml", "posts", "--limit", "0", "--format", format_],
        stdout=write,
        stderr=subprocess.PIPE,
    )
    os.close(write)
    assert os.read(read, 1)
    os.close(read)
    _, errors = command.communicate(timeout=30)
    assert (command.returncode, errors) == (0, b"")


@pytest.mark.process
def test_follow_prints_what_is_there_then_what_comes_until_interrupted(tmp_path, filled):
    for name in ("config.yaml", "crawler.db"):
        shutil.copy(filled / name, tmp_path)
    command = subprocess.Popen(
        [*COMMAND, "-c", tmp_path / "config.yaml", "changes", "--follow", "--format", "jsonl", "--limit", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        kinds = [json.loads(command.stdout.readline())["kind"] for _ in range(2)]
        assert kinds == ["published", "deleted"]
        with scene(tmp_path / "crawler.db") as story:
            for number in (71, 72):
                story.look("site.example", "2024-03-09 10:00", record(number, f"New {number}"))
            titles = [json.loads(command.stdout.readline())["title"] for _ in range(2)]
        assert titles == ["New 71", "New 72"]
        command.send_signal(signal.SIGINT)
        rest, errors = command.communicate(timeout=10)
    finally:
        command.kill()
    assert (command.returncode, rest, errors) == (0, "", "")


def on_terminal(arguments, *, config, columns=60, lines=50, **environment):
    """Run the command on a terminal of that size; returns what it wrote there."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES", "LESS")}
    command = subprocess.Popen(
        [*COMMAND, "-c", config, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.DEVNULL,
        env={**env, "TERM": "xterm", **environment},
    )
    os.close(slave)
    written = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        written += piece
    os.close(master)
    assert command.wait(timeout=10) == 0
    return written.decode().replace("\r\n", "\n")


@pytest.fixture
def hostile(filled, tmp_path):
    """The store with titles that would drive a terminal, had they come so far."""
    for name in ("config.yaml", "crawler.db"):
        shutil.copy(filled / name, tmp_path)
    db = sqlite3.connect(tmp_path / "crawler.db")
    db.execute("UPDATE posts SET title = 'a\x1b[31mb\u202ec\u009b2Jd\ne' WHERE id = 5")
    db.execute(
        "UPDATE revisions SET title = 'a\x1b[31mb\u202ec\u009b2Jd\ne', content = 'x\x1b]0;y\x07z' WHERE post_id = 5"
    )
    db.execute("UPDATE sources SET last_error = 'no\x1b[2J' WHERE name = 'lost.example'")
    db.execute("UPDATE changes SET summary = 's\x1b[2Jt' WHERE post_id = 5")
    db.commit()
    db.close()
    return tmp_path / "config.yaml"


READING = [
    ("posts",), ("posts", "--format", "json"), ("posts", "--format", "jsonl"), ("posts", "--format", "csv"),
    ("changes",), ("changes", "--format", "json"), ("status",), ("status", "--format", "csv"),
    ("log", "5"), ("log", "5", "--format", "jsonl"), ("show", "5"), ("show", "5", "--format", "json"),
    ("show", "5", "--html"), ("diff", "1"), ("diff", "1", "--format", "html"), ("diff", "5", "1", "1"),
]  # fmt: skip


@pytest.mark.process
@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_on_a_terminal_everything_is_inert(hostile, arguments):
    written = on_terminal(arguments, config=hostile)
    left = ANSI.sub("", written)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", left)
    # of our own making are styles and the colours red, green, yellow and cyan, and none of them was in a title
    assert "\x1b[31mb" not in written


def test_a_hostile_title_stays_one_cell_of_one_row(hostile, monkeypatch):
    run = runner(hostile, monkeypatch)
    (row,) = [each for each in run("posts").stdout.splitlines() if each.startswith(" 5")]
    assert row.endswith(r"a\x1b[31mb\u202ec\x9b2Jd e")


@pytest.mark.process
def test_colour_is_for_terminals_that_want_it(filled):
    config = filled / "config.yaml"
    assert "\x1b[32m" in on_terminal(("diff", "1"), config=config)
    assert "{+" not in on_terminal(("diff", "1"), config=config)
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        written = on_terminal(("diff", "1"), config=config, **environment)
        assert "\x1b" not in written
        assert "{+defense+}" in written
    piped = subprocess.run([*COMMAND, "-c", config, "diff", "1"], capture_output=True, check=True).stdout
    assert b"\x1b" not in piped


@pytest.mark.process
def test_a_table_fits_the_terminal(filled):
    lines = ANSI.sub("", on_terminal(("posts",), config=filled / "config.yaml", columns=72)).splitlines()
    assert max(map(len, lines)) <= 72
    assert any(line.endswith("…") for line in lines)


@pytest.mark.process
def test_show_on_a_terminal_begins_with_what_stands_beside_the_text(filled):
    lines = ANSI.sub("", on_terminal(("show", "1"), config=filled / "config.yaml", columns=80)).splitlines()
    assert lines[0] == "site.example · post 1 · public · revision 3 of 3"
    assert "South Korea strengthens ties" in lines


@pytest.mark.process
def test_what_is_longer_than_the_screen_goes_through_the_pager(filled, tmp_path):
    config = filled / "config.yaml"
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho paged\ncat\n")
    pager.chmod(0o755)
    assert on_terminal(("posts",), config=config, lines=5, PAGER=os.fspath(pager)).startswith("paged\n")
    assert not on_terminal(("posts",), config=config, lines=50, PAGER=os.fspath(pager)).startswith("paged\n")


def test_reading_leaves_the_store_as_it_is_and_needs_no_lock(filled, tmp_path, monkeypatch):
    for name in ("config.yaml", "crawler.db"):
        shutil.copy(filled / name, tmp_path)
    before = (tmp_path / "crawler.db").read_bytes()
    run = runner(tmp_path / "config.yaml", monkeypatch)
    with scene(tmp_path / "crawler.db"):  # a writing process is there, and reading goes on beside it
        for arguments in READING:
            assert run(*arguments).exit_code == 0
    assert (tmp_path / "crawler.db").read_bytes() == before
