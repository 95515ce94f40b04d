"""`coverage`, and what `status` says of gaps, of sources that have moved, of the clock and of who watches."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from crawler.store import holding
from tests.cli.conftest import runner

SPANS = [
    (1, "new", "2024-03-01T10:00:00Z", "2024-03-02T10:00:00Z", "down"),
    (1, "new", "2024-03-03T10:00:00Z", "2024-03-10T11:55:00Z", None),
    (1, "edits", "2024-03-01T10:00:00Z", "2024-03-02T10:00:00Z", "down"),
    (1, "edits", "2024-03-03T10:00:00Z", "2024-03-05T10:00:00Z", "rest_closed"),
    (2, "new", "2024-03-01T10:00:00Z", "2024-03-08T09:00:00Z", "failing"),
]


@pytest.fixture
def folder(filled, tmp_path):
    for name in ("config.yaml", "crawler.db"):
        shutil.copy(filled / name, tmp_path)
    with closing(sqlite3.connect(tmp_path / "crawler.db")) as db, db:
        db.executemany(
            "INSERT INTO coverage_spans (source_id, sees, from_at, to_at, end_reason) VALUES (?, ?, ?, ?, ?)", SPANS
        )
    return tmp_path


@pytest.fixture
def crawler(folder, crawler, monkeypatch):
    # after the other fixture of that name, which sets the clock
    return runner(folder / "config.yaml", monkeypatch)


def change(folder, sql):
    with closing(sqlite3.connect(folder / "crawler.db")) as db, db:
        db.execute(sql)


def table(result):
    assert result.exit_code == 0, result.stderr
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_spans_and_gaps_are_listed_with_their_reasons_in_words(crawler):
    assert table(crawler("coverage")) == [
        "source what from to",
        "other.gov new posts 2024-03-08 18:00 not seen: it could not be read",
        "other.gov new posts 2024-03-01 19:00 2024-03-08 18:00 seen",
        "site.example new posts 2024-03-03 19:00 2024-03-10 20:55 seen",
        "site.example new posts 2024-03-02 19:00 2024-03-03 19:00 not seen: crawler did not run",
        "site.example new posts 2024-03-01 19:00 2024-03-02 19:00 seen",
        "site.example edits 2024-03-05 19:00 not seen: its REST API was closed",
        "site.example edits 2024-03-03 19:00 2024-03-05 19:00 seen",
        "site.example edits 2024-03-02 19:00 2024-03-03 19:00 not seen: crawler did not run",
        "site.example edits 2024-03-01 19:00 2024-03-02 19:00 seen",
    ]


def test_for_programs_the_rows_are_those_of_the_view(crawler, folder):
    rows = json.loads(crawler("coverage", "--format", "json").stdout)
    with closing(sqlite3.connect(folder / "crawler.db")) as db:
        db.row_factory = sqlite3.Row
        view = [{**row, "watched": bool(row["watched"])} for row in db.execute("SELECT * FROM coverage")]
    key = json.dumps
    assert sorted(rows, key=key) == sorted(view, key=key)
    assert crawler("coverage", "--format", "csv").stdout.splitlines()[0] == "source,sees,from_at,to_at,watched,reason"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("other.gov",), 2),
        (("--source", "site.*"), 7),
        (("--group", "offices"), 2),
        (("site.example", "--since", "2024-03-06"), 2),
        (("--until", "2024-03-02"), 3),
        (("--limit", "3"), 3),
    ],
)
def test_the_list_can_be_narrowed(crawler, arguments, expected):
    assert len(json.loads(crawler("coverage", "--format", "json", *arguments).stdout)) == expected


def test_a_cut_list_says_so_and_an_unknown_source_too(crawler):
    assert "2 of 9" in crawler("coverage", "--limit", "2").stderr
    assert crawler("coverage", "site.exmple").exit_code == 1


AT = {
    "2024-03-01T12:00Z": [("new", True, None), ("edits", True, None), ("silent", False, "not_watched")],
    "2024-03-02T12:00Z": [("new", False, "down"), ("edits", False, "down"), ("silent", False, "not_watched")],
    "2024-03-06": [("new", True, None), ("edits", False, "rest_closed"), ("silent", False, "not_watched")],
    "1m": [("new", False, "not_looked"), ("edits", False, "rest_closed"), ("silent", False, "not_watched")],
    "2023-01-01": [("new", False, "not_watched"), ("edits", False, "not_watched"), ("silent", False, "not_watched")],
}


@pytest.mark.parametrize(("when", "expected"), AT.items())
def test_at_a_moment_it_was_seen_or_not_and_why(crawler, when, expected):
    rows = json.loads(crawler("coverage", "site.example", "--at", when, "--format", "json").stdout)
    assert [(row["sees"], row["watched"], row["reason"]) for row in rows] == expected


def test_at_a_moment_in_words(crawler):
    assert table(crawler("coverage", "site.example", "--at", "2024-03-02T12:00Z"))[1:] == [
        "site.example new posts 2024-03-02 19:00 2024-03-03 19:00 not seen: crawler did not run",
        "site.example edits 2024-03-02 19:00 2024-03-03 19:00 not seen: crawler did not run",
        "site.example silent edits not seen: not watched then",
    ]


def test_a_moment_that_is_none_is_a_mistake(crawler):
    result = crawler("coverage", "--at", "yesterdayish")
    assert result.exit_code == 2
    assert "--at" in result.stderr


def test_status_hints_at_gaps_that_last(crawler):
    lines = crawler("status").stdout.splitlines()
    assert lines[-2:] == [
        "other.gov: new posts are not seen since 2024-03-08 18:00: it could not be read",
        "site.example: edits are not seen since 2024-03-05 19:00: its REST API was closed",
    ]
    (row,) = json.loads(crawler("status", "site.example", "--format", "json").stdout)
    assert (row["gap_sees"], row["gap_reason"], row["gap_since"]) == ("edits", "rest_closed", "2024-03-05T10:00:00Z")


@pytest.mark.parametrize(("redirects", "expected"), [(2, None), (3, "https://new.example/")])
def test_status_proposes_the_url_of_a_source_that_has_moved_for_good(crawler, folder, redirects, expected):
    change(
        folder,
        f"UPDATE endpoints SET redirects = {redirects}, redirect_to = 'https://new.example/wp-json/wp/v2/posts'"
        " WHERE source_id = 1",
    )
    (row,) = json.loads(crawler("status", "site.example", "--format", "json").stdout)
    assert row["moved_to"] == expected
    told = "site.example: moved to https://new.example/ for good: write that as its url"
    assert (told in crawler("status").stdout.splitlines()) == (expected is not None)


def test_status_tells_that_the_clock_was_put_and_that_the_network_is_down(crawler, folder):
    change(folder, "INSERT INTO clock_jumps (from_at, to_at) VALUES ('2024-03-09T10:00:00Z', '2024-03-09T08:00:00Z')")
    change(folder, "INSERT INTO meta (key, value) VALUES ('network_down_since', '2024-03-10T11:00:00Z')")
    lines = crawler("status").stdout.splitlines()
    assert "the clock went from 2024-03-09 19:00 to 2024-03-09 17:00: times from around then may be wrong" in lines
    assert "no source at all could be read since 2024-03-10 20:00: is the network there?" in lines


def test_status_says_since_when_a_source_fails(crawler, folder):
    change(folder, "UPDATE sources SET failing_since = '2024-03-10T07:00:00Z' WHERE name = 'other.gov'")
    (row,) = json.loads(crawler("status", "other.gov", "--format", "json").stdout)
    assert row["failing_since"] == "2024-03-10T07:00:00Z"


def held(path):
    file = open(path, "w+", encoding="ascii")  # noqa: SIM115 (held by the test)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    file.write(f"{os.getpid()} something\n")
    file.flush()
    return file


def test_status_says_who_watches_or_writes_and_touches_no_lock(crawler, folder):
    assert "no daemon is running; `crawler run` watches" in crawler("status").stdout
    with held(folder / "crawler.db.lock"):
        assert f"process {os.getpid()} is writing to the store" in crawler("status").stdout
        (folder / "crawler.db.errands").mkdir()
        with held(folder / "crawler.db.errands" / "serving"):
            assert f"watched by the daemon, process {os.getpid()}" in crawler("status").stdout
    # the files are still there, with the number of a process that lives, and nobody holds them
    assert "no daemon is running; `crawler run` watches" in crawler("status").stdout


@pytest.mark.parametrize("content", ["", "x", "-1", "0", "99999999999", "4194304"])
def test_a_lock_file_that_names_nobody_is_held_by_nobody(tmp_path, content):
    path = tmp_path / "lock"
    with open(path, "w+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(content)
        file.flush()
        assert holding.holder(path) is None


def test_without_the_list_of_locks_a_living_process_is_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(holding, "LOCKS", tmp_path / "none")
    (tmp_path / "lock").write_text(f"{os.getpid()}\n")
    assert holding.holder(tmp_path / "lock") == os.getpid()
    assert holding.holder(tmp_path / "missing") is None
