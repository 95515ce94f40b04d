"""What a right configuration means: the cascade, names, paths, defaults, and how it is explained."""

import re
from dataclasses import replace
from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crawler.config import describe, load, zones
from crawler.model import IgnoreRule, Route, RouteMatch
from crawler.model.pace import AT_ONCE, Pace

from .loading import CANARY, ENV, problems, understood, write

GOOD = Path(__file__).parent / "good"
USUAL = ("edited", "protected", "unpublished", "deleted", "restored")


@pytest.fixture
def contract(monkeypatch):
    monkeypatch.chdir(GOOD)
    return load(Path("contract.good.yaml"), env=ENV)


def source(tmp_path, keys: str, above: str = ""):
    text = f"{above}\nsources:\n  - {{url: 'https://example.org/', {keys}}}\n"
    return understood(tmp_path, text).sources[0]


def test_the_whole_contract_is_understood_as_expected(contract):
    found = re.sub(" +# ", "  # ", describe(contract).replace(str(GOOD), "HERE"))
    assert found == (GOOD / "contract.good.txt").read_text(encoding="utf-8")


def test_what_is_explained_can_be_loaded_again_and_means_the_same(contract, tmp_path):
    write(tmp_path, (GOOD / "more" / "secret.txt").read_text(encoding="utf-8"), "secret.txt")
    again = understood(tmp_path, describe(contract))
    assert replace(again, path=contract.path) == contract


def test_an_empty_file_has_the_documented_defaults(tmp_path):
    config = understood(tmp_path, "")
    assert (config.store, config.contact, config.sources, config.sinks) == (tmp_path / "crawler.db", None, (), ())
    assert config.timezone == ZoneInfo("Asia/Seoul")
    assert (config.fetch.concurrency, config.fetch.max_body, config.fetch.proxy) == (16, 20 * 1024**2, None)
    assert (config.retention.polls, config.retention.alerts) == (timedelta(days=30), timedelta(days=90))
    assert (config.retention.revisions, config.retention.originals) == (None, None)
    assert (config.log.level, config.log.format) == ("info", "text")
    assert [config.metrics, config.web, config.backup, config.heartbeat] == [None] * 4


def test_a_source_has_the_documented_defaults(tmp_path):
    found = source(tmp_path, "")
    assert (found.name, found.url, found.kind, found.groups) == ("example.org", "https://example.org/", "auto", ())
    assert (found.every, found.sweep, found.confirm) == (
        timedelta(minutes=15),
        timedelta(hours=24),
        timedelta(minutes=10),
    )
    assert (found.types, found.baseline, found.ignore) == (("posts",), "all", ())
    assert (found.timeout, found.per_host_delay) == (timedelta(seconds=30), timedelta(seconds=1))
    assert (found.robots, found.paused) == (True, False)
    assert (found.username, found.password, found.headers) == (None, None, {})


def test_sections_whose_lines_are_all_comments_are_as_good_as_none(tmp_path):
    text = "defaults:\ngroups:\n  papers:\nsources:\nsinks:\nfetch:\nlog:\nweb:\n"
    assert understood(tmp_path, text) == understood(tmp_path, "")


ABOVE = """
defaults: {every: 1h, types: [posts], ignore: [{field: tags}]}
groups:
  first: {every: 2h, types: [pages], ignore: [{css: .first}]}
  second: {every: 3h, timeout: 10s, ignore: [{css: .second}]}
"""


@pytest.mark.parametrize(
    ("keys", "every", "types", "timeout"),
    {
        "the default": ("", 1, ("posts",), 30),
        "its group": ("groups: [second]", 3, ("posts",), 10),
        "the first listed group that says it": ("groups: [first, second]", 2, ("pages",), 10),
        "the other way round": ("groups: [second, first]", 3, ("pages",), 10),
        "its own key": ("groups: [first], every: 4h, types: [book]", 4, ("book",), 30),
    }.values(),
)
def test_the_nearest_key_wins_whole(keys, every, types, timeout, tmp_path):
    found = source(tmp_path, keys, ABOVE)
    expected = (timedelta(hours=every), types, timedelta(seconds=timeout))
    assert (found.every, found.types, found.timeout) == expected


