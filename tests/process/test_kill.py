"""The real command killed with SIGKILL at each step of a poll: nothing is lost, nothing is told under two ids."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.command import Command
from tests.process.killed import STEPS
from tests.site import Site, serve

pytestmark = pytest.mark.process
TESTS = Path(__file__).parents[2]


@pytest.fixture
def site():
    clock = lambda: datetime.now(UTC)  # noqa: E731
    site = Site(clock=clock)
    long_ago = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=1)
    for number in range(12):
        date = long_ago + timedelta(minutes=number)
        site.publish(f"Post {number}", f"<p>Text of post {number}.</p>", date=date, modified=date.replace(tzinfo=UTC))
    with serve(site):
        yield site


def killed_at(command, step):
    argv = [sys.executable, "-m", "tests.process.killed", step, "poll"]
    return command(argv=argv)


@pytest.fixture
def command(tmp_path, site, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.fspath(TESTS))
    return Command(tmp_path, f"  - url: {site.url}/")


@pytest.mark.parametrize("step", STEPS)
def test_after_a_kill_the_change_is_stored_once_and_each_sink_has_it_under_one_id(command, site, step):
    first = command("poll")
    assert first.returncode == 0, first.stderr
    site.edit(max(site.posts), title="A headline that must not get lost", content="<p>Nor this text.</p>")
    killed = killed_at(command, step)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    outputs = killed.stdout
    for _ in range(2):
        again = command("poll")
        assert again.returncode == 0, again.stderr
        outputs += again.stdout
    (change,) = command.changes()
    assert (change["kind"], change["fields"]) == ("edited", ["title", "content"])
    lines = Counter(alert["data"]["id"] for alert in command.alerts())
    assert set(lines) == {change["id"]}
    assert lines[change["id"]] <= 2
    assert outputs.count("A headline that must not get lost") >= 1
    assert set(command.rows("SELECT DISTINCT state FROM alerts")[0].values()) == {"delivered"}
    assert command.one("SELECT count(*) FROM alerts") == 2
    assert command.one("PRAGMA integrity_check") == "ok"
