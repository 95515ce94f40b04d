"""Every mistake of one run is told, with its file, line and key, and what to write instead."""

from pathlib import Path

import pytest

from crawler.config import load, not_yet
from crawler.errors import ConfigError

from .loading import CANARY, ENV, problems

BAD = Path(__file__).parent / "bad"
FILES = sorted(path.name.removesuffix(".bad.yaml") for path in BAD.glob("*.bad.yaml"))


def told(name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(Path(f"{name}.bad.yaml"), env=ENV)
    return f"{caught.value}\n".replace(str(BAD), "HERE")


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_told_of_as_expected(name, monkeypatch):
    monkeypatch.chdir(BAD)
    assert told(name) == (BAD / f"{name}.bad.txt").read_text(encoding="utf-8")


def test_no_message_shows_a_secret(monkeypatch):
    monkeypatch.chdir(BAD)
    assert all(CANARY not in told(name) for name in FILES)


def test_eight_mistakes_are_eight_messages_with_lines(monkeypatch):
    monkeypatch.chdir(BAD)
    lines = told("eight").splitlines()
    assert [int(line.split(":")[1]) for line in lines] == [2, 4, 5, 9, 11, 14, 15, 17]


def test_problems_come_in_the_order_of_files_and_lines(monkeypatch):
    monkeypatch.chdir(BAD)
    with pytest.raises(ConfigError) as caught:
        load(Path("included.bad.yaml"), env=ENV)
    files = [problem.file for problem in caught.value.problems]
    assert files == sorted(files, key=files.index)
    for file in set(files):
        lines = [problem.line or 0 for problem in caught.value.problems if problem.file == file]
        assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "of the section": ("defaults: {tipes: [posts]}", "1: defaults.tipes: unknown key; did you mean types?"),
        "of the whole file": ("logg: {level: info}", "1: logg: unknown key; did you mean log?"),
        "of a map inside": (
            "sinks: [{name: a, type: stdout, when: {kind: [edited]}}]",
            "1: sinks[0].when.kind: unknown key; did you mean kinds?",
        ),
        "of a group": (
            "groups: {papers: {}}\nsinks: [{name: a, type: stdout, when: {groups: [paper]}}]",
            "2: sinks[0].when.groups[0]: no group 'paper'; did you mean papers?",
        ),
        "or all where few are known": (
            "groups: {a: {}, b: {}}\nsources: [{url: 'https://example.org/', groups: [other]}]",
            "2: sources[0].groups[0]: no group 'other'; known: a, b",
        ),
    }.values(),
)
def test_a_wrong_name_is_told_with_the_nearest_right_one(text, expected, tmp_path):
    assert problems(tmp_path, text) == [expected]


def test_a_missing_file_is_told_with_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.yaml: no such file; `-c FILE` names another"):
        load(tmp_path / "absent.yaml", env={})


def test_a_folder_is_no_configuration(tmp_path):
    with pytest.raises(ConfigError, match="is a folder"):
        load(tmp_path, env={})


def test_a_key_whose_feature_does_not_exist_yet_is_told_once_for_each_time_it_is_written(tmp_path, monkeypatch):
    table = {"source.sweep": "0.3", "sink.type=webhook": "", "sink.digest": "", "web": ""}
    monkeypatch.setattr(not_yet, "NOT_YET", table)
    text = """
        defaults: {sweep: 24h, every: 15m}
        groups: {papers: {sweep: 12h}}
        sources: [{url: 'https://example.org/', sweep: never}]
        sinks:
          - {name: a, type: webhook, url: 'https://example.org/'}
          - {name: b, type: stdout, digest: 1h}
        web: {listen: '127.0.0.1:8321'}
    """
    assert problems(tmp_path, text) == [
        "2: defaults.sweep: not available yet: sweep; it comes with version 0.3; take it out for now",
        "3: groups.papers.sweep: not available yet: sweep; it comes with version 0.3; take it out for now",
        "4: sources[0].sweep: not available yet: sweep; it comes with version 0.3; take it out for now",
        "6: sinks[0].type: not available yet: type: webhook; take it out for now",
        "7: sinks[1].digest: not available yet: digest; take it out for now",
        "8: web: not available yet: web; take it out for now",
    ]


def test_a_key_that_is_wrong_and_not_available_is_told_of_both(tmp_path, monkeypatch):
    monkeypatch.setattr(not_yet, "NOT_YET", {"source.sweep": ""})
    assert problems(tmp_path, "defaults: {sweep: 5}") == [
        "1: defaults.sweep: 5 is a bare number; say of what: 5s, 5m, 5h or 5d",
        "1: defaults.sweep: not available yet: sweep; take it out for now",
    ]


def test_an_empty_section_of_a_feature_to_come_is_no_mistake(tmp_path, monkeypatch):
    monkeypatch.setattr(not_yet, "NOT_YET", {"web": ""})
    assert problems(tmp_path, "web:\n  # listen: '127.0.0.1:8321'\n") == []
