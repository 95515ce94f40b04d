"""`check --connect` tries each sink without telling it anything, and no command shows what is secret in one."""

from __future__ import annotations

import os

import pytest

from crawler.model.web import Answer
from tests.alert.receiver import receiving
from tests.cli.conftest import runner

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
HIDDEN = ("C2FVsBQIhrscChlQIMV", "hook-key", "hush-hush", "pass-word")


@pytest.fixture
def crawler(tmp_path, monkeypatch):
    """Runs a command with these sinks, in a folder with a program and a feed that is somebody else's."""
    (tmp_path / "on-change").write_text("#!/bin/sh\ntouch started\n")
    (tmp_path / "on-change").chmod(0o755)
    (tmp_path / "plain").write_text("no program")
    (tmp_path / "mine.xml").write_text("<rss/>")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("SECRET", SECRET)
    monkeypatch.setenv("TOKEN", "hush-hush")

    def run(sinks, *arguments):
        lines = "".join(f"  - {{{sink}}}\n" for sink in sinks)
        (tmp_path / "config.yaml").write_text(f"store: crawler.db\nsources: []\nsinks:\n{lines}")
        return runner(tmp_path / "config.yaml", monkeypatch)(*arguments)

    return run


def hook(name):
    return (
        f"name: {name}, type: webhook, url: '${{URL}}', secret: '${{SECRET}}', allow_private: [127.0.0.0/8],"
        " headers: {Authorization: 'Bearer ${TOKEN}'}"
    )


def test_sinks_that_would_take_alerts_are_ok_and_none_is_sent(crawler, tmp_path, monkeypatch):
    with receiving(tmp_path / "log", "405") as receiver:
        monkeypatch.setenv("URL", receiver.url + "/hook-key")
        sinks = [
            "name: log, type: jsonl, path: alerts.jsonl",
            "name: out, type: stdout",
            hook("newsroom"),
            "name: hook, type: command, run: [./on-change, --json]",
            "name: cat, type: command, run: [cat]",
            "name: feed, type: atom, path: changes.xml",
        ]
        done = crawler(sinks, "check", "--connect")
        (request,) = receiver.seen()
    assert done.exit_code == 0, done.stdout + done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["ok", f"{name}:"] for name in ("log", "out", "newsroom", "hook", "cat", "feed")
    ]
    assert request["method"] == "HEAD"
    assert not {path.name for path in tmp_path.iterdir()} & {"alerts.jsonl", "changes.xml", "started", "crawler.db"}


BROKEN = {
    "name: a, type: jsonl, path: missing/alerts.jsonl": "there is no folder",
    "name: a, type: jsonl, path: .": "is a folder",
    "name: a, type: jsonl, path: pipe": "is a pipe and no file",
    "name: a, type: command, run: [./missing]": "no such program",
    "name: a, type: command, run: [./plain]": "may not be executed",
    "name: a, type: command, run: [no-such-program]": "looked for in $PATH",
    "name: a, type: atom, path: missing/changes.xml": "there is no folder",
    "name: a, type: atom, path: mine.xml": "is no feed of crawler",
    "name: a, type: webhook, url: 'http://hooks.example.org/hook-key'": "write https",
    "name: a, type: webhook, url: 'https://127.0.0.1:9/hook-key'": "is not a public address",
}


@pytest.mark.parametrize("sink", BROKEN)
def test_a_sink_that_would_take_none_is_told_with_the_reason(crawler, sink):
    done = crawler([sink], "check", "--connect")
    assert done.exit_code == 1
    assert done.stdout.startswith("FAILED a: ")
    assert BROKEN[sink] in done.stdout
    assert "hook-key" not in done.stdout


def test_no_command_shows_what_is_secret_in_a_webhook_even_if_the_receiver_echoes_it(crawler, tmp_path, monkeypatch):
    with receiving(tmp_path / "log", "echo 400") as receiver:
        monkeypatch.setenv("URL", receiver.url.replace("//", "//me:pass-word@") + "/hook-key")
        for arguments in (("check", "--print"), ("check", "--connect"), ("alerts", "test", "newsroom", "--samples")):
            done = crawler([hook("newsroom")], *arguments)
            told = done.stdout + done.stderr
            assert "newsroom" in told
            assert not [secret for secret in HIDDEN if secret in told], told
        request = receiver.seen()[-1]
    assert request["headers"]["authorization"] in ("Bearer hush-hush", "Basic bWU6cGFzcy13b3Jk")
    assert "newsroom: test failed: the receiver answered 400" in done.stdout


@pytest.mark.parametrize("said", ["k3y-of-ours", "tok-en-99", "tok en", "bWU6cGFzcy13b3Jk", "abcdefghijklmnopq"])
def test_a_receiver_that_says_a_part_of_its_address_gives_nothing_away(crawler, monkeypatch, said):
    address = "https://me:pass-word@127.0.0.1/services/abcdefghijklmnopq/k3y-of-ours?token=tok-en-99&other=tok%20en"
    monkeypatch.setenv("URL", address)

    async def answer(self, body, headers):
        return Answer(status=403, body=f"unknown {said} of services", retry_after=None, leads_to=None)

    monkeypatch.setattr("crawler.fetch.Sender.__call__", answer)
    done = crawler([hook("newsroom")], "alerts", "test", "newsroom")
    assert done.stdout == "newsroom: test failed: the receiver answered 403 unknown … of services\n"


def test_a_program_is_looked_for_beside_the_config(crawler, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = crawler(["name: hook, type: command, run: [./on-change]"], "alerts", "test", "hook")
    assert (done.exit_code, done.stdout) == (0, "hook: test taken\n"), done.stderr
    assert (tmp_path / "started").exists()


def test_what_a_program_says_of_its_arguments_by_reference_is_not_shown(crawler, tmp_path):
    (tmp_path / "on-change").write_text('#!/bin/sh\necho "no room for $*" >&2\nexit 1\n')
    sinks = ["name: hook, type: command, run: [./on-change, '--token=${TOKEN}', --json, '${TOKEN} ${SECRET}']"]
    done = crawler(sinks, "alerts", "test", "hook")
    assert done.exit_code != 0
    assert "no room for --token=… --json … …" in done.stdout + done.stderr
    assert not [each for each in HIDDEN if each in done.stdout + done.stderr]
