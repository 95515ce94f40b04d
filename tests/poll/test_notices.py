"""Notices over scripted lives of sites. Every poll of a bench opens the store anew, as a restart does."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import pytest
from structlog.testing import capture_logs

from crawler.errors import StoreUnavailable
from crawler.store import SqliteStore
from tests.poll.watched import site, watched
from tests.site import Clock, Fault

KEYS = {"event", "log_level", "source", "status", "read", "changed", "requests", "ms", "reason", "error"}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bench(tmp_path, clock):
    made = watched(tmp_path, clock)
    made.poll()
    return made


def polls(bench, number, *, minutes=15):
    for _ in range(number):
        bench.poll(minutes=minutes)


def closed(bench):
    """Somebody closes the REST API, and edits."""
    for made in bench.sites.values():
        made.rest = False
    edit(bench)


def edit(bench):
    for made in bench.sites.values():
        made.edit(max(made.posts), title=f"Edited {made.clock()}")
        made.clock.advance(minutes=1)


def test_a_source_that_fails_for_long_is_told_once_and_so_is_its_recovery(bench):
    bench.fail()
    polls(bench, 2)
    assert bench.notices() == []
    assert (bench.source()["state"], bench.source()["failures"]) == ("active", 2)
    polls(bench, 4)
    assert bench.notices() == [("failing", "example.org")]
    assert (bench.source()["state"], bench.source()["failures"]) == ("failing", 6)
    bench.mend()
    polls(bench, 3)
    assert bench.notices() == [("failing", "example.org"), ("recovered", "example.org")] == bench.told()
    row = bench.source()
    assert (row["state"], row["failures"], row["failing_since"]) == ("active", 0, None)
    bench.fail()
    polls(bench, 4)
    assert bench.notices()[2:] == [("failing", "example.org")]


def test_a_bad_minute_is_told_to_nobody(bench):
    for _ in range(3):
        bench.fail()
        polls(bench, 2)
        bench.mend()
        bench.poll()
    assert bench.notices() == []


def test_a_notice_says_what_since_when_why_and_what_to_do(bench, clock):
    bench.fail()
    polls(bench, 3)
    text = bench.text("failing")
    assert text.startswith("Nothing of it could be read since 2026-11-23 07:30 UTC, 3 polls in a row: nobody answers")
    for part in ("asked again", "its posts stay as they are", "Does a browser open it?", "https://example.org/"):
        assert part in text
    bench.mend()
    bench.poll()
    assert "it could not since 2026-11-23 07:30 UTC" in bench.text("recovered")


def test_posts_are_never_touched(bench):
    before = bench.rows("SELECT * FROM posts")
    bench.sites["example.org"].fail("*", Fault(status=410), times=None)
    polls(bench, 6)
    assert bench.rows("SELECT * FROM posts") == before
    assert bench.changes() == []


def test_a_site_that_says_it_is_gone_is_told_once_and_still_asked_once_a_day(bench, clock):
    there = bench.sites["example.org"]
    there.fail("*", Fault(status=410), times=None)
    polls(bench, 5)
    assert bench.notices() == [("gone", "example.org")] == bench.told()
    assert bench.source()["state"] == "gone"
    assert bench.one("SELECT min(next_poll_at) FROM endpoints") >= f"{clock.advance(hours=23):%Y-%m-%dT%H:%M:%SZ}"
    there.heal()
    bench.poll()
    assert bench.notices() == [("gone", "example.org"), ("recovered", "example.org")]
    assert bench.source()["state"] == "active"


@pytest.mark.parametrize("statuses", [(503, 503, 410, 410), (410, 503, 410, 410), (410, 410, 404, 410)])
def test_gone_is_only_what_has_said_so_every_time(bench, statuses):
    for status in statuses:
        bench.sites["example.org"].heal()
        bench.sites["example.org"].fail("*", Fault(status=status), times=None)
        bench.poll()
    assert bench.notices() == [("failing", "example.org")]
    assert bench.source()["state"] == "failing"


def test_a_failing_source_that_then_says_it_is_gone_is_told_of_that_too(bench):
    bench.fail()
    polls(bench, 3)
    bench.mend()
    bench.sites["example.org"].fail("*", Fault(status=410), times=None)
    polls(bench, 5)
    assert bench.notices() == [("failing", "example.org"), ("gone", "example.org")]
    bench.sites["example.org"].heal()
    polls(bench, 2)
    assert bench.notices()[2:] == [("recovered", "example.org")]


def test_rest_that_fails_beside_a_working_feed_is_told_once_and_the_source_stays_active(bench):
    closed(bench)
    polls(bench, 2)
    assert bench.notices() == []
    polls(bench, 4)
    assert bench.notices() == [("failing", "example.org")] == bench.told()
    assert bench.source()["state"] == "active"
    text = bench.text("failing")
    assert "Its REST API (posts) could not be read" in text
    assert "new posts are still seen, and edits of those that it shows; other edits are not" in text
    assert bench.one("SELECT failing_since IS NOT NULL FROM endpoints WHERE kind = 'rest'") == 1
    for made in bench.sites.values():
        made.rest = True
    polls(bench, 3)
    assert bench.notices() == [("failing", "example.org"), ("recovered", "example.org")] == bench.told()
    assert "Its REST API can be read again" in bench.text("recovered")
    assert bench.one("SELECT count(*) FROM endpoints WHERE failing_since IS NOT NULL OR failures > 0") == 0
    assert [change["fields"] for change in bench.changes()] == [["title"]]


def test_collections_that_are_closed_together_are_told_of_together(tmp_path, clock):
    there = site(clock)
    there.publish("About", "<p>Us.</p>", type="page")
    bench = watched(tmp_path, clock)
    bench.sites = {"example.org": there}
    bench.write_config("  - {url: https://example.org/, types: [posts, pages]}")
    bench.poll()
    closed(bench)
    polls(bench, 4)
    assert bench.notices() == [("failing", "example.org")]
    assert "(posts, pages)" in bench.text("failing")
    there.rest = True
    polls(bench, 3)
    assert bench.notices() == [("failing", "example.org"), ("recovered", "example.org")]


def test_a_look_that_begins_well_and_then_fails_is_no_recovery(bench, monkeypatch):
    """One post can be read each time, and is committed; the next one cannot."""
    monkeypatch.setattr("crawler.poll.rest.BATCH", 1)
    there = bench.sites["example.org"]
    there.fail(f"*include={max(there.posts)}*", Fault(status=401), times=None)
    for _ in range(6):
        there.edit(min(there.posts), title=f"Edited {bench.clock()}")
        edit(bench)
        bench.poll()
    # From the third look on the feed tells of both, and REST repeats none of it.
    told = Counter(change["post_id"] for change in bench.changes())
    assert sorted(told.values()) == [4, 6]
    assert bench.notices() == [("failing", "example.org")]


def test_a_feed_that_fails_beside_working_rest_is_told_to_nobody(bench):
    bench.sites["example.org"].fail("/feed/*", Fault(status=500), times=None)
    polls(bench, 6)
    assert bench.notices() == []
    assert bench.source()["state"] == "active"
    assert bench.one("SELECT failures FROM endpoints WHERE kind = 'feed'") == 6


def test_when_the_feed_fails_too_the_whole_source_is_told_and_recovers_once(bench):
    closed(bench)
    polls(bench, 4)
    bench.fail()
    polls(bench, 4)
    assert bench.notices() == [("failing", "example.org")] * 2
    bench.mend()
    for made in bench.sites.values():
        made.rest = True
    polls(bench, 4)
    assert bench.notices()[2:] == [("recovered", "example.org")]


def test_a_source_that_was_never_found_is_told_of_too(tmp_path, clock):
    bench = watched(tmp_path, clock)
    bench.fail()
    polls(bench, 5)
    assert bench.notices() == [("failing", "example.org")]
    bench.mend()
    polls(bench, 2)
    assert bench.notices() == [("failing", "example.org"), ("recovered", "example.org")]


HOSTS = ("one.example", "two.example", "three.example", "four.example")


def test_when_every_source_fails_there_is_one_notice_and_not_one_for_each(tmp_path, clock):
    bench = watched(tmp_path, clock, *HOSTS)
    bench.poll()
    bench.fail()
    polls(bench, 5)
    assert bench.notices() == [("network", None)] == bench.told()
    assert "4 were tried" in bench.text("network")
    bench.mend()
    polls(bench, 3)
    assert bench.notices() == [("network", None), ("recovered", None)] == bench.told()
    assert {row["state"] for row in bench.rows("SELECT state FROM sources")} == {"active"}
    bench.fail()
    polls(bench, 4)
    assert bench.notices()[2:] == [("network", None)]


def test_what_still_fails_once_the_network_is_back_is_told_by_itself(tmp_path, clock):
    bench = watched(tmp_path, clock, *HOSTS)
    bench.poll()
    bench.fail()
    polls(bench, 4)
    bench.mend()
    bench.fail("three.example")
    polls(bench, 3)
    assert bench.notices() == [("network", None), ("recovered", None), ("failing", "three.example")]
    bench.mend()
    polls(bench, 2)
    assert bench.notices()[3:] == [("recovered", "three.example")]


def test_where_one_source_can_be_read_it_is_not_the_network(tmp_path, clock):
    bench = watched(tmp_path, clock, *HOSTS)
    bench.poll()
    bench.fail("one.example", "two.example", "three.example")
    polls(bench, 5)
    assert sorted(bench.notices()) == [("failing", f"{name}.example") for name in ("one", "three", "two")]


def test_one_host_alone_is_not_the_network(tmp_path, clock):
    bench = watched(tmp_path, clock)
    bench.write_config("  - url: https://example.org/\n  - {name: again, url: https://example.org/other/feed/}")
    bench.fail()
    polls(bench, 4)
    assert sorted(bench.notices()) == [("failing", "again"), ("failing", "example.org")]


def test_a_source_that_has_long_been_told_of_proves_nothing_about_the_network(tmp_path, clock):
    bench = watched(tmp_path, clock, "one.example", "two.example")
    bench.poll()
    bench.fail("one.example")
    polls(bench, 4)
    bench.mend()
    bench.fail()
    polls(bench, 4)
    assert bench.notices() == [("failing", "one.example"), ("failing", "two.example")]


def test_a_paused_source_is_nobodys_trouble(bench):
    bench.fail()
    polls(bench, 2)
    bench.write_config("  - {url: https://example.org/, paused: true}")
    polls(bench, 3)
    assert bench.notices() == []


def test_a_kill_before_the_conclusion_only_puts_it_off(bench, monkeypatch):
    """The endpoints' failures are in the store, what they come to is not: the next poll makes up for it."""
    real = SqliteStore.conclude

    async def killed(*_):
        raise StoreUnavailable("killed")

    bench.fail()
    polls(bench, 2)
    monkeypatch.setattr(SqliteStore, "conclude", killed)
    with pytest.raises(StoreUnavailable):
        bench.poll()
    assert bench.notices() == []
    monkeypatch.setattr(SqliteStore, "conclude", real)
    polls(bench, 3)
    assert bench.notices() == [("failing", "example.org")]


