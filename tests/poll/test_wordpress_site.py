"""Polls of a WordPress-like site: what becomes a Change, what does not, and what it costs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - url: https://example.org/"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    site = Site(url="https://example.org", clock=clock)
    for number in range(25):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text of post {number}, first words.</p>", categories=["News"])
    clock.advance(hours=1)
    return site


@pytest.fixture
def bench(tmp_path, clock, site):
    return Bench(tmp_path, clock, {"example.org": site}, SOURCE)


def archive(clock, posts):
    """A site with so many posts, a minute apart."""
    site = Site(url="https://example.org", clock=clock)
    for number in range(posts):
        clock.advance(minutes=1)
        site.publish(f"Post {number}", f"<p>Text of post {number}, first words.</p>")
    clock.advance(hours=4)
    return site


def asked(site):
    """What was asked since the last time, with statuses."""
    record = [(each.status, each.path) for each in site.requests]
    site.requests.clear()
    return record


def test_a_baseline_reads_everything_and_changes_nothing(bench, site):
    (polled,) = bench.poll()
    assert (polled.ok, polled.baseline, polled.changes) == (True, 25, 0)
    assert bench.one("SELECT count(*) FROM posts") == 25
    assert bench.one("SELECT count(*) FROM revisions WHERE cause = 'baseline'") == 25
    assert bench.changes() == []
    assert bench.one("SELECT baseline_at IS NOT NULL FROM sources")
    assert bench.progress == [("example.org", 25, 25)]


def test_a_quiet_poll_is_one_request_without_a_body(bench, site):
    bench.poll()
    asked(site)
    (polled,) = bench.poll()
    assert polled.requests == 1
    assert asked(site) == [(304, "/feed/")]
    assert bench.changes() == []


def test_rest_is_looked_at_every_hour_even_when_the_feed_is_quiet(bench, site):
    bench.poll()
    bench.poll()
    asked(site)
    bench.poll(minutes=75)
    assert [status for status, _ in asked(site)] == [304, 200, 200]


EDITS = {
    "title": (lambda site, post: site.edit(post.id, title="Another headline"), ["title"]),
    "content": (lambda site, post: site.edit(post.id, content="<p>Quite other words.</p>"), ["content"]),
    "both": (lambda site, post: site.edit(post.id, title="X", content="<p>Y.</p>"), ["title", "content"]),
    "slug": (lambda site, post: site.edit(post.id, slug="elsewhere"), ["link"]),
    "categories": (lambda site, post: site.edit(post.id, categories=["Tech"]), ["categories"]),
    "tags": (lambda site, post: site.edit(post.id, tags=["budget"]), ["tags"]),
    "author": (lambda site, post: site.edit(post.id, author="alice"), ["author"]),
}


@pytest.mark.parametrize("which", [0, 24], ids=["far outside the feed", "in the feed"])
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_exactly_one_change_and_never_again(bench, site, clock, edit, which):
    bench.poll()
    post = sorted(site.posts.values(), key=lambda each: each.id)[which]
    clock.advance(minutes=5)
    do, fields = EDITS[edit]
    do(site, post)
    clock.advance(minutes=1)
    (polled,) = bench.poll()
    assert polled.changes == 1
    (change,) = bench.changes()
    assert (change["kind"], change["fields"], change["silent"]) == ("edited", fields, 0)
    for _ in range(3):
        bench.poll(minutes=40)
    assert len(bench.changes()) == 1
    assert len(bench.alerts()) == 1


def test_a_new_post_is_published_once(bench, site, clock):
    bench.poll()
    site.publish("News of today", "<p>Something happened.</p>")
    bench.poll()
    (change,) = bench.changes()
    assert (change["kind"], change["title"], change["silent"], change["noted"]) == (
        "published",
        "News of today",
        None,
        None,
    )
    (alert,) = bench.alerts()
    assert alert["type"] == "post.published"
    assert alert["data"]["revision"]["old"] is None
    bench.poll(minutes=90)
    assert len(bench.changes()) == 1


def test_a_new_post_dated_years_back_is_published(bench, site, clock):
    bench.poll()
    site.publish("From the archive", "<p>Old.</p>", date=datetime(2019, 5, 1, 12, 0))  # noqa: DTZ001 (site-local)
    bench.poll()
    (change,) = bench.changes()
    assert (change["kind"], change["published_at"]) == ("published", "2019-05-01T12:00:00Z")


def test_an_edit_while_the_baseline_is_read_is_found_by_the_poll_behind_it(bench, site, clock):
    post = site.posts[min(site.posts)]
    original = site.handle

    def edit_then(method, url, headers):
        answer = original(method, url, headers)
        if "per_page=100" in url and "orderby=date" in url and "_embed" in url:
            site.handle = original
            site.edit(post.id, content="<p>Edited behind the walk's back.</p>")
        return answer

    site.handle = edit_then
    bench.poll()
    (change,) = bench.changes()
    assert (change["kind"], change["fields"]) == ("edited", ["content"])


@pytest.mark.parametrize("hours", [0, -1, 1])
def test_two_saves_within_one_second_are_both_seen(bench, site, clock, hours):
    """Also where the server's clock is slow or fast."""
    site.clock = lambda: clock() + timedelta(hours=hours)
    bench.poll()
    post = site.posts[max(site.posts)]
    site.edit(post.id, content="<p>First save.</p>")
    bench.poll(minutes=0)
    site.edit(post.id, content="<p>Second save.</p>")
    bench.poll(minutes=15)
    assert [change["summary"] for change in bench.changes()] != []
    assert bench.one("SELECT content FROM current_posts WHERE id = ?", bench.changes()[-1]["post_id"]) == "Second save."
    assert len(bench.changes()) == 2
    asked(site)
    bench.poll(minutes=75)
    assert not [path for _, path in asked(site) if "include=" in path]


