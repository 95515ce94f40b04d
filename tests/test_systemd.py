"""The unit of systemd: understood without a complaint, and exposed no more than it has to be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[1] / "systemd" / "crawler.service"
TEXT = UNIT.read_text()


@pytest.fixture(scope="module")
def analyze():
    """systemd-analyze, or a skip that says where it would come from (in CI: a failure)."""
    program = shutil.which("systemd-analyze")
    if program is None and os.environ.get("CI") != "true":
        pytest.skip("no systemd-analyze on this machine: apt install systemd")
    assert program is not None, "CI has to have systemd-analyze"

    def run(*arguments):
        return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)

    return run


def test_its_exposure_is_one_and_a_half_at_most(analyze):
    done = analyze("security", "--offline=true", "--threshold=15", "--no-pager", os.fspath(UNIT))
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"Overall exposure level for crawler.service: ([0-9.]+)", done.stdout)
    assert float(found[1]) <= 1.5


def test_systemd_understands_every_line(analyze, tmp_path):
    """In a copy whose programs exist on this machine: whether they do is the first thing that is verified."""
    programs = set(re.findall(r"^Exec\w+=(\S+)", TEXT, flags=re.MULTILINE))
    assert "/opt/crawler/bin/crawler" in programs
    text = TEXT
    for program in programs:
        text = text.replace(f"={program}", f"={sys.executable}")
    copy = tmp_path / "crawler.service"
    copy.write_text(text)
    done = analyze("verify", "--man=no", os.fspath(copy))
    assert done.returncode == 0, done.stderr
    # What it says of other units of this machine is not ours.
    assert "crawler" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "Type=notify",
        "NotifyAccess=main",
        "WatchdogSec=120",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Restart=on-failure",
        "RestartPreventExitStatus=2",
        "StateDirectory=crawler",
        "MemoryHigh=384M",
        "MemoryMax=512M",
        "#LoadCredential=webhook:/etc/crawler/secrets/webhook",
    ],
)
def test_it_has_what_the_daemon_counts_on(line):
    assert line in TEXT.splitlines()


def test_a_stop_is_given_more_time_than_the_daemon_takes():
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", TEXT, flags=re.MULTILINE)[1]) > 15
