"""One `poll` with delivery, killed or failed by the system at every write, sync, connect and send that it makes.

strace does it from outside: nothing of the program is replaced but for the processes that parse. Whatever happens, the
next poll leaves one Change with its two Alerts, and both sinks with its id, at most once more than needed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.site import Site, serve

pytestmark = [pytest.mark.process, pytest.mark.long, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
AT_ONCE = 2
FEWEST = 150
WRITES = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "unlink")
#: Where calls are counted, by the files that they are about: strace counts those of each thread by themselves, and all
#: calls about one file are mostly those of one thread.
PLACES = {
    "store": (("crawler.db",), WRITES),
    "journal": (("crawler.db-wal",), WRITES),
    "folder": ((".", "crawler.db.lock", "crawler.db-shm"), WRITES),
    "sink": (("alerts.jsonl",), WRITES),
    "network": ((), ("connect", "sendto", "sendmsg", "write", "writev")),
}
CONFIG = """\
store: crawler.db
fetch: {{allow_private: [127.0.0.0/8]}}
defaults: {{per_host_delay: 0s, timeout: 10s}}
sinks:
  - {{name: log, type: jsonl, path: alerts.jsonl}}
  - {{name: hook, type: webhook, url: '{hook}', allow_private: [127.0.0.0/8]}}
sources:
  - url: {site}/
"""


class Receiver(ThreadingHTTPServer):
    """Takes webhooks; `taken` has the ids by path."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken = defaultdict(list)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken[self.path].append(json.loads(body)["data"]["id"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Runner:
    """Runs commands in children of one process, under strace where asked."""

    def __init__(self):
        argv = [sys.executable, "-m", "tests.process.crashing"]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def __call__(self, folder, *command, strace=()):
        """How it ended: `exit 0`, `signal 9`."""
        print(folder, *command, file=self._process.stdin, flush=True)
        pid = self._process.stdout.readline().strip()
        tracer = None
        if strace:
            tracer = _fastened(["strace", "-f", "-y", "-o", str(folder / "trace"), *strace, "-p", pid])
        with (folder / "go").open("w"):
            pass
        ended = self._process.stdout.readline().strip()
        if tracer is not None:
            with tracer:
                tracer.communicate(timeout=30)
        return ended

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


def _fastened(argv):
    tracer = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    said = tracer.stderr.readline()
    if "attached" not in said:
        tracer.kill()
        tracer.communicate()
        raise PermissionError(said.strip())
    return tracer


class World:
    """A site with an edit that a store does not know of yet, a receiver, and processes to run commands in."""

    def __init__(self, folder, site, receiver):
        self.folder, self.site, self.receiver = folder, site, receiver
        self.runners = SimpleQueue()
        self._all = [Runner() for _ in range(AT_ONCE)]
        for each in self._all:
            self.runners.put(each)
        self.made = folder / "made"
        self.made.mkdir()
        self._equip(self.made)
        with_edit = max(site.posts)
        assert self._all[0](self.made, "poll") == "exit 0", (self.made / "err").read_text()
        site.edit(with_edit, title="A headline that must not get lost")

    def close(self):
        for each in self._all:
            each.close()

    def fresh(self, name):
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(self.made / "crawler.db", folder)
        self._equip(folder)
        return folder

    def _equip(self, folder):
        (folder / "config.yaml").write_text(
            CONFIG.format(site=self.site.url, hook=f"{self.receiver.url}/{folder.name}")
        )
        os.mkfifo(folder / "go")

    def calls(self, runner, place):
        """How often the busiest thread makes each call there."""
        files, calls = PLACES[place]
        folder = self.fresh(f"count-{place}")
        assert runner(folder, "poll", strace=_traced(folder, files, calls)) == "exit 0", (folder / "err").read_text()
        found = Counter(re.findall(r"^(\d+) +(\w+)\(", (folder / "trace").read_text(), re.MULTILINE))
        shutil.rmtree(folder)  # the other test counts there, too
        most = Counter()
        for (_, call), number in found.items():
            most[call] = max(most[call], number)
        return most

    def judge(self, folder, runner):
        """What is wrong after the next poll; None: nothing."""
        ended = runner(folder, "poll")
        if ended != "exit 0":
            return f"the next poll: {ended}, {(folder / 'err').read_text()[-600:]}"
        changes, alerts, check = _stored(folder)
        if any(state == "pending" for _, _, state in alerts):  # a sink that failed rests for some seconds
            runner(folder, "alerts", "retry")
            changes, alerts, check = _stored(folder)
        if check != ("ok",) or len(changes) != 1:
            return f"{check}, changes {changes}"
        (change,) = changes
        if alerts != [(change, "hook", "delivered"), (change, "log", "delivered")]:
            return f"alerts {alerts}"
        lines = [json.loads(line)["data"]["id"] for line in (folder / "alerts.jsonl").read_text().splitlines()]
        taken = self.receiver.taken[f"/{folder.name}"]
        if lines != [change] or taken not in ([change], [change] * 2):
            return f"lines {lines}, taken {taken}, change {change}"
        return None


