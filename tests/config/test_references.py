"""References: where they are looked for, and what happens when they are missing."""

import pytest

from crawler.config import describe

from .loading import problems, understood, write


def contact(tmp_path, written: str, **env):
    return understood(tmp_path, f"contact: '{written}'", env=env).contact


@pytest.mark.parametrize(
    ("written", "expected"),
    {
        "whole": ("${WHO}", "me@example.org"),
        "a part": ("mailto:${WHO}", "mailto:me@example.org"),
        "two": ("${USER_NAME}@${HOST}", "me@example.org"),
        "a literal": ("$${WHO}@", "${WHO}@"),
        "a dollar is a dollar": ("$WHO@$", "$WHO@$"),
        "not expanded again": ("${NESTED}", "${WHO}@x"),
        "a file": ("${file:who.txt}", "file@example.org"),
    }.values(),
)
def test_references_are_replaced_inside_values(written, expected, tmp_path):
    write(tmp_path, "file@example.org\n", "who.txt")
    env = {"WHO": "me@example.org", "USER_NAME": "me", "HOST": "example.org", "NESTED": "${WHO}@x"}
    assert contact(tmp_path, written, **env) == expected


def test_a_value_cannot_bring_yaml_with_it(tmp_path):
    config = understood(
        tmp_path, "sources:\n  - {url: 'https://example.org/', name: '${NAME}'}", env={"NAME": "a, b: [c]"}
    )
    assert config.sources[0].name == "a, b: [c]"


def test_credentials_are_looked_for_before_the_folder_of_the_file(tmp_path):
    write(tmp_path, "beside@example.org", "who")
    write(tmp_path / "credentials", "credential@example.org", "who")
    assert contact(tmp_path, "${file:who}") == "beside@example.org"
    env = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    assert contact(tmp_path, "${file:who}", **env) == "credential@example.org"
    write(tmp_path, "only@example.org", "other")
    assert contact(tmp_path, "${file:other}", **env) == "only@example.org"


@pytest.mark.parametrize(
    ("content", "message"),
    {
        "not text": (b"\xff\xfe", "is not text in UTF-8"),
        "too large": (b"x" * 70_000, "is larger than 64 KiB"),
    }.values(),
)
def test_a_file_that_cannot_be_a_value_is_told(content, message, tmp_path):
    (tmp_path / "who").write_bytes(content)
    assert message in problems(tmp_path, "contact: ${file:who}")[0]


def test_every_missing_reference_of_a_value_is_told(tmp_path):
    assert problems(tmp_path, "contact: ${A}@${B}", env={}) == [
        "1: contact: the environment variable A is not set; set it, or use ${file:PATH}; "
        "the environment variable B is not set; set it, or use ${file:PATH}"
    ]


WITH_REFERENCES = """
store: crawler.db
contact: ${CONTACT}
defaults: {every: '${EVERY}'}
groups: {papers: {every: '${EVERY}'}}
sources:
  - {url: 'https://one.example.org/', username: me, password: '${PASSWORD}', groups: [papers]}
  - {url: 'https://${HOST}/'}
  - {opml: '${OPML}'}
  - {include: '${INCLUDE}'}
sinks:
  - {name: team, type: apprise, url: '${APPRISE_URL}'}
  - {name: log, type: '${TYPE}'}
fetch: {proxy: '${PROXY}', concurrency: 4}
web: {listen: '0.0.0.0:80', token: '${TOKEN}'}
heartbeat: {url: '${PING}'}
"""


def test_commands_that_only_read_need_no_reference_but_the_stores(tmp_path):
    config = understood(tmp_path, WITH_REFERENCES, env={}, require_references=False)
    assert config.store == tmp_path / "crawler.db"
    assert [each.name for each in config.sources] == ["one.example.org"]
    assert config.sources[0].password is None
    assert (config.sinks, config.fetch.proxy, config.fetch.concurrency, config.heartbeat) == ((), None, 4, None)
    assert "${" not in repr(config)


def test_the_store_is_needed_by_every_command(tmp_path):
    assert problems(tmp_path, "store: ${STORE}", env={}, require_references=False) == [
        "1: store: a reference in ${STORE} is missing, and nothing works without it"
    ]


def test_a_mistake_is_told_also_to_commands_that_only_read(tmp_path):
    assert problems(tmp_path, "log: {level: loud}\ncontact: ${X}", env={}, require_references=False) == [
        "1: log.level: must be debug, info, warning or error, not 'loud'"
    ]


def test_an_explanation_shows_the_reference_and_not_the_value(tmp_path):
    config = understood(tmp_path, "contact: ${WHO}", env={"WHO": "me@example.org"})
    line = next(line for line in describe(config).splitlines() if line.startswith("contact:"))
    assert line.split(None, 2) == ["contact:", "${WHO}", f"# from the environment, {tmp_path / 'config.yaml'}:1"]