def test_a_slow_clock_of_the_server_hides_no_edit_made_during_the_baseline(tmp_path, clock):
    site = archive(clock, 230)
    site.clock = lambda: clock() - timedelta(hours=3)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    answer, walked = site.handle, []

    def edit_then(method, url, headers):
        walked.extend([url] if "_embed" in url and "orderby=date" in url else [])
        if len(walked) == 3:
            site.handle = answer
            # Read with the second page, and none of the newest hundred.
            site.edit(110, content="<p>Edited behind the walk's back.</p>")
        return answer(method, url, headers)

    site.handle = edit_then
    bench.poll()
    assert [change["fields"] for change in bench.changes()] == [["content"]]


def test_an_edit_that_cannot_be_read_for_hours_is_told_in_the_end_but_not_waited_for_for_ever(tmp_path, clock):
    site = archive(clock, 130)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', sweep: never}")
    bench.poll()
    site.edit(5, title="Edited")
    site.fail("*include=5&*", Fault(status=500), times=None)
    for _ in range(6):
        bench.poll(minutes=60)
    site.heal()
    bench.poll(minutes=60)
    assert [change["fields"] for change in bench.changes()] == [["title"]]
    site.edit(6, title="Edited")
    site.fail("*include=6&*", Fault(status=500), times=None)
    for _ in range(9):
        bench.poll(minutes=24 * 60)
    assert bench.one("SELECT watermark FROM endpoints WHERE kind = 'rest'") == clock().strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_page_that_fails_for_a_moment_costs_no_post(bench, site):
    site.fail("*orderby=date*_embed*", Fault(status=500), times=5)
    assert bench.poll()[0].baseline == 25
    assert bench.one("SELECT count(*) FROM posts") == 25


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, body=b"<h1>Error</h1>"),
        Fault(status=200, body=b"<html>Maintenance</html>"),
        Fault(cut=300),
        Fault(hang=True),
    ],
    ids=["500", "a page", "cut", "hang"],
)
@pytest.mark.parametrize("where", ["*modified_after*", "*include=*", "*orderby=date*"])
def test_trouble_with_rest_changes_nothing_and_loses_nothing(bench, site, clock, fault, where):
    bench.poll()
    site.edit(max(site.posts), title="A headline nobody may miss")
    clock.advance(minutes=1)
    before = bench.rows("SELECT etag, watermark FROM endpoints")
    site.fail(where, fault, times=None)
    (polled,) = bench.poll()
    named = bench.one("SELECT count(*) FROM polls WHERE error IS NOT NULL")
    assert polled.error is not None or named == 1
    assert bench.changes() == []
    after = bench.rows("SELECT etag, watermark FROM endpoints")
    assert [row["etag"] for row in after] == [row["etag"] for row in before]
    assert after[0]["watermark"] == before[0]["watermark"]
    site.heal()
    bench.poll(minutes=61)
    (change,) = bench.changes()
    assert change["fields"] == ["title"]