def _stored(folder):
    with closing(sqlite3.connect(folder / "crawler.db")) as store:
        changes = [row[0] for row in store.execute("SELECT id FROM changes")]
        alerts = sorted(store.execute("SELECT change_id, sink, state FROM alerts"))
        return changes, alerts, store.execute("PRAGMA integrity_check").fetchone()


def _traced(folder, files, calls):
    paths = [part for name in files for part in ("-P", str((folder / name).resolve()))]
    return [*paths, "-e", f"trace={','.join(calls)}"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    if shutil.which("strace") is None:
        pytest.skip("needs strace: apt-get install strace")
    site = Site(clock=lambda: datetime.now(UTC))
    long_ago = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=1)
    for number in range(3):
        site.publish(f"Post {number}", "<p>Text.</p>", date=long_ago, modified=long_ago.replace(tzinfo=UTC))
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with serve(site):
        world = World(tmp_path_factory.mktemp("points"), site, receiver)
        yield world
        world.close()
    receiver.shutdown()
    receiver.server_close()


def points(world, faults):
    """(place, call, its number, what is to happen there) of all that a poll does."""
    runner = world.runners.get()
    try:
        for place in PLACES:
            try:
                counted = world.calls(runner, place)
            except PermissionError as error:
                pytest.skip(f"strace may not be fastened to a process here: {error}")
            for call, most in sorted(counted.items()):
                kinds = cycle(faults(place, call))
                for number in range(1, most + 1):
                    yield place, call, number, next(kinds)
    finally:
        world.runners.put(runner)


def played(world, point):
    """Whether it came to that, and what is wrong afterwards."""
    place, call, number, fault = point
    folder = world.fresh(f"{place}-{call}-{number}-{fault.partition('=')[2]}")
    runner = world.runners.get()
    try:
        files, _ = PLACES[place]
        inject = f"inject={call}:{fault}:when={number}"
        ended = runner(folder, "poll", strace=[*_traced(folder, files, (call,)), "-e", inject])
        happened = ended == "signal 9" or "INJECTED" in (folder / "trace").read_text()
        wrong = world.judge(folder, runner)
    finally:
        world.runners.put(runner)
    if wrong is None:
        shutil.rmtree(folder)
    return happened, None if wrong is None else (*point, ended, wrong)


def play(world, found):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda point: played(world, point), found))
    assert [wrong for _, wrong in outcomes if wrong] == []
    return sum(happened for happened, _ in outcomes)


def test_killed_at_any_call_nothing_is_lost_and_no_more_than_one_alert_comes_twice(world, capsys):
    number = play(world, list(points(world, lambda *_: ["signal=SIGKILL"])))
    with capsys.disabled():
        print(f"\n{number} points at which a poll was killed")
    assert number >= FEWEST


def test_whatever_the_system_refuses_nothing_is_lost_and_no_more_than_one_alert_comes_twice(world, capsys):
    def faults(place, call):
        if place == "network" and call != "write":
            return ["error=EIO"]
        return [] if place == "network" or call in ("rename", "unlink") else ["error=ENOSPC", "error=EIO"]

    found = [point for point in points(world, lambda *at: faults(*at) or [None]) if point[3] is not None]
    number = play(world, found)
    with capsys.disabled():
        print(f"\n{number} points at which a poll was refused a call")
    assert number >= FEWEST // 3
