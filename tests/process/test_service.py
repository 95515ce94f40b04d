"""The real daemon as the service manager, probes and Prometheus see it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.command import Command
from tests.daemon.scraping import of, samples
from tests.process.daemons import ended
from tests.site import Site, serve

pytestmark = pytest.mark.process

#: The command, with limits that a test can wait for, whose writing thread hangs once there is a file called `hang`.
IMPATIENT = """
import time
from pathlib import Path
from crawler.daemon import daemon, health
from crawler.store import opening, writer

health.LIMITS.update(clock=3.0, store=3.0, delivery=3.0)
daemon.PING_SECONDS = 0.3
opening.BUSY_SECONDS = 0.3
transact = writer.Writer._transact

def hanging(self, group):
    while Path("hang").exists():
        time.sleep(0.05)
    transact(self, group)

writer.Writer._transact = hanging
from crawler.__main__ import main
main()
"""


class Manager:
    """Listens as systemd does, in the order of arrival."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(os.fspath(self.path))
        self.heard: list[str] = []
        #: how many of them a test has waited for, or passed over
        self._taken = 0

    def listen(self, seconds: float) -> list[str]:
        """What arrives within so many seconds."""
        deadline, before = time.monotonic() + seconds, len(self.heard)
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                self.heard.append(self._socket.recv(65536).decode())
            except TimeoutError:
                break
        return self.heard[before:]

    def wait_for(self, word: str, seconds: float = 30) -> str:
        """The next message that has this word in it."""
        deadline = time.monotonic() + seconds
        while True:
            while self._taken < len(self.heard):
                self._taken += 1
                if word in self.heard[self._taken - 1]:
                    return self.heard[self._taken - 1]
            assert time.monotonic() < deadline, f"no {word} came: {self.heard}"
            self.listen(0.1)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path)
    yield manager
    manager.close()


@pytest.fixture
def site():
    site = Site(clock=lambda: datetime.now(UTC))
    for number in range(3):
        site.publish(f"Post {number}", f"<p>Text {number}.</p>")
    with serve(site):
        yield site


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def command(tmp_path, site, port):
    source = f"  - {{name: one, url: '{site.url}/', every: 1h}}"
    return Command(tmp_path, source, metrics=f"{{listen: '127.0.0.1:{port}'}}")


