"""`status`: totals, and a row a source, worst first."""

import json
import shutil
import sqlite3

import pytest

from tests.cli.conftest import runner
from tests.cli.scene import scene

TOTALS = "4 sources: 2 active, 1 failing, 1 paused; 5 posts, 7 revisions, 4 changes; 4 alerts pending"


def names(result):
    assert result.exit_code == 0, result.stderr
    return [json.loads(line)["name"] for line in result.stdout.splitlines()]


def test_totals_come_first_in_one_line(crawler):
    assert crawler("status").stdout.splitlines()[:3] == [TOTALS, "no daemon is running; `crawler run` watches", ""]
    assert crawler("status", "--bad", "other.gov").stdout.splitlines()[0] == TOTALS


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["lost.example", "other.gov", "site.example", "asleep.example"]),
        (("--bad",), ["lost.example", "other.gov"]),
        (("site.example", "other.gov"), ["other.gov", "site.example"]),
        (("*.gov",), ["other.gov"]),
        (("--group", "offices"), ["other.gov"]),
        (("--bad", "site.example"), []),
    ],
)
def test_sources_are_listed_worst_first(crawler, arguments, expected):
    assert names(crawler("status", "--format", "jsonl", *arguments)) == expected


def test_a_row_says_when_it_was_read_and_what_is_wrong(crawler):
    rows = [" ".join(row.split()) for row in crawler("status").stdout.splitlines()[3:8]]
    assert rows == [
        "source state posts last success next poll failures failing since sweep last error",
        "lost.example failing 0 never in 30 m 3 5 h dns: lost.example has no address",
        "other.gov active 1 9 d due since 2 d 2 2 d timeout: no answer within 30 s",
        "site.example active 4 3 d due since 3 d",
        "asleep.example paused 0 never",
    ]


def test_a_row_for_programs_has_the_stored_names_and_times(crawler):
    row = json.loads(crawler("status", "other.gov", "--format", "json").stdout)[0]
    assert row["last_ok_at"] == "2024-03-01T10:00:00Z"
    assert (row["state"], row["failures"], row["posts"]) == ("active", 2, 1)


def test_an_unknown_name_is_told(crawler):
    result = crawler("status", "other.gob")
    assert result.exit_code == 1
    assert "did you mean 'other.gov'?" in result.stderr


def test_a_duplicate_says_of_whom_and_dead_alerts_are_counted(filled, tmp_path, monkeypatch):
    shutil.copy(filled / "config.yaml", tmp_path)
    shutil.copy(filled / "crawler.db", tmp_path)
    db = sqlite3.connect(tmp_path / "crawler.db")
    db.execute("UPDATE sources SET state = 'duplicate', duplicate_of = 1 WHERE name = 'other.gov'")
    db.execute("UPDATE sources SET state = 'removed' WHERE name = 'asleep.example'")
    db.execute("UPDATE alerts SET state = 'dead' WHERE id < 3")
    db.commit()
    db.close()
    table = runner(tmp_path / "config.yaml", monkeypatch)("status").stdout
    assert "1 active, 1 failing, 1 duplicate, 1 removed" in table
    assert "2 alerts pending, 2 dead" in table
    assert "duplicate of site.example" in table


def test_when_nothing_is_wrong_bad_says_so(filled, tmp_path, monkeypatch):
    shutil.copy(filled / "config.yaml", tmp_path)
    shutil.copy(filled / "crawler.db", tmp_path)
    db = sqlite3.connect(tmp_path / "crawler.db")
    db.execute("UPDATE sources SET state = 'active', last_error = NULL WHERE state = 'failing'")
    db.execute("UPDATE endpoints SET failures = 0")
    db.commit()
    db.close()
    result = runner(tmp_path / "config.yaml", monkeypatch)("status", "--bad")
    assert result.exit_code == 0
    assert "all sources are fine" in result.stderr


@pytest.mark.parametrize("command", [("status",), ("posts",), ("changes",), ("log", "1"), ("show", "1"), ("diff", "1")])
def test_without_a_store_every_command_says_what_makes_one(tmp_path, monkeypatch, command):
    (tmp_path / "config.yaml").write_text("store: none.db\n")
    result = runner(tmp_path / "config.yaml", monkeypatch)(*command)
    assert result.exit_code == 1
    assert "no store yet; `crawler poll` or `crawler run` makes it" in result.stderr
    assert not (tmp_path / "none.db").exists()


def test_an_empty_store_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text("store: crawler.db\n")
    with scene(tmp_path / "crawler.db"):
        pass
    result = runner(tmp_path / "config.yaml", monkeypatch)("status")
    assert result.exit_code == 1
    assert "no sources yet" in result.stderr


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text("store: crawler.db\n")
    (tmp_path / "crawler.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    before = (tmp_path / "crawler.db").read_bytes()
    result = runner(tmp_path / "config.yaml", monkeypatch)("posts")
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert (tmp_path / "crawler.db").read_bytes() == before
