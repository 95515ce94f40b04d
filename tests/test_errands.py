"""Errands: what commands ask of a daemon through files, both sides for real, and what else may lie in the folder."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import secrets
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import structlog

from crawler.commands.turns import Turns
from crawler.daemon import serving as daemon_side
from crawler.daemon.serving import Serving
from crawler.errands import Inbox, Undone, ask, asking, files, folder_of, taking
from crawler.errors import ErrandError, NotFound

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else for a while")
NOBODY = 65534


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(asking, "LOOK_SECONDS", 0.01)


@pytest.fixture
def folder(tmp_path):
    return folder_of(tmp_path / "crawler.db")


async def nothing(_what, _arguments, _tell):
    raise AssertionError("there is nothing to perform")


def served(folder, perform, *errands):
    """What each `ask` came to, its lines behind it, with a daemon that looks into the folder until all are done."""

    async def main():
        serving = Serving(perform)
        serving.serve(folder)
        lines = [[] for _ in errands]
        asks = [
            asyncio.to_thread(ask, folder, what, arguments, said.append)
            for (what, arguments), said in zip(errands, lines, strict=True)
        ]
        done = asyncio.gather(*asks, return_exceptions=True)
        while not done.done():
            serving.serve(folder)
            await asyncio.sleep(0.005)
        serving.close()
        return list(zip(done.result(), lines, strict=True))

    return asyncio.run(main())


def left(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != files.SERVING)


def test_the_lines_and_the_exit_code_come_back_and_nothing_stays(folder):
    heard = []

    async def perform(what, arguments, tell):
        heard.append((what, arguments))
        for word in ("one", "two\nlines", "„three“ \x1b"):
            tell(word)
            await asyncio.sleep(0.02)
        return 3

    ((code, lines),) = served(folder, perform, ("poll", {"names": ["a", "b"], "due": False}))
    assert heard == [("poll", {"names": ["a", "b"], "due": False})]
    assert (code, lines) == (3, ["one", "two\nlines", "„three“ \x1b"])
    assert left(folder) == []


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (NotFound("no source is called zzz"), "no source is called zzz"),
        (ZeroDivisionError("oh"), "a mistake in crawler itself: ZeroDivisionError: oh"),
    ],
)
def test_what_goes_wrong_is_the_commands_error_and_the_daemon_serves_on(folder, raised, told):
    async def perform(what, _arguments, tell):
        if what == "wrong":
            raise raised
        tell("fine")
        return 0

    wrong, fine = served(folder, perform, ("wrong", {}), ("right", {}))
    assert isinstance(wrong[0], ErrandError)
    assert str(wrong[0]) == told
    assert fine == (0, ["fine"])
    assert left(folder) == []


def test_a_few_are_done_at_once_and_the_others_in_their_turn(folder, monkeypatch):
    monkeypatch.setattr(daemon_side, "MOST", 2)
    now, most = 0, 0

    async def perform(_what, arguments, _tell):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.03)
        now -= 1
        return arguments["number"]

    done = served(folder, perform, *(("poll", {"number": number}) for number in range(7)))
    assert [code for code, _ in done] == list(range(7))
    assert most == 2


def test_where_nobody_serves_nothing_is_asked(folder):
    assert ask(folder, "poll", {}, print) is Undone.UNSERVED
    inbox = Inbox()
    inbox.open(folder)
    inbox.close()
    assert ask(folder, "poll", {}, print) is Undone.UNSERVED
    assert left(folder) == []


class Meanwhile:
    """What happens while a command waits: one step at each of its looks."""

    def __init__(self, monkeypatch, *steps):
        self._steps = list(steps)
        monkeypatch.setattr(asking.time, "sleep", self)

    def __call__(self, _seconds):
        assert self._steps, "it waits for something that has happened"
        self._steps.pop(0)()


@pytest.fixture
def inbox(folder):
    inbox = Inbox()
    inbox.open(folder)
    yield inbox
    inbox.close()


def begin(inbox):
    (errand_id,) = inbox.waiting(set())
    return inbox.begin(errand_id)


def test_a_daemon_that_ends_before_it_has_begun_has_done_nothing(folder, inbox, monkeypatch):
    Meanwhile(monkeypatch, inbox.close)
    assert ask(folder, "poll", {}, print) is Undone.ENDED
    assert left(folder) == []


def test_a_daemon_that_ends_in_the_middle_is_an_error_that_says_so(folder, inbox, monkeypatch):
    lines = []
    Meanwhile(monkeypatch, lambda: begin(inbox).tell("half of it"), inbox.close)
    with pytest.raises(ErrandError, match="ended in the middle"):
        ask(folder, "poll", {}, lines.append)
    assert lines == ["half of it"]


@pytest.mark.parametrize("has_begun", [False, True])
def test_another_daemon_that_starts_at_once_is_not_taken_for_the_first(folder, inbox, monkeypatch, has_begun):
    def again():
        inbox.close()
        inbox.open(folder)

    if has_begun:
        Meanwhile(monkeypatch, lambda: begin(inbox), again)
        with pytest.raises(ErrandError, match="ended in the middle"):
            ask(folder, "poll", {}, print)
    else:
        Meanwhile(monkeypatch, again)
        assert ask(folder, "poll", {}, print) is Undone.ENDED
    assert inbox.waiting(set()) == []
    assert left(folder) == []


def test_what_the_daemon_wrote_last_is_told_although_it_ended(folder, inbox, monkeypatch):
    lines = []

    def end():
        taken = begin(inbox)
        taken.tell("all of it")
        taken.end(0)
        inbox.close()

    Meanwhile(monkeypatch, end)
    assert ask(folder, "poll", {}, lines.append) == 0
    assert lines == ["all of it"]


def test_an_interrupted_command_takes_back_what_was_not_begun(folder, inbox, monkeypatch):
    def interrupt():
        assert len(inbox.waiting(set())) == 1
        raise KeyboardInterrupt

    Meanwhile(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        ask(folder, "poll", {}, print)
    assert left(folder) == []


def test_what_was_begun_for_an_interrupted_command_is_done_and_cleared_away(folder, inbox, monkeypatch):
    taken = []

    def interrupt():
        taken.append(begin(inbox))
        raise KeyboardInterrupt

    Meanwhile(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        ask(folder, "poll", {}, print)
    (errand,) = taken
    assert inbox.waiting({errand.id}) == []
    errand.tell("to nobody")
    errand.end(0)
    assert inbox.waiting(set()) == []
    assert left(folder) == []


def test_a_command_that_was_killed_is_not_served(folder):
    text = f"import sys, crawler.errands as e; e.ask(__import__('pathlib').Path({str(folder)!r}), 'poll', {{}}, print)"
    inbox = Inbox()
    inbox.open(folder)
    with subprocess.Popen([sys.executable, "-c", text]) as command:
        while not inbox.waiting(set()):
            assert command.poll() is None
        command.kill()
    (errand_id,) = inbox.waiting(set())
    assert json.loads((folder / f"{errand_id}.asked").read_text()) == {
        "what": "poll",
        "arguments": {},
        "pid": command.pid,
    }
    assert inbox.begin(errand_id) is None
    assert left(folder) == []
    inbox.close()


def test_a_stopped_daemon_tells_those_whose_errands_it_dropped(folder):
    async def for_ever(_what, _arguments, tell):
        tell("begun")
        await asyncio.sleep(1000)

    async def main():
        serving = Serving(for_ever)
        serving.serve(folder)
        lines = []
        asked = asyncio.create_task(asyncio.to_thread(ask, folder, "poll", {}, lines.append))
        while not lines:
            serving.serve(folder)
            await asyncio.sleep(0.005)
        for task in serving.tasks:
            task.cancel()
        with pytest.raises(ErrandError, match="stopped before this was done"):
            await asked
        serving.close()

    asyncio.run(main())
    assert left(folder) == []


def request(**more):
    return json.dumps({"what": "poll", "arguments": {}, "pid": 1, **more}).encode()


MALFORMED = {
    "empty": b"",
    "no JSON": b"\x00\xff{",
    "half": request()[:-3],
    "no object": b"[]",
    "without arguments": b'{"what": "poll", "pid": 1}',
    "arguments that are none": request(arguments=[1]),
    "a name that is none": request(what=7),
    "deep": b"[" * 200_000,
    "too long": b" " * (files.MOST_BYTES + 1),
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_removed_and_logged(folder, content):
    serving = Serving(nothing)
    serving.serve(folder)
    path = folder / f"{secrets.token_hex(16)}.asked"
    path.write_bytes(content)
    with open(path, "rb") as waiting, structlog.testing.capture_logs() as logs:
        fcntl.flock(waiting, fcntl.LOCK_EX)
        serving.serve(folder)
    assert left(folder) == []
    assert [(line["status"], line["file"]) for line in logs] == [("removed", path.name)]
    assert serving.tasks == []
    serving.close()


def a_link(path, elsewhere):
    path.symlink_to(elsewhere)


def a_pipe(path, _elsewhere):
    os.mkfifo(path)


def a_folder(path, _elsewhere):
    path.mkdir()


def a_file(path, _elsewhere):
    path.write_bytes(request())


@pytest.mark.parametrize("name", ["0" * 32 + ".asked", "0" * 32 + ".begun", "0" * 32 + ".told", "passwd", "x" * 200])
@pytest.mark.parametrize("make", [a_link, a_pipe, a_folder, a_file])
def test_hostile_files_are_cleared_away_without_a_look_behind_them(folder, tmp_path, make, name):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(request())
    serving = Serving(nothing)
    serving.serve(folder)
    make(folder / name, elsewhere)
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            serving.serve(folder)
    assert elsewhere.read_bytes() == request()
    assert left(folder) == ([name] if make is a_folder else [])
    assert len(logs) <= 1
    assert serving.tasks == []
    serving.close()


def test_a_begun_reply_is_never_written_through_a_link(folder, inbox, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")

    def plant():
        (errand_id,) = inbox.waiting(set())
        (folder / f"{errand_id}.told").symlink_to(elsewhere)
        assert inbox.begin(errand_id) is None

    Meanwhile(monkeypatch, plant)
    with pytest.raises(ErrandError):
        ask(folder, "poll", {}, print)
    assert elsewhere.read_text() == "mine"


def test_a_disk_that_is_full_is_told_to_the_command(folder, inbox, monkeypatch):
    opened = files.open_file

    def full(name, flags, *, folder):
        if name.endswith(".told") and flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(name, flags, folder=folder)

    monkeypatch.setattr(taking, "open_file", full)
    Meanwhile(monkeypatch, lambda: begin(inbox))
    with pytest.raises(ErrandError, match="could not take this; its log says why"):
        ask(folder, "poll", {}, print)
    assert left(folder) == []


def test_leftovers_of_an_earlier_daemon_are_swept_away_at_the_start(folder):
    folder.mkdir()
    for name in ("1.new", "2.asked", "3.begun", "3.told", "4.told"):
        number, _, state = name.partition(".")
        (folder / f"{int(number):032x}.{state}").write_bytes(request())
    serving = Serving(nothing)
    serving.serve(folder)
    assert left(folder) == []
    serving.close()


def test_the_folder_is_for_its_owner_only(folder):
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    served(folder, nothing)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_link_in_place_of_the_folder_is_not_served(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    serving = Serving(nothing)
    with structlog.testing.capture_logs() as logs:
        serving.serve(folder)
        serving.serve(folder)
    assert [line["status"] for line in logs] == ["not served"]
    assert list((tmp_path / "elsewhere").iterdir()) == []
    with pytest.raises(ErrandError):
        ask(folder, "poll", {}, print)


def test_a_folder_that_is_taken_away_is_made_again(folder):
    serving = Serving(nothing)
    serving.serve(folder)
    (folder / files.SERVING).unlink()
    folder.rmdir()
    serving.serve(folder)
    assert (folder / files.SERVING).exists()
    serving.close()


@as_root
def test_the_folder_of_another_user_is_not_served(folder):
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    serving = Serving(nothing)
    with structlog.testing.capture_logs() as logs:
        serving.serve(folder)
    assert "belongs to another user" in logs[0]["error"]


@as_root
def test_what_root_asks_can_be_read_by_the_daemon_of_another_user(folder, inbox, monkeypatch):
    os.chown(folder, NOBODY, NOBODY)

    def look():
        (path,) = folder.glob("*.asked")
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (NOBODY, 0o600)
        raise KeyboardInterrupt

    Meanwhile(monkeypatch, look)
    with pytest.raises(KeyboardInterrupt):
        ask(folder, "poll", {}, print)


@as_root
def test_another_user_is_told_who_may_ask():
    text = (
        "import os, sys, pathlib\nfrom crawler.errands import ask\n"
        f"os.setgid({NOBODY}); os.setuid({NOBODY})\nask(pathlib.Path(sys.argv[1]), 'poll', {{}}, print)"
    )
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        folder = Path(place) / "crawler.db.errands"
        inbox = Inbox()
        inbox.open(folder)
        code = [sys.executable, "-c", text, os.fspath(folder)]
        done = subprocess.run(code, capture_output=True, text=True, check=False, timeout=60)
        inbox.close()
    assert "Permission denied; only root may, for instance by `sudo -u root crawler …`" in done.stderr


def test_two_have_one_turn_after_the_other_and_others_do_not_wait():
    async def main():
        turns, steps = Turns(), []

        async def one(name, number):
            async with turns(name):
                steps.append(f"{number} in")
                assert name in turns
                await asyncio.sleep(0.01)
                steps.append(f"{number} out")

        await asyncio.gather(one("a", 1), one("a", 2), one("b", 3), one("a", 4))
        assert "a" not in turns
        return steps

    steps = asyncio.run(main())
    assert [step for step in steps if step[0] != "3"] == [f"{n} {way}" for n in (1, 2, 4) for way in ("in", "out")]
    assert steps.index("3 in") < steps.index("1 out")


def test_a_turn_that_is_cancelled_is_given_back():
    async def main():
        turns = Turns()

        async def hold():
            async with turns("a"):
                await asyncio.sleep(1000)

        holding = asyncio.create_task(hold())
        waiting = asyncio.create_task(hold())
        await asyncio.sleep(0)
        waiting.cancel()
        holding.cancel()
        await asyncio.gather(holding, waiting, return_exceptions=True)
        async with asyncio.timeout(1), turns("a"):
            pass

    asyncio.run(main())


def test_a_link_to_a_store_leads_to_the_folder_of_its_daemon(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link.db").symlink_to("elsewhere/crawler.db")
    assert folder_of(tmp_path / "link.db") == folder_of((tmp_path / "elsewhere").resolve() / "crawler.db")
