"""The real daemon and the signals of those who operate it: stop, at once, reload, kill, and a second daemon."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.command import Command
from tests.process.daemons import make_due, wait_for
from tests.site import Fault, Site, serve

pytestmark = pytest.mark.process


@pytest.fixture
def sites():
    """Three small sites on loopback ports of their own."""
    found = [Site(clock=lambda: datetime.now(UTC)) for _ in range(3)]
    for number, site in enumerate(found):
        at = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=1)
        site.publish(f"Post {number}", "<p>Text.</p>", date=at, modified=at.replace(tzinfo=UTC))
    with serve(found[0]), serve(found[1]), serve(found[2]):
        yield found


def entries(sites):
    return "\n".join(f"  - {{name: s{number}, url: '{site.url}/', every: 1h}}" for number, site in enumerate(sites))


def rewrite(command, sources, **more):
    Command(command.folder, sources, **more)


def states(command):
    return {row["name"]: row["state"] for row in command.rows("SELECT name, state FROM sources")}


def are_read(command, number):
    return command.one("SELECT count(*) FROM sources WHERE baseline_at IS NOT NULL") == number


@contextmanager
def daemon(command):
    """A daemon whose log is read from a file, so that it never waits for a reader."""
    with open(command.folder / "log", "w") as log:
        process = command.start("run", stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def log_of(command):
    return (command.folder / "log").read_text()


def test_a_stop_in_the_middle_of_a_hang_takes_less_than_15_s_and_loses_nothing(tmp_path, sites):
    sites[0].fail("*", Fault(hang=60), times=None)
    command = Command(tmp_path, entries(sites).replace("every: 1h", "every: 1h, timeout: 60s", 1))
    with daemon(command) as process:
        wait_for(lambda: sites[0].requests and are_read(command, 2))
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        took = time.monotonic() - asked
    assert process.returncode == 0, log_of(command)
    assert took < 15
    assert command.one("PRAGMA integrity_check") == "ok"
    assert command.one("SELECT count(*) FROM polls WHERE outcome = 'failed'") == 0
    assert "Traceback" not in log_of(command)


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(tmp_path, sites, first):
    sites[0].fail("*", Fault(hang=60), times=None)
    command = Command(tmp_path, entries(sites[:1]))
    with daemon(command) as process:
        wait_for(lambda: sites[0].requests)
        process.send_signal(first)
        time.sleep(1)
        assert process.poll() is None, "it does not wait for the poll under way"
        asked = time.monotonic()
        process.send_signal(first)
        process.communicate(timeout=20)
        assert time.monotonic() - asked < 5
    assert process.returncode == 0
    assert "Traceback" not in log_of(command)


def test_a_hangup_swaps_the_config_and_a_bad_one_is_reported_and_changes_nothing(tmp_path, sites):
    command = Command(tmp_path, entries(sites[:2]))
    with daemon(command) as process:
        wait_for(lambda: are_read(command, 2))
        rewrite(command, entries(sites).replace("name: s0", "name: renamed"))
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: are_read(command, 3))
        assert states(command) == {"renamed": "active", "s1": "active", "s2": "active"}

        rewrite(command, entries(sites).replace("every: 1h", "evry: 1h", 1))
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "did you mean every" in log_of(command))

        rewrite(command, entries(sites[2:]).replace("name: s0", "name: s2"))
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "2 of 3 sources would be given up" in log_of(command))
        assert states(command) == {"renamed": "active", "s1": "active", "s2": "active"}

        rewrite(command, entries(sites).replace("name: s0", "name: renamed"), log="{format: json}")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: json.loads(log_of(command).splitlines()[-1])["status"] == "done")

        # It still watches all of them.
        sites[0].edit(1, title="Seen all the same")
        time.sleep(1.1)
        make_due(tmp_path)
        wait_for(lambda: [alert["data"]["post"]["title"] for alert in command.alerts()] == ["Seen all the same"])
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in log_of(command)


def test_other_signals_are_survived(tmp_path, sites):
    command = Command(tmp_path, entries(sites[:1]))
    with daemon(command) as process:
        wait_for(lambda: are_read(command, 1))
        for name in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
            process.send_signal(name)
        wait_for(lambda: "SIGUSR2" in log_of(command))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_after_a_kill_the_next_one_starts_and_goes_on(tmp_path, sites):
    command = Command(tmp_path, entries(sites))
    with daemon(command) as process:
        wait_for(lambda: are_read(command, 3))
        process.send_signal(signal.SIGKILL)
        process.wait()
    sites[1].edit(1, title="While nobody looked")
    time.sleep(1.1)
    make_due(tmp_path)
    with daemon(command) as process:
        wait_for(lambda: command.alerts())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert [alert["data"]["post"]["title"] for alert in command.alerts()] == ["While nobody looked"]


def test_a_second_daemon_is_refused_with_the_pid_of_the_first(tmp_path, sites):
    command = Command(tmp_path, entries(sites[:1]))
    with daemon(command) as process:
        wait_for(lambda: are_read(command, 1))
        second = command("run")
        assert second.returncode == 1
        assert f"process {process.pid}" in second.stderr
        assert process.poll() is None


def test_no_child_outlives_a_daemon_that_is_killed(tmp_path, sites):
    command = Command(tmp_path, entries(sites))
    with daemon(command) as process:
        wait_for(lambda: are_read(command, 3))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert children
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in children), seconds=10)
