"""`init`: a config that `check` accepts, whatever the URLs look like; nothing that is there is overwritten."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler.cli import program
from crawler.config import load

SHIPPED = (Path(__file__).parents[2] / "config.yaml").read_text().splitlines()


@pytest.fixture
def crawler(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRAWLER_CONFIG", raising=False)
    return lambda *args: CliRunner().invoke(program, args, prog_name="crawler")


def config(path="config.yaml"):
    return load(Path(path), env={})


def test_it_writes_a_config_that_check_accepts(crawler):
    result = crawler("init", "https://koreapro.org", "https://example.org/press/feed/", "--contact", "me@example.org")
    assert (result.exit_code, result.stdout) == (0, "config.yaml: written, with 2 sources\n")
    assert "crawler run" in result.stderr
    checked = crawler("check")
    assert (checked.stdout, checked.stderr) == ("config.yaml: 2 sources, 2 sinks\n", "")
    written = config()
    assert [(each.name, each.url) for each in written.sources] == [
        ("koreapro.org", "https://koreapro.org/"),
        ("example.org/press", "https://example.org/press/feed/"),
    ]
    assert written.contact == "me@example.org"
    assert [sink.type for sink in written.sinks] == ["jsonl", "stdout"]


def test_where_nobody_can_be_asked_it_takes_an_example(crawler):
    result = crawler("init")
    assert result.exit_code == 0
    assert "an example" in result.stdout
    assert crawler("check").exit_code == 0
    assert len(config().sources) == 1


def test_every_line_but_the_sources_is_one_of_the_shipped_config(crawler):
    crawler("init")
    lines = Path("config.yaml").read_text().splitlines()
    own = [line for line in lines if line not in SHIPPED]
    assert own == ["# The crawler's configuration.", "#   crawler check --schema  every key there is"]


def test_it_says_what_the_program_does_anyway(crawler):
    """No line of it changes a default, so that taking one out is no surprise."""
    crawler("init", "https://koreapro.org/")
    Path("bare.yaml").write_text("sources:\n  - url: https://koreapro.org/\n")
    assert config().sources == config("bare.yaml").sources
    assert config().fetch == config("bare.yaml").fetch
    assert config().store.name == config("bare.yaml").store.name


@pytest.mark.parametrize(
    ("urls", "expected"),
    {
        "a dollar": (["https://a.example/${HOME}"], [("a.example/${HOME}", "https://a.example/${HOME}")]),
        "a literal dollar": (["https://a.example/$${X}"], [("a.example/$${X}", "https://a.example/$${X}")]),
        "a secret's file": (
            ["https://a.example/${file:/etc/passwd}"],
            [(None, "https://a.example/${file:/etc/passwd}")],
        ),
        "quotes": (["https://a.example/'\"?q=':"], [(None, "https://a.example/'\"?q=':")]),
        "YAML": (["https://a.example/{a:[b,&c,*d,!e]}"], [(None, "https://a.example/{a:[b,&c,*d,!e]}")]),
        "a comment": (["https://a.example/?a#b"], [("a.example", "https://a.example/?a")]),
        "one site twice": (["https://a.example", "https://A.example:443/"], [("a.example", "https://a.example/")]),
        "one name twice": (
            ["https://a.example/", "http://a.example/", "https://a.example/?feed=rss2"],
            [
                ("a.example", "https://a.example/"),
                ("a.example-2", "http://a.example/"),
                ("a.example-3", "https://a.example/?feed=rss2"),
            ],
        ),
        "letters of all kinds": (["https://exämple.org/ü"], [("exämple.org/ü", "https://exämple.org/ü")]),
    }.values(),
)
def test_urls_are_written_so_that_they_are_read_again_as_they_were(crawler, urls, expected):
    assert crawler("init", *urls).exit_code == 0
    assert crawler("check").exit_code == 0
    found = [(each.name, each.url) for each in config().sources]
    assert found == [(name or each[0], url) for (name, url), each in zip(expected, found, strict=True)]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("koreapro.org", "URL 2: is not a whole URL"),
        ("ftp://a.example/", "URL 2: has the scheme ftp"),
        ("https://a.example/\nsinks: []", "URL 2: has a line break"),
        ("https://a.example/ x", "URL 2: is not a URL"),
        ("https:///path", "URL 2: has no host"),
        ("https://user:hunter2@a.example/", "URL 2: is a secret"),
        ("https://\x1b[31m.example/", "URL 2: "),
        ("https://a.example/\udc80", "half of a character"),
        ("", "URL 2: is empty"),
    ],
)
def test_what_is_no_url_is_a_usage_error_and_nothing_is_written(crawler, url, message):
    result = crawler("init", "https://fine.example/", url)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "hunter2" not in result.stderr
    assert "\x1b" not in result.stderr
    assert os.listdir() == []


def test_a_contact_that_is_none_is_a_usage_error(crawler):
    result = crawler("init", "https://fine.example/", "--contact", "me (at) example")
    assert result.exit_code == 2
    assert "neither a mail address" in result.stderr
    assert os.listdir() == []


@pytest.mark.parametrize("kind", ["a file", "a link to nowhere", "a folder"])
def test_what_is_there_is_never_overwritten(crawler, kind):
    path = Path("config.yaml")
    if kind == "a file":
        path.write_text("mine")
    elif kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to("elsewhere.yaml")
    result = crawler("init", "https://fine.example/")
    assert result.exit_code == 1
    assert "config.yaml is there already" in result.stderr
    assert not Path("elsewhere.yaml").exists()
    assert kind != "a file" or path.read_text() == "mine"


def test_it_writes_where_the_option_or_the_environment_says(crawler, monkeypatch):
    assert crawler("-c", "one.yaml", "init", "https://fine.example/").exit_code == 0
    monkeypatch.setenv("CRAWLER_CONFIG", "two.yaml")
    assert crawler("init", "https://fine.example/").exit_code == 0
    assert sorted(os.listdir()) == ["one.yaml", "two.yaml"]


def test_a_folder_that_is_not_there_is_told(crawler):
    result = crawler("-c", "none/config.yaml", "init")
    assert result.exit_code == 1
    assert "none/config.yaml could not be written: no such file or directory" in result.stderr


@pytest.mark.process
def test_on_a_terminal_it_asks_until_the_answers_are_right(tmp_path):
    typed = "koreapro.org\nhttps://koreapro.org/\n\nnobody\nme@example.org\n"
    master, slave = pty.openpty()
    os.write(master, typed.encode())
    environment = {name: value for name, value in os.environ.items() if name != "CRAWLER_CONFIG"}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "crawler", "init"],
            cwd=tmp_path,
            env=environment,
            stdin=slave,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(master)
        os.close(slave)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "config.yaml: written, with 1 source")
    assert "That answer: is not a whole URL" in ended.stderr
    assert "That answer: 'nobody' is neither a mail address" in ended.stderr
    written = load(tmp_path / "config.yaml", env={})
    assert ([each.url for each in written.sources], written.contact) == (["https://koreapro.org/"], "me@example.org")