def test_a_notice_and_its_alerts_are_one_transaction_and_the_same_incident_is_told_once(tmp_path, clock):
    bench = watched(tmp_path, clock)
    bench.poll()

    async def tell(store, **more):
        await store.notice("disk_full", None, "No room.", clock(), ("log", "out"), **more)

    with SqliteStore(tmp_path / "crawler.db") as store:
        since = clock()
        asyncio.run(tell(store))
        asyncio.run(tell(store))
        clock.advance(minutes=5)
        asyncio.run(tell(store, since=since))
        assert bench.notices() == [("disk_full", None)]
        assert bench.one("SELECT count(*) FROM alerts WHERE notice_id IS NOT NULL") == 2
        asyncio.run(tell(store))
        assert bench.notices() == [("disk_full", None)] * 2


def test_only_sinks_that_take_notices_get_them(bench):
    bench.fail()
    polls(bench, 3)
    assert bench.told() == [("failing", "example.org")]
    assert "failing" not in bench.out.getvalue()
    assert bench.rows("SELECT sink, state FROM alerts") == [{"sink": "log", "state": "delivered"}]


def test_a_sink_added_later_gets_no_old_notices(bench):
    bench.fail()
    polls(bench, 3)
    path = bench.folder / "config.yaml"
    path.write_text(path.read_text().replace("{name: out, type: stdout}", "{name: out, type: stdout, notices: true}"))
    bench.poll()
    assert bench.out.getvalue() == ""
    bench.mend()
    bench.poll()
    assert bench.out.getvalue().startswith("example.org · recovered\n  It can be read again since ")


