"""Sites, and caches before them, that contradict themselves: nothing false is told and nothing is lost."""

from __future__ import annotations

import json
import re

import pytest

from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - url: https://example.org/"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    site = Site(url="https://example.org", clock=clock, gzip=False)
    for number in range(230):
        clock.advance(minutes=10)
        site.publish(f"Post {number}", f"<p>Text of post {number}.</p>")
    clock.advance(hours=3)
    return site


@pytest.fixture
def bench(tmp_path, clock, site):
    return Bench(tmp_path, clock, {"example.org": site}, SOURCE)


def through(site, change):
    """Have each answer go through `change(path, answer)`; returns what takes that back."""
    original = site.handle

    def handle(method, url, headers):
        answer, fault = original(method, url, headers)
        return change(url, answer), fault

    site.handle = handle

    def honest():
        site.handle = original

    return honest


def without_total(url, answer):
    return answer._replace(headers=[(name, value) for name, value in answer.headers if name != "X-WP-Total"])


def with_total(total):
    def change(url, answer):
        plain = without_total(url, answer)
        return plain._replace(headers=[*plain.headers, ("X-WP-Total", total)])

    return change


def capped(url, answer):
    """A server that gives 20 posts a page whatever is asked for."""
    return answer if "per_page" not in url else _cut(url, answer)


def _cut(url, answer):
    records = json.loads(answer.body)
    return answer._replace(body=json.dumps(records[:20]).encode())


@pytest.mark.parametrize(
    "change",
    [without_total, with_total("100"), with_total("99999999999999999999"), with_total("many")],
    ids=["none", "always 100", "huge", "no number"],
)
def test_an_archive_is_read_whole_whatever_the_total_says(bench, site, clock, change):
    through(site, change)
    for _ in range(4):
        bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 230
    assert bench.one("SELECT baseline_at IS NOT NULL FROM sources")
    assert bench.changes() == []
    for post in list(site.posts)[:150]:
        site.edit(post, title=f"Edited {post}")
    clock.advance(minutes=1)
    bench.poll()
    assert [change["kind"] for change in bench.changes()] == ["edited"] * 150


def test_a_site_that_ignores_offset_ends_no_walk_and_no_walk_asks_for_ever(tmp_path, clock):
    """More posts of one second than a page holds: what comes behind them cannot be told from what comes again."""
    site = Site(url="https://example.org", clock=clock)
    for number in range(250):
        site.publish(f"Imported {number}", f"<p>Text {number}.</p>")
    clock.advance(hours=1)
    original = site.handle
    site.handle = lambda method, url, headers: original(method, re.sub(r"&offset=\d+", "", url), headers)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    polled = bench.poll()[0]
    assert "ignores `offset`" in polled.error
    assert len(site.requests) < 20
    assert bench.one("SELECT baseline_at FROM sources") is None


def test_a_walk_through_short_pages_reads_everything(bench, site):
    through(site, capped)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 230
    assert bench.changes() == []


def test_edits_that_come_a_few_at_a_time_are_all_read(bench, site, clock):
    bench.poll()

    def only_some(url, answer):
        return _cut(url, answer) if "include=" in url else answer

    through(site, only_some)
    for post in list(site.posts)[:90]:
        site.edit(post, title=f"Edited {post}")
    clock.advance(minutes=1)
    bench.poll()
    assert len(bench.changes()) == 90


@pytest.mark.parametrize("where", ["first", "middle"])
def test_an_empty_page_of_an_archive_that_has_more_is_no_end(bench, site, where):
    def emptied(url, answer):
        hit = "_embed" in url and ("before=" in url) == (where == "middle")
        return answer._replace(body=b"[]") if hit else answer

    honest = through(site, emptied)
    (polled,) = bench.poll()
    assert (polled.ok, polled.reason) == (False, "not_data")
    honest()
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 230
    assert bench.changes() == []


