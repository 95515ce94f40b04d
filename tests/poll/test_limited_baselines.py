"""A baseline that is limited leaves the rest of the archive out, and neither polls nor sweeps read it in again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.poll.watched import Watched
from tests.site import Clock, Fault, Site

BOTH = ", types: [posts, pages]"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    """Thirty posts, ten minutes apart; the oldest of them has the number 1."""
    site = Site(url="https://example.org", clock=clock)
    for number in range(1, 31):
        clock.advance(minutes=10)
        site.publish(f"Post {number}", f"<p>Text of post {number}, first words.</p>")
    clock.advance(hours=1)
    return site


def watch(tmp_path, clock, site, baseline, more=""):
    source = f"  - {{url: 'https://example.org/', sweep: never, baseline: {baseline}{more}}}"
    bench = Watched(tmp_path, clock, {"example.org": site}, source)
    bench.poll()
    return bench


@pytest.fixture
def ten(tmp_path, clock, site):
    return watch(tmp_path, clock, site, 10)


def told(bench):
    return [(change["kind"], change["title"]) for change in bench.changes()]


def stored(bench):
    return bench.one("SELECT count(*) FROM posts")


def test_a_sweep_watches_what_was_read_and_nothing_else(ten, site):
    site.silent_edit(30, content="<p>Altered.</p>")
    site.silent_edit(2, content="<p>Altered, and never watched.</p>")
    site.trash(29)
    ten.sweep()
    ten.poll(minutes=11)
    assert sorted(told(ten)) == [("edited", "Post 30"), ("unpublished", "Post 29")]
    assert stored(ten) == 10


def test_what_slipped_in_among_what_was_read_is_adopted(ten, site):
    post = site.publish("Slipped in", "<p>Dated between two others.</p>", date=site.posts[25].date)
    post.modified, post.modified_gmt = post.date, post.date_gmt
    ten.sweep()
    assert ten.rows("SELECT cause FROM revisions r JOIN posts p ON p.id = r.post_id WHERE p.wp_id = ?", post.id) == [
        {"cause": "baseline"}
    ]
    assert told(ten) == []


def test_an_old_post_that_was_edited_is_watched_from_then_on_and_opens_the_way_for_no_other(ten, site):
    site.edit(3, content="<p>Nobody knows what stood here before.</p>")
    ten.poll()
    assert (stored(ten), told(ten)) == (11, [])
    for _ in range(2):
        ten.sweep()
    assert (stored(ten), told(ten)) == (11, [])
    site.silent_edit(3, content="<p>Altered without a word.</p>")
    ten.sweep()
    assert told(ten) == [("edited", "Post 3")]
    assert ten.changes()[0]["silent"] == 1
    site.delete(3)
    ten.sweep()
    ten.sweep()
    assert told(ten)[1:] == [("deleted", "Post 3")]
    assert ten.one("SELECT count(*) FROM suspects") == 0


def test_what_was_edited_shortly_before_the_baseline_is_left_out_too(tmp_path, clock, site):
    for number in (3, 4):
        site.edit(number, title="Edited")
        clock.advance(minutes=5)
    bench = watch(tmp_path, clock, site, 10)
    for _ in range(2):
        bench.poll()
    assert (stored(bench), told(bench)) == (10, [])


def test_many_old_posts_that_were_edited_are_not_missing_from_a_sweep(ten, site, clock):
    for number in range(1, 9):
        site.edit(number, title=f"New title of {number}")
    ten.poll()
    clock.advance(hours=3)
    site.requests.clear()
    ten.sweep()
    assert len([each for each in site.requests if "include=1,2,3,4,5,6,7,8&" in each.path.replace("%2C", ",")]) == 1
    assert ten.notices() == []
    assert ten.one("SELECT count(*) FROM suspects") == 0
    assert (stored(ten), told(ten)) == (18, [])


def test_a_post_that_is_dated_back_behind_all_of_them_is_still_watched(ten, site, clock):
    site.edit(28, date=clock.now - timedelta(days=900))
    ten.poll()
    ten.sweep()
    site.silent_edit(28, title="Altered")
    ten.sweep()
    assert [change["fields"] for change in ten.changes()] == [["link", "published_at"], ["title"]]
    assert stored(ten) == 10


def test_a_sweep_that_stops_behind_its_walk_goes_on_there(ten, site, clock):
    site.edit(3, title="Known from now on")
    ten.poll()
    clock.advance(hours=3)
    site.silent_edit(3, content="<p>Altered without a word.</p>")
    site.fail("*include=3&*", Fault(status=403), times=1)
    assert ten.sweep().sweep_error
    assert ten.one("SELECT count(*) FROM suspects") == 0
    ten.sweep()
    assert told(ten) == [("edited", "Known from now on")]


@pytest.mark.parametrize("baseline", [3, "100m"])
def test_a_new_zone_of_the_site_moves_no_limit(tmp_path, clock, site, baseline):
    bench = watch(tmp_path, clock, site, baseline)
    posts = stored(bench)
    assert posts == 3
    for zone in ("America/New_York", "Pacific/Auckland"):
        site.zone = zone
        bench.sweep()
    assert (stored(bench), told(bench), bench.notices()) == (posts, [], [])


@pytest.mark.parametrize("look", ["poll", "sweep"])
def test_of_an_archive_without_posts_of_that_age_nothing_is_told_before_one_comes(tmp_path, clock, site, look):
    clock.advance(days=30)
    bench = watch(tmp_path, clock, site, "7d")
    assert stored(bench) == 0
    for _ in range(2):
        getattr(bench, look)(minutes=61)
    assert (stored(bench), told(bench)) == (0, [])
    site.edit(3, title="Edited")
    getattr(bench, look)(minutes=61)
    assert (stored(bench), told(bench)) == (1, [])
    site.publish("The first for weeks")
    site.edit(3, title="Edited again")
    getattr(bench, look)(minutes=61)
    assert sorted(told(bench)) == [("edited", "Edited again"), ("published", "The first for weeks")]


def test_a_sweep_comes_to_its_end_where_nothing_is_as_young_as_it_asks_for(tmp_path, clock, site):
    clock.advance(days=30)
    bench = watch(tmp_path, clock, site, "7d")
    assert bench.sweep(minutes=61).sweep_error is None
    for number in (3, 4):
        site.edit(number, title="Known from now on")
    bench.poll()
    site.delete(3)
    for _ in range(2):
        assert bench.sweep(minutes=61).sweep_error is None
    assert (stored(bench), told(bench)) == (2, [("deleted", "Known from now on")])


def test_a_sweep_that_is_shown_nothing_at_all_says_nothing_of_what_is_known(ten, site):
    nothing = Fault(status=200, headers={"X-WP-Total": "0"}, body=b"[]")
    for pattern in ("*_embed*", "*before=*"):
        site.fail(pattern, nothing, times=None)
    assert "an empty list" in ten.sweep().sweep_error
    assert (ten.one("SELECT count(*) FROM suspects"), ten.notices()) == (0, [])
    site.heal()
    assert ten.sweep().sweep_error is None
    assert (stored(ten), told(ten)) == (10, [])


def test_the_only_page_that_was_read_may_go(tmp_path, clock, site):
    for title in ("About", "Imprint"):
        clock.advance(hours=1)
        page = site.publish(title, type="page")
    clock.advance(hours=1)
    bench = watch(tmp_path, clock, site, 1, BOTH)
    site.delete(page.id)
    for _ in range(2):
        bench.sweep()
    assert told(bench) == [("deleted", "Imprint")]


def test_a_baseline_that_met_but_empty_pages_opens_no_way_to_the_rest(tmp_path, clock, site):
    for number in range(31, 131):
        clock.advance(minutes=10)
        site.publish(f"Post {number}")
    site.fail("*before=*", Fault(status=200, body=b"[]"), times=None)
    bench = watch(tmp_path, clock, site, 120)
    for _ in range(3):
        bench.poll()
    site.heal()
    assert bench.one("SELECT baseline_at FROM sources")
    bench.sweep()
    assert (stored(bench), told(bench)) == (100, [])


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York"])
def test_what_is_newer_than_all_that_was_read_is_news_in_any_zone(tmp_path, clock, site, zone):
    site.zone = zone
    clock.advance(days=1)
    site.publish("The one that is read")
    clock.advance(hours=1)
    bench = watch(tmp_path, clock, site, 1)
    site.publish("Dated back, but newer", date=clock.now - timedelta(minutes=50))
    bench.poll()
    assert told(bench) == [("published", "Dated back, but newer")]


@pytest.mark.parametrize("baseline", [1, "80m"])
def test_what_was_left_out_is_no_news_when_all_that_was_read_is_dated_back(tmp_path, clock, site, baseline):
    bench = watch(tmp_path, clock, site, baseline)
    assert stored(bench) == 1
    site.edit(30, date=clock.now - timedelta(days=900))
    for _ in range(2):
        bench.poll()
        bench.sweep()
    assert (stored(bench), told(bench)) == (1, [("edited", "Post 30")])


def test_a_baseline_that_came_to_the_end_of_the_archive_is_a_full_one(tmp_path, clock, site):
    bench = watch(tmp_path, clock, site, 200)
    site.publish("Of old", date=clock.now - timedelta(days=4000))
    bench.poll()
    post = site.publish("Of old, and by SQL", date=clock.now - timedelta(days=4001))
    post.modified, post.modified_gmt = post.date, post.date_gmt
    bench.sweep()
    assert told(bench) == [("published", "Of old"), ("published", "Of old, and by SQL")]


def test_a_new_page_is_news_although_a_newer_post_was_read_before_it(tmp_path, clock, site):
    site.publish("About", type="page")
    site.publish("Imprint", type="page")
    clock.advance(hours=1)
    bench = watch(tmp_path, clock, site, 1, BOTH)
    clock.advance(minutes=3)
    site.publish("A new page", type="page")
    clock.advance(minutes=3)
    site.publish("A newer post")
    bench.poll()
    assert sorted(told(bench)) == [("published", "A new page"), ("published", "A newer post")]


def test_a_new_post_that_could_not_be_read_at_first_is_news_although_a_newer_one_was(ten, site, clock):
    clock.advance(minutes=3)
    one = site.publish("Too heavy at first")
    clock.advance(minutes=3)
    two = site.publish("Read at once")
    body = site.respond("GET", f"/wp-json/wp/v2/posts?include={two.id}&_embed=author").body
    site.fail(f"*include={one.id}*", Fault(body=body), times=None)
    ten.poll()
    site.heal()
    ten.poll()
    assert told(ten) == [("published", "Read at once"), ("published", "Too heavy at first")]
