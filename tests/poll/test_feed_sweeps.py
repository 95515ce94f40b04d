"""The scheduled sweep of a site that only has a feed: all of it is read again, whatever the feed says by a 304."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - {url: 'https://example.org/feed/', confirm: 20m}"
DAY = 60 * 24


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    """A WordPress with 30 posts and a closed API."""
    site = Site(url="https://example.org", clock=clock, rest=False)
    for number in range(30):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text of post {number}.</p>")
    clock.advance(hours=1)
    return site


@pytest.fixture
def bench(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    bench.poll()
    site.requests.clear()
    return bench


def told(bench):
    return sorted((each["kind"], each["title"]) for each in bench.changes())


def asked(site):
    return [(each.path, each.status) for each in site.requests if each.path != "/robots.txt"]


def silent(bench):
    """When silent edits were seen: minutes from the first reading, and why not later."""
    rows = bench.rows(
        """
        SELECT round((julianday(c.from_at) - julianday(s.baseline_at)) * 1440) AS since,
               round((julianday(c.to_at) - julianday(s.baseline_at)) * 1440) AS until, end_reason
          FROM coverage_spans c JOIN sources s ON s.id = c.source_id WHERE sees = 'silent' ORDER BY from_at
        """
    )
    return [tuple(row.values()) for row in rows]


def test_what_no_date_tells_is_found_wherever_it_stands(bench, site):
    site.silent_edit(29, title="Edited in the window")
    site.silent_edit(3, content="<p>Edited far behind it.</p>")
    site.delete(25)
    site.delete(10)
    for _ in range(3):
        bench.poll(minutes=60)
    assert told(bench) == []
    assert asked(site) == [("/feed/", 304)] * 3
    bench.poll(minutes=DAY)
    assert told(bench) == [("edited", "Edited in the window"), ("edited", "Post 2")]
    bench.poll(minutes=30)
    assert [each for each in told(bench) if each[0] == "deleted"] == [("deleted", "Post 24"), ("deleted", "Post 9")]


def test_what_slid_through_the_window_between_two_looks_is_published_by_the_sweep(bench, site, clock):
    clock.advance(hours=23)
    for number in range(15):
        site.publish(f"News {number}", "<p>News.</p>")
        clock.advance(minutes=1)
    site.publish("From the archive", "<p>Old.</p>", date=clock() - timedelta(days=400))
    bench.poll(minutes=60)
    bench.poll(minutes=60)
    assert told(bench) == sorted(("published", f"News {number}") for number in range(15))
    assert bench.one("SELECT count(*) FROM posts") == 46


def test_it_costs_one_request_a_page_once_a_period(bench, site):
    for _ in range(4):
        bench.poll(minutes=DAY / 2)
    pages = [("/feed/", 200), ("/feed/?paged=2", 200), ("/feed/?paged=3", 200), ("/feed/?paged=4", 404)]
    assert asked(site) == [("/feed/", 304), *pages] * 2
    assert told(bench) == []
    assert bench.one("SELECT count(*) FROM revisions") == 30


def test_coverage_of_silent_edits_ends_with_the_last_sweep(bench):
    assert silent(bench) == [(0, 0, None)]
    bench.poll(minutes=60)
    assert silent(bench) == [(0, 0, None)]
    bench.poll(minutes=DAY)
    bench.poll(minutes=60)
    assert silent(bench) == [(0, DAY + 75, None)]
    assert bench.one("SELECT last_sweep_at FROM sources") is not None


def test_never_is_never(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', sweep: never}")
    bench.poll()
    site.silent_edit(29, title="Edited in the window")
    for _ in range(3):
        bench.poll(minutes=DAY * 3)
    assert told(bench) == []
    bench.sweep()
    assert told(bench) == [("edited", "Edited in the window")]


@pytest.mark.parametrize("at", ["/feed/", "/feed/?paged=3"])
def test_one_that_fails_goes_on_where_it_stood(bench, site, at):
    site.silent_edit(3, title="Edited on the last page")
    site.fail(at, Fault(status=503), times=1)
    bench.poll(minutes=DAY)
    assert told(bench) == []
    bench.poll(minutes=60)
    assert told(bench) == [("edited", "Edited on the last page")]
    assert asked(site).count(("/feed/?paged=2", 200)) == 1
    assert bench.rows("SELECT * FROM suspects") == []
    assert silent(bench)[-1][2] is None


def test_pages_that_are_not_to_be_had_any_more_make_nobody_a_suspect(bench, site):
    site.fail("/feed/?paged=*", Fault(status=403), times=None)
    site.silent_edit(29, title="Edited in the window")
    for _ in range(6):
        bench.poll(minutes=DAY)
    assert told(bench) == [("edited", "Edited in the window")]
    assert bench.rows("SELECT * FROM suspects") == []


def test_a_site_that_shows_the_same_page_for_ever_is_asked_for_one(bench, site):
    site.fail("/feed/?paged=*", Fault(body=site.respond("GET", "/feed/").body), times=None)
    site.requests.clear()
    bench.poll(minutes=DAY)
    assert [path for path, _ in asked(site)] == ["/feed/", "/feed/?paged=2"]
    assert bench.rows("SELECT * FROM suspects") == []


def test_what_a_limited_baseline_left_out_stays_out(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE[:-1] + ", baseline: 15}")
    bench.poll()
    for _ in range(2):
        bench.poll(minutes=DAY)
    assert bench.one("SELECT count(*) FROM posts") == 20
    assert told(bench) == []


def test_robots_txt_keeps_it_to_the_window(bench, site):
    site.robots = "User-agent: *\nDisallow: /feed/?paged"
    site.silent_edit(29, title="Edited in the window")
    bench.poll(minutes=DAY)
    assert told(bench) == [("edited", "Edited in the window")]
    assert asked(site) == [("/feed/", 200)]
    assert bench.rows("SELECT * FROM suspects") == []


def test_a_plain_feed_is_read_whole_in_one_request(tmp_path, clock):
    site = Site(url="https://example.org", clock=clock, kind="feed", feed_path="/news.xml")
    for number in range(5):
        site.publish(f"Post {number}", "<p>Text.</p>")
        clock.advance(hours=1)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - url: https://example.org/news.xml")
    bench.poll()
    site.requests.clear()
    bench.poll(minutes=60)
    bench.poll(minutes=DAY)
    assert [each.status for each in site.requests] == [304, 200]
    assert silent(bench) == [(0, DAY + 60, None)]


def test_one_under_way_ends_when_rest_opens(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - url: https://example.org/")
    bench.poll()
    bench.poll()
    site.fail("/feed/?paged=3", Fault(status=503), times=None)
    bench.poll(minutes=DAY)
    site.rest = True
    site.silent_edit(3, title="Edited on the last page")
    for _ in range(3):
        bench.poll(minutes=DAY)
    assert bench.one("SELECT kind FROM sources") == "wordpress"
    bench.sweep()
    assert bench.one("SELECT count(*) FROM walks WHERE kind = 'sweep' AND NOT done") == 0
