"""The real commands beside the real daemon: what it does for them, what it refuses, and how either side may end."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import time
from contextlib import closing, contextmanager

import pytest

from tests.command import Command
from tests.process.daemons import ended, small_site, started, wait_for
from tests.site import Fault

pytestmark = pytest.mark.process


@pytest.fixture
def site():
    with small_site() as site:
        yield site


@contextmanager
def asleep(daemon):
    """The daemon does nothing meanwhile."""
    daemon.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        daemon.send_signal(signal.SIGCONT)


@pytest.fixture
def dead():
    """A port on which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture
def command(tmp_path, site, dead):
    entries = f"  - {{name: site, url: '{site.url}/', every: 1h, timeout: 60s}}"
    return Command(tmp_path, f"{entries}\n  - {{name: dead, url: 'http://127.0.0.1:{dead}/', every: 1h}}")


@pytest.fixture
def daemon(command, site):
    """A daemon that has read the site and now has nothing to do."""
    with started(command, "run") as daemon:
        wait_for(lambda: command.one("SELECT count(*) FROM endpoints WHERE last_ok_at IS NOT NULL") == 2)
        wait_for(lambda: command.one("SELECT max(failures) FROM sources") == 1)
        yield daemon


def waiting(command, state):
    return list((command.folder / "crawler.db.errands").glob(f"*.{state}"))


def edit(site, title):
    time.sleep(1)  # the site's times count in seconds
    site.edit(max(site.posts), title=title)


def test_a_poll_is_done_by_the_daemon_which_goes_on(command, daemon, site):
    edit(site, "Found at once")
    done = command("poll", "site")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("site: 1 change, ")
    assert len(done.stderr.splitlines()) == 1
    assert [change["title"] for change in command.changes()] == ["Found at once"]
    assert [alert["data"]["post"]["title"] for alert in command.alerts()] == ["Found at once"]
    assert daemon.poll() is None
    assert waiting(command, "*") == []
    daemon.send_signal(signal.SIGTERM)
    code, log = ended(daemon)
    assert code == 0
    assert "event=errand status=begun what=poll" in log


#: arguments of `poll`, its exit code, and how each of its lines begins
POLLS = (
    ((), 3, ["dead: failed, connect: ", "site: 0 changes, 1 request"]),
    (("dead",), 1, ["dead: failed, connect: "]),
    (("site", "nobody"), 1, ["Error: no source is called nobody; `crawler status` lists them"]),
    (("site", "--due"), 0, ["nothing to poll: no source is due"]),
    (("--due",), 0, ["nothing to poll: no source is due"]),
)


def test_the_lines_and_the_exit_code_are_those_of_a_poll_alone(command, daemon):
    beside = [command("poll", *arguments) for arguments, _, _ in POLLS]
    daemon.send_signal(signal.SIGTERM)
    ended(daemon)
    alone = [command("poll", *arguments) for arguments, _, _ in POLLS]
    for results in (beside, alone):
        for done, (_, code, said) in zip(results, POLLS, strict=True):
            lines = sorted(line for line in done.stderr.splitlines() if "event=" not in line)
            assert (done.returncode, len(lines)) == (code, len(said)), done.stderr
            assert all(line.startswith(start) for line, start in zip(lines, said, strict=True)), lines


def test_alerts_that_were_not_taken_are_tried_again_by_the_daemon(command, daemon, site):
    path = command.folder / "alerts.jsonl"
    path.mkdir()
    edit(site, "To be told in the end")
    assert command("poll", "site").returncode == 3
    (alert,) = command.rows("SELECT id, attempts FROM alerts WHERE sink = 'log' AND state = 'pending'")
    assert alert["attempts"] > 0
    failed = command("alerts", "retry")
    assert failed.returncode == 1
    assert failed.stdout.startswith(f"alert {alert['id']} to log: failed: ")
    path.rmdir()
    done = command("alerts", "retry", str(alert["id"]))
    assert (done.returncode, done.stdout) == (0, f"alert {alert['id']} to log: delivered\n"), done.stderr
    assert [each["data"]["post"]["title"] for each in command.alerts()] == ["To be told in the end"]
    again = command("alerts", "retry", str(alert["id"]))
    assert (again.returncode, again.stdout) == (0, f"alert {alert['id']} to log: was delivered before\n")
    assert command("alerts", "retry").stdout == "nothing to retry: no alert is pending or dead\n"
    unknown = command("alerts", "retry", "999")
    assert (unknown.returncode, unknown.stderr) == (
        1,
        "Error: there is no alert 999; `crawler alerts` lists them\n",
    )
    assert len(command.alerts()) == 1