def test_a_password_put_on_a_post_is_protected_and_no_edit(bench, site, clock):
    bench.poll()
    site.protect(max(site.posts))
    clock.advance(minutes=1)
    bench.poll()
    (change,) = bench.changes()
    assert (change["kind"], change["fields"], change["new_revision"]) == ("protected", [], None)
    assert bench.one("SELECT state FROM posts WHERE wp_id = ?", max(site.posts)) == "protected"
    bench.poll(minutes=90)
    assert len(bench.changes()) == 1


def test_a_post_that_gets_a_password_and_another_title_is_called_so(bench, site, clock):
    bench.poll()
    post = max(site.posts)
    site.edit(post, title="Another title", slug="another-place")
    site.protect(post)
    clock.advance(minutes=1)
    bench.poll()
    (change,) = bench.changes()
    assert (change["kind"], change["fields"]) == ("protected", ["title", "link"])
    (row,) = bench.rows("SELECT title, link FROM posts WHERE wp_id = ?", post)
    assert row["title"] == "Another title"
    assert "another-place" in row["link"]


def test_a_text_edited_behind_a_password_is_told_although_the_title_was_edited_there_too(bench, site, clock):
    bench.poll()
    post = max(site.posts)
    site.protect(post)
    bench.poll(minutes=61)
    site.edit(post, title="Another title", content="<p>Quite other words behind the password.</p>")
    clock.advance(minutes=1)
    bench.poll(minutes=61)
    site.protect(post, "")
    clock.advance(minutes=1)
    bench.poll(minutes=61)
    told = [(change["kind"], change["fields"]) for change in bench.changes()]
    assert told == [("protected", []), ("edited", ["title"]), ("restored", ["content"])]
    assert "behind the password" in bench.changes()[-1]["diff"]


def test_an_empty_list_from_a_site_that_had_posts_is_a_failed_poll(bench, site, clock):
    bench.poll()
    site.edit(max(site.posts), title="New")
    clock.advance(minutes=1)
    site.fail("*modified_after*", Fault(body=b"[]"), times=None)
    site.fail("*orderby=date*", Fault(body=b"[]"), times=None)
    (polled,) = bench.poll()
    assert polled.reason == "not_data"
    assert bench.one("SELECT count(*) FROM posts WHERE state = 'public'") == 25


def test_a_baseline_stopped_half_way_goes_on_where_it_stood(tmp_path, clock):
    site = Site(url="https://example.org", clock=clock)
    for number in range(330):
        if number % 50:
            clock.advance(minutes=number % 3)
        site.publish(f"Post {number}", f"<p>Text {number}.</p>")
    clock.advance(hours=1)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    site.fail("*before=*", Fault(status=500, body=b""), times=None)
    (polled,) = bench.poll()
    assert not polled.ok
    assert bench.one("SELECT count(*) FROM posts") == 100
    site.heal()
    first = len(site.requests)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 330
    assert bench.one("SELECT count(*) FROM revisions") == 330
    assert bench.changes() == []
    walk_requests = [each.path for each in site.requests[first:] if "_embed" in each.path]
    assert all("before=" in path for path in walk_requests)


def test_posts_that_share_one_second_by_the_hundred_are_all_read(tmp_path, clock):
    site = Site(url="https://example.org", clock=clock)
    for number in range(250):
        site.publish(f"Imported {number}", f"<p>Text {number}.</p>")
    clock.advance(hours=1)
    for number in range(30):
        clock.advance(minutes=1)
        site.publish(f"Later {number}", f"<p>Text {number}.</p>")
    clock.advance(hours=1)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 280
    assert bench.one("SELECT count(DISTINCT wp_id) FROM posts") == 280
    bench.poll(minutes=70)
    assert bench.changes() == []


@pytest.mark.parametrize(("limit", "read"), [("10", 10), ("12h", 11)])
def test_a_limited_baseline_reads_the_newest_and_adopts_older_ones_quietly(bench, site, clock, limit, read):
    bench.write_config(SOURCE + f"\n    baseline: {limit}")
    bench.poll()
    assert bench.one("SELECT count(*) FROM revisions WHERE number = 1 AND cause = 'baseline'") == read
    site.edit(min(site.posts), title="An old post, edited")
    site.publish("A new one", "<p>Now.</p>")
    clock.advance(minutes=1)
    bench.poll()
    assert [(change["kind"], change["title"]) for change in bench.changes()] == [("published", "A new one")]


