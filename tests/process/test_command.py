"""The real command as people and scripts use it: exit codes, what is written, what is refused."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.command import Command
from tests.site import Fault, Site, serve

pytestmark = pytest.mark.process

EIGHT_MISTAKES = """\
store: crawler.db
defaults:
  evrey: 15m
  timeout: 30
sources:
  - url: ftp://example.org/
  - {url: 'https://example.org/', kind: wordpres}
  - {name: twice, url: 'https://a.example/'}
  - {name: twice, url: 'https://b.example/'}
  - {url: 'https://c.example/', password: hunter2}
sinks:
  - {name: log, type: jsonl, path: alerts.jsonl, when: {kinds: [editd]}}
  - {name: hook, type: webhok}
"""


def yesterday(minutes=0):
    """Site-local time of a fast site in UTC."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=1) + timedelta(minutes=minutes)


def filled(site, posts=12):
    for number in range(posts):
        date = yesterday(number)
        site.publish(f"Post {number}", f"<p>Text of post {number}.</p>", date=date, modified=date.replace(tzinfo=UTC))
    return site


@pytest.fixture
def site():
    site = filled(Site(clock=lambda: datetime.now(UTC)))
    with serve(site):
        yield site


def test_eight_mistakes_are_eight_messages_and_nothing_is_started_or_written(tmp_path):
    command = Command(tmp_path, "")
    (tmp_path / "config.yaml").write_text(EIGHT_MISTAKES)
    for name in ("poll", "run", "check"):
        done = command(name)
        assert done.returncode == 2
        messages = [line for line in done.stderr.splitlines() if line.startswith("config.yaml:")]
        assert [int(line.split(":")[1]) for line in messages] == [3, 4, 6, 7, 9, 10, 12, 13], done.stderr
        assert "hunter2" not in done.stderr + done.stdout
    assert "every" in messages[0]
    assert "wordpress" in messages[3]
    assert "webhook" in messages[7]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml"]


def test_some_sources_failing_is_3_and_all_of_them_1(tmp_path, site):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = taken.getsockname()[1]
    command = Command(tmp_path, f"  - url: {site.url}/\n  - {{name: dead, url: 'http://127.0.0.1:{dead}/'}}")
    done = command("poll")
    assert done.returncode == 3
    assert "dead: failed, connect:" in done.stderr
    assert command.one("SELECT count(*) FROM posts") == 12
    assert command("poll", "dead").returncode == 1
    assert command("poll", "nobody").returncode == 1


def test_without_network_each_source_gets_a_reason_and_the_next_poll_makes_it_good(tmp_path, site):
    command = Command(
        tmp_path, f"  - {{name: site, url: '{site.url}/'}}\n  - {{name: nowhere, url: 'http://nowhere.invalid/'}}"
    )
    assert command("poll", "site").returncode == 0
    site.edit(max(site.posts), title="Edited while nobody could look")
    site.fail("*", Fault(status=503, body=b""), times=None)
    done = command("poll")
    assert done.returncode == 1
    assert "nowhere: failed, dns:" in done.stderr
    assert "site: failed, http_5xx:" in done.stderr
    assert command.changes() == []
    assert command.one("SELECT count(*) FROM posts") == 12
    site.heal()
    done = command("poll")
    assert done.returncode == 3
    assert [change["fields"] for change in command.changes()] == [["title"]]
    assert len(command.alerts()) == 1


def test_a_site_that_is_gone_for_a_while_loses_nothing(tmp_path):
    site = filled(Site(clock=lambda: datetime.now(UTC)))
    with serve(site) as url:
        command = Command(tmp_path, f"  - {{name: site, url: '{url}/'}}")
        assert command("poll").returncode == 0
    done = command("poll")
    assert done.returncode == 1
    assert "site: failed, connect:" in done.stderr
    assert command.one("SELECT count(*) FROM posts") == 12
    site.edit(max(site.posts), title="Edited while nothing answered")
    with serve(site, port=int(url.rpartition(":")[2])):
        done = command("poll")
    assert done.returncode == 0, done.stderr
    assert [change["fields"] for change in command.changes()] == [["title"]]
    assert len(command.alerts()) == 1