def test_two_that_ask_at_once_both_have_it_done(command, daemon, site):
    edit(site, "Found once")
    with started(command, "poll", "site") as one, started(command, "poll", "site") as two:
        results = [ended(one), ended(two)]
    assert [code for code, _ in results] == [0, 0]
    assert sorted(said.partition(",")[0] for _, said in results) == ["site: 0 changes", "site: 1 change"]
    assert len(command.changes()) == len(command.alerts()) == 1


def test_a_poll_waits_for_the_daemons_own_poll_of_that_host(command, daemon, site):
    edit(site, "Found by the first of the two")
    asked = len(site.requests)
    site.fail("*", Fault(hang=2), times=1)
    with started(command, "poll", "site") as poll:
        with asleep(daemon):
            wait_for(lambda: waiting(command, "asked"))
            with closing(sqlite3.connect(command.folder / "crawler.db")) as store, store:
                store.execute("UPDATE endpoints SET next_poll_at = '2020-01-01T00:00:00Z'")
        # Awake, it begins its own polls first.
        wait_for(lambda: waiting(command, "begun") and len(site.requests) > asked)
        assert len(site.requests) == asked + 1
        code, said = ended(poll)
    assert code == 0
    assert said.startswith("site: 0 changes"), said
    assert len(command.changes()) == 1


def test_a_daemon_that_is_killed_in_the_middle_is_an_error_and_the_next_poll_is_done_alone(command, daemon, site):
    edit(site, "Not lost")
    site.fail("*", Fault(hang=60), times=None)
    with started(command, "poll", "site") as poll:
        wait_for(lambda: waiting(command, "begun"))
        daemon.kill()
        code, said = ended(poll)
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("Error: the daemon ended in the middle of this")
    site.heal()
    done = command("poll", "site")
    assert done.returncode == 0, done.stderr
    assert [change["title"] for change in command.changes()] == ["Not lost"]
    with started(command, "run") as again:
        wait_for(lambda: not waiting(command, "*"))  # what the killed one left behind
        assert command("poll", "site").returncode == 0
        assert again.poll() is None


def test_a_daemon_that_is_stopped_in_the_middle_tells_so(command, daemon, site):
    site.fail("*", Fault(hang=60), times=None)
    with started(command, "poll", "site") as poll:
        wait_for(lambda: waiting(command, "begun"))
        daemon.send_signal(signal.SIGTERM)
        assert ended(daemon)[0] == 0
        code, said = ended(poll)
    assert code == 1
    assert said.startswith("Error: the daemon was stopped before this was done")
    assert waiting(command, "*") == []


def test_a_daemon_that_ends_before_it_has_begun_leaves_it_to_the_command(command, daemon, site):
    edit(site, "Found alone")
    with asleep(daemon), started(command, "poll", "site") as poll:
        wait_for(lambda: waiting(command, "asked"))
        daemon.kill()
        code, said = ended(poll)
    assert code == 0, said
    assert "site: 1 change, " in said
    assert [change["title"] for change in command.changes()] == ["Found alone"]
    assert waiting(command, "*") == []


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_what_was_not_begun_for_a_command_that_ended_is_not_done(command, daemon, site, by):
    asked = len(site.requests)
    with asleep(daemon), started(command, "poll", "site") as poll:
        wait_for(lambda: waiting(command, "asked"))
        poll.send_signal(by)
        code, said = ended(poll)
        assert code == (130 if by == signal.SIGINT else -by)
        assert "Traceback" not in said
    wait_for(lambda: not waiting(command, "*"))
    assert command("poll", "--due").returncode == 0  # by now the daemon has looked again
    assert len(site.requests) == asked