def test_an_empty_page_without_a_total_is_asked_again_and_believed_in_the_end(bench, site):
    def emptied(url, answer):
        answer = without_total(url, answer)
        return answer._replace(body=b"[]") if "_embed" in url and "before=" in url else answer

    through(site, emptied)
    outcomes = [bench.poll()[0].ok for _ in range(4)]
    assert outcomes == [False, False, False, True]


def test_what_stood_behind_empty_pages_is_no_news_once_it_is_shown(bench, site, clock):
    site.fail("*before=*", Fault(status=200, body=b"[]"), times=None)
    assert [bench.poll()[0].ok for _ in range(4)] == [False, False, False, True]
    site.heal()
    site.publish("News", "<p>Yes.</p>")
    clock.advance(hours=1)
    bench.poll()
    bench.sweep()
    assert bench.one("SELECT count(*) FROM posts") == 231
    assert [change["title"] for change in bench.changes()] == ["News"]


def test_an_empty_page_behind_others_that_came_at_last_is_asked_for_again(bench, site):
    asked = 0

    def emptied(url, answer):
        nonlocal asked
        asked += "_embed" in url and "before=" in url
        return answer._replace(body=b"[]") if "before=" in url and asked in (1, 2, 3, 5) else answer

    through(site, emptied)
    assert [bench.poll()[0].error is None for _ in range(5)] == [False, False, False, False, True]
    assert bench.one("SELECT count(*) FROM posts") == 230


def test_an_empty_page_after_other_wrong_answers_is_asked_for_again(bench, site):
    site.fail("*before=*", Fault(status=200, body=b"<html>Be right back</html>"), times=None)
    for _ in range(4):
        bench.poll()
    site.heal()
    site.fail("*before=*", Fault(status=200, body=b"[]"), times=1)
    bench.poll()
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 230
    assert bench.changes() == []


def test_a_cache_that_ignores_the_bounds_does_not_make_an_endless_walk(bench, site):
    first = {}

    def cached(url, answer):
        if "_embed" not in url:
            return answer
        return without_total(url, answer)._replace(body=first.setdefault("body", answer.body))

    through(site, cached)
    (polled,) = bench.poll()
    assert (polled.ok, polled.reason) == (False, "not_data")
    assert "ignores" in polled.error
    assert len(site.requests) < 30


def test_several_broken_posts_are_named_and_the_others_are_read(bench, site, clock):
    bad = set(sorted(site.posts)[100:102]) | {sorted(site.posts)[50]}

    def broken(url, answer):
        ids = {int(found) for found in re.findall(rb'"id":\s?(\d+),"date"', answer.body)}
        return answer._replace(status=500, body=b"boom") if "_embed" in url and ids & bad else answer

    honest = through(site, broken)
    (polled,) = bench.poll()
    assert polled.ok
    assert bench.one("SELECT count(*) FROM posts") == 227
    for post in sorted(site.posts)[45:55]:
        site.edit(post, title=f"Edited {post}")
    clock.advance(minutes=1)
    bench.poll(minutes=70)
    assert len(bench.changes()) == 9
    watermark = bench.one("SELECT watermark FROM endpoints WHERE kind = 'rest'")
    assert watermark < f"{clock.now:%Y-%m-%dT%H:%M:%SZ}"
    assert "post 51:" in bench.one("SELECT error FROM polls WHERE error LIKE '%post 51%' ORDER BY id DESC LIMIT 1")
    for _ in range(4):
        bench.poll(minutes=70)
    honest()
    bench.poll(minutes=70)
    assert {row["wp_id"] for row in bench.rows("SELECT wp_id FROM posts")} >= bad - set(sorted(site.posts)[100:102])


