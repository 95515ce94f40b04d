"""`reprocess`: stored texts as they would be read today, without a change, an alert, or anything lost when killed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.command import Command
from tests.process.daemons import small_site, wait_for

pytestmark = pytest.mark.process
POSTS = 300
TEXTS = "SELECT post_id, number, title, content, excerpt, content_hash, derivation FROM revisions ORDER BY id"
INDEXED = "SELECT count(*) FROM revisions_fts WHERE revisions_fts MATCH 'letter'"


@pytest.fixture
def command(tmp_path):
    """A store as an earlier version wrote it: with other texts, which are in its index."""
    with small_site(POSTS) as site:
        command = Command(tmp_path, f"  - {{name: site, url: '{site.url}/'}}")
        assert command("poll").returncode == 0
    before = command.rows(TEXTS)
    with closing(sqlite3.connect(tmp_path / "crawler.db")) as store, store:
        store.execute("INSERT INTO revisions_fts (revisions_fts) VALUES ('delete-all')")
        store.execute(
            "UPDATE revisions SET content = 'letter ' || content, content_hash = 'old' || id, derivation = NULL,"
            " normalizer_version = 1"
        )
        store.execute(
            "INSERT INTO revisions_fts (rowid, title, content, excerpt)"
            " SELECT id, title, content, excerpt FROM revisions"
        )
        store.execute("UPDATE sightings SET text_hash = 'old' || post_id, derivation = NULL")
    command.before = before
    return command


def test_texts_and_their_index_are_as_they_would_be_read_today(command):
    assert command.one(INDEXED) == POSTS
    done = command("reprocess")
    assert (done.returncode, done.stdout) == (
        0,
        f"site: {POSTS} revisions read again, {POSTS} of them otherwise\n",
    )
    assert command.rows(TEXTS) == command.before
    assert command.one(INDEXED) == 0
    assert command.one("SELECT count(*) FROM revisions_fts WHERE revisions_fts MATCH 'text'") == POSTS
    assert command.one("SELECT count(*) FROM sightings WHERE text_hash LIKE 'old%' AND prints IS NULL") == 0
    assert command.changes() == [] and command.alerts() == []
    again = command("reprocess", "site")
    assert "nothing to do" in again.stdout
    assert command("verify").returncode == 0


@pytest.mark.parametrize("reached", [0, 1, 101, 201])
def test_killed_at_any_point_it_goes_on_with_what_is_left(command, reached):
    process = command.start("reprocess")
    wait_for(lambda: command.one("SELECT count(*) FROM revisions WHERE derivation IS NOT NULL") >= reached)
    process.kill()
    process.communicate()
    states = {(row["content"].startswith("letter"), row["derivation"] is None) for row in command.rows(TEXTS)}
    assert states <= {(True, True), (False, False)}
    assert command("reprocess").returncode == 0
    assert command.rows(TEXTS) == command.before
    assert command.one(INDEXED) == 0
    assert command("verify").returncode == 0


def test_it_is_refused_beside_a_daemon(command):
    daemon = command.start("run")
    try:
        wait_for(lambda: (command.folder / "crawler.db.lock").exists() and command("status").returncode == 0)
        wait_for(lambda: str(daemon.pid) in command("reprocess").stderr)
        assert command("reprocess").returncode == 1
    finally:
        daemon.terminate()
        daemon.communicate()


def test_a_name_that_no_source_has_is_told(command):
    done = command("reprocess", "nobody")
    assert done.returncode == 1
    assert "no source is called nobody" in done.stderr
