"""`check` and `alerts test` for sinks that people read: templates, apprise, and libraries that are not there."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from crawler.alert import delivery
from crawler.cli import templates
from crawler.render.samples import samples, trial
from tests.alert.services import services
from tests.cli.conftest import NOW, runner

KINDS = ["published", "edited", "protected", "unpublished", "deleted", "restored"]


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Runs a command with these sinks and this template."""

    def run(sinks, *arguments, template="{{ title }}\n{{ body }}\n"):
        (tmp_path / "alert.j2").write_text(template)
        lines = "".join(f"  - {{{sink}}}\n" for sink in sinks)
        (tmp_path / "config.yaml").write_text(f"store: crawler.db\ntimezone: Asia/Seoul\nsources: []\nsinks:\n{lines}")
        return runner(tmp_path / "config.yaml", monkeypatch)(*arguments)

    return run


OUT = "name: out, type: stdout, notices: true, template: alert.j2"
NOT_FOR_NOTICES = (
    "{{ data.post.title if data.post is defined else data.summary if data.summary is defined else data.sink }}"
)
CHAT = "name: team, type: apprise, url: '${CHAT}'"


def test_a_template_that_works_is_fine(checked):
    done = checked([OUT], "check")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.endswith("config.yaml: 0 sources, 1 sink\n")
    assert "template" not in done.stderr


@pytest.mark.parametrize(
    ("sink", "template", "said"),
    [
        (OUT, "{{ titel }}", "alert.j2: line 1: UndefinedError: 'titel' is undefined; rendering a sample of test"),
        (OUT, "a\n{% endif %}", "alert.j2: line 2: Encountered unknown tag 'endif'"),
        (OUT, "{{ data.at }}", "rendering a sample of post.published"),
        (OUT, "{{ data.at if data.at is defined else data.post.title }}", "rendering a sample of digest"),
        # Notices are tried where the sink takes them.
        (OUT, NOT_FOR_NOTICES, "rendering a sample of source.failing"),
        (OUT.replace("alert.j2", "nothing.j2"), "x", "nothing.j2: No such file or directory"),
    ],
)
def test_a_template_that_fails_for_any_alert_is_a_mistake_with_its_place(checked, sink, template, said):
    if "published" in said:
        sink += ", when: {kinds: [published]}"
    done = checked(["name: log, type: jsonl, path: log.jsonl", sink], "check", template=template)
    assert done.exit_code == 2
    assert "config.yaml:6: sinks[1].template: " in done.stderr
    assert said in done.stderr


def test_a_template_without_an_end_is_given_up_while_there_is_time_for_other_words():
    assert templates._LIMITS.wall <= delivery.SECONDS / 2


def test_notices_are_not_tried_where_none_are_taken(checked):
    sink = OUT.replace("notices: true", "notices: false")
    assert checked([sink], "check", template=NOT_FOR_NOTICES).exit_code == 0


def test_a_template_where_nobody_reads_is_pointed_out(checked):
    done = checked(["name: log, type: jsonl, path: log.jsonl, notices: true, template: alert.j2"], "check")
    assert done.exit_code == 0
    assert "Warning: the sink log has a template, which a jsonl sink has no use for" in done.stderr


def test_an_address_that_apprise_does_not_know_is_a_mistake_and_stays_secret(checked, monkeypatch):
    monkeypatch.setenv("CHAT", "nonsense://hunter2hunter2")
    for arguments in (("check",), ("poll",), ("alerts", "test", "team")):
        done = checked([CHAT], *arguments)
        assert done.exit_code == 2, done.stderr
        assert "config.yaml:5: sinks[0].url: apprise does not understand this address" in done.stderr
        assert "hunter2" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("sink", "library", "key", "extra"),
    [(CHAT, "apprise", "type", "apprise"), (OUT, "jinja2", "template", "templates")],
)
def test_a_library_that_is_missing_is_named_with_how_to_get_it(checked, monkeypatch, sink, library, key, extra):
    monkeypatch.setenv("CHAT", "json://127.0.0.1")
    for module in ("sinks", "templates"):
        monkeypatch.setattr(
            f"crawler.cli.{module}.find_spec", lambda name: None if name == library else find_spec(name)
        )
    for arguments in (("check",), ("poll",)):
        done = checked([sink], *arguments)
        assert done.exit_code == 2
        assert f"config.yaml:5: sinks[0].{key}: needs the library {library}" in done.stderr
        assert f"pip install 'crawler[{extra}]'" in done.stderr


def test_each_type_of_alert_reaches_each_type_of_sink(checked, monkeypatch, tmp_path):
    """The webhook, which needs a receiver that knows its rules, has tests of its own."""
    (tmp_path / "services").mkdir()
    program = tmp_path / "keep"
    program.write_text("#!/bin/sh\ncat >> kept.jsonl; echo >> kept.jsonl\n")
    program.chmod(0o755)
    types = [each["type"] for each in (trial("t", "x", NOW), *samples("s", NOW))]
    assert len(types) >= 10
    with services(tmp_path / "services") as places:
        port = places.ports
        monkeypatch.setenv("CHAT", f"json://127.0.0.1:{port['web']}/hook")
        monkeypatch.setenv("MAIL", f"mailto://127.0.0.1:{port['mail']}/?from=me@example.org&to=you@example.org")
        monkeypatch.setenv("HOOK", f"http://127.0.0.1:{port['web']}/web")
        sinks = [
            "name: log, type: jsonl, path: alerts.jsonl",
            OUT,
            CHAT,
            "name: mail, type: apprise, url: '${MAIL}', template: alert.j2",
            "name: feed, type: atom, path: changes.xml",
            "name: hook, type: command, run: [./keep]",
            "name: web, type: webhook, url: '${HOOK}', allow_private: [127.0.0.0/8]",
        ]
        for name in ("log", "team", "mail", "feed", "hook", "web"):
            done = checked(sinks, "alerts", "test", name, "--samples")
            assert done.exit_code == 0, done.stdout + done.stderr
            taken = [line.partition(" taken")[0] for line in done.stdout.splitlines()]
            assert taken == [f"{name}: {each}" for each in types]
        mails, posts = places.mails(), places.posts()
    kept = [json.loads(line) for line in (tmp_path / "kept.jsonl").read_text().splitlines() if line]
    assert [each["type"] for each in kept] == types
    assert len(mails) == len(types)
    assert [path for path, _ in posts] == ["/hook"] * len(types) + ["/web"] * len(types)