def test_robots_that_forbid_it_stop_the_baseline_and_say_how_to_go_on(bench, site):
    site.fail("/robots.txt", Fault(body=b"User-agent: *\nDisallow: /wp-json/\n"), times=None)
    (polled,) = bench.poll()
    assert (polled.ok, polled.reason) == (False, "robots")
    assert "robots: false" in polled.error
    bench.write_config(SOURCE + "\n    robots: false")
    (polled,) = bench.poll()
    assert polled.baseline == 25


def test_one_post_that_breaks_its_page_is_named_and_the_others_are_read(bench, site, clock):
    original = site.handle
    bad = sorted(site.posts)[7]

    def broken(method, url, headers):
        answer, fault = original(method, url, {})
        if "_embed" in url and f'"id":{bad},'.encode() in answer.body:
            return answer._replace(status=500, body=b"<h1>Allowed memory size exhausted</h1>"), fault
        return answer, fault

    site.handle = broken
    (polled,) = bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 24
    assert "the post after" in bench.one("SELECT error FROM polls WHERE kind = 'baseline'")
    assert polled.ok


def test_the_alert_says_when_the_old_text_was_last_there(bench, site, clock):
    bench.poll()
    bench.poll()
    seen = clock.now
    clock.advance(minutes=5)
    site.edit(max(site.posts), content="<p>Changed.</p>")
    clock.advance(minutes=1)
    bench.poll()
    (change,) = bench.changes()
    assert change["old_seen_at"] == f"{seen:%Y-%m-%dT%H:%M:%SZ}"


def test_a_change_found_again_after_a_restored_store_has_the_same_id(bench, site, clock, tmp_path):
    bench.poll()
    store = tmp_path / "crawler.db"
    copy = store.read_bytes()
    site.edit(max(site.posts), title="Twice found")
    clock.advance(minutes=1)
    bench.poll()
    first = bench.changes()
    for leftover in tmp_path.glob("crawler.db*"):
        leftover.unlink()
    store.write_bytes(copy)
    bench.poll()
    assert [change["id"] for change in bench.changes()] == [change["id"] for change in first]
    assert bench.changes()[0]["detected_at"] != first[0]["detected_at"]


def test_times_of_the_store_are_utc_text(bench, site):
    bench.poll()
    for table, column in (("posts", "published_at"), ("revisions", "observed_at"), ("endpoints", "next_poll_at")):
        for row in bench.rows(f"SELECT {column} AS at FROM {table} WHERE {column} IS NOT NULL"):
            assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["at"])


def test_a_date_in_the_future_from_the_server_never_hides_an_edit(tmp_path, clock):
    site = archive(clock, 130)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    original = site.handle

    def ahead(method, url, headers):
        answer, fault = original(method, url, headers)
        wrong = [
            ("Date", "Fri, 01 Jan 2099 00:00:00 GMT") if name == "Date" else (name, value)
            for name, value in answer.headers
        ]
        return answer._replace(headers=wrong), fault

    site.handle = ahead
    bench.poll(minutes=70)
    # An old one: the newest are listed whatever the watermark says.
    site.edit(min(site.posts), title="Still seen")
    clock.advance(minutes=1)
    bench.poll(minutes=70)
    assert [change["fields"] for change in bench.changes()] == [["title"]]


def test_a_baseline_that_fails_makes_the_whole_source_wait(bench, site, clock):
    site.fail("*_embed*", Fault(status=500, body=b""), times=None)
    bench.poll()
    assert bench.rows("SELECT state, failures FROM sources") == [{"state": "active", "failures": 1}]
    wait = bench.one("SELECT next_try_at FROM sources")
    assert wait > f"{clock.now:%Y-%m-%dT%H:%M:%SZ}"
    site.heal()
    bench.poll()
    assert bench.rows("SELECT state, next_try_at FROM sources") == [{"state": "active", "next_try_at": None}]


def test_what_was_wrong_with_single_posts_stands_in_its_own_row_of_polls(bench, site, clock):
    bench.poll()
    original = site.handle

    def damaged(method, url, headers):
        answer, fault = original(method, url, {})
        return answer._replace(body=answer.body.replace(b'"id":25,"date', b'"id":"x","date')), fault

    site.handle = damaged
    for minutes in (70, 70):
        site.edit(25, title=f"Unreadable {minutes} {clock.now}")
        bench.poll(minutes=minutes)
    errors = bench.rows("SELECT error, repeats FROM polls WHERE error IS NOT NULL")
    assert [row["repeats"] for row in errors] == [1, 1]
    assert bench.changes() == []
    site.handle = original
    bench.poll(minutes=70)
    assert [change["fields"] for change in bench.changes()] == [["title"]]
