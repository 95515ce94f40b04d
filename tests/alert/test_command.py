"""The command sink with real programs: what they are given, what their end means, and what is left of them."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop

from crawler.alert import CommandSink
from crawler.errors import SinkError
from tests.alert.alerts import payload


@pytest.fixture
def script(tmp_path):
    """Writes a shell script and gives the sink that runs it."""

    def write(text, *arguments, seconds=10.0, mode=0o755, first="#!/bin/sh\n", hidden=()):
        path = tmp_path / "on-change"
        path.write_text(first + text + "\n")
        path.chmod(mode)
        return CommandSink("hook", [str(path), *arguments], folder=tmp_path, seconds=seconds, hidden=hidden)

    return write


def send(sink, *payloads, runner=asyncio.run):
    async def all_of_them():
        return [await sink.send(each) for each in payloads or (payload(1),)]

    return runner(all_of_them())


def refused(sink, **options):
    with pytest.raises(SinkError) as told:
        send(sink, **options)
    assert not told.value.permanent
    return str(told.value)


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run])
def test_a_script_gets_the_object_on_its_standard_input_as_one_line(script, tmp_path, runner):
    odd = payload(2, headline="two\nlines, 한국어 and $(touch gone) `id`", diff="x" * 200_000)
    assert send(script("cat >> seen"), payload(1), odd, runner=runner) == [None, None]
    assert [json.loads(line) for line in (tmp_path / "seen").read_text().split("\n")[:-1]] == [payload(1), odd]


def test_it_runs_in_the_folder_of_the_config_without_a_shell_and_with_our_environment(script, tmp_path, monkeypatch):
    monkeypatch.setenv("MINE", "kept")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    sink = script('pwd > told; printf "%s\\n" "$@" "$MINE" "${NOTIFY_SOCKET-none}" >> told', "--json", "; touch gone *")
    send(sink)
    assert (tmp_path / "told").read_text().splitlines() == [str(tmp_path), "--json", "; touch gone *", "kept", "none"]


def test_the_last_line_that_it_prints_is_the_reply(script):
    assert send(script("echo one; echo; printf 'ticket \\033[1m17'")) == ["ticket \\x1b[1m17"]


SECRETS = ("hunter2hunter2", "hunter2", "of")


def test_what_it_was_told_by_reference_is_not_told_on_by_what_it_prints(script):
    hidden = script('echo "$2 of $1 taken"', "--token=hunter2hunter2", "hunter2", hidden=SECRETS)
    assert send(hidden) == ["… of --token=… taken"]
    failing = script('echo "bad token $1" >&2; exit 1', "hunter2hunter2", hidden=SECRETS)
    assert refused(failing).endswith("ended with exit code 1: bad token …")


@pytest.mark.parametrize("beyond", [1, 7, 13])
def test_not_even_by_the_end_of_one_that_was_cut(script, beyond):
    text = f"printf hunter2hunter2; head -c {4096 - beyond} /dev/zero | tr '\\0' x"
    (reply,) = send(script(text, hidden=SECRETS))
    assert set(reply) <= {"x", "…"}


FAILURES = {
    "echo first >&2; echo 'no such room' >&2; exit 3": "on-change ended with exit code 3: no such room",
    "exit 75": "on-change ended with exit code 75",
    "echo about to fail; kill -TERM $$": "on-change was ended by SIGTERM",
    "no-such-program": "exit code 127: ",
    "yes no | head -n 100000 >&2; exit 1": "on-change ended with exit code 1: no",
}


@pytest.mark.parametrize("text", FAILURES)
def test_any_other_end_is_a_failure_with_the_last_line_of_its_errors(script, text):
    assert FAILURES[text] in refused(script(text))


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run])
@pytest.mark.parametrize(
    "text", ["sleep 60", "trap '' TERM HUP INT; while :; do sleep 1; done", "cat > /dev/null; yes", "yes >&2"]
)
def test_one_that_does_not_end_is_killed_with_all_that_it_started(script, tmp_path, text, runner):
    started = time.monotonic()
    assert "had not ended after 0.5 s and was killed" in refused(
        script(f"sh -c 'echo $$ > child; exec sleep 60' &\n{text}", seconds=0.5), runner=runner
    )
    assert time.monotonic() - started < 8
    assert is_gone(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run])
def test_what_it_leaves_behind_is_killed_and_not_waited_for(script, tmp_path, runner):
    started = time.monotonic()
    text = "sh -c 'echo $$ > child; exec sleep 60' &\nwhile ! [ -s child ]; do :; done; echo done"
    assert send(script(text), runner=runner) == ["done"]
    assert time.monotonic() - started < 8
    assert is_gone(int((tmp_path / "child").read_text()))


def test_one_that_has_gone_its_own_way_holds_up_nothing(script, tmp_path):
    program = "import os; os.setsid(); open('child', 'w').write(str(os.getpid())); import time; time.sleep(20)"
    text = f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} &\nwhile ! [ -s child ]; do :; done; echo done"
    started = time.monotonic()
    try:
        assert send(script(text)) == ["done"]
        assert time.monotonic() - started < 10
    finally:
        os.kill(int((tmp_path / "child").read_text()), 9)


def is_gone(pid, *, seconds=5.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.02)
                continue
        return True
    return False


def test_one_that_reads_nothing_is_as_good_as_any(script):
    assert send(script("exec 0<&-; exit 0"), payload(1, diff="x" * 1_000_000)) == [None]


def test_of_endless_words_only_the_end_is_kept(script):
    text = "head -c 30000000 /dev/zero | tr '\\0' 'x'; echo; echo 'the end'"
    assert send(script(text)) == ["the end"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": 0o644}, "may not be executed; `chmod +x` allows it"),
        ({"first": "#!/no/such/interpreter\n"}, "or its #! line names none"),
        ({"first": ""}, "Exec format error"),
    ],
)
def test_a_program_that_cannot_be_started_says_why(script, options, words):
    assert words in refused(script("exit 0", **options))


def test_a_missing_program_says_where_it_is_looked_for(tmp_path):
    for program in (str(tmp_path / "on-change"), "no-such-program"):
        sink = CommandSink("hook", [program], folder=tmp_path)
        assert refused(sink) == (
            f"{program}: no such program (without a slash it is looked for in $PATH), or its #! line names none"
        )


def written(path):
    while not (path.exists() and path.read_text()):
        time.sleep(0.01)


def test_a_delivery_that_is_broken_off_leaves_no_program_behind(script, tmp_path):
    async def broken_off():
        task = asyncio.create_task(script("echo $$ > child; exec sleep 60").send(payload(1)))
        await asyncio.to_thread(written, tmp_path / "child")
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(broken_off())
    assert is_gone(int((tmp_path / "child").read_text()))


def test_whether_there_is_such_a_program_is_found_out_without_starting_it(script, tmp_path):
    def reached(sink):
        try:
            return asyncio.run(sink.reached())
        except SinkError as error:
            return str(error)

    assert reached(script("touch started")) == str(tmp_path / "on-change")
    assert reached(CommandSink("hook", ["sh"], folder=tmp_path)).endswith("/sh")
    assert "may not be executed" in reached(script("touch started", mode=0o644))
    assert "no such program" in reached(CommandSink("hook", ["no-such-program"], folder=tmp_path))
    assert not (tmp_path / "started").exists()