def test_the_object_for_programs_is_as_promised(bench):
    bench.fail()
    polls(bench, 3)
    payload = json.loads((bench.folder / "alerts.jsonl").read_text())
    assert payload["type"] == "source.failing"
    assert payload["timestamp"] == payload["data"]["at"] == bench.one("SELECT at FROM notices")
    assert list(payload["data"]) == ["id", "kind", "at", "source", "text"]
    assert payload["data"]["source"] == {"name": "example.org", "url": "https://example.org/", "groups": []}
    assert payload["data"]["id"] == bench.one("SELECT id FROM notices")
    assert payload["data"]["id"].startswith("n_")


def test_the_object_about_the_program_has_no_source(tmp_path, clock):
    bench = watched(tmp_path, clock, "one.example", "two.example")
    bench.poll()
    bench.fail()
    polls(bench, 3)
    bench.mend()
    bench.poll()
    assert [each["type"] for each in bench.alerts()] == ["program.network", "program.recovered"]
    assert [each["data"]["source"] for each in bench.alerts()] == [None, None]


def test_all_polls_are_logged_with_the_same_keys_and_recovery_at_info(bench):
    with capture_logs() as logged:
        bench.poll()
        edit(bench)
        bench.poll()
        bench.fail()
        polls(bench, 3)
        bench.mend()
        bench.poll()
    lines = [each for each in logged if each["event"] == "poll"]
    assert all(set(each) == KEYS for each in lines)
    assert [(each["log_level"], each["status"]) for each in lines] == [
        ("debug", "ok"),
        ("info", "ok"),
        *[("warning", "failed")] * 3,
        ("info", "recovered"),
    ]


def test_a_permanent_redirect_is_counted_by_looks_in_a_row(bench):
    new = site(bench.clock, "new.example")
    bench.sites["new.example"] = new
    place = "https://new.example/feed/"

    def redirects():
        row = bench.rows("SELECT redirect_to, redirects FROM endpoints WHERE kind = 'feed'")[0]
        return (row["redirect_to"], row["redirects"])

    def moved(status):
        bench.sites["example.org"].heal()
        bench.sites["example.org"].fail("/feed/*", Fault(status=status, headers={"Location": place}), times=None)

    moved(301)
    polls(bench, 2)
    assert redirects() == (place, 2)  # a 200, and a 304 from there
    moved(503)
    bench.poll()
    assert redirects() == (place, 2)  # says nothing about it
    moved(308)
    bench.poll()
    assert redirects() == (place, 3)
    moved(302)
    bench.poll()
    assert redirects() == (None, 0)
    bench.sites["example.org"].heal()
    polls(bench, 2)
    assert redirects() == (None, 0)
    assert bench.one("SELECT url FROM endpoints WHERE kind = 'feed'") == "https://example.org/feed/"
