"""A site whose zone or home changes is read again, and that alone is no Change of anything."""

from __future__ import annotations

import pytest

from tests.poll.watched import Watched, site
from tests.site import Clock, Fault

SOURCE = "  - {url: https://example.org/, confirm: 0s, sweep: 30d}"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def example(clock):
    return site(clock)


@pytest.fixture
def bench(tmp_path, clock, example):
    bench = Watched(tmp_path, clock, {"example.org": example}, SOURCE)
    bench.poll()
    return bench


def indexes(example):
    return sum("/wp-json/?_fields" in asked.path for asked in example.requests)


def day(bench, hours=25):
    """Let a day pass with a look an hour."""
    for _ in range(hours):
        bench.poll(minutes=61)


def swept(bench):
    return bench.one("SELECT last_sweep_at IS NOT NULL FROM sources")


def test_a_site_is_asked_once_a_day_where_it_is(bench, example):
    before = indexes(example)
    day(bench, hours=49)
    assert indexes(example) - before == 2
    assert not swept(bench)


def test_a_new_zone_causes_one_sweep_and_no_change(bench, example, clock):
    example.zone = "Asia/Seoul"
    day(bench)
    assert bench.source()["timezone"] == "Asia/Seoul"
    assert swept(bench)
    at = bench.source()["last_sweep_at"]
    day(bench, hours=30)
    assert bench.source()["last_sweep_at"] == at
    assert bench.changes() == []


def test_an_edit_that_the_new_zone_hides_is_found(bench, example, clock):
    """WordPress compares local times: what was saved an hour ago in New York lies a day back in Seoul."""
    example.zone = "America/New_York"
    day(bench)
    example.edit(1, title="An edit")
    example.zone = "Asia/Seoul"
    handle = example.handle
    example.handle = lambda method, url, headers: handle(
        method, url.replace("modified_after=2", "modified_after=3"), headers
    )
    day(bench)
    assert [change["title"] for change in bench.changes()] == ["An edit"]


def test_a_new_home_causes_a_sweep_and_changes_links_at_most(bench, example, clock):
    bench.sites["new.example"] = example
    example.url = "https://new.example"
    for number in example.posts:
        example.silent_edit(number, guid=f"https://example.org/?p={number}")
    day(bench)
    assert bench.source()["home"] == "https://new.example"
    assert swept(bench)
    assert [(change["kind"], change["fields"], change["silent"]) for change in bench.changes()] == [
        ("edited", ["link"], 0)
    ] * 3


def test_links_on_another_host_have_the_site_asked_at_once(bench, example, clock):
    bench.sites["new.example"] = example
    before = indexes(example)
    example.url = "https://new.example"
    example.edit(3, title="An edit")
    clock.advance(minutes=1)
    bench.poll()
    bench.poll(minutes=61)
    assert indexes(example) - before == 1
    assert swept(bench)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503),
        Fault(status=200, body=b"<html>"),
        Fault(body=b'{"home": "https://other.example"}'),
        Fault(body=b'{"namespaces": ["wp/v2"]}'),
    ],
    ids=["down", "a page", "another API", "nothing told"],
)
def test_an_index_that_cannot_be_read_says_nothing(bench, example, fault):
    example.fail("/wp-json/?_fields*", fault, times=None)
    day(bench)
    assert not swept(bench)
    assert bench.source()["home"] == "https://example.org"
    assert bench.notices() == []
    example.heal()
    example.zone = "Asia/Seoul"
    day(bench)
    assert swept(bench)


def test_who_wants_no_sweeps_gets_none(tmp_path, clock, example):
    bench = Watched(tmp_path, clock, {"example.org": example}, SOURCE.replace("30d", "never"))
    bench.poll()
    example.zone = "Asia/Seoul"
    day(bench)
    assert bench.source()["timezone"] == "Asia/Seoul"
    assert not swept(bench)
