"""What the service manager hears: a real datagram socket, in the place where systemd has its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import uuid

import pytest

from crawler.daemon.notify import LONGEST, Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """A service manager that listens, and the environment that it gives to its service."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@crawler-test-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        listening.setblocking(False)
        yield listening, {"NOTIFY_SOCKET": name, "PATH": "/bin"}


def heard(listening):
    """Every datagram so far, as the lines it has."""
    messages = []
    while True:
        try:
            messages.append(listening.recv(65536).decode().split("\n"))
        except BlockingIOError:
            return messages


def test_each_message_is_one_datagram_and_they_arrive_in_order(manager):
    listening, env = manager
    notifier = Notifier.from_environment(env)
    notifier.ready("watching 3 sources")
    notifier.alive()
    notifier.status("watching 3 sources, 1 failing")
    notifier.reloading()
    notifier.ready("watching 4 sources")
    notifier.stopping("2 polls under way")
    first, alive, status, reloading, again, stopping = heard(listening)
    assert first == ["READY=1", "STATUS=watching 3 sources"]
    assert alive == ["WATCHDOG=1"]
    assert status == ["STATUS=watching 3 sources, 1 failing"]
    assert reloading[0] == "RELOADING=1"
    name, usec = reloading[1].split("=")
    assert name == "MONOTONIC_USEC" and int(usec) > 0
    assert again == ["READY=1", "STATUS=watching 4 sources"]
    assert stopping == ["STOPPING=1", "STATUS=2 polls under way"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nWATCHDOG=1\nSTOPPING=1", "a WATCHDOG=1 STOPPING=1"),
        ("bell \x07 and \x1b[31m", r"bell \x07 and \x1b[31m"),
        ("two\u2028lines", "two lines"),
        ("half \udc80", r"half \udc80"),
        ("x" * 1000, "x" * LONGEST),
        ("수도 “Seoul”", "수도 “Seoul”"),
    ],
)
def test_a_status_is_one_line_whatever_a_site_is_called(manager, text, line):
    listening, env = manager
    Notifier.from_environment(env).status(text)
    assert heard(listening) == [[f"STATUS={line}"]]


@pytest.mark.parametrize(
    ("env", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "120000000"}, 120.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": str(os.getpid())}, 120.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "often"}, None),
        ({"WATCHDOG_USEC": ""}, None),
    ],
)
def test_the_watchdog_counts_where_it_is_meant_for_this_process(env, seconds):
    assert Notifier.from_environment(dict(env)).watchdog_seconds == seconds


@pytest.mark.parametrize(
    "address",
    [None, "", "/nowhere/at/all", "@nobody-listens-here", "/tmp/" + "x" * 200, "vsock:2:1234", "@"],
)
def test_where_nobody_listens_messages_go_nowhere_in_silence(address):
    notifier = Notifier.from_environment({} if address is None else {"NOTIFY_SOCKET": address})
    notifier.ready("watching")
    notifier.alive()
    notifier.reloading()
    notifier.status("watching")
    notifier.stopping("end")


def test_a_manager_that_does_not_read_holds_up_nothing(manager):
    listening, env = manager
    notifier = Notifier.from_environment(env)
    for _ in range(5000):
        notifier.alive()
    assert 0 < len(heard(listening)) < 5000
    notifier.ready("again")
    assert heard(listening) == [["READY=1", "STATUS=again"]]


def test_no_child_can_speak_in_the_daemons_name(manager):
    _, env = manager
    env |= {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": str(os.getpid())}
    Notifier.from_environment(env).ready("watching")
    assert env == {"PATH": "/bin"}
    child = [sys.executable, "-c", "import os; print([name for name in os.environ if name != 'PATH'])"]
    assert "NOTIFY_SOCKET" not in subprocess.run(child, env=env, capture_output=True, text=True, check=True).stdout
