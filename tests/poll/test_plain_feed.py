"""Polls of a plain feed: edits inside its window, posts that slide in, and sites that show one post twice."""

from __future__ import annotations

import pytest

from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - url: https://example.org/news.xml"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    site = Site(url="https://example.org", clock=clock, kind="feed", feed_path="/news.xml")
    for number in range(12):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text of post {number}, first words.</p>")
    clock.advance(hours=1)
    return site


@pytest.fixture
def bench(tmp_path, clock, site):
    return Bench(tmp_path, clock, {"example.org": site}, SOURCE)


def test_the_first_reading_makes_revisions_and_no_changes(bench):
    (polled,) = bench.poll()
    assert polled.ok
    assert bench.one("SELECT kind FROM sources") == "feed"
    assert bench.one("SELECT count(*) FROM posts") == 10
    assert bench.one("SELECT count(*) FROM revisions WHERE cause = 'baseline'") == 10
    assert bench.changes() == []
    assert bench.one("SELECT baseline_at IS NOT NULL FROM sources")


def test_a_feed_that_was_just_found_is_not_asked_for_again(bench, site):
    (polled,) = bench.poll()
    assert [asked.path for asked in site.requests] == ["/news.xml"]
    assert polled.requests == 1
    bench.poll()
    assert [asked.status for asked in site.requests] == [200, 304]


def test_an_edit_inside_the_window_is_one_change(bench, site, clock):
    bench.poll()
    site.edit(max(site.posts), title="Post with another headline", content="<p>Text, second words.</p>")
    clock.advance(minutes=1)
    bench.poll()
    (change,) = bench.changes()
    assert (change["kind"], change["fields"]) == ("edited", ["title", "content"])
    assert change["silent"] is None  # RSS tells no `modified`
    for _ in range(3):
        bench.poll()
    assert len(bench.changes()) == 1


def test_an_eleventh_post_that_slides_into_a_feed_of_ten_is_not_published(bench, site, clock):
    bench.poll()
    site.trash(max(site.posts))
    clock.advance(minutes=1)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 11
    assert bench.changes() == []
    assert bench.one("SELECT cause FROM revisions ORDER BY id DESC LIMIT 1") == "baseline"


def test_a_new_post_at_the_top_is_published(bench, site, clock):
    bench.poll()
    site.publish("New", "<p>News.</p>")
    clock.advance(minutes=1)
    bench.poll()
    assert [(change["kind"], change["title"]) for change in bench.changes()] == [("published", "New")]


def test_a_cut_feed_stores_no_validator_and_is_read_again(bench, site, clock):
    bench.poll()
    before = bench.rows("SELECT etag, last_modified, body_hash FROM endpoints")
    site.edit(max(site.posts), title="Edited")
    clock.advance(minutes=1)
    site.fail("/news.xml", Fault(cut=900))
    (polled,) = bench.poll()
    assert (polled.ok, polled.reason) == (False, "truncated")
    assert bench.rows("SELECT etag, last_modified, body_hash FROM endpoints") == before
    bench.poll()
    assert [change["fields"] for change in bench.changes()] == [["title"]]


def test_no_network_gives_a_reason_and_loses_nothing(bench, site, clock):
    bench.poll()
    site.edit(max(site.posts), title="Edited meanwhile")
    there = bench.sites
    bench.sites = {}
    clock.advance(minutes=1)
    (polled,) = bench.poll()
    assert (polled.ok, polled.reason) == (False, "connect")
    assert bench.one("SELECT failures FROM endpoints") == 1
    bench.sites = there
    bench.poll()
    assert bench.one("SELECT failures FROM endpoints") == 0
    assert [change["fields"] for change in bench.changes()] == [["title"]]


def test_a_first_poll_without_network_is_told_in_status_and_made_good_later(bench, site):
    there = bench.sites
    bench.sites = {}
    (polled,) = bench.poll()
    assert not polled.ok
    assert bench.rows("SELECT state, failures FROM sources") == [{"state": "active", "failures": 1}]
    assert bench.one("SELECT last_error FROM sources")
    bench.sites = there
    bench.poll()
    assert bench.rows("SELECT state, last_error FROM sources") == [{"state": "active", "last_error": None}]


def test_a_page_that_is_neither_says_what_was_tried(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - url: https://example.org/about/")
    site.fail("*", Fault(status=200, body=b"<html><title>A page</title></html>"), times=None)
    (polled,) = bench.poll()
    assert not polled.ok
    for step in ("as a feed", "/wp-json/", "rest_route", "/feed/"):
        assert step in polled.error


@pytest.mark.parametrize("path", ["/feed/", "/?feed=rss2"])
def test_a_site_and_its_feed_as_two_entries_are_one_source(tmp_path, clock, path):
    site = Site(url="https://example.org", clock=clock)
    for number in range(15):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text {number}.</p>")
    clock.advance(hours=1)
    bench = Bench(
        tmp_path,
        clock,
        {"example.org": site},
        f"  - url: https://example.org/\n  - {{name: again, url: 'https://example.org{path}'}}",
    )
    outcomes = bench.poll()
    assert [polled.duplicate_of for polled in outcomes] == [None, "example.org"]
    assert bench.rows("SELECT name, state FROM sources") == [
        {"name": "example.org", "state": "active"},
        {"name": "again", "state": "duplicate"},
    ]
    assert bench.one("SELECT count(*) FROM posts") == 15
    site.publish("Sixteen", "<p>Once.</p>")
    clock.advance(minutes=1)
    bench.poll()
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 16
    assert len(bench.changes()) == 1


def test_posts_seen_by_rest_and_by_the_feed_are_one_post_with_one_history(tmp_path, clock):
    site = Site(url="https://example.org", clock=clock)
    for number in range(12):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text {number}.</p><!-- x -->")
    clock.advance(hours=1)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - url: https://example.org/")
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 12
    assert bench.one("SELECT count(*) FROM revisions") == 12
    assert bench.one("SELECT count(*) FROM sightings") == 22
    kinds = bench.rows("SELECT DISTINCT kind FROM post_keys ORDER BY kind")
    assert [row["kind"] for row in kinds] == ["guid", "link", "wp-id"]


def test_the_number_in_a_guid_is_not_taken_for_an_id(tmp_path, clock):
    site = Site(url="https://example.org", clock=clock)
    here = site.publish("Post 1 here", "<p>Here.</p>")
    clock.advance(hours=1)
    site.publish("Imported", "<p>From elsewhere.</p>", guid=f"https://old.example.net/?p={here.id}")
    site.publish("Imported too", "<p>From here once.</p>", guid=f"https://example.org/?p={here.id + 100}")
    clock.advance(hours=1)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - url: https://example.org/")
    bench.poll()
    bench.poll(minutes=70)
    assert bench.one("SELECT count(*) FROM posts") == 3
    assert bench.changes() == []
