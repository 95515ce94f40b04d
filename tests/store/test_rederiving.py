"""What goes along when stored texts are written anew: the full-text index, and the names of Posts."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from crawler.model import Fields, Rederived
from crawler.store import rederiving, searching
from tests.bench import Bench
from tests.site import Clock, Site

MATCHING = "SELECT rowid FROM revisions_fts WHERE revisions_fts MATCH ? ORDER BY rowid"


@pytest.fixture
def store(tmp_path):
    """Two Revisions of two Posts, of which the index has only the first."""
    clock = Clock()
    site = Site(url="https://example.org", clock=clock)
    for number in (1, 2):
        clock.advance(hours=1)
        site.publish(f"Post {number}", "<p>Old words.</p>")
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - url: https://example.org/\n")
    bench.poll()
    with closing(sqlite3.connect(tmp_path / "crawler.db")) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("INSERT INTO revisions_fts (revisions_fts) VALUES ('delete-all')")
        searching.index(connection, 1)
        connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('indexed_revision', '1')")
        yield connection


def rewrite(store, **fields):
    found = [
        Rederived(revision_id=number, fields=Fields(content="New words.", **fields), content_hash=f"{number}")
        for number in (1, 2)
    ]
    return rederiving.rewrite(store, found, derivation="9", normalizer_version=9)


def matching(store, word):
    return [row["rowid"] for row in store.execute(MATCHING, (word,))]


def test_a_revision_that_is_not_indexed_yet_is_indexed_once(store):
    assert rewrite(store) == 2
    assert (matching(store, "old"), matching(store, "new")) == ([], [1])
    searching.index_some(store)
    assert matching(store, "new") == [1, 2]
    searching.forget(store, 2)
    assert matching(store, "new") == [1]
    store.execute("INSERT INTO revisions_fts (revisions_fts) VALUES ('integrity-check')")


def test_a_post_takes_the_new_title_unless_a_later_look_gave_it_another(store):
    store.execute("UPDATE posts SET title = 'Told since' WHERE latest_revision_id = 2")
    rewrite(store, title="Read anew")
    titles = store.execute("SELECT title FROM posts ORDER BY latest_revision_id")
    assert [row["title"] for row in titles] == ["Read anew", "Told since"]