@contextmanager
def running(command, manager, *, script=None, **env):
    """The daemon under a service manager; it is killed at the end if it has not ended."""
    argv = command.argv("run") if script is None else [sys.executable, "-c", script, "run"]
    process = subprocess.Popen(
        argv,
        cwd=command.folder,
        env={**command.environment, "NOTIFY_SOCKET": os.fspath(manager.path), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def asked(port, path):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def wait_for(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (sqlite3.Error, ConnectionError):  # it is only just beginning
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")


def test_the_service_manager_hears_ready_reloading_ready_stopping_in_this_order(command, manager, site):
    with running(command, manager) as daemon:
        ready = manager.wait_for("READY=1")
        assert ready.split("\n")[1].startswith("STATUS=watching 1 source")
        daemon.send_signal(signal.SIGHUP)
        manager.wait_for("RELOADING=1")
        manager.wait_for("READY=1")
        daemon.send_signal(signal.SIGTERM)
        code, log = ended(daemon)
        manager.listen(0.2)
    assert code == 0, log
    first_words = [message.split("\n")[0] for message in manager.heard]
    assert [word for word in first_words if not word.startswith("STATUS=")] == [
        "READY=1",
        "RELOADING=1",
        "READY=1",
        "STOPPING=1",
    ]
    # Nobody had asked for it.
    assert "WATCHDOG" not in "".join(manager.heard)


def test_a_bad_config_at_a_reload_is_ready_again_with_the_old_one(command, manager):
    with running(command, manager) as daemon:
        manager.wait_for("READY=1")
        (command.folder / "config.yaml").write_text("sources: 3\n")
        daemon.send_signal(signal.SIGHUP)
        manager.wait_for("RELOADING=1")
        assert "watching 1 source" in manager.wait_for("READY=1")
        daemon.send_signal(signal.SIGTERM)
        code, log = ended(daemon)
    assert code == 0
    assert "status=refused" in log


def test_a_config_that_is_wrong_at_the_start_is_2_and_never_ready(command, manager):
    (command.folder / "config.yaml").write_text("sources: 3\n")
    with running(command, manager) as daemon:
        assert ended(daemon)[0] == 2
    assert manager.listen(0.2) == []


def test_the_watchdog_is_fed_as_often_as_it_wants_and_no_more_once_the_store_thread_hangs(command, manager, port):
    with running(command, manager, script=IMPATIENT, WATCHDOG_USEC="2000000") as daemon:
        manager.wait_for("READY=1")
        fed = [message for message in manager.listen(5) if message == "WATCHDOG=1"]
        assert len(fed) >= 4
        assert asked(port, "/healthz") == (200, "ok")
        (command.folder / "hang").touch()
        wait_for(lambda: asked(port, "/healthz") == (503, "store"), seconds=10)
        manager.listen(0.6)  # one may have been on its way
        assert "WATCHDOG=1" not in manager.listen(3)
        assert daemon.poll() is None
        assert asked(port, "/readyz") == (200, "ok")
        (command.folder / "hang").unlink()
        assert "WATCHDOG=1" in manager.listen(5)
        assert asked(port, "/healthz") == (200, "ok")


def test_a_store_that_somebody_has_locked_pauses_the_watch_but_the_watchdog_stays_content(command, manager, port):
    with running(command, manager, script=IMPATIENT, WATCHDOG_USEC="2000000") as daemon:
        manager.wait_for("READY=1")
        wait_for(lambda: command.one("SELECT count(*) FROM endpoints WHERE last_ok_at IS NOT NULL") == 2)
        with closing(sqlite3.connect(command.folder / "crawler.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert "locked" in manager.wait_for("STATUS=paused")
            wait_for(lambda: asked(port, "/healthz") == (503, "store"), seconds=10)
            fed = [message for message in manager.listen(5) if message == "WATCHDOG=1"]
            assert len(fed) >= 4
            assert asked(port, "/metrics")[0] == 200
            other.execute("ROLLBACK")
        wait_for(lambda: asked(port, "/healthz") == (200, "ok"), seconds=10)
        manager.wait_for("STATUS=watching 1 source")
        daemon.send_signal(signal.SIGTERM)
        assert ended(daemon)[0] == 0


def test_no_child_process_knows_where_the_service_manager_listens(command, manager):
    with running(command, manager) as daemon:
        manager.wait_for("READY=1")
        wait_for(lambda: command.one("SELECT count(*) FROM revisions") == 3)  # children have parsed them
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()
        assert children
        for child in children:
            assert b"NOTIFY_SOCKET" not in Path(f"/proc/{child}/environ").read_bytes()


def test_prometheus_sees_what_the_store_has(command, manager, port, site):
    with running(command, manager) as daemon:
        manager.wait_for("READY=1")
        wait_for(lambda: command.one("SELECT count(*) FROM endpoints WHERE last_ok_at IS NOT NULL") == 2)

        def as_the_store_has_it():
            polls = command.rows("SELECT kind, outcome, sum(repeats) AS n FROM polls GROUP BY kind, outcome")
            found = samples(asked(port, "/metrics")[1])
            return of(found, "crawler_polls_total") == {(row["kind"], row["outcome"]): row["n"] for row in polls}

        wait_for(as_the_store_has_it, seconds=10)
        found = samples(asked(port, "/metrics")[1])
        assert found["crawler_sources", "active"] == 1
        assert found["crawler_store_bytes", "db"] > 0
        assert asked(port, "/healthz") == (200, "ok")
        daemon.send_signal(signal.SIGTERM)
        assert ended(daemon)[0] == 0


def test_a_port_that_is_taken_ends_the_start_with_1_and_a_reload_stays_where_it_was(command, manager, port):
    config = command.folder / "config.yaml"
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        text = config.read_text()
        config.write_text(text.replace(f":{port}'", f":{taken}'"))
        with running(command, manager) as daemon:
            code, log = ended(daemon)
        assert code == 1
        assert f"metrics.listen: nothing can be answered at 127.0.0.1:{taken}" in log
        assert "Traceback" not in log
        config.write_text(text)
        with running(command, manager) as daemon:
            manager.wait_for("READY=1")
            config.write_text(text.replace(f":{port}'", f":{taken}'"))
            daemon.send_signal(signal.SIGHUP)
            manager.wait_for("RELOADING=1")
            manager.wait_for("READY=1")
            assert asked(port, "/healthz") == (200, "ok")
            daemon.send_signal(signal.SIGTERM)
            code, log = ended(daemon)
        assert code == 0
        assert f"nothing can be answered at 127.0.0.1:{taken}" in log


def test_a_reload_without_metrics_answers_nobody_any_more(command, manager, port):
    config = command.folder / "config.yaml"
    with running(command, manager) as daemon:
        manager.wait_for("READY=1")
        assert asked(port, "/readyz") == (200, "ok")
        config.write_text(config.read_text().replace("metrics:", "# metrics:"))
        daemon.send_signal(signal.SIGHUP)
        manager.wait_for("RELOADING=1")
        manager.wait_for("READY=1")
        with pytest.raises(ConnectionError):
            asked(port, "/readyz")
