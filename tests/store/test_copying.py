"""Backups, what restores them, and what tells whether a store is whole: real files, damaged in every way we know."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import stat
import threading
from contextlib import closing

import pytest

from crawler.errors import StoreError, StoreLocked, StoreRefused, StoreUnavailable
from crawler.model import ConfiguredSource
from crawler.store import SqliteStore
from crawler.store.copying import back_up
from crawler.store.opening import open_reader, open_writer
from crawler.store.restoring import restore
from crawler.store.schema import migrations
from crawler.store.verifying import verify
from tests.cli.scene import record, scene

TOLD: list[tuple] = []


def quiet(*told):
    TOLD.append(told)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store with two posts, three revisions and one change; read it, never write to it."""
    path = tmp_path_factory.mktemp("made") / "crawler.db"
    fill(path)
    return path


def fill(path, *, title="A headline"):
    with scene(path) as story:
        story.sources(ConfiguredSource(name="site.example", url="https://site.example/", kind="auto"))
        story.discovered("site.example")
        story.baseline("site.example", "2024-03-01 10:00", record(1, title), record(2, "Another"))
        story.look("site.example", "2024-03-02 10:00", record(1, title + ", edited", modified="2024-03-02T09:00:00"))


@pytest.fixture
def store(made, tmp_path):
    """A copy of it that may be written to."""
    (tmp_path / "live").mkdir()
    return shutil.copy(made, tmp_path / "live" / "crawler.db")


def query(path, sql):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def titles(path):
    return [title for (title,) in query(path, "SELECT title FROM revisions ORDER BY id")]


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# backup


def test_a_backup_is_one_whole_file_that_the_group_may_read(store, tmp_path):
    with SqliteStore(store):
        size = back_up(store, tmp_path / "copy.db")
    assert names(tmp_path) == ["copy.db", "live"]
    assert (tmp_path / "copy.db").stat().st_size == size
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o640
    assert verify(tmp_path / "copy.db").findings == ()
    assert titles(tmp_path / "copy.db") == titles(store)


def test_a_backup_has_what_stands_in_the_journal_only(store, tmp_path):
    with closing(open_writer(store)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("INSERT INTO meta (key, value) VALUES ('late', 'yes')")
        back_up(store, tmp_path / "copy.db")
    assert query(tmp_path / "copy.db", "SELECT value FROM meta WHERE key = 'late'") == [("yes",)]


@pytest.mark.parametrize("there", [lambda path: path.write_text("mine"), lambda path: path.symlink_to("nowhere")])
def test_what_is_there_already_is_left_alone(store, tmp_path, there):
    there(tmp_path / "copy.db")
    with pytest.raises(StoreRefused, match="left alone"):
        back_up(store, tmp_path / "copy.db")
    assert names(tmp_path) == ["copy.db", "live"]
    assert (tmp_path / "copy.db").is_symlink() or (tmp_path / "copy.db").read_text() == "mine"


def no_room(monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1_000_000))


def full(monkeypatch):
    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)


@pytest.mark.parametrize(("trouble", "says"), [(no_room, "too little room"), (full, "No space left")])
def test_without_room_there_is_no_backup_and_nothing_is_left(store, tmp_path, monkeypatch, trouble, says):
    trouble(monkeypatch)
    with pytest.raises(StoreUnavailable, match=says):
        back_up(store, tmp_path / "copy.db")
    assert names(tmp_path) == ["live"]


def test_a_folder_that_is_not_there_is_named(store, tmp_path):
    with pytest.raises(StoreUnavailable, match="nowhere"):
        back_up(store, tmp_path / "nowhere" / "copy.db")