def test_a_server_in_trouble_is_not_taken_for_broken_posts(bench, site, clock):
    bench.poll()
    for post in list(site.posts)[:40]:
        site.edit(post, title=f"Edited {post}")
    clock.advance(minutes=1)
    site.fail("*include=*", Fault(status=500, body=b""), times=None)
    before = len(site.requests)
    (polled,) = bench.poll()
    assert polled.reason == "http_5xx"
    assert len(site.requests) - before < 20
    site.heal()
    bench.poll()
    assert len(bench.changes()) == 40


def test_without_a_feed_rest_is_polled_as_often_as_the_config_says(bench, site, clock):
    site.fail("*feed*", Fault(status=404, body=b""), times=None)
    bench.write_config(SOURCE + "\n    every: 5m")
    bench.poll()
    bench.poll()
    due = bench.one("SELECT next_poll_at FROM endpoints WHERE kind = 'rest'")
    clock.advance(minutes=6)
    assert due <= f"{clock.now:%Y-%m-%dT%H:%M:%SZ}"
    assert bench.one("SELECT count(*) FROM endpoints") == 1


def test_a_feed_in_trouble_does_not_keep_an_open_rest_api_from_being_found(bench, site):
    site.fail("*feed*", Fault(status=500, body=b""), times=None)
    (polled,) = bench.poll()
    assert polled.baseline == 230


def test_a_limited_baseline_that_is_widened_goes_on_and_tells_nothing_false(bench, site, clock):
    bench.write_config(SOURCE + "\n    baseline: 5")
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 5
    bench.write_config(SOURCE)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 230
    assert bench.changes() == []
    site.publish("From now on all is news", "<p>Yes.</p>")
    bench.poll()
    assert [change["title"] for change in bench.changes()] == ["From now on all is news"]


def test_a_collection_that_cannot_be_read_does_not_stop_the_others(bench, site, clock):
    bench.poll()
    bench.write_config(SOURCE + "\n    types: [posts, pages]")
    site.fail("*/wp/v2/pages*", Fault(status=403, body=b"no"), times=None)
    site.edit(max(site.posts), title="Still watched")
    clock.advance(minutes=1)
    (polled,) = bench.poll()
    assert (polled.ok, polled.reason) == (True, "http_4xx")
    assert [change["title"] for change in bench.changes()] == ["Still watched"]


def test_a_collection_that_is_not_there_does_not_stop_the_others(bench, site, clock):
    bench.poll()
    bench.write_config(SOURCE + "\n    types: [posts, books]")
    site.edit(max(site.posts), title="Still watched")
    clock.advance(minutes=1)
    (polled,) = bench.poll()
    assert polled.ok
    assert "books" in polled.error
    assert [change["title"] for change in bench.changes()] == ["Still watched"]


def test_a_save_while_a_slow_site_answers_is_found_by_the_next_look(bench, site, clock):
    bench.poll()
    post = max(site.posts)
    clock.advance(minutes=1)
    site.edit(post, content="<p>First save.</p>")
    original = site.handle

    def slow(method, url, headers):
        answer = original(method, url, headers)
        if "include=" in url:
            site.silent_edit(post, content="<p>Second save, in the same second.</p>")
            clock.advance(seconds=20)
            site.handle = original
        return answer

    site.handle = slow
    bench.poll(minutes=0)
    bench.poll()
    assert bench.one("SELECT content FROM current_posts WHERE wp_id = ?", post) == "Second save, in the same second."


def test_a_feed_that_is_suddenly_empty_is_a_failed_poll(tmp_path, clock):
    site = Site(url="https://example.org", clock=clock, kind="feed", feed_path="/news.xml")
    for number in range(5):
        clock.advance(hours=1)
        site.publish(f"Post {number}", "<p>Text.</p>")
    clock.advance(hours=1)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - url: https://example.org/news.xml")
    bench.poll()
    site.fail(
        "/news.xml", Fault(status=200, body=b"<rss version='2.0'><channel><title>x</title></channel></rss>"), times=None
    )
    (polled,) = bench.poll()
    assert (polled.ok, polled.reason) == (False, "not_data")
    site.heal()
    bench.poll()
    assert bench.changes() == []