def test_only_ignore_adds_up(tmp_path):
    found = source(tmp_path, "groups: [second, first], ignore: [{regex: x}]", ABOVE)
    assert found.ignore == (
        IgnoreRule(field="tags"),
        IgnoreRule(css=".second"),
        IgnoreRule(css=".first"),
        IgnoreRule(regex="x"),
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("sweep", "never", None),
        ("sweep", "12h", timedelta(hours=12)),
        ("baseline", "200", 200),
        ("baseline", "90d", timedelta(days=90)),
        ("confirm", "0s", timedelta()),
        ("paused", "true", True),
        ("kind", "feed", "feed"),
    ],
)
def test_values_are_what_they_say(key, value, expected, tmp_path):
    assert getattr(source(tmp_path, f"{key}: {value}"), key) == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    {
        "none": ("", (RouteMatch(kinds=USUAL),)),
        "one map": ("when: {min_words: 3}", (RouteMatch(kinds=USUAL, min_words=3),)),
        "its own kinds": ("when: {kinds: [published]}", (RouteMatch(kinds=("published",)),)),
        "any of several": (
            "when: [{silent: true}, {kinds: [deleted], noted: false}]",
            (RouteMatch(kinds=USUAL, silent=True), RouteMatch(kinds=("deleted",), noted=False)),
        ),
        "every condition": (
            "when: {sources: ['*.gov'], fields: [title], match: x, after_publication: 1h}",
            (
                RouteMatch(
                    kinds=USUAL, sources=("*.gov",), fields=("title",), match="x", after_publication=timedelta(hours=1)
                ),
            ),
        ),
    }.values(),
)
def test_a_sink_takes_all_kinds_but_published_unless_it_says_otherwise(when, expected, tmp_path):
    config = understood(tmp_path, f"sinks:\n  - {{name: out, type: stdout, {when}}}\n")
    assert config.routes() == (Route(sink="out", when=expected, notices=False),)


def test_paths_are_relative_to_the_file_that_holds_them(contract):
    paths = {sink.name: sink.path for sink in contract.sinks if sink.path}
    assert paths == {"log": GOOD / "alerts.jsonl", "feed": GOOD / "public" / "changes.xml"}
    assert contract.store == GOOD / "crawler.db"
    assert contract.backup.to == GOOD / "backups"
    programs = {sink.name: sink.run for sink in contract.sinks if sink.run}
    assert programs == {"hook": (str(GOOD / "on-change"), "--json"), "path": ("logger",)}


def test_user_and_password_are_taken_out_of_a_url(contract):
    found = next(each for each in contract.sources if each.name.startswith("login."))
    assert found.url == "https://login.example.org:8443/blog/feed/atom/"
    assert (found.username, found.password.get_secret_value()) == ("me", ENV["KEY"])


def test_secrets_arrive_whole(contract):
    sinks = {sink.name: sink for sink in contract.sinks}
    press = next(each for each in contract.sources if each.name == "press-room")
    included = next(each for each in contract.sources if each.name.startswith("bücher"))
    assert press.password.get_secret_value() == ENV["KOREAPRO_APP_PASSWORD"]
    assert press.headers["Authorization"].get_secret_value() == f"Bearer {ENV['KEY']}"
    assert included.password.get_secret_value() == "CANARY from a file"
    assert [each.get_secret_value() for each in sinks["rotating"].secret] == [ENV["OLD_SECRET"], ENV["WEBHOOK_SECRET"]]
    assert sinks["team"].url.get_secret_value() == ENV["APPRISE_URL"]
    assert contract.fetch.proxy.get_secret_value() == f"http://me:{ENV['KEY']}@proxy.example.org:3128"
    assert contract.web.token.get_secret_value() == ENV["WEB_TOKEN"]
    assert contract.heartbeat.url.get_secret_value() == ENV["PING_URL"]


@pytest.mark.parametrize("output", [repr, str, describe, lambda config: f"{config}"])
def test_no_output_of_a_configuration_shows_a_secret(output, contract):
    assert CANARY not in output(contract)
    assert all(CANARY not in repr(part) for part in (*contract.sources, *contract.sinks, contract.fetch, contract.web))


def test_networks_are_networks(contract):
    assert contract.fetch.allow_private == (ip_network("127.0.0.0/8"),)
    assert contract.sinks[1].allow_private == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def test_opml_feeds_get_the_keys_of_their_line_and_their_folders_as_groups(contract):
    feeds = {each.name: each for each in contract.sources if each.kind == "feed" and each.name != "press-room"}
    assert list(feeds) == [
        "one.example.org",
        "youtube.com/feeds/videos.xml",
        "youtube.com/feeds/videos.xml?channel_id=2",
        "four.example.org:8080",
    ]
    assert feeds["one.example.org"].groups == ("slow", "UK", "Papers", "Twice")
    assert feeds["one.example.org"].every == timedelta(hours=1)
    assert feeds["one.example.org"].per_host_delay == timedelta(seconds=5)