def test_what_was_begun_for_an_interrupted_command_is_finished(command, daemon, site):
    edit(site, "Found all the same")
    site.fail("*", Fault(hang=1), times=1)
    with started(command, "poll", "site") as poll:
        wait_for(lambda: waiting(command, "begun"))
        poll.send_signal(signal.SIGINT)
        assert ended(poll)[0] == 130
    wait_for(lambda: command.changes() and command.alerts())
    wait_for(lambda: not waiting(command, "*"))
    assert daemon.poll() is None


def test_beside_another_poll_a_poll_is_refused_with_its_pid(command, site):
    assert command("poll", "site").returncode == 0
    site.fail("*", Fault(hang=60), times=None)
    asked = len(site.requests)
    with started(command, "poll", "site") as first:
        wait_for(lambda: len(site.requests) > asked)
        for arguments in (("poll", "site"), ("alerts", "retry"), ("run",)):
            done = command(*arguments)
            assert done.returncode == 1
            assert f"process {first.pid} is writing to it" in done.stderr


def test_what_the_daemon_does_not_do_for_others_is_refused_with_its_pid(command, daemon):
    assert command("backup", "copy.db").returncode == 0
    for arguments in (("run",), ("prune",), ("restore", "copy.db")):
        done = command(*arguments)
        assert done.returncode == 1, arguments
        assert f"process {daemon.pid} is writing to it" in done.stderr
    assert daemon.poll() is None


def test_a_sweep_is_done_by_the_daemon(command, daemon, site):
    done = command("sweep", "site")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("site: 3 posts swept, 0 changes, ")
    assert command.one("SELECT last_sweep_at IS NOT NULL FROM sources WHERE name = 'site'")
    assert daemon.poll() is None


def test_a_source_that_the_daemon_has_not_read_of_says_why_it_is_unknown(command, daemon):
    path = command.folder / "config.yaml"
    path.write_text(path.read_text().replace("name: dead", "name: renamed"))
    done = command("poll", "renamed")
    assert done.returncode == 1
    assert "no source is called renamed" in done.stderr
    assert "SIGHUP reloads it" in done.stderr


def test_a_stale_lock_and_the_folder_of_a_killed_daemon_hinder_nobody(command, daemon):
    daemon.kill()
    daemon.wait()
    assert (command.folder / "crawler.db.lock").read_text().split()[0] == str(daemon.pid)
    assert (command.folder / "crawler.db.errands").is_dir()
    assert command("poll", "site").returncode == 0
    (command.folder / "crawler.db.lock").write_text("999999\n")
    assert command("poll", "site").returncode == 0


READING = (("status",), ("coverage",), ("posts",), ("changes",), ("alerts",), ("log", "1"), ("show", "1"))


def standing(folder):
    """What there is of the store's files, as far as reading may not touch it."""
    return {
        path.name: (stat.S_IMODE(found.st_mode), found.st_mtime_ns, found.st_size)
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith("-shm") and (found := path.stat())
    }


def test_commands_that_read_write_nothing_lock_nothing_and_migrate_nothing(command, site):
    assert command("poll", "site").returncode == 0
    with closing(sqlite3.connect(command.folder / "crawler.db")) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = standing(command.folder)
    for arguments in READING:
        done = command(*arguments)
        assert done.returncode == 0, done.stderr
        after = standing(command.folder)
        # An empty journal is how SQLite reads; nothing is in it.
        assert after.pop("crawler.db-wal", (0, 0, 0))[2] == 0
        assert after == before, arguments


def test_commands_that_read_beside_a_daemon_leave_everything_as_it_is(command, daemon):
    before = standing(command.folder)
    with asleep(daemon):
        for arguments in READING:
            done = command(*arguments)
            assert done.returncode == 0, done.stderr
            assert standing(command.folder) == before, arguments
    assert os.path.lexists(command.folder / "crawler.db-wal")