def test_a_site_that_changes_its_permalinks_is_found_again_with_its_history(bench, site, clock):
    bench.poll()
    site.pretty = False
    site.edit(max(site.posts), title="Edited on the way")
    clock.advance(minutes=1)
    for _ in range(4):
        bench.poll(minutes=70)
    assert "?rest_route=/wp/v2/posts" in bench.one("SELECT url FROM endpoints WHERE kind = 'rest'")
    assert bench.one("SELECT count(*) FROM endpoints WHERE retired_at IS NULL") == 2
    changes = bench.changes()
    assert {(change["title"], tuple(change["fields"])) for change in changes} == {
        ("Edited on the way", ("title", "link"))
    }
    assert bench.one("SELECT count(*) FROM posts") == 230


def test_a_wrong_word_in_types_does_not_end_the_watch_of_what_was_right(bench, site, clock):
    bench.poll()
    bench.write_config(SOURCE + "\n    types: [paegs]")
    bench.poll()
    bench.write_config(SOURCE)
    site.edit(min(site.posts), title="Far outside the feed")
    clock.advance(minutes=1)
    bench.poll(minutes=70)
    assert [change["title"] for change in bench.changes()] == ["Far outside the feed"]


def test_a_bad_moment_at_the_start_skips_no_post(bench, site):
    site.fail("*_embed*", Fault(status=503, body=b""), times=5)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 230
    assert bench.changes() == []


def test_other_trouble_does_not_make_an_empty_page_the_end(bench, site):
    site.fail("*before=*", Fault(status=503, body=b""), times=None)
    for _ in range(4):
        bench.poll()
    site.heal()
    site.fail("*before=*", Fault(status=200, body=b"[]"), times=1)
    (polled,) = bench.poll()
    assert polled.reason == "not_data"
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 230
    assert bench.changes() == []


def test_a_limited_baseline_loses_no_new_post_when_a_batch_fails(bench, site, clock):
    bench.write_config(SOURCE + "\n    baseline: 5")
    bench.poll()
    for number in range(150):
        clock.advance(seconds=20)
        site.publish(f"New {number}", "<p>Text.</p>")
    clock.advance(minutes=1)
    original = site.handle
    asked = []

    def second_fails(method, url, headers):
        answer, fault = original(method, url, headers)
        asked.extend([url] if "include=" in url else [])
        return (answer._replace(status=403, body=b"no") if "include=" in url and len(asked) == 2 else answer), fault

    site.handle = second_fails
    bench.poll()
    site.handle = original
    bench.poll()
    assert [change["kind"] for change in bench.changes()] == ["published"] * 150


def test_a_page_of_damaged_records_does_not_stop_a_look(bench, site, clock):
    bench.poll()
    for post in list(site.posts)[:101]:
        site.edit(post, title=f"Edited {post}")
    clock.advance(minutes=1)

    def damaged(url, answer):
        if "modified_after" in url and "&page=2" in url:
            return answer._replace(body=re.sub(rb'"id":\s?\d+', b'"id":"x"', answer.body))
        return answer

    through(site, damaged)
    bench.poll()
    assert len(bench.changes()) >= 100


def test_a_cache_that_kept_the_pages_of_a_sweep_brings_nothing_back(bench, site):
    """It knows an answer by its address; polls are answered by the site, which may not be cached for so long."""
    bench.poll()
    kept = {}

    def cached(url, answer):
        return kept.setdefault(url, answer) if "_embed" in url and "include=" not in url else answer

    honest = through(site, cached)
    bench.sweep()
    site.trash(230)
    bench.poll()
    bench.sweep()
    bench.poll(minutes=30)
    bench.sweep()
    honest()
    bench.sweep()
    assert [each["kind"] for each in bench.changes()] == ["unpublished"]
    assert len(kept) >= 3
