"""Sweeps: what they find, when they are done, what they cost, and how they go on where they were cut short."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from crawler.poll import sweep as sweeping
from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - {url: 'https://example.org/', every: 15m}"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    return filled(clock, 25)


def filled(clock, posts):
    site = Site(url="https://example.org", clock=clock)
    for number in range(posts):
        clock.advance(minutes=10)
        site.publish(f"Post {number}", f"<p>Text of post {number}, first words.</p>", categories=["News"])
    clock.advance(hours=1)
    return site


@pytest.fixture
def bench(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    return bench


def asked(site):
    """What was asked since the last time."""
    record = [each.path for each in site.requests]
    site.requests.clear()
    return record


def walked(site):
    return [path for path in asked(site) if "_embed=" in path and "orderby=date" in path]


SILENT = {
    "content": ({"content": "<p>Quite other words.</p>"}, 1),
    "title": ({"title": "Another headline"}, 1),
    "categories": ({"categories": ["Tech"]}, 0),
    "slug": ({"slug": "elsewhere"}, 0),
    "author": ({"author": "alice"}, 0),
}


@pytest.mark.parametrize("what", SILENT)
def test_an_edit_that_moves_no_date_is_found_by_a_sweep_once(bench, site, what):
    fields, silent = SILENT[what]
    site.silent_edit(3, **fields)
    for _ in range(3):
        bench.poll(minutes=80)
    assert bench.changes() == []
    assert bench.sweep().changes == 1
    (change,) = bench.changes()
    assert (change["kind"], change["silent"]) == ("edited", silent)
    assert change["fields"] == [{"slug": "link"}.get(what, what)]
    assert len(bench.alerts()) == 1
    for _ in range(2):
        assert bench.sweep(minutes=24 * 60).changes == 0
    assert bench.one("SELECT kind FROM polls ORDER BY id DESC LIMIT 1") == "sweep"


def test_a_post_that_polls_could_not_see_is_published(tmp_path, clock):
    site = filled(clock, 120)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    post = site.publish("Slipped in", "<p>With an old date.</p>", date=clock().replace(year=2019))
    post.modified, post.modified_gmt = post.date, post.date_gmt
    bench.poll(minutes=80)
    assert bench.changes() == []
    bench.sweep()
    assert [(change["kind"], change["title"]) for change in bench.changes()] == [("published", "Slipped in")]


def test_a_sweep_is_done_once_a_period_behind_the_polls(bench, site, clock):
    walked(site)
    swept = []
    for hour in range(72):
        bench.poll(minutes=60)
        if walked(site):
            swept.append(hour)
    assert len(swept) in (2, 3)
    assert all(23 <= later - earlier <= 25 for earlier, later in pairwise(swept))
    assert bench.changes() == []


def test_its_age_is_that_of_its_begin(bench, clock):
    bench.sweep()
    assert bench.one("SELECT last_sweep_at FROM sources") == clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert bench.one("SELECT count(*) FROM coverage_spans WHERE sees = 'silent'") == 1


def test_never_means_never(bench, site):
    bench.write_config("  - {url: 'https://example.org/', sweep: never}")
    walked(site)
    bench.poll(minutes=10 * 24 * 60)
    assert walked(site) == []


def test_robots_txt_is_obeyed_and_is_no_failure_of_the_polls(bench, site):
    site.robots = "User-agent: *\nDisallow: /wp-json/\n"
    site.silent_edit(3, content="<p>Hidden.</p>")
    asked(site)
    polled = bench.sweep()
    assert (polled.ok, polled.error) == (True, None)
    assert "robots.txt" in polled.sweep_error
    assert bench.one("SELECT failures FROM endpoints WHERE kind = 'rest'") == 0
    assert bench.changes() == []
    bench.write_config("  - {url: 'https://example.org/', robots: false}")
    bench.sweep()
    assert len(bench.changes()) == 1


def test_a_sweep_reads_a_hundred_posts_a_request(tmp_path, clock):
    site = filled(clock, 950)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    asked(site)
    bench.sweep()
    assert 10 <= len(walked(site)) <= 11
    assert bench.progress[-1][0] == "example.org"


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(cut=300), Fault(hang=60), Fault(body=b"<html>")], ids=str)
def test_a_sweep_that_is_cut_short_goes_on_where_it_stood(tmp_path, clock, fault):
    site = filled(clock, 350)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    oldest, newest = min(site.posts), max(site.posts)
    site.silent_edit(oldest, content="<p>The oldest was altered.</p>")
    site.silent_edit(newest, content="<p>The newest was altered.</p>")
    site.trash(oldest + 1)
    site.fail("*before=*_embed*", fault, times=None)
    polled = bench.sweep()
    assert polled.ok
    assert polled.sweep_error
    assert [change["title"] for change in bench.changes()] == [site.posts[newest].title]
    assert bench.rows("SELECT * FROM suspects") == []
    assert bench.one("SELECT last_sweep_at FROM sources") is None
    site.heal()
    site.requests.clear()
    bench.poll(minutes=60)
    assert len(walked(site)) == 3
    assert bench.rows("SELECT failures, last_error FROM walks WHERE kind = 'sweep'") == [
        {"failures": 0, "last_error": None}
    ]
    assert len(bench.changes()) == 2
    assert bench.one("SELECT count(*) FROM suspects") == 1
    assert bench.one("SELECT last_sweep_at FROM sources") is not None


def test_a_failing_sweep_is_tried_ever_more_rarely_and_polls_go_on(bench, site):
    site.fail("*_embed*orderby=date*", Fault(status=503), times=None)
    site.fail("*orderby=date*_embed*", Fault(status=503), times=None)
    bench.sweep()
    walked(site)
    tries = 0
    for _ in range(48):
        bench.poll(minutes=15)
        tries += bool(walked(site))
    assert 2 <= tries <= 7
    site.edit(3, title="An edit meanwhile")
    bench.poll()
    assert [change["fields"] for change in bench.changes()] == [["title"]]


def test_the_row_of_the_baseline_stays(bench):
    bench.sweep()
    assert bench.rows("SELECT kind, done FROM walks ORDER BY kind") == [
        {"kind": "baseline", "done": 1},
        {"kind": "sweep", "done": 1},
    ]
    assert bench.poll()[0].baseline == 0


def test_slices_are_bounded_by_time_and_the_next_is_due_at_once(tmp_path, clock, monkeypatch):
    site = filled(clock, 1000)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', sweep: 60m}")
    bench.poll()
    answer = site.handle

    def slowly(method, url, headers):
        clock.advance(seconds=20)
        return answer(method, url, headers)

    site.handle = slowly
    site.silent_edit(min(site.posts), content="<p>The oldest was altered.</p>")
    site.requests.clear()
    bench.poll(minutes=61)
    first = len(walked(site))
    assert 1 <= first <= 4
    for _ in range(8):
        bench.poll(minutes=1)
    assert len(bench.changes()) == 1
    assert bench.one("SELECT last_sweep_at IS NOT NULL FROM sources")


def test_a_long_sweep_is_spread_over_its_period(tmp_path, clock, monkeypatch):
    monkeypatch.setattr("crawler.schedule.PACED", 5)
    monkeypatch.setattr(sweeping, "BURST", 1)
    site = filled(clock, 2000)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', sweep: 24h}")
    bench.poll()
    bench.poll(minutes=24 * 60 + 30)
    site.requests.clear()
    pages = []
    for _ in range(24):
        bench.poll(minutes=60)
        pages.append(len(walked(site)))
    assert max(pages) <= 3
    assert sum(pages[:10]) >= 5
    assert bench.one("SELECT last_sweep_at IS NOT NULL FROM sources")


# what is missing is looked for early


def test_fewer_posts_than_before_are_searched_for_by_ids_alone(bench, site):
    bench.poll(minutes=75)
    site.delete(3)
    asked(site)
    bench.poll(minutes=75)
    light = [path for path in asked(site) if "_fields=id,date&" in path + "&"]
    assert len(light) == 1
    bench.poll(minutes=11)
    assert [(change["kind"], change["title"]) for change in bench.changes()] == [("deleted", "Post 2")]
    bench.poll(minutes=75)
    assert not [path for path in asked(site) if "_fields=id,date&" in path + "&"]


@pytest.mark.parametrize("published", [1, 3])
def test_a_post_that_is_gone_is_missed_although_others_were_published_meanwhile(bench, site, published):
    """A busy site never has fewer posts than at the last look: every new one causes a look."""
    bench.poll(minutes=75)
    site.delete(3)
    for number in range(published):
        site.publish(f"New {number}", "<p>Published since.</p>")
    bench.poll(minutes=15)
    assert bench.one("SELECT count(*) FROM suspects") == 1
    asked(site)
    bench.poll(minutes=75)
    assert [change["kind"] for change in bench.changes() if change["kind"] != "published"] == ["deleted"]
    bench.poll(minutes=75)
    assert not [path for path in asked(site) if "_fields=id,date&" in path + "&"]


def test_a_search_that_fails_is_made_again(bench, site):
    bench.poll(minutes=75)
    site.delete(3)
    site.fail("*_fields=id,date", Fault(status=500), times=None)
    bench.poll(minutes=75)
    assert bench.rows("SELECT * FROM suspects") == []
    asked(site)
    bench.poll(minutes=1)
    assert not [path for path in asked(site) if "_fields=id,date&" in path + "&"]
    site.heal()
    bench.poll(minutes=60)
    bench.poll(minutes=11)
    assert [change["kind"] for change in bench.changes()] == ["deleted"]


def test_a_search_of_one_collection_says_nothing_of_the_others(tmp_path, clock, site):
    for number in range(3):
        site.publish(f"Page {number}", "<p>A page.</p>", type="page")
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', types: [posts, pages]}")
    bench.poll()
    bench.poll(minutes=75)
    site.delete(3)
    asked(site)
    bench.poll(minutes=75)
    assert bench.rows("SELECT p.title FROM suspects x JOIN posts p ON p.id = x.post_id") == [{"title": "Post 2"}]
    assert [path.partition("?")[0] for path in asked(site) if "/pages/" in path] == ["/wp-json/wp/v2/pages/3"]


def test_a_search_waits_where_it_is_not_welcome(bench, site):
    bench.poll(minutes=75)
    site.delete(3)
    site.robots = "User-agent: *\nDisallow: /wp-json/\n"
    asked(site)
    for _ in range(4):
        bench.poll(minutes=75)
    bench.poll(minutes=1)
    assert not [path for path in asked(site) if "_fields=id,date&" in path + "&"]
    assert bench.rows("SELECT * FROM suspects") == []


def test_a_clock_that_was_ahead_holds_no_sweep_back(bench, site, clock):
    bench.sweep(minutes=30 * 24 * 60)
    clock.advance(minutes=-20 * 24 * 60)
    site.silent_edit(3, content="<p>Quite other words.</p>")
    bench.poll()
    assert [change["kind"] for change in bench.changes()] == ["edited"]


def test_a_search_that_misses_very_many_begins_a_sweep(bench, site):
    bench.poll(minutes=75)
    for number in range(1, 10):
        site.delete(number)
    bench.poll(minutes=75)
    assert bench.one("SELECT count(*) FROM walks WHERE kind = 'sweep'") == 1
    bench.poll(minutes=15)
    assert bench.one("SELECT state FROM sources") == "suspect"
    assert bench.changes() == []


# contradictions


def test_a_walk_that_shows_fewer_posts_than_the_site_says_it_has_is_no_evidence(tmp_path, clock):
    site = filled(clock, 250)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    answer = site.handle

    def short(method, url, headers):
        if "before=" not in url or "_embed" not in url:
            return answer(method, url, headers)
        hidden = {number: site.posts.pop(number) for number in list(site.posts)[:60]}
        try:
            return answer(method, url, headers)
        finally:
            site.posts.update(hidden)

    site.handle = short
    polled = bench.sweep()
    assert "250 posts, and showed 190" in polled.sweep_error
    assert bench.rows("SELECT * FROM suspects") == []
    asked(site)
    for _ in range(3):
        bench.poll(minutes=60)
    assert walked(site) == []
    site.handle = answer
    bench.poll(minutes=25 * 60)
    assert bench.one("SELECT last_sweep_at IS NOT NULL FROM sources")
    assert bench.changes() == []


def test_an_empty_list_is_no_removal(bench, site):
    hidden = dict(site.posts)
    site.posts.clear()
    for _ in range(5):
        bench.sweep(minutes=60)
    assert bench.rows("SELECT * FROM suspects") == []
    site.posts.update(hidden)
    bench.sweep(minutes=24 * 60)
    assert bench.changes() == []


def test_a_collection_whose_first_reading_is_stuck_misses_nothing(bench, site, clock):
    """Pages are watched from now on, and the server cannot give all of them."""
    for number in range(120):
        clock.advance(minutes=1)
        site.publish(f"Page {number}", "<p>A page.</p>", type="page")
    site.fail("*/pages*before=*", Fault(status=503), times=None)
    bench.write_config("  - {url: 'https://example.org/', types: [posts, pages]}")
    site.silent_edit(3, content="<p>Quite other words.</p>")
    for _ in range(2):
        bench.poll(minutes=25 * 60)
        bench.poll(minutes=60)
    assert bench.one("SELECT count(*) FROM posts WHERE type = 'page'") == 100
    assert bench.one("SELECT last_sweep_at IS NOT NULL FROM sources")
    assert [change["kind"] for change in bench.changes()] == ["edited"]
    assert bench.rows("SELECT * FROM suspects") == bench.rows("SELECT * FROM notices WHERE kind = 'suspect'") == []
    assert bench.one("SELECT state FROM sources") == "active"


def test_a_collection_that_is_closed_for_good_does_not_keep_the_others_from_their_sweep(tmp_path, clock, site):
    """A custom type whose plugin was removed, for example."""
    site.publish("Page", "<p>A page.</p>", type="page")
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', types: [posts, pages]}")
    bench.poll()
    site.fail("*/wp/v2/pages*", Fault(status=403), times=None)
    site.silent_edit(3, content="<p>Quite other words.</p>")
    site.trash(4)
    site.delete(5)
    for _ in range(3):
        bench.poll(minutes=61)
    for _ in range(2):
        bench.poll(minutes=24 * 60)
        bench.poll(minutes=11)
    # A deleted one may have become a page: nobody can say.
    kinds = [(each["kind"], each["title"]) for each in bench.changes()]
    assert kinds == [("edited", "Post 2"), ("unpublished", "Post 3")]
    assert bench.sweep().sweep_error is not None
    span = "SELECT end_reason FROM coverage_spans WHERE sees = 'silent' ORDER BY id DESC LIMIT 1"
    assert bench.rows(span) in ([], [{"end_reason": "failing"}])
    site.heal()
    for _ in range(3):
        bench.sweep(minutes=24 * 60)
    assert [(each["kind"], each["title"]) for each in bench.changes()] == [*kinds, ("deleted", "Post 4")]
    assert bench.one("SELECT count(*) FROM walks WHERE done = 0") == 0


def test_nothing_waits_for_a_collection_that_was_closed_in_the_midst_of_a_sweep(tmp_path, clock, site):
    site.publish("Page", "<p>A page.</p>", type="page")
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', types: [posts, pages]}")
    bench.poll()
    site.fail("*/wp/v2/pages*orderby=date*_embed=*", Fault(status=403), times=None)
    assert bench.poll(minutes=25 * 60)[0].sweep_error is not None
    assert bench.one("SELECT count(*) FROM walks WHERE kind = 'sweep' AND done = 0") == 1
    site.fail("*/wp/v2/pages*", Fault(status=403), times=None)
    for _ in range(4):
        bench.poll(minutes=61)
    assert bench.one("SELECT last_sweep_at IS NOT NULL FROM sources")
    assert bench.one("SELECT count(*) FROM walks WHERE done = 0") == 0


def test_posts_that_cannot_be_read_are_not_gone(bench, site):
    """A third of the archive is damaged in the list; each is there when it is asked for."""
    answer = site.handle

    def damaged(method, url, headers):
        right, fault = answer(method, url, headers)
        if "orderby=date" not in url or "_embed" not in url:
            return right, fault
        records = json.loads(right.body)
        for record in records[:8]:
            record["title"] = 17
        return right._replace(body=json.dumps(records).encode()), fault

    site.handle, site.gzip = damaged, False
    bench.sweep()
    assert bench.one("SELECT unread FROM walks WHERE kind = 'sweep'") == 8
    assert bench.one("SELECT state FROM sources") == "active"
    bench.poll(minutes=30)
    assert bench.changes() == []
    assert bench.rows("SELECT * FROM suspects") == []