def test_a_full_device_is_told_in_one_line(tmp_path, site):
    command = Command(tmp_path, f"  - {{name: site, url: '{site.url}/'}}")
    command("poll")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command.argv("posts"),
            cwd=tmp_path,
            env=command.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Error: the output could not be written: No space left on device"]


def test_a_poll_of_paused_sources_only_says_so(tmp_path, site):
    command = Command(tmp_path, f"  - {{name: site, url: '{site.url}/', paused: true}}")
    done = command("poll")
    assert done.returncode == 0
    assert "nothing to poll: 1 source is paused" in done.stderr
    assert site.requests == []


@pytest.mark.wordpress
def test_a_wrong_application_password_is_found_by_check_connect(tmp_path, wordpress, monkeypatch):
    user, password = wordpress.credentials
    monkeypatch.setenv("PASSWORD", password)
    entry = f"  - {{name: site, url: '{wordpress.url}/', username: {user}, password: '${{PASSWORD}}'}}"
    command = Command(tmp_path, entry)
    assert command("check", "--connect").returncode == 0
    monkeypatch.setenv("PASSWORD", "wrong wrong wrong")
    done = command("check", "--connect")
    assert done.returncode == 3
    assert "application password" in done.stdout
    assert "wrong wrong" not in done.stdout + done.stderr


def test_a_second_writing_process_is_refused_with_the_pid_of_the_first(tmp_path, site):
    command = Command(tmp_path, f"  - url: {site.url}/")
    daemon = command.start("run")
    try:
        wait_for(lambda: (tmp_path / "crawler.db").exists() and command.one("SELECT count(*) FROM posts") == 12)
        done = command("run")
        assert done.returncode == 1
        assert str(daemon.pid) in done.stderr
        assert command("status").returncode == 0
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=20)
    assert daemon.returncode == 0
    assert command("poll").returncode == 0


def wait_for(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except Exception:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")


def test_run_reads_watches_and_alerts_until_it_is_told_to_stop(tmp_path, site):
    command = Command(tmp_path, f"  - {{url: '{site.url}/', every: 60s}}")
    daemon = command.start("run")
    wait_for(lambda: command.one("SELECT baseline_at IS NOT NULL FROM sources"))
    daemon.send_signal(signal.SIGTERM)
    _, log = daemon.communicate(timeout=20)
    assert daemon.returncode == 0, log
    site.edit(max(site.posts), title="Seen by the daemon")
    with contextlib.closing(sqlite3.connect(tmp_path / "crawler.db")) as store, store:
        store.execute("UPDATE endpoints SET next_poll_at = '2020-01-01T00:00:00Z'")
    daemon = command.start("run")
    wait_for(lambda: len(command.alerts()) == 1)
    daemon.send_signal(signal.SIGINT)
    out, _ = daemon.communicate(timeout=20)
    assert daemon.returncode == 0
    assert "Seen by the daemon" in out
    assert command.alerts()[0]["data"]["fields"][0]["name"] == "title"


def test_a_stop_in_the_middle_of_a_hang_takes_at_most_fifteen_seconds(tmp_path, site):
    site.fail("*", Fault(hang=60), times=None)
    command = Command(tmp_path, f"  - {{url: '{site.url}/', timeout: 60s}}")
    daemon = command.start("run")
    wait_for(lambda: site.requests)
    asked = time.monotonic()
    daemon.send_signal(signal.SIGTERM)
    daemon.communicate(timeout=30)
    assert daemon.returncode == 0
    assert time.monotonic() - asked < 15


@pytest.fixture
def canary():
    """A server on an address that nobody configured; `touched` has who connected."""
    touched = []
    with socket.create_server(("127.0.0.2", 0)) as server:
        server.settimeout(0.1)
        ended = threading.Event()

        def listen():
            while not ended.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                touched.append(address)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], touched
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda port: Fault(status=302, headers={"Location": f"http://127.0.0.2:{port}/"}), "refused"),
        (lambda port: Fault(status=302, headers={"Location": f"http://2130706434:{port}/"}), "refused"),
        (lambda port: Fault(status=302, headers={"Location": "http://169.254.169.254/latest/"}), "refused"),
        (lambda port: Fault(status=302, headers={"Location": f"http://localhost:{port}/"}), "refused"),
        (lambda port: Fault(drip=0.5), "timeout"),
        (lambda port: Fault(hang=60), "timeout"),
    ],
    ids=["redirect", "odd literal", "cloud metadata", "a name", "drip", "hang"],
)
def test_hostile_answers_are_refused_or_ended_and_the_canary_is_untouched(tmp_path, site, canary, fault, reason):
    port, touched = canary
    command = Command(tmp_path, f"  - {{name: site, url: '{site.url}/', timeout: 2s}}")
    (tmp_path / "config.yaml").write_text(
        (tmp_path / "config.yaml").read_text().replace("[127.0.0.0/8]", "[127.0.0.1/32]")
    )
    assert command("poll").returncode == 0
    site.edit(max(site.posts), title="Still to be told")
    site.fail("*", fault(port), times=None)
    begun = time.monotonic()
    done = command("poll")
    assert done.returncode == 1
    assert f"failed, {reason}:" in done.stderr
    assert time.monotonic() - begun < 30
    assert touched == []
    assert command.changes() == []
    site.heal()
    assert command("poll").returncode == 0
    assert [change["fields"] for change in command.changes()] == [["title"]]