def test_a_folder_of_an_opml_file_may_have_a_section_in_groups(tmp_path):
    opml = "<opml><body><outline text='Papers'><outline xmlUrl='https://one.example/'/></outline></body></opml>"
    write(tmp_path, opml, "feeds.opml")
    config = understood(tmp_path, "groups: {Papers: {every: 5m}}\nsources: [{opml: feeds.opml, kind: auto}]")
    assert [(each.every, each.kind) for each in config.sources] == [(timedelta(minutes=5), "auto")]


@pytest.mark.parametrize(
    "body",
    {
        "in an attribute": '<outline text="&x;"><outline xmlUrl="https://one.example/"/></outline>',
        "in a url": '<outline xmlUrl="https://one.example/&x;"/>',
        "in the text": '&x;<outline text="Papers"><outline xmlUrl="https://one.example/"/></outline>',
    }.values(),
)
def test_an_entity_of_an_opml_file_reads_no_other_file(body, tmp_path):
    secret = write(tmp_path, CANARY, "secret.txt")
    opml = f'<!DOCTYPE opml [<!ENTITY x SYSTEM "{secret.as_uri()}">]><opml><body>{body}</body></opml>'
    write(tmp_path, opml, "feeds.opml")
    text = "sources: [{opml: feeds.opml}]"
    told = problems(tmp_path, text)
    assert CANARY not in repr(told or understood(tmp_path, text))


@pytest.mark.parametrize(
    ("env", "link", "name", "expected"),
    {
        "the environment": ({"TZ": ":Asia/Seoul"}, "Europe/Berlin", "Europe/Paris", "Asia/Seoul"),
        "not a path": ({"TZ": "/etc/passwd"}, "Europe/Berlin", "Europe/Paris", "Europe/Berlin"),
        "the link": ({"TZ": "Nowhere/Land"}, "Europe/Berlin", "Europe/Paris", "Europe/Berlin"),
        "the name": ({}, "", "Europe/Paris", "Europe/Paris"),
        "none": ({}, "", "", "UTC"),
    }.values(),
)
def test_the_time_zone_is_the_systems(env, link, name, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(zones, "_LOCALTIME", tmp_path / "zoneinfo" / link if link else tmp_path / "absent")
    monkeypatch.setattr(zones, "_TIMEZONE", write(tmp_path, f"{name}\n", "timezone") if name else tmp_path / "absent")
    assert zones.system_zone(env) == ZoneInfo(expected)


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_byte_order_marks_and_line_endings_of_other_systems_are_fine(mark, ending, tmp_path):
    text = ending.join([f"{mark}store: a.db", "log:", "  level: debug", ""])
    assert understood(tmp_path, text).log.level == "debug"
    assert problems(tmp_path, text.replace("debug", "loud"))[0].startswith("3: log.level")


def test_an_anchor_means_the_same_wherever_it_stands(tmp_path):
    text = "sinks:\n  - {name: a, type: stdout, when: &w {kinds: &k [edited]}}\n  - {name: b, type: stdout, when: *w}"
    first, second = understood(tmp_path, text).sinks
    assert first.when == second.when == (RouteMatch(kinds=("edited",)),)


def test_the_configuration_on_top_works_on_a_fresh_machine(monkeypatch, real_not_yet):
    monkeypatch.setattr("crawler.config.not_yet.NOT_YET", real_not_yet)
    top = Path(__file__).parents[2] / "config.yaml"
    config = load(top, env={})
    assert len(config.sources) == 2
    assert [(sink.type, sink.notices) for sink in config.sinks] == [("jsonl", True), ("stdout", False)]
    assert config.store == top.parent / "crawler.db"


def test_an_explanation_leaves_out_what_does_not_exist_yet(monkeypatch, tmp_path):
    monkeypatch.setattr("crawler.config.not_yet.NOT_YET", {"source.ignore": "", "source.sweep": "", "retention": ""})
    config = understood(tmp_path, "sources: [{url: 'https://example.org/'}]")
    assert not re.search("ignore|sweep|retention", describe(config))
    assert replace(understood(tmp_path, describe(config)), path=config.path) == config


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("digest: 90m", Pace(digest=timedelta(minutes=90))),
        ("storm: 30", Pace(storm=30)),
        ("quiet: '22:00-07:00'", Pace(quiet=(time(22), time(7)), zone=ZoneInfo("Asia/Seoul"))),
        ("notices: true", AT_ONCE),
    ],
)
def test_when_a_sink_is_told(keys, expected, tmp_path):
    config = understood(tmp_path, f"sinks:\n  - {{name: out, type: stdout, {keys}}}\n")
    (route,) = config.routes()
    assert route.pace == expected
