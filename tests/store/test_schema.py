"""The schema: what people rely on is there, and every way to it ends at the same one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from crawler.store.opening import open_writer
from crawler.store.schema import APPLICATION_ID, migrations

OLDER = sorted(Path(__file__).with_name("schemas").glob("*.sql"))

TABLES = {
    "sources": "id name url kind home title timezone state baseline_at last_sweep_at",
    "source_groups": "source_id name",
    "endpoints": "id source_id kind url host etag last_modified body_hash next_poll_at last_try_at last_ok_at"
    " last_status failures last_error",
    "posts": "id source_id wp_id guid type link title author state published_at modified_at first_seen_at"
    " last_seen_at revisions latest_revision_id",
    "post_keys": "source_id kind value post_id",
    "revisions": "id post_id number cause endpoint_id observed_at title content excerpt author link published_at"
    " modified_at categories tags featured_image content_hash normalizer_version original_id",
    "originals": "id hash encoding body",
    "changes": "seq id post_id poll_id kind silent noted detected_at old_seen_at old_revision_id new_revision_id"
    " fields words_added words_removed summary diff",
    "notices": "id kind source_id at text",
    "alerts": "id change_id notice_id sink digest_id state attempts next_attempt_at last_error delivered_at reply",
    "polls": "id endpoint_id kind started_at last_at repeats duration_ms outcome reason status_code requests bytes"
    " seen new changed error",
    "coverage_spans": "id source_id sees from_at to_at end_reason",
    "sightings": "post_id endpoint_id raw_hash text_hash first_seen_at last_seen_at missing_since",
    "suspects": "post_id",
    "walks": "endpoint_id",
    "hosts": "host next_at",
    "sink_states": "sink",
    "meta": "key value",
    "revisions_fts": "title content excerpt",
}
VIEWS = {
    "current_posts": "id source groups wp_id type state title content author link published_at modified_at revisions"
    " first_seen_at last_seen_at",
    "recent_changes": "id detected_at old_seen_at source kind silent noted post_id title link author published_at"
    " hours_after_publication fields words_added words_removed summary diff old_revision new_revision",
    "silent_edits": "id detected_at old_seen_at source kind silent noted post_id title link author published_at"
    " hours_after_publication fields words_added words_removed summary diff old_revision new_revision",
    "field_changes": "change_id detected_at source post_id field old new",
    "revision_spans": "post_id number observed_at last_seen_at superseded_at title content",
    "removed_posts": "id source groups wp_id type state title content author link published_at modified_at revisions"
    " first_seen_at last_seen_at kind detected_at old_seen_at",
    "coverage": "source sees from_at to_at watched reason",
}


def schema(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    rows = connection.execute(
        "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE '%sqlite_%' ORDER BY type, name"
    )
    return [(kind, name, " ".join(sql.split())) for kind, name, sql in rows]


@pytest.fixture
def fresh(tmp_path):
    with closing(open_writer(tmp_path / "crawler.db")) as connection:
        yield connection


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_contract_has_its_columns(fresh, name):
    found = {row["name"] for row in fresh.execute(f"PRAGMA table_info({name})")}
    assert set(TABLES[name].split()) <= found


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_of_the_contract_has_exactly_its_columns_and_answers(fresh, name):
    cursor = fresh.execute(f"SELECT * FROM {name}")
    assert [column[0] for column in cursor.description] == VIEWS[name].split()
    assert cursor.fetchall() == []


def test_all_our_tables_are_strict(fresh):
    loose = [
        row["name"]
        for row in fresh.execute("PRAGMA table_list")
        if row["type"] == "table" and not row["strict"] and not row["name"].startswith(("sqlite_", "_sqlite"))
    ]
    assert loose == []


def test_the_file_says_whose_it_is_and_is_durable(fresh):
    pragmas = {
        name: fresh.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "journal_mode", "synchronous", "foreign_keys")
    }
    assert pragmas == {"application_id": APPLICATION_ID, "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_one_migration_after_the_other_gives_the_fresh_schema(fresh):
    stepwise = Database(memory=True)
    names = [migration.name for migration in migrations.pending(stepwise)]
    for following in [*names[1:], None]:
        migrations.apply(stepwise, stop_before=following)
    assert schema(stepwise.conn) == schema(fresh)


@pytest.mark.parametrize("older", OLDER, ids=lambda path: path.stem)
def test_a_store_of_an_older_version_becomes_the_fresh_schema(tmp_path, fresh, older):
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(older.read_text())
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    with closing(open_writer(path)) as migrated:
        assert schema(migrated) == schema(fresh)


def test_a_migration_that_fails_half_way_leaves_no_store_behind(tmp_path, monkeypatch):
    def broken(_db: Database) -> None:
        raise sqlite3.OperationalError("out of luck")

    monkeypatch.setattr(migrations._migrations[-1], "fn", broken)
    with pytest.raises(Exception, match="out of luck"):
        open_writer(tmp_path / "crawler.db")
    assert not (tmp_path / "crawler.db").exists()
    monkeypatch.undo()
    open_writer(tmp_path / "crawler.db").close()


def test_one_may_not_delete_what_a_change_shows(fresh):
    with pytest.raises(sqlite3.IntegrityError):
        fresh.execute(
            "INSERT INTO changes (id, post_id, kind, detected_at, fields, summary, diff, details)"
            " VALUES ('c_1', 99, 'edited', '2026-01-01T00:00:00Z', '[]', '', '', '[]')"
        )
