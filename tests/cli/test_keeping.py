"""`backup`, `restore`, `verify` and `prune` as they are typed."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from crawler.store import SqliteStore
from tests.cli.conftest import runner

#: Long after the scene.
LATER = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path, filled):
    """A copy of the filled store with its config, to be written to."""
    for name in ("crawler.db", "config.yaml"):
        shutil.copy(filled / name, tmp_path)
    return tmp_path


@pytest.fixture
def crawler(folder, monkeypatch):
    monkeypatch.setattr("crawler.cli.keeping.current_time", lambda: LATER)
    monkeypatch.chdir(folder)
    return runner(folder / "config.yaml", monkeypatch)


def execute(path, statement):
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


def test_backup_verify_and_restore_say_what_they_did(crawler, folder):
    done = crawler("backup", "copy.db")
    assert (done.exit_code, done.stderr) == (0, "")
    assert re.fullmatch(r"copy\.db: 0\.\d MB, checked\n", done.stdout)
    assert crawler("verify", "copy.db").stdout == "fine: 5 posts, 7 revisions, 4 changes\n"
    assert crawler("verify").stdout == "fine: 5 posts, 7 revisions, 4 changes\n"
    done = crawler("restore", "copy.db")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        f"{folder}/crawler.db: restored. fine: 5 posts, 7 revisions, 4 changes\n"
        f"The store that was there is {folder}/crawler.db.before-restore; remove it when all is well.\n"
    )


def test_a_backup_that_is_there_already_is_left_alone(crawler, folder):
    (folder / "copy.db").write_text("mine")
    done = crawler("backup", "copy.db")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: copy.db is there already and was left alone; name a file that is not there yet\n"


def test_a_backup_is_verified_where_there_is_no_config(crawler, folder, tmp_path_factory, monkeypatch):
    crawler("backup", "copy.db")
    away = tmp_path_factory.mktemp("away")
    monkeypatch.chdir(away)
    done = runner(away / "config.yaml", monkeypatch)("verify", str(folder / "copy.db"))
    assert (done.exit_code, done.stdout) == (0, "fine: 5 posts, 7 revisions, 4 changes\n")


def test_each_thing_that_is_wrong_is_a_line_and_the_exit_code_is_1(crawler, folder):
    execute(folder / "crawler.db", "UPDATE posts SET revisions = 9 WHERE id IN (1, 2)")
    done = crawler("verify")
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "post 1: it should have 9 revisions and has 3",
        "post 2: it should have 9 revisions and has 1",
    ]


def test_what_is_no_backup_is_refused_in_one_sentence(crawler, folder):
    (folder / "notes.db").write_text("these are notes\n" * 1000)
    for command in (("verify", "notes.db"), ("restore", "notes.db")):
        done = crawler(*command)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("Error: notes.db is damaged (file is not a database)")


def test_a_backup_of_an_older_version_says_what_brings_it_up_to_date(crawler, folder):
    crawler("backup", "copy.db")
    execute(folder / "copy.db", "DELETE FROM _sqlite_migrations WHERE id = (SELECT max(id) FROM _sqlite_migrations)")
    said = crawler("verify", "copy.db").stdout
    assert said.endswith("4 changes; of an older version: `run` or `poll` brings it up to date\n")


@pytest.mark.parametrize("arguments", [("restore", "copy.db"), ("prune",)])
def test_what_writes_is_refused_beside_a_daemon_with_its_pid(crawler, folder, arguments):
    crawler("backup", "copy.db")
    with SqliteStore(folder / "crawler.db"):
        done = crawler(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert re.search(r"crawler\.db is in use: process \d+ is writing to it", done.stderr)


@pytest.mark.parametrize("arguments", [("backup", "copy.db"), ("verify",), ("prune", "--dry-run")])
def test_what_only_reads_is_done_beside_a_daemon(crawler, folder, arguments):
    with SqliteStore(folder / "crawler.db"):
        assert crawler(*arguments).exit_code == 0


def test_prune_counts_first_and_then_takes_away(crawler, folder):
    execute(folder / "crawler.db", "UPDATE alerts SET state = 'delivered', delivered_at = '2024-03-09T00:00:00Z'")
    polls, alerts = (
        execute(folder / "crawler.db", f"SELECT count(*) FROM {name}")[0][0] for name in ("polls", "alerts")
    )
    numbers = f"{polls - 2} polls, {alerts} alerts, 0 notices, 0 revisions, 0 originals\n"
    assert crawler("prune", "--dry-run").stdout == f"would go: {numbers}"
    assert execute(folder / "crawler.db", "SELECT count(*) FROM polls") == [(polls,)]
    assert crawler("prune").stdout == f"gone: {numbers}"
    assert crawler("prune").stdout == "gone: 0 polls, 0 alerts, 0 notices, 0 revisions, 0 originals\n"
    assert crawler("verify").exit_code == 0


def test_prune_goes_by_the_config(crawler, folder):
    with open(folder / "config.yaml", "a") as config:
        config.write("retention: {polls: forever, originals: 1h}\n")
    assert crawler("prune", "--dry-run").stdout == (
        "would go: 0 polls, 0 alerts, 0 notices, 0 revisions, 2 originals\n"
    )


@pytest.mark.parametrize("command", ["backup", "verify", "prune"])
def test_without_a_store_none_is_made(crawler, folder, command):
    (folder / "crawler.db").unlink()
    done = crawler(command, *(["copy.db"] if command == "backup" else []))
    assert done.exit_code == 1
    assert "crawler.db" in done.stderr
    assert {each.name for each in folder.iterdir()} == {"config.yaml"}
