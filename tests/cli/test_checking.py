"""`check`, and what commands say of a configuration that cannot be used."""

import json

import pytest

from tests.cli.conftest import runner

FINE = """\
sources:
  - url: https://site.example/
  - url: https://other.gov/
sinks:
  - {name: log, type: jsonl, path: alerts.jsonl, notices: true}
"""


@pytest.fixture
def checked(tmp_path, monkeypatch):
    def run(text, *args):
        (tmp_path / "config.yaml").write_text(text)
        monkeypatch.chdir(tmp_path)
        return runner("config.yaml", monkeypatch)("check", *args)

    return run


def test_a_right_config_is_told_in_one_line(checked):
    result = checked(FINE)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "config.yaml: 2 sources, 1 sink\n", "")


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (FINE.partition("sinks")[0], "there are no sinks"),
        ("store: crawler.db\n", "there is nothing to watch"),
        (FINE.replace("true", "false"), "no sink takes notices"),
    ],
)
def test_what_is_right_but_surely_not_meant_is_a_warning(checked, text, warning):
    result = checked(text)
    assert result.exit_code == 0
    assert f"Warning: {warning}" in result.stderr


def test_every_mistake_is_told_and_the_exit_code_is_2(checked):
    result = checked("stoer: a.db\nsources:\n  - url: https://site.example/\n    evry: 5m\n")
    assert result.exit_code == 2
    assert "config.yaml:1: stoer: " in result.stderr
    assert "config.yaml:4: sources[0].evry: " in result.stderr
    assert result.stdout == ""


def test_a_missing_reference_stops_check_and_not_the_commands_that_read(crawler):
    result = crawler("check")
    assert result.exit_code == 2
    assert "MISSING_KEY" in result.stderr
    assert crawler("posts").exit_code == 0


def test_without_a_config_the_message_says_how_to_get_one(tmp_path, monkeypatch):
    for command in ("check", "posts"):
        result = runner(tmp_path / "none.yaml", monkeypatch)(command)
        assert result.exit_code == 2
        assert "no such file" in result.stderr
        assert "-c FILE" in result.stderr


def test_the_schema_needs_no_config(tmp_path, monkeypatch):
    result = runner(tmp_path / "none.yaml", monkeypatch)("check", "--schema")
    assert result.exit_code == 0
    assert "sources" in json.loads(result.stdout)["properties"]


def test_print_shows_where_each_value_came_from(checked):
    result = checked("defaults: {every: 5m}\n" + FINE, "--print")
    assert result.exit_code == 0
    assert any("every: 5m" in line and "config.yaml:1" in line for line in result.stdout.splitlines())


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([("site.example", True, "REST, 12 posts"), ("log", True, "writable")], 0),
        ([("site.example", True, "REST"), ("other.gov", False, "dns: no address\x1b[2J")], 3),
        ([("site.example", False, "timeout"), ("other.gov", False, "dns: no address\x1b[2J")], 1),
    ],
)
def test_connect_tells_each_address_and_how_many_answered(checked, monkeypatch, results, code):
    async def connect(config):
        assert len(config.sources) == 2
        return results

    monkeypatch.setattr("crawler.cli.connecting.connect", connect)
    result = checked(FINE, "--connect")
    assert result.exit_code == code
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "ok" if ok else "FAILED" for _, ok, _ in results
    ]
    assert "\x1b" not in result.stdout


def test_the_config_comes_from_the_option_then_the_environment_then_here(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from crawler.cli import program

    for name, sources in (("config", 0), ("env", 1), ("option", 2)):
        urls = "".join(f"  - url: https://site{number}.example/\n" for number in range(sources))
        (tmp_path / f"{name}.yaml").write_text(f"sources:\n{urls}" if urls else "store: crawler.db\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRAWLER_CONFIG", raising=False)
    assert CliRunner().invoke(program, ["check"]).stdout == "config.yaml: 0 sources, 0 sinks\n"
    monkeypatch.setenv("CRAWLER_CONFIG", "env.yaml")
    assert CliRunner().invoke(program, ["check"]).stdout == "env.yaml: 1 source, 0 sinks\n"
    assert CliRunner().invoke(program, ["-c", "option.yaml", "check"]).stdout == "option.yaml: 2 sources, 0 sinks\n"