def test_a_private_address_needs_to_be_allowed(tmp_path, site):
    command = Command(tmp_path, f"  - {{name: site, url: '{site.url}/'}}")
    (tmp_path / "config.yaml").write_text(
        (tmp_path / "config.yaml").read_text().replace("fetch: {allow_private: [127.0.0.0/8]}\n", "")
    )
    site.requests.clear()
    done = command("poll")
    assert done.returncode == 1
    assert "refused" in done.stderr
    assert "allow_private" in done.stderr
    assert site.requests == []


def test_secrets_appear_nowhere(tmp_path, site):
    secret = "s3cr3t-canary"
    os.environ["CANARY"] = secret
    try:
        command = Command(
            tmp_path,
            f"  - {{name: site, url: '{site.url}/', username: bob, password: '${{CANARY}}',"
            " headers: {X-Api-Key: '${CANARY}'}}",
        )
        outputs = [
            command("-v", *argv) for argv in (["poll"], ["check", "--print"], ["check", "--connect"], ["status"])
        ]
        site.fail("*", Fault(status=500, body=b"boom"), times=None)
        outputs.append(command("-v", "poll"))
    finally:
        del os.environ["CANARY"]
    said = "".join(done.stdout + done.stderr for done in outputs)
    assert secret not in said
    assert any(each.headers.get("x-api-key") == secret for each in site.requests)
    for path in tmp_path.iterdir():
        assert secret.encode() not in path.read_bytes(), path


def test_files_are_for_their_owner(tmp_path, site):
    command = Command(tmp_path, f"  - url: {site.url}/")
    command("poll")
    site.edit(1, title="X")
    command("poll")
    for name in ("crawler.db", "alerts.jsonl"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) & 0o027 == 0, name


def test_the_log_can_be_json(tmp_path, site):
    command = Command(tmp_path, f"  - url: {site.url}/", log="{level: info, format: json}")
    done = command("poll")
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert lines[0]["event"] == "poll"
    assert {"source", "status", "read", "changed", "requests", "ms", "level", "at"} <= set(lines[0])


def test_a_full_stdout_pipe_that_goes_away_is_no_reason_to_lose_an_alert(tmp_path, site):
    command = Command(tmp_path, f"  - url: {site.url}/")
    command("poll")
    site.edit(max(site.posts), title="Told in the end")
    gone = subprocess.run(
        f"{sys.executable} -m crawler poll | true",
        shell=True,
        cwd=tmp_path,
        env=command.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in gone.stderr
    assert len(command.alerts()) == 1
    (row,) = command.rows("SELECT state, last_error FROM alerts WHERE sink = 'out'")
    assert row["state"] == "delivered" or "Broken pipe" in row["last_error"]


def test_the_first_reading_shows_a_progress_bar_on_a_terminal(tmp_path, site):
    filled(site, 130)
    command = Command(tmp_path, f"  - {{name: site, url: '{site.url}/'}}")
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        command.argv("poll"),
        cwd=tmp_path,
        env={**command.environment, "TERM": "xterm", "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # the terminal's end is told as an error
        while piece := os.read(master, 4096):
            shown += piece
    process.wait(timeout=30)
    os.close(master)
    assert process.returncode == 0
    assert "142/142" in shown.decode()
    assert "━" in shown.decode()
