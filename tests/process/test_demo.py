"""`crawler demo` as a newcomer runs it: without config, without network, in an empty folder, once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.demo.story import opened, story

pytestmark = pytest.mark.process

README = (Path(__file__).parents[2] / "README.md").read_text()
#: What people are promised.
SECONDS = 30
HEADLINE = re.compile(r"^harbour-gazette · (.+) · “(.+)”\n  seen (.+)$", re.MULTILINE)


class Demo:
    """The command in an empty folder, with a folder of its own for temporary files and a group of processes."""

    def __init__(self, folder: Path) -> None:
        self.here, self.temporary = folder / "here", folder / "temporary"
        self.here.mkdir()
        self.temporary.mkdir()

    def start(self) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name != "CRAWLER_CONFIG"}
        return subprocess.Popen(
            [sys.executable, "-m", "crawler", "demo"],
            cwd=self.here,
            # A proxy where nobody is: what asked the network for anything would fail.
            env={
                **environment,
                "TMPDIR": str(self.temporary),
                "PYTHONWARNINGS": "error",
                "TZ": "UTC",
                "http_proxy": "http://127.0.0.1:9",
                "https_proxy": "http://127.0.0.1:9",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def left_behind(self, group: int) -> list[str]:
        """Files here and among the temporary ones, and processes of the group."""
        return [*os.listdir(self.here), *os.listdir(self.temporary), *processes(group)]


def processes(group: int) -> list[str]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(status.parent.name)
    return found


@pytest.fixture
def demo(tmp_path):
    return Demo(tmp_path)


def test_it_tells_exactly_what_was_done_to_the_site_and_leaves_nothing_behind(demo):
    started = time.monotonic()
    process = demo.start()
    out, err = process.communicate(timeout=2 * SECONDS)
    assert (process.returncode, err) == (0, "")
    assert time.monotonic() - started < SECONDS
    told = [(what.split()[-1], title, silent(seen)) for what, title, seen in HEADLINE.findall(out)]
    deeds = [chapter.deed for chapter in story(opened()) if chapter.deed]
    assert told == [(deed.kind, deed.title, deed.silent) for deed in deeds]
    assert out.splitlines()[-2].startswith("Your turn:  crawler init https://")
    assert "crawler run" in out.splitlines()[-1]
    assert demo.left_behind(process.pid) == []
    shown = same_each_time(README[README.index("crawler demo\n```") : README.index("Then your own sites")])
    assert [line[4:] for line in shown[3:] if line[4:] not in same_each_time(out)] == []


def same_each_time(text: str) -> list[str]:
    """Lines without what differs from run to run: port, times, ids."""
    varying = r"(\d{4}-\d\d-\d\d )?\d\d:\d\d( [A-Z]+)?|:\d{4,5}/\d{4}/\d\d/\d\d|c_[0-9a-f]+"
    return re.sub(varying, "…", text).splitlines()


def silent(seen: str) -> bool | None:
    """What an alert says of the modified date."""
    if "modified date" not in seen:
        return None
    return "modified date did not move" in seen


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_nothing_is_left_behind(demo, name):
    process = demo.start()
    assert process.stdout is not None
    process.stdout.readline()
    assert demo.left_behind(process.pid) != []
    process.send_signal(name)
    _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "Stopped; nothing is left behind.\n")
    assert demo.left_behind(process.pid) == []


def test_it_ends_cleanly_when_nobody_reads_on(demo):
    with demo.start() as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.wait(timeout=SECONDS)
    assert demo.left_behind(process.pid) == []