def test_a_backup_that_is_given_up_leaves_nothing(store, tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.store.copying.STEPS", 10)
    looks = iter([False] * 20)
    with pytest.raises(StoreUnavailable, match="interrupted"):
        back_up(store, tmp_path / "copy.db", stop=lambda: next(looks, True))
    assert names(tmp_path) == ["live"]


def test_how_far_it_is_is_told_in_bytes(store, tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.store.copying.STEPS", 10)
    told = []
    size = back_up(store, tmp_path / "copy.db", report=lambda done, total: told.append((done, total)))
    assert {total for _, total in told} == {size}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == size


def test_what_a_kill_left_is_used_again(store, tmp_path):
    (tmp_path / "copy.db.new").write_bytes(store.read_bytes()[:9000])
    (tmp_path / "copy.db.new-journal").write_bytes(b"\xd9\xd5\x05\xf9 not a journal of this copy" * 200)
    back_up(store, tmp_path / "copy.db")
    assert names(tmp_path) == ["copy.db", "live"]
    assert verify(tmp_path / "copy.db").findings == ()


def test_two_backups_to_one_name_do_not_mix(store, tmp_path):
    with open(tmp_path / "copy.db.new", "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailable, match="another process"):
            back_up(store, tmp_path / "copy.db")
    assert names(tmp_path) == ["copy.db.new", "live"]


def test_a_damaged_store_does_not_become_a_backup(store, tmp_path):
    query_and_commit(store, "PRAGMA foreign_keys = OFF", "UPDATE revisions SET post_id = 99 WHERE id = 1")
    with pytest.raises(StoreRefused, match="without its row"):
        back_up(store, tmp_path / "copy.db")
    assert names(tmp_path) == ["live"]


def query_and_commit(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_writing_goes_on_during_a_backup(store, tmp_path, monkeypatch):
    """The copy is of one moment; the writer neither waits for it nor shows up in it by half."""
    monkeypatch.setattr("crawler.store.copying.STEPS", 10)
    begun, written = threading.Event(), threading.Event()

    def report(_done, _total):
        begun.set()
        assert written.wait(10)

    with closing(open_writer(store)) as connection:
        copying = threading.Thread(target=back_up, args=(store, tmp_path / "copy.db"), kwargs={"report": report})
        copying.start()
        assert begun.wait(10)
        connection.execute("INSERT INTO meta (key, value) VALUES ('meanwhile', 'yes')")
        written.set()
        copying.join()
    assert query(tmp_path / "copy.db", "SELECT count(*) FROM meta WHERE key = 'meanwhile'") == [(0,)]
    assert query(store, "SELECT count(*) FROM meta WHERE key = 'meanwhile'") == [(1,)]


# restore


@pytest.fixture
def backup(store, tmp_path):
    back_up(store, tmp_path / "backup.db")
    return tmp_path / "backup.db"


def test_a_backup_is_restored_into_an_empty_folder(backup, tmp_path):
    (tmp_path / "new").mkdir()
    before = digest(backup)
    restored = restore(backup, tmp_path / "new" / "crawler.db", quiet)
    assert restored.kept is None
    assert (restored.verified.posts, restored.verified.revisions, restored.verified.changes) == (2, 3, 1)
    assert names(tmp_path / "new") == ["crawler.db", "crawler.db.lock"]
    assert digest(backup) == before
    with SqliteStore(tmp_path / "new" / "crawler.db") as store:
        assert [source.name for source in store.sources()] == ["site.example"]


def test_the_store_that_was_there_is_kept_each_time(backup, store):
    query_and_commit(store, "INSERT INTO meta (key, value) VALUES ('only', 'here')")
    store.chmod(0o660)
    kept = restore(backup, store, quiet).kept
    assert kept == store.with_name("crawler.db.before-restore")
    assert query(kept, "SELECT value FROM meta WHERE key = 'only'") == [("here",)]
    assert query(store, "SELECT value FROM meta WHERE key = 'only'") == []
    assert stat.S_IMODE(store.stat().st_mode) == 0o660
    assert not kept.samefile(store)
    assert restore(backup, store, quiet).kept == store.with_name("crawler.db.before-restore-2")
    assert query(kept, "SELECT value FROM meta WHERE key = 'only'") == [("here",)]


def leave_journal(path):
    """Have a writer die: what it wrote last stands in the -wal file only."""
    child = os.fork()
    if not child:
        connection = open_writer(path)
        connection.execute("INSERT INTO meta (key, value) VALUES ('last', 'words')")
        os._exit(0)
    os.waitpid(child, 0)
    wal = path.with_name(path.name + "-wal")
    assert wal.stat().st_size
    return wal


def test_the_journal_of_the_old_store_goes_with_it_and_never_into_the_new_one(backup, store):
    leave_journal(store)
    kept = restore(backup, store, quiet).kept
    assert query(kept, "SELECT value FROM meta WHERE key = 'last'") == [("words",)]
    assert query(store, "SELECT value FROM meta WHERE key = 'last'") == []
    assert verify(store).findings == ()
    assert not {"crawler.db-wal", "crawler.db-shm"} & set(names(store.parent))


def test_a_journal_without_its_store_is_not_replayed_into_the_new_one(backup, store):
    wal = leave_journal(store)
    store.unlink()
    restore(backup, store, quiet)
    assert verify(store).findings == ()
    assert query(store, "SELECT value FROM meta WHERE key = 'last'") == []
    assert wal.with_name("crawler.db.before-restore-wal").exists()


def test_a_damaged_store_is_replaced_and_kept_with_its_journal(backup, store):
    wal = leave_journal(store)
    store.write_bytes(b"\xff" * 8192)
    journal = wal.read_bytes()
    kept = restore(backup, store, quiet).kept
    assert verify(store).findings == ()
    assert kept.read_bytes() == b"\xff" * 8192
    assert kept.with_name(kept.name + "-wal").read_bytes() == journal


def test_a_store_that_is_being_written_is_not_replaced(backup, store):
    with SqliteStore(store), pytest.raises(StoreLocked) as refusal:
        restore(backup, store, quiet)
    assert refusal.value.pid == os.getpid()
    assert names(store.parent) == ["crawler.db", "crawler.db.lock"]


def test_a_store_whose_journal_a_reader_needs_is_not_replaced(backup, store, monkeypatch):
    monkeypatch.setattr("crawler.store.restoring.BUSY_SECONDS", 0.1)
    with closing(open_writer(store)) as writer, closing(open_reader(store)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM meta").fetchone()
        writer.execute("INSERT INTO meta (key, value) VALUES ('after', 'that')")
        with pytest.raises(StoreUnavailable, match="being read"):
            restore(backup, store, quiet)
    assert query(store, "SELECT value FROM meta WHERE key = 'after'") == [("that",)]
    assert [name for name in names(store.parent) if "restor" in name] == []


def older(path):
    query_and_commit(path, f"DELETE FROM _sqlite_migrations WHERE name = '{migrations._migrations[-1].name}'")


def newer(path):
    query_and_commit(
        path, "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('crawler', 'm9999_future', '')"
    )


def empty(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def foreign(path):
    path.unlink()
    query_and_commit(path, "CREATE TABLE contacts (name TEXT)")


def broken_law(path):
    query_and_commit(path, "UPDATE posts SET revisions = 7 WHERE id = 1")


def absent(path):
    path.unlink()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (newer, "newer version"),
        (empty, "empty file"),
        (cut, "damaged|not whole"),
        (foreign, "another program"),
        (broken_law, "not whole"),
        (absent, "no such file"),
    ],
)
def test_what_is_no_good_backup_replaces_nothing(backup, store, spoil, says):
    spoil(backup)
    before, there = digest(store), names(store.parent)
    with pytest.raises(StoreError, match=says):
        restore(backup, store, quiet)
    assert digest(store) == before
    assert set(names(store.parent)) == {*there, "crawler.db.lock"}


def test_an_older_backup_is_restored_for_the_next_run_to_migrate(backup, store):
    older(backup)
    assert restore(backup, store, quiet).verified.older
    with pytest.raises(StoreRefused, match="older version"):
        open_reader(store)


def test_the_store_itself_is_no_backup_of_it(store):
    with pytest.raises(StoreRefused, match="the store itself"):
        restore(store.parent / ".." / "live" / "crawler.db", store, quiet)


def test_a_store_that_is_a_link_is_replaced_where_it_leads(backup, store, tmp_path):
    link = tmp_path / "linked.db"
    link.symlink_to(store)
    query_and_commit(store, "INSERT INTO meta (key, value) VALUES ('only', 'here')")
    restore(backup, link, quiet)
    assert link.is_symlink()
    assert query(store, "SELECT value FROM meta WHERE key = 'only'") == []


def test_the_other_name_that_a_killed_restore_left_is_not_taken_for_a_kept_store(backup, store):
    os.link(store, store.with_name("crawler.db.before-restore"))
    assert restore(backup, store, quiet).kept.name == "crawler.db.before-restore"


def test_where_files_have_one_name_only_the_old_store_is_kept_as_a_copy(backup, store, monkeypatch):
    def refuse(*_args):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    before = titles(store)
    assert titles(restore(backup, store, quiet).kept) == before
    assert not list(store.parent.glob("*.new"))


# verify


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE posts SET latest_revision_id = 2 WHERE id = 1", "post 1: its latest revision, 2, is none of its own"),
        ("UPDATE posts SET latest_revision_id = 1 WHERE id = 1", "post 1: revision 2 is the newest, and another one"),
        (
            "UPDATE posts SET latest_revision_id = NULL WHERE id = 2",
            "post 2: revision 1 is the newest, and another one",
        ),
        ("UPDATE posts SET revisions = 7 WHERE id = 1", "post 1: it should have 7 revisions and has 2"),
        ("UPDATE revisions SET number = 5 WHERE id = 3", "post 1: of its revisions 1 to 5 there are only 2"),
        ("UPDATE revisions SET number = 4 WHERE id = 2", "post 2: its first revision is number 4, and none has been"),
        ("UPDATE changes SET old_revision_id = 2", ": revision 2 is of another post"),
        ("UPDATE changes SET old_revision_id = NULL", "it is edited, and a revision that it shows is missing"),
        ("UPDATE changes SET old_revision_id = 99", "changes: row 1 lacks its row of revisions"),
        ("UPDATE originals SET body = x'00' WHERE id = 2", "original 2: it is not what its hash says"),
        ("UPDATE originals SET hash = 'f' WHERE id = 1", "original 1: it is not what its hash says"),
        ("UPDATE originals SET encoding = 'gzip' WHERE id = 3", "original 3: it is not what its hash says"),
        ("DELETE FROM revisions_fts_docsize WHERE id = 2", "revision 2: it is missing from the full-text index"),
        (
            "INSERT INTO revisions_fts_docsize SELECT 88, sz FROM revisions_fts_docsize LIMIT 1",
            "revision 88: the full-text index has it",
        ),
        ("UPDATE posts SET state = 'public', title = NULL", None),
    ],
)
def test_each_law_that_is_broken_is_found(store, statement, finding):
    query_and_commit(store, "PRAGMA foreign_keys = OFF", "PRAGMA ignore_check_constraints = ON", statement)
    findings = verify(store).findings
    if finding is None:
        assert findings == ()
    else:
        assert any(finding in each for each in findings), findings


def test_an_index_that_does_not_fit_its_table_is_found(store):
    query_and_commit(
        store,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = 'CREATE INDEX posts_link ON posts (guid)' WHERE name = 'posts_link'",
    )
    assert any("damaged" in each for each in verify(store).findings)


def test_of_many_things_that_are_wrong_the_first_are_told_and_the_rest_counted(tmp_path):
    with scene(tmp_path / "crawler.db") as story:
        story.sources(ConfiguredSource(name="site.example", url="https://site.example/", kind="auto"))
        story.discovered("site.example")
        story.baseline("site.example", "2024-03-01 10:00", *(record(number, f"{number}") for number in range(1, 41)))
    query_and_commit(tmp_path / "crawler.db", "UPDATE posts SET revisions = 3")
    findings = verify(tmp_path / "crawler.db").findings
    assert len(findings) == 21
    assert findings[-1] == "… and 20 more like these"


def test_a_whole_store_is_counted_and_left_as_it_is(store):
    told = []
    before = digest(store)
    verified = verify(store, lambda done, total: told.append((done, total)))
    assert (verified.findings, verified.older) == ((), False)
    assert (verified.posts, verified.revisions, verified.changes) == (2, 3, 1)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert digest(store) == before


def test_every_byte_that_is_lost_from_an_original_is_noticed(store):
    (body,) = query(store, "SELECT body FROM originals WHERE id = 1")[0]
    for place in range(0, len(body), 7):
        spoiled = bytearray(body)
        spoiled[place] ^= 0x10
        with closing(sqlite3.connect(store)) as connection, connection:
            connection.execute("UPDATE originals SET body = ? WHERE id = 1", (bytes(spoiled),))
        assert verify(store).findings == ("original 1: it is not what its hash says",), place
