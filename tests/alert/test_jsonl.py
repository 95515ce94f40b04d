"""The jsonl sink: whole lines in order, whatever a crash or a log rotation left behind."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.alert import AtomSink, JsonlSink
from crawler.errors import SinkError
from tests.alert.alerts import payload


@pytest.fixture
def path(tmp_path):
    return tmp_path / "alerts.jsonl"


def send(sink, *payloads):
    async def all_of_them():
        return [await sink.send(each) for each in payloads]

    return asyncio.run(all_of_them())


def lines(path):
    """Every line read as JSON; the last one must be whole too."""
    text = path.read_text()
    assert not text or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def ids(path):
    return [line["data"]["id"] if "data" in line else line for line in lines(path)]


def test_each_alert_is_a_line_and_they_stand_in_order(path):
    odd = payload(2, headline="two\nlines, “quotes” and \u2028 separators")
    assert send(JsonlSink("log", path), payload(1), odd, payload(3)) == [None, None, None]
    assert [json.loads(line) for line in path.read_bytes().splitlines()] == [payload(1), odd, payload(3)]


def test_an_alert_that_comes_again_is_not_written_again(path):
    assert send(JsonlSink("log", path), payload(1), payload(2)) == [None, None]
    assert send(JsonlSink("log", path), payload(1), payload(2)) == ["it was there already"] * 2
    assert ids(path) == ["c_1", "c_2"]


def test_an_alert_that_another_one_quotes_is_written(path):
    send(JsonlSink("log", path), payload(1, diff='says {"id":"c_2"} itself'), payload(2))
    assert ids(path) == ["c_1", "c_2"]


def test_an_alert_that_a_digest_lists_is_written_too(path):
    digest = {"type": "digest", "data": {"id": "d_1", "changes": [payload(1)["data"], payload(2)["data"]]}}
    assert send(JsonlSink("log", path), digest, payload(1), payload(2), digest) == [None] * 3 + ["it was there already"]
    assert ids(path) == ["d_1", "c_1", "c_2"]


def test_a_repeat_is_found_behind_64_kilobytes_of_others_and_in_a_line_longer_than_that(path):
    long = payload(1, diff="x" * 250_000)
    others = [payload(number, diff="y" * 1000) for number in range(2, 66)]
    send(JsonlSink("log", path), long, *others)
    assert send(JsonlSink("log", path), long, others[0]) == ["it was there already"] * 2
    assert len(ids(path)) == 65


def test_a_repeat_after_a_rotation_is_written_and_told_by_its_id(path):
    sink = JsonlSink("log", path)
    send(sink, payload(1))
    path.rename(path.with_suffix(".old"))
    assert send(sink, payload(1)) == [None]
    assert ids(path) == ids(path.with_suffix(".old")) == ["c_1"]


def test_the_line_and_a_new_file_are_on_the_disk_before_it_is_taken(path, monkeypatch):
    synced, real = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda each: (synced.append(os.readlink(f"/proc/self/fd/{each}")), real(each)))
    send(JsonlSink("log", path), payload(1))
    assert synced == [str(path), str(path.parent)]
    send(JsonlSink("log", path), payload(2), payload(2))
    assert synced[2:] == [str(path), str(path.parent), str(path)]


def test_a_new_file_with_the_number_of_one_that_was_taken_away_is_on_the_disk_too(path, monkeypatch):
    """What stands in for it here is the same file, emptied."""
    sink, synced, real = JsonlSink("log", path), [], os.fsync
    send(sink, payload(1))
    os.truncate(path, 0)
    monkeypatch.setattr(
        os, "fsync", lambda number: [synced.append(os.readlink(f"/proc/self/fd/{number}")), real(number)]
    )
    send(sink, payload(2), payload(3))
    assert synced == [str(path), str(path.parent), str(path)]


def test_in_a_file_that_may_only_grow_a_line_that_comes_again_stands_twice(path, monkeypatch):
    """As the kernel has it after `chattr +a`, for which one has to be root."""
    sink, real = JsonlSink("log", path), fcntl.fcntl

    def only_grows(descriptor, command, *more):
        if command == fcntl.F_SETFL and not more[0] & os.O_APPEND:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        return real(descriptor, command, *more)

    monkeypatch.setattr(fcntl, "fcntl", only_grows)
    assert send(sink, payload(1), payload(2), payload(1), payload(3)) == [None, None, "it was there already", None]
    assert ids(path) == ["c_1", "c_2", "c_1", "c_3"]


SENDING = """
import asyncio, pathlib
from crawler.alert import AtomSink, JsonlSink
from crawler.errors import SinkError
from tests.alert.alerts import payload
from tests.store.builders import NOW

async def main():
    feed = AtomSink("feed", pathlib.Path("feed.xml"), entries=9, zone=NOW.tzinfo, clock=lambda: NOW)
    for sink in (JsonlSink("log", pathlib.Path("log.jsonl")), feed):
        try:
            print(await sink.send(payload(1)))
        except SinkError as error:
            print(error)

