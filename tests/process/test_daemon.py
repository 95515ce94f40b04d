"""The real daemon through stops, a store that goes away, and entries that turn out to be one site."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.command import Command
from tests.process.daemons import ended, make_due, small_site, started, wait_for
from tests.site import Fault, Site, serve

pytestmark = pytest.mark.process


@pytest.fixture
def site():
    with small_site() as site:
        yield site


@pytest.fixture
def watching(tmp_path, site):
    """A daemon that has read the site and now has nothing to do."""
    command = Command(tmp_path, f"  - {{url: '{site.url}/', every: 1h}}")
    with started(command) as daemon:
        wait_for(lambda: command.one("SELECT count(*) FROM endpoints WHERE last_ok_at IS NOT NULL") == 2)
        yield command, daemon


def test_a_daemon_with_nothing_to_do_stops_at_once(watching):
    _, daemon = watching
    asked = time.monotonic()
    daemon.send_signal(signal.SIGTERM)
    assert ended(daemon)[0] == 0
    assert time.monotonic() - asked < 5


def test_a_stop_that_was_asked_for_is_a_good_one_also_while_somebody_holds_the_store(watching):
    command, daemon = watching
    with closing(sqlite3.connect(command.folder / "crawler.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        daemon.send_signal(signal.SIGTERM)
        code, log = ended(daemon)
    assert code == 0, log


def removed(folder):
    for path in folder.glob("crawler.db*"):
        if path.suffix not in (".lock", ".errands"):
            path.unlink()


def replaced(folder):
    with closing(sqlite3.connect(folder / "crawler.db")) as store:
        store.execute("VACUUM INTO ?", (os.fspath(folder / "copy.db"),))
    (folder / "copy.db").rename(folder / "crawler.db")


@pytest.mark.parametrize("away", [removed, replaced])
def test_a_store_that_goes_away_ends_the_daemon_with_1_and_says_so(watching, away):
    command, daemon = watching
    away(command.folder)
    code, log = ended(daemon)
    assert code == 1
    assert "crawler.db was removed or replaced while running" in log
    assert "Traceback" not in log
    assert (command.folder / "crawler.db").exists() == (away is replaced)


def test_after_a_stop_no_other_source_of_the_host_is_begun(tmp_path, site):
    entries = "\n".join(f"  - {{name: s{number}, url: '{site.url}/?{number}', kind: feed}}" for number in range(4))
    site.fail("*", Fault(hang=3), times=None)
    command = Command(tmp_path, entries)
    with started(command) as daemon:
        wait_for(lambda: site.requests)
        daemon.send_signal(signal.SIGTERM)
        code, log = ended(daemon)
    assert code == 0, log
    asked = {request.path.rpartition("?")[2] for request in site.requests}
    assert not asked & {"1", "2", "3"}


@pytest.fixture
def telling_much(tmp_path):
    """A daemon that is told to stop during a poll which is about to find more than a pipe holds."""
    site = Site(clock=lambda: datetime.now(UTC))
    for number in range(80):
        site.publish(f"Post {number}", "<p>Text.</p>")
    with serve(site):
        command = Command(tmp_path, f"  - {{url: '{site.url}/', every: 1h}}")
        assert command("poll").returncode == 0
        time.sleep(1)  # the site's times count in seconds
        for number in list(site.posts):
            # More than fifty alike would be one digest.
            more = {"content": "<p>Other text.</p>"} if number % 2 else {}
            site.edit(number, title=f"Found on the last look {number} " + "and told at length " * 40, **more)
        site.fail("*modified_after*", Fault(drip=0.001))
        make_due(tmp_path)
        asked = len(site.requests)
        with started(command) as daemon:
            wait_for(lambda: any("modified_after" in request.path for request in site.requests[asked:]))
            assert command.changes() == []
            daemon.send_signal(signal.SIGTERM)
            wait_for(lambda: command.changes())
            yield command, daemon


def test_what_a_poll_finds_after_the_stop_is_told_before_the_end(telling_much):
    command, daemon = telling_much
    time.sleep(1)  # the pipe is full by now, and nobody has read from it
    out, _ = daemon.communicate(timeout=20)
    assert daemon.returncode == 0
    assert out.count("Found on the last look 80 ") >= 1
    assert command.rows("SELECT sink, state, count(*) AS n FROM alerts GROUP BY sink, state ORDER BY sink") == [
        {"sink": "log", "state": "delivered", "n": 80},
        {"sink": "out", "state": "delivered", "n": 80},
    ]


def test_a_pipe_that_nobody_reads_does_not_hold_up_the_end(telling_much):
    command, daemon = telling_much
    asked = time.monotonic()
    assert daemon.wait(timeout=20) == 0
    assert time.monotonic() - asked < 15
    assert command.one("SELECT count(*) FROM alerts WHERE sink = 'out' AND state = 'pending'") > 0


def test_one_site_under_two_hosts_is_watched_once_whichever_answers_first(tmp_path, site):
    other = site.url.replace("127.0.0.1", "localhost")
    command = Command(tmp_path, f"  - {{name: one, url: '{site.url}/'}}\n  - {{name: two, url: '{other}/'}}")
    done = command("poll")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    rows = command.rows(
        "SELECT s.state, count(p.id) AS posts FROM sources s LEFT JOIN posts p ON p.source_id = s.id GROUP BY s.id"
    )
    assert sorted(rows, key=lambda row: row["state"]) == [
        {"state": "active", "posts": 3},
        {"state": "duplicate", "posts": 0},
    ]


def test_an_interrupted_poll_ends_without_a_traceback(tmp_path, site):
    site.fail("*", Fault(hang=60), times=None)
    with started(Command(tmp_path, f"  - {{url: '{site.url}/', timeout: 60s}}"), "poll") as poll:
        wait_for(lambda: site.requests)
        poll.send_signal(signal.SIGINT)
        code, log = ended(poll)
    assert code == 130
    assert "Traceback" not in log


def test_a_disk_that_fills_up_ends_a_poll_with_one_message(tmp_path, site):
    for number in range(300):
        site.publish(f"Long {number}", f"<p>{os.urandom(2000).hex()}</p>")
    command = Command(tmp_path, f"  - url: {site.url}/")
    # What may be written to one file is limited instead: SQLite is told the same.
    limited = f"ulimit -f 1000; exec {sys.executable} -m crawler poll"
    done = command(argv=["bash", "-c", limited])
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "nothing was written" in done.stderr.splitlines()[-1]
    again = command("poll")
    assert again.returncode == 0, again.stderr
    assert command.one("SELECT count(*) FROM posts") == 303


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_poll_with_closed_standard_streams_does_its_work(tmp_path, site, closed):
    command = Command(tmp_path, f"  - url: {site.url}/")
    assert command("poll").returncode == 0
    time.sleep(1)
    site.edit(1, title="Told to the file all the same")
    shell = f"{sys.executable} -m crawler poll {closed}"
    done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, env=command.environment, timeout=60, check=False)
    assert done.returncode == 0
    assert [alert["data"]["post"]["title"] for alert in command.alerts()] == ["Told to the file all the same"]
    assert command.one("PRAGMA integrity_check") == "ok"


def test_a_sink_that_failed_while_the_sources_were_fine_is_3(tmp_path, site):
    command = Command(tmp_path, f"  - url: {site.url}/")
    assert command("poll").returncode == 0
    (tmp_path / "alerts.jsonl").mkdir()
    time.sleep(1)
    site.edit(1, title="Not to be told")
    assert command("poll").returncode == 3


def nobody_reads():
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return open(writer, "w")


def on_a_full_disk():
    return open("/dev/full", "w")


@pytest.mark.parametrize("opened", [nobody_reads, on_a_full_disk])
def test_a_log_that_cannot_be_written_stops_neither_polls_nor_reloads(tmp_path, site, opened):
    command = Command(tmp_path, f"  - {{url: '{site.url}/', every: 1h}}")
    with opened() as stderr:
        daemon = command.start("run", stderr=stderr)
    try:
        wait_for(lambda: command.one("SELECT count(*) FROM endpoints WHERE last_ok_at IS NOT NULL") == 2)
        site.fail("*", Fault(status=503), times=None)
        make_due(tmp_path)
        wait_for(lambda: command.one("SELECT failures FROM sources") == 1)
        for name in ("first", "second"):
            with (tmp_path / "config.yaml").open("a") as config:
                config.write(f"  - {{name: {name}, url: '{site.url}/?{name}', paused: true}}\n")
            daemon.send_signal(signal.SIGHUP)
            wait_for(lambda name=name: command.one(f"SELECT count(*) FROM sources WHERE name = '{name}'") == 1)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(20) == 0
    finally:
        daemon.kill()
        daemon.communicate()


@pytest.mark.parametrize("table", ["alerts", "sources"])
def test_a_store_that_is_damaged_ends_the_daemon_with_1_and_says_so_once(watching, table):
    command, daemon = watching
    with closing(sqlite3.connect(command.folder / "crawler.db", isolation_level=None)) as store:
        roots = store.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = ? AND rootpage > 0", (table,))
        pages = [row[0] for row in roots]
        (size,) = store.execute("PRAGMA page_size").fetchone()
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (command.folder / "crawler.db").open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)
    with closing(sqlite3.connect(command.folder / "crawler.db", isolation_level=None)) as store:
        store.execute("INSERT INTO meta (key, value) VALUES ('seen', 'anew')")
    code, log = ended(daemon)
    assert code == 1, log
    assert "restore it from a backup" in log
    assert "Traceback" not in log
