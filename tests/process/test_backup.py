"""Backups of a store that a real daemon writes to, and what comes of a store that is restored from one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import threading
import time
from contextlib import contextmanager

import pytest

from crawler.store.verifying import verify
from tests.command import Command
from tests.process.daemons import make_due, small_site, wait_for

pytestmark = pytest.mark.process
POSTS = 30


@pytest.fixture
def site():
    with small_site(POSTS) as site:
        yield site


def command_in(folder, site):
    folder.mkdir(exist_ok=True)
    return Command(folder, f"  - {{url: '{site.url}/', every: 1h}}")


def titles(command):
    return {row["wp_id"]: row["title"] for row in command.rows("SELECT wp_id, title FROM current_posts")}


def on_site(site):
    return {post.id: post.title for post in site.posts.values()}


@contextmanager
def watching(command):
    """A daemon that polls over and over; at the end it is told to stop, and does."""
    daemon = command.start("run")
    over = threading.Event()

    def hurry():
        while not over.wait(0.1):
            if (command.folder / "crawler.db").exists():
                try:
                    make_due(command.folder)
                except sqlite3.Error:
                    continue

    hurrying = threading.Thread(target=hurry)
    try:
        wait_for(lambda: command.one("SELECT count(*) FROM sources WHERE baseline_at IS NOT NULL") == 1)
        hurrying.start()
        yield daemon
        over.set()
        daemon.send_signal(signal.SIGTERM)
        _, log = daemon.communicate(timeout=20)
        assert daemon.returncode == 0, log
        assert "Traceback" not in log, log
    finally:
        over.set()
        daemon.kill()
        daemon.communicate()
        if hurrying.ident:
            hurrying.join()


@contextmanager
def being_edited(site):
    """Somebody edits the site all the while."""
    over = threading.Event()

    def edit():
        number = 0
        while not over.wait(0.05):
            number += 1
            site.edit(random.choice(list(site.posts)), title=f"Edited {number}", content=f"<p>Text {number}.</p>")

    editing = threading.Thread(target=edit)
    editing.start()
    try:
        yield
    finally:
        over.set()
        editing.join()


def test_a_daemon_goes_on_from_a_backup_that_was_taken_while_polls_wrote(tmp_path, site):
    first = command_in(tmp_path / "first", site)
    backups = []
    with watching(first), being_edited(site):
        for number in range(3):
            seen = first.one("SELECT count(*) FROM changes")
            wait_for(lambda seen=seen: first.one("SELECT count(*) FROM changes") > seen)
            backups.append(tmp_path / f"backup-{number}.db")
            done = first("backup", os.fspath(backups[-1]))
            assert done.returncode == 0, done.stderr
    for backup in backups:
        assert verify(backup).findings == ()

    second = command_in(tmp_path / "second", site)
    shutil.rmtree(first.folder)  # the disk is lost; what is left is the backup
    done = second("restore", os.fspath(backups[-1]))
    assert done.returncode == 0, done.stderr
    assert second("verify").returncode == 0
    before, known = titles(second), {row["id"] for row in second.changes()}
    assert before != on_site(site)
    with watching(second):
        wait_for(lambda: titles(second) == on_site(site))
        after = [row for row in second.changes() if row["id"] not in known]
        # Each post that is another than in the backup is told once, and no other.
        differ = {post: title for post, title in on_site(site).items() if before[post] != title}
        assert sorted(row["title"] for row in after) == sorted(differ.values())
        assert {row["kind"] for row in after} == {"edited"}
        time.sleep(1)  # the site's times count in seconds
        site.edit(1, title="Edited afterwards")
        wait_for(lambda: titles(second) == on_site(site))
        polls = len(site.requests)
        wait_for(lambda: len(site.requests) > polls + 4)
    later = [row for row in second.changes() if row["id"] not in known | {row["id"] for row in after}]
    assert [row["title"] for row in later] == ["Edited afterwards"]
    # What was pending in the backup and what was found since: each once.
    told = [alert["data"]["id"] for alert in second.alerts()]
    assert len(told) == len(set(told))
    assert {row["id"] for row in after + later} <= set(told)
    assert second("verify").returncode == 0


def test_what_is_found_again_after_an_old_backup_was_restored_has_the_same_ids(tmp_path, site):
    command = command_in(tmp_path / "live", site)
    assert command("poll").returncode == 0
    time.sleep(1)  # the site's times count in seconds
    site.edit(1, title="Before the backup")
    assert command("poll").returncode == 0
    assert command("backup", "old.db").returncode == 0
    time.sleep(1)
    site.edit(1, title="After the backup")
    site.edit(2, content="<p>After the backup, too.</p>")
    site.publish("New after the backup", "<p>Text.</p>")
    assert command("poll").returncode == 0
    first = {row["id"]: row["title"] for row in command.changes()}
    assert len(first) == 4
    assert command("restore", "old.db").returncode == 0
    assert len(command.changes()) == 1
    again = command("poll")
    assert again.returncode == 0
    assert {row["id"]: row["title"] for row in command.changes()} == first
    # They are told again, and by their ids a receiver knows it: the file, which looks for them, has each once.
    assert "“After the backup”" in again.stdout
    assert sorted(alert["data"]["id"] for alert in command.alerts()) == sorted(first)
    assert command("verify").returncode == 0


def test_a_running_daemon_keeps_its_store(tmp_path, site):
    command = command_in(tmp_path / "live", site)
    with watching(command) as daemon:
        assert command("backup", "copy.db").returncode == 0
        for arguments in (["restore", "copy.db"], ["prune"]):
            done = command(*arguments)
            assert (done.returncode, done.stdout) == (1, "")
            assert f"process {daemon.pid} is writing to it" in done.stderr


def test_a_daemon_makes_a_backup_by_itself_when_there_is_none(tmp_path, site):
    source = f"  - {{url: '{site.url}/', every: 1h}}"
    command = Command(tmp_path, source, backup="{to: backups/, every: 1h}")
    with watching(command):
        wait_for(lambda: list(tmp_path.glob("backups/crawler-*.db")))
    (backup,) = tmp_path.glob("backups/*")
    assert verify(backup).findings == ()