asyncio.run(main())
"""


def traced(folder, *options):
    """What a process says of an alert to two files in the folder, and its calls there: `fsync log.jsonl 0`."""
    names = ("", "log.jsonl", "feed.xml", ".feed.xml.new")
    files = [part for name in names for part in ("-P", str(folder / name))]
    calls = ("-e", "trace=write,pwrite64,fsync,rename", *options)
    argv = ["strace", "-f", "-y", "-o", str(folder / "trace"), *files, *calls, sys.executable, "-c", SENDING]
    around = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(argv, cwd=folder, env=around, capture_output=True, text=True, check=False)
    if not done.stdout:
        pytest.skip(f"strace may not be used here: {done.stderr[-200:]}")
    pattern = r"^\d+ +(\w+)\((?:\d+<([^>]*)>)?.*\) = (-?\d+)"
    found = re.findall(pattern, (folder / "trace").read_text(), re.MULTILINE)
    names = ((call, os.path.relpath(file, folder) if file else "", result) for call, file, result in found)
    return done.stdout.splitlines(), [f"{call} {name} {result}" for call, name, result in names]


@pytest.mark.process
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace: apt-get install strace")
@pytest.mark.parametrize(("failing", "is_there"), [(1, [True, False]), (2, [True, True])], ids=["file", "folder"])
def test_what_a_disk_did_not_sync_is_written_again_before_it_is_believed(tmp_path, failing, is_there):
    """A kernel that could not write a page takes it for written: another sync alone would say that all is well."""
    said, calls = traced(tmp_path, "-e", f"inject=fsync:error=EIO:when={failing}")
    assert said == [f"{name}: Input/output error" for name in ("log.jsonl", "feed.xml")]
    assert sum(call.startswith("fsync") and call.endswith("-1") for call in calls) == 2
    said, calls = traced(tmp_path)
    assert said == ["it was there already" if each else "None" for each in is_there]
    line, feed = ((tmp_path / name).stat().st_size for name in ("log.jsonl", "feed.xml"))
    assert calls == [
        *(f"pwrite64 log.jsonl {line}", "fsync log.jsonl 0", "fsync . 0"),
        *(f"write .feed.xml.new {feed}", "fsync .feed.xml.new 0", "rename  0", "fsync . 0"),
    ]
    assert ids(tmp_path / "log.jsonl") == ["c_1"]
    assert (tmp_path / "feed.xml").read_text().count("<entry>") == 1


@pytest.mark.parametrize("obstacle", ["may not be read", "cannot be synced"])
def test_a_folder_that_cannot_be_synced_by_anybody_holds_up_nothing(path, monkeypatch, obstacle):
    real_open, real_sync = os.open, os.fsync

    def opened(place, flags, *more):
        if obstacle == "may not be read" and flags & os.O_DIRECTORY:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real_open(place, flags, *more)

    def synced(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, "Invalid argument")
        real_sync(descriptor)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "fsync", synced)
    assert send(JsonlSink("log", path), payload(1), payload(2)) == [None, None]
    if obstacle == "cannot be synced":
        feed = AtomSink("feed", path.with_name("feed.xml"), entries=9, zone=UTC, clock=lambda: datetime.now(UTC))
        assert send(feed, payload(1)) == [None]


def test_of_many_lines_the_one_that_comes_again_is_written_again_where_it_stands(path, monkeypatch):
    sink, written, real = JsonlSink("log", path), [], os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda *call: (written.append(bytes(call[1])), real(*call))[1])
    send(sink, *(payload(number, diff="x" * 20_000 * number) for number in range(1, 9)))
    before = path.read_bytes()
    assert send(sink, payload(5), payload(8), payload(7)) == ["it was there already"] * 3
    assert path.read_bytes() == before
    lines = before.splitlines(keepends=True)
    assert written == [lines[4], lines[7], lines[6]]


def test_two_processes_at_one_file_take_no_line_of_each_other(path):
    program = (
        "import asyncio, sys, pathlib\n"
        "from crawler.alert import JsonlSink\n"
        "from tests.alert.alerts import payload\n"
        "async def main():\n"
        "    sink = JsonlSink('log', pathlib.Path(sys.argv[1]))\n"
        "    for number in range(60):\n"
        "        await sink.send(payload(int(sys.argv[2]) + number, diff='x' * 100_000))\n"
        "asyncio.run(main())\n"
    )
    argv = [sys.executable, "-c", program, str(path)]
    both = [subprocess.Popen([*argv, first], cwd=Path(__file__).parents[2]) for first in ("0", "1000")]
    assert [each.wait(60) for each in both] == [0, 0]
    assert sorted(ids(path)) == sorted(f"c_{first + number}" for first in (0, 1000) for number in range(60))


def test_a_line_that_another_process_is_writing_is_waited_for(path):
    line = json.dumps(payload(1)).encode() + b"\n"
    with path.open("ab", buffering=0) as other, ThreadPoolExecutor(1) as pool:
        fcntl.flock(other, fcntl.LOCK_EX)
        other.write(line[:20])
        sent = pool.submit(send, JsonlSink("log", path), payload(2))
        with pytest.raises(TimeoutError):
            sent.result(0.3)
        other.write(line[20:])
        fcntl.flock(other, fcntl.LOCK_UN)
        assert sent.result(30) == [None]
    assert ids(path) == ["c_1", "c_2"]


LONG = "x" * 200_000
LEFT_BEHIND = {
    "half a line": (json.dumps(payload(2))[:-20], ["c_1", "c_2", "c_3"]),
    "half a long line": (json.dumps(payload(2, diff=LONG))[:-20], ["c_1", "c_2", "c_3"]),
    "one character": ("{", ["c_1", "c_2", "c_3"]),
    "zeros": ("\0" * 5000, ["c_1", "c_2", "c_3"]),
    "a whole line without its end": (json.dumps(payload(2), separators=(",", ":")), ["c_1", "c_2", "c_3"]),
    "a whole line of somebody else": ('{"mine":1}', ["c_1", {"mine": 1}, "c_2", "c_3"]),
}


@pytest.mark.parametrize("case", LEFT_BEHIND)
def test_what_a_crash_left_behind_is_mended(path, case):
    torn, expected = LEFT_BEHIND[case]
    send(JsonlSink("log", path), payload(1))
    with path.open("a") as file:
        file.write(torn)
    send(JsonlSink("log", path), payload(2), payload(3))
    assert ids(path) == expected


def test_a_file_that_holds_nothing_but_half_a_line_is_mended(path):
    path.write_text('{"type":"post.ed')
    send(JsonlSink("log", path), payload(1))
    assert ids(path) == ["c_1"]


@pytest.mark.parametrize("text", [b"SQLite format 3\0\x10\n\x02\x02\0\xff", b"my notes", b"one\ntwo"])
def test_a_file_of_somebody_else_loses_nothing(path, text):
    path.write_bytes(text)
    with pytest.raises(SinkError, match="ends with no line of crawler and is left as it is"):
        send(JsonlSink("log", path), payload(1))
    assert path.read_bytes() == text


def test_a_rotated_file_is_followed(path):
    sink = JsonlSink("log", path)
    send(sink, payload(1))
    path.rename(path.with_suffix(".old"))
    send(sink, payload(2))
    assert (ids(path.with_suffix(".old")), ids(path)) == (["c_1"], ["c_2"])
    os.truncate(path, 0)
    send(sink, payload(3))
    assert ids(path) == ["c_3"]


@pytest.mark.parametrize(
    ("obstacle", "reason"),
    [("directory", "Is a directory"), ("parent", "No such file or directory"), ("pipe", "Illegal seek")],
)
def test_a_place_that_cannot_be_written_is_named_with_the_reason(path, obstacle, reason):
    if obstacle == "directory":
        path.mkdir()
    elif obstacle == "pipe":
        os.mkfifo(path)
    else:
        path = path.parent / "missing" / "alerts.jsonl"
    with pytest.raises(SinkError, match=reason) as told:
        send(JsonlSink("log", path), payload(1))
    assert str(path) in str(told.value)
    assert not told.value.permanent


def test_a_full_disk_costs_no_line_and_leaves_none_cut(path):
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    path.symlink_to("/dev/full")
    sink = JsonlSink("log", path)
    with pytest.raises(SinkError, match="No space left"):
        send(sink, payload(1))
    path.unlink()
    send(sink, payload(1))
    assert ids(path) == ["c_1"]


def test_a_disk_that_becomes_full_in_the_middle_of_a_line_leaves_no_half_of_it(path):
    sink = JsonlSink("log", path)
    send(sink, payload(1))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, limits[1]))
    try:
        with pytest.raises(SinkError, match="File too large"):
            send(sink, payload(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert ids(path) == ["c_1"]
    send(sink, payload(2))
    assert ids(path) == ["c_1", "c_2"]


def test_a_file_system_that_hangs_holds_up_neither_the_loop_nor_the_order(path, monkeypatch):
    """The write that hangs is a real one; only what it hangs on is made up."""
    lets_go, real = threading.Event(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (lets_go.wait(30), real(descriptor)))
    sink = JsonlSink("log", path, seconds=0.05)
    with pytest.raises(SinkError, match=r"not written after 0\.05 s"):
        send(sink, payload(1))
    with pytest.raises(SinkError, match="still being written"):
        send(sink, payload(2))
    lets_go.set()
    assert until_taken(sink, payload(1)) is None
    assert send(sink, payload(2)) == [None]
    assert ids(path) == ["c_1", "c_2"]


def until_taken(sink, alert):
    while True:
        try:
            return send(sink, alert)[0]
        except SinkError:
            time.sleep(0.01)
