"""Removals: proven by what the site says of the post itself, twice; told apart; undone; never guessed."""

from __future__ import annotations

import json
from datetime import UTC

import pytest

from crawler.demo.answer import Answer
from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - {url: 'https://example.org/', confirm: 10m}"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    site = Site(url="https://example.org", clock=clock)
    for number in range(40):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text of post {number}, first words.</p>")
    clock.advance(hours=1)
    return site


@pytest.fixture
def bench(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    return bench


def kinds(bench):
    return [(change["kind"], change["title"]) for change in bench.changes()]


def draft(site, post):
    site.edit(post, status="draft")


def make_private(site, post):
    site.edit(post, status="private")


GONE = {
    "trashed": (Site.trash, "unpublished"),
    "made a draft": (draft, "unpublished"),
    "made private": (make_private, "unpublished"),
    "deleted": (Site.delete, "deleted"),
}


@pytest.mark.parametrize("how", GONE)
def test_a_removal_is_told_once_after_two_looks_that_agree(bench, site, how):
    does, kind = GONE[how]
    does(site, 7)
    assert bench.sweep().changes == 0
    (suspect,) = bench.rows("SELECT kind, checks FROM suspects")
    assert suspect == {"kind": kind, "checks": 1}
    assert bench.poll(minutes=9)[0].changes == 0
    assert bench.poll(minutes=2)[0].changes == 1
    (change,) = bench.changes()
    assert (change["kind"], change["title"], change["fields"], change["silent"]) == (kind, "Post 6", [], None)
    assert (change["old_revision"], change["new_revision"]) == (1, None)
    assert bench.one("SELECT state FROM posts WHERE wp_id = 7") == kind
    assert bench.one("SELECT count(*) FROM revisions WHERE post_id = (SELECT id FROM posts WHERE wp_id = 7)") == 1
    (alert,) = bench.alerts()
    assert alert["type"] == f"post.{kind}"
    data = alert["data"]
    assert (data["post"]["state"], data["revision"]["new"], data["fields"]) == (kind, None, [])
    assert data["revision"]["old"]["number"] == 1
    for _ in range(3):
        bench.sweep(minutes=600)
    assert len(bench.changes()) == len(bench.alerts()) == 1


def test_confirm_may_be_the_very_next_look(bench, site):
    bench.write_config("  - {url: 'https://example.org/', confirm: 0s}")
    site.delete(7)
    bench.sweep()
    assert bench.changes() == []
    bench.poll(minutes=0)
    assert kinds(bench) == [("deleted", "Post 6")]


def test_what_was_only_missing_for_a_moment_is_cleared(bench, site):
    site.trash(7)
    bench.sweep()
    site.untrash(7)
    bench.poll()
    assert bench.changes() == []
    assert bench.rows("SELECT * FROM suspects") == []


def test_two_looks_that_do_not_agree_begin_anew(bench, site):
    site.trash(7)
    bench.sweep()
    site.delete(7)
    assert bench.poll(minutes=11)[0].changes == 0
    assert bench.poll(minutes=11)[0].changes == 1
    assert kinds(bench) == [("deleted", "Post 6")]


def test_an_unpublished_post_that_is_deleted_later_is_told_of_again(bench, site):
    site.trash(7)
    bench.sweep()
    bench.poll(minutes=11)
    site.delete(7)
    bench.sweep(minutes=60)
    bench.poll(minutes=11)
    assert kinds(bench) == [("unpublished", "Post 6"), ("deleted", "Post 6")]
    assert bench.rows("SELECT * FROM suspects") == []


def edit_too(site):
    site.posts[7].content = "<p>Text of post 6, other words.</p>"


@pytest.mark.parametrize(
    ("also", "fields"), [(lambda _site: None, []), (edit_too, ["content"])], ids=["same", "edited"]
)
@pytest.mark.parametrize("days", [0.1, 45])
def test_a_post_that_comes_back_is_restored_with_what_differs(bench, site, also, fields, days):
    site.trash(7)
    bench.sweep()
    bench.poll(minutes=11)
    bench.poll(minutes=days * 24 * 60)
    site.untrash(7)
    also(site)
    for _ in range(3):
        bench.sweep()
    assert [change["kind"] for change in bench.changes()] == ["unpublished", "restored"]
    assert bench.changes()[-1]["fields"] == fields
    assert bench.one("SELECT state FROM posts WHERE wp_id = 7") == "public"
    assert bench.rows("SELECT * FROM suspects") == []


def test_a_post_that_comes_back_word_for_word_with_its_old_date_is_restored(bench, site):
    before = site.posts[7].modified, site.posts[7].modified_gmt, site.posts[7].slug
    site.trash(7)
    bench.sweep()
    bench.poll(minutes=11)
    site.untrash(7)
    site.posts[7].modified, site.posts[7].modified_gmt, site.posts[7].slug = before
    bench.sweep()
    assert [change["kind"] for change in bench.changes()] == ["unpublished", "restored"]
    (alert,) = bench.alerts()[1:]
    assert alert["data"]["revision"]["new"]["number"] == 2


def test_a_deleted_post_that_only_a_sweep_can_see_again_is_restored_too(tmp_path, clock, site):
    """As when a site is put back from a backup: the very same post, with its old dates."""
    for number in range(40, 120):
        clock.advance(minutes=1)
        site.publish(f"Post {number}", "<p>Text.</p>")
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    post = site.posts.pop(7)
    bench.sweep()
    bench.poll(minutes=11)
    site.posts[7] = post
    bench.poll(minutes=80)
    assert [change["kind"] for change in bench.changes()] == ["deleted"]
    bench.sweep()
    assert [change["kind"] for change in bench.changes()] == ["deleted", "restored"]


def test_a_post_put_behind_a_password_is_no_removal(bench, site):
    site.protect(7)
    bench.sweep()
    bench.poll(minutes=11)
    assert kinds(bench) == [("protected", "Post 6")]
    assert bench.rows("SELECT * FROM suspects") == []


def test_an_unpublished_post_is_asked_for_ever_more_rarely(bench, site, clock):
    bench.write_config("  - {url: 'https://example.org/', confirm: 10m, sweep: never}")
    site.trash(7)
    bench.sweep()
    bench.poll(minutes=11)
    site.requests.clear()
    asked = []
    begun = clock()
    for _ in range(24 * 40):
        bench_poll_if_due(bench, clock)
        if any("/posts/7?" in each.path for each in site.requests):
            asked.append(round((clock() - begun).total_seconds() / 86400))
        site.requests.clear()
    assert asked == [1, 2, 4, 8, 16, 30]


def bench_poll_if_due(bench, clock):
    """Let an hour pass; poll if a suspect's time has come, which is all that matters here."""
    clock.advance(hours=1)
    (row,) = bench.rows("SELECT next_check_at FROM suspects")
    if row["next_check_at"] <= clock().strftime("%Y-%m-%dT%H:%M:%SZ"):
        bench.poll(minutes=0)


# what is no evidence

CLOSED = json.dumps({"code": "rest_login_required", "message": "Only for members.", "data": {"status": 401}}).encode()
NO_ROUTE = json.dumps({"code": "rest_no_route", "message": "No route.", "data": {"status": 404}}).encode()
FORBIDDEN = json.dumps({"code": "rest_forbidden", "message": "No.", "data": {"status": 401}}).encode()
INVALID = json.dumps({"code": "rest_post_invalid_id", "message": "No.", "data": {"status": 404}}).encode()
JSON = {"Content-Type": "application/json; charset=UTF-8"}

TROUBLE = {
    "cut": Fault(cut=20),
    "hangs": Fault(hang=99),
    "500": Fault(status=500),
    "503 with Retry-After": Fault(status=503, headers={"Retry-After": "60"}),
    "429": Fault(status=429, headers={"Retry-After": "60"}),
    "403": Fault(status=403),
    "404 html": Fault(status=404),
    "410 html": Fault(status=410),
    "401 html": Fault(status=401),
    "200 html": Fault(body=b"<html>Just a moment</html>", headers={"Content-Type": "text/html"}),
    "200 empty": Fault(body=b""),
    "200 of another post": Fault(body=b'{"id": 12, "date": "2026-01-01T00:00:00"}', headers=JSON),
    "200 of nothing": Fault(body=b"[]", headers=JSON),
    "rest disabled": Fault(status=401, body=CLOSED, headers=JSON),
    "no route": Fault(status=404, body=NO_ROUTE, headers=JSON),
    "403 with the right code": Fault(status=403, body=FORBIDDEN, headers=JSON),
    "200 with the right code": Fault(status=200, body=INVALID, headers=JSON),
}


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("where", ["/wp-json/wp/v2/posts/7*", "*"], ids=["the post", "all"])
def test_trouble_before_each_look_removes_nothing_and_hides_nothing(bench, site, trouble, where):
    site.trash(7)
    site.fail(where, TROUBLE[trouble], times=None)
    for _ in range(2):
        bench.sweep(minutes=60)
        bench.poll(minutes=15)
    assert bench.changes() == []
    site.heal()
    for _ in range(2):
        bench.sweep(minutes=25 * 60)
        bench.poll(minutes=15)
    assert kinds(bench) == [("unpublished", "Post 6")]


@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_at_the_second_look_alone_only_puts_it_off(bench, site, trouble):
    site.delete(7)
    bench.sweep()
    site.fail("/wp-json/wp/v2/posts/7*", TROUBLE[trouble], times=None)
    bench.poll(minutes=11)
    assert bench.changes() == []
    site.heal()
    bench.poll(minutes=60)
    assert kinds(bench) == [("deleted", "Post 6")]


def test_an_api_in_trouble_is_not_asked_for_each_of_many(bench, site):
    for number in range(1, 8):
        site.trash(number)
    site.fail("/wp-json/wp/v2/posts/*", Fault(status=403), times=None)
    site.requests.clear()
    bench.sweep()
    bench.poll(minutes=5)
    assert len([each for each in site.requests if each.status == 403]) == 3
    site.heal()
    bench.poll(minutes=60)
    bench.poll(minutes=60)
    assert [kind for kind, _ in kinds(bench)] == ["unpublished"] * 7


@pytest.mark.parametrize("body", [FORBIDDEN, INVALID], ids=["rest_forbidden", "rest_post_invalid_id"])
def test_a_site_that_says_so_of_every_post_is_not_believed(bench, site, body):
    """Some plugins close the API to visitors with WordPress' own codes."""
    site.silent_edit(7, content="<p>Unreadable.</p>")
    hidden = site.posts.pop(7)
    bench.sweep()
    site.posts[7] = hidden
    status = 401 if body is FORBIDDEN else 404
    site.fail("/wp-json/wp/v2/posts/*", Fault(status=status, body=body, headers=JSON), times=None)
    for _ in range(4):
        bench.poll(minutes=30)
    assert not {"unpublished", "deleted"} & {change["kind"] for change in bench.changes()}
    site.heal()
    bench.poll(minutes=25 * 60)
    assert bench.rows("SELECT * FROM suspects") == []


def test_a_post_whose_address_still_shows_a_page_is_not_deleted(bench, site):
    path = site.link(site.posts[7]).removeprefix(site.url)
    site.delete(7)
    site.fail(path, Fault(status=200, body=b"<h1>Still here</h1>"), times=None)
    for _ in range(3):
        bench.sweep(minutes=60)
        bench.poll(minutes=30)
    assert bench.changes() == []
    site.heal()
    bench.poll(minutes=25 * 60)
    bench.poll(minutes=25 * 60)
    assert kinds(bench) == [("deleted", "Post 6")]


def test_a_deleted_post_whose_address_another_post_took_is_deleted(bench, site, clock):
    slug = site.posts[7].slug
    date = site.posts[7].date_gmt
    site.delete(7)
    new = site.publish("Another post", "<p>Quite another.</p>", date=date.replace(tzinfo=clock().tzinfo), slug=slug)
    bench.poll(minutes=5)
    assert bench.one("SELECT count(*) FROM posts WHERE wp_id = ?", new.id) == 1
    bench.sweep()
    bench.poll(minutes=11)
    assert sorted(kinds(bench)) == [("deleted", "Post 6"), ("published", "Another post")]


def test_a_redirect_to_a_post_whose_slug_begins_alike_is_no_sign_of_life(bench, site, clock):
    date = site.posts[7].date_gmt.replace(tzinfo=clock().tzinfo)
    site.publish("Post 6 and more", "<p>Alike.</p>", date=date)
    bench.poll()
    site.delete(7)
    bench.sweep()
    bench.poll(minutes=11)
    assert ("deleted", "Post 6") in kinds(bench)


def test_a_post_that_became_a_page_is_asked_for_in_all_types(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', types: [posts, pages]}")
    site.publish("A page", "<p>Stays.</p>", type="page")
    bench.poll()
    site.posts[7].type = "page"
    for _ in range(3):
        bench.sweep()
        bench.poll(minutes=30)
    assert not {"unpublished", "deleted"} & {change["kind"] for change in bench.changes()}


def test_a_type_that_cannot_be_read_yet_is_asked_too(tmp_path, clock, site):
    """Pages are wanted, too, and their list breaks: a post that became one is not gone."""
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - url: https://example.org/")
    bench.poll()
    bench.write_config("  - {url: 'https://example.org/', types: [posts, pages]}")
    site.fail("/wp-json/wp/v2/pages[?]*", Fault(status=503), times=None)
    site.posts[7].type = "page"
    site.delete(3)
    for _ in range(2):
        bench.sweep()
        bench.poll(minutes=30)
    assert [change["title"] for change in bench.changes() if change["kind"] == "deleted"] == ["Post 2"]
    assert [change["kind"] for change in bench.changes() if change["title"] == "Post 6"] in ([], ["edited"])
    assert bench.one("SELECT state FROM posts WHERE wp_id = 7") == "public"
    assert bench.rows("SELECT * FROM suspects") == []
    shown = "SELECT e.type FROM sightings s JOIN endpoints e ON e.id = s.endpoint_id WHERE e.kind = 'rest'"
    found = bench.rows(f"{shown} AND s.post_id = (SELECT id FROM posts WHERE wp_id = 7) ORDER BY e.type")
    assert [row["type"] for row in found] == ["pages", "posts"]


def test_a_poll_looks_at_a_few_suspects_only(bench, site, monkeypatch):
    monkeypatch.setattr("crawler.poll.suspects.MOST", 3)
    for number in range(1, 8):
        site.trash(number)
    asked = []
    for minutes in (25 * 60, 1, 1, 1):
        site.requests.clear()
        bench.poll(minutes=minutes)
        asked.append(sum(each.status == 401 for each in site.requests))
    assert asked == [3, 3, 1, 0]


@pytest.fixture
def both(tmp_path, clock, site):
    site.publish("A page", "<p>Stays.</p>", type="page")
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', types: [posts, pages]}")
    bench.poll()
    return bench


@pytest.mark.parametrize("how", GONE)
def test_the_only_page_of_a_site_may_go_too(both, site, how):
    does, kind = GONE[how]
    (page,) = (post.id for post in site.posts.values() if post.type == "page")
    does(site, page)
    both.poll(minutes=75)
    assert both.poll(minutes=11)[0].error is None
    assert kinds(both) == [(kind, "A page")]
    if kind == "unpublished":
        site.edit(page, status="publish")
        both.poll()
        assert kinds(both) == [(kind, "A page"), ("restored", "A page")]


def test_a_few_pages_are_not_gone_because_their_list_is_empty(both, site):
    site.fail("*/wp/v2/pages[?]*", Fault(body=b"[]", headers={"X-WP-Total": "0"}), times=None)
    for _ in range(4):
        both.sweep(minutes=75)
    assert both.changes() == []


def test_what_is_edited_on_its_way_to_another_collection_is_told_once(both, site):
    old = site.posts[7].content
    for times, (kind, content) in enumerate([("page", "<p>Quite new.</p>"), ("post", old)], start=1):
        site.edit(7, type=kind, content=content)
        for _ in range(2):
            both.sweep()
        assert [(each["kind"], each["silent"]) for each in both.changes()] == [("edited", 0)] * times
        assert both.changes()[-1]["fields"] == ["link", "content"]
        assert both.changes()[-1]["old_seen_at"] is not None
        assert both.one("SELECT content FROM current_posts WHERE wp_id = 7") in content
        assert both.one("SELECT type FROM posts WHERE wp_id = 7") == kind


def test_what_is_gone_and_comes_back_in_another_collection_is_restored(both, site):
    site.trash(7)
    both.sweep()
    both.poll(minutes=11)
    site.edit(7, status="publish", type="page", slug="elsewhere")
    both.poll()
    both.sweep()
    assert [(each["kind"], each["fields"]) for each in both.changes()] == [("unpublished", []), ("restored", ["link"])]


# too many at once


def notices(bench):
    return bench.rows("SELECT kind, text FROM notices")


def hide(site, count):
    """As a broken query or a half-restored database does."""
    hidden = {number: site.posts.pop(number) for number in list(site.posts)[:count]}
    return lambda: site.posts.update(hidden)


def test_many_at_once_are_held_and_told_of_once(bench, site):
    bring_back = hide(site, 9)
    for _ in range(2):
        bench.sweep(minutes=60)
        bench.poll(minutes=30)
    assert bench.changes() == []
    assert bench.one("SELECT state FROM sources") == "suspect"
    (notice,) = notices(bench)
    assert notice["kind"] == "suspect"
    assert "9 of its posts" in notice["text"]
    assert "--accept-removals" in notice["text"]
    assert not [each for each in site.requests if "/posts/1?" in each.path]
    bring_back()
    bench.sweep(minutes=60)
    assert bench.one("SELECT state FROM sources") == "active"
    assert bench.changes() == []
    assert bench.rows("SELECT * FROM suspects") == []
    assert len(notices(bench)) == 1


@pytest.mark.parametrize("count", [4, 8])
def test_up_to_a_fifth_is_believed_at_once(bench, site, count):
    hide(site, count)
    bench.sweep()
    bench.poll(minutes=11)
    assert len(bench.changes()) == count
    assert bench.one("SELECT state FROM sources") == "active"


def test_three_sweeps_that_agree_are_believed(bench, site):
    hide(site, 9)
    for _ in range(3):
        assert bench.changes() == []
        bench.sweep(minutes=60)
    assert bench.one("SELECT state FROM sources") == "active"
    bench.poll(minutes=11)
    assert [kind for kind, _ in kinds(bench)] == ["deleted"] * 9
    assert len(notices(bench)) == 1


def test_the_operator_may_say_that_they_are_gone(bench, site):
    hide(site, 9)
    bench.sweep(minutes=60)
    bench.sweep(minutes=1, accept=True)
    assert bench.changes() == []
    bench.poll(minutes=11)
    assert [kind for kind, _ in kinds(bench)] == ["deleted"] * 9
    assert bench.one("SELECT state FROM sources") == "active"


def stand_on(bench, host, *numbers):
    """Let these posts have been shown on this host."""
    for number in numbers:
        bench.rewrite("UPDATE posts SET link = replace(link, '//example.org', '//' || ?) WHERE wp_id = ?", host, number)
        bench.rewrite(
            "INSERT INTO post_keys SELECT source_id, kind, replace(value, 'example.org/', ? || '/'), post_id"
            " FROM post_keys WHERE kind = 'link' AND post_id = (SELECT id FROM posts WHERE wp_id = ?)",
            host,
            number,
        )


def test_a_post_that_went_with_a_move_of_its_site_is_asked_for_where_the_site_is_now(bench, site):
    gone = site.posts[7]
    bench.sites["new.example"] = site
    site.url = "https://new.example"
    site.delete(7)
    # The old host is another name of the site, and shows another post at the address.
    site.publish("Another", slug=gone.slug, date=gone.date_gmt.replace(tzinfo=UTC))
    for _ in range(3):
        bench.sweep()
    assert [change["title"] for change in bench.changes() if change["kind"] == "deleted"] == [gone.title]
    assert bench.one("SELECT count(*) FROM suspects") == 0


def test_a_post_that_went_with_a_move_to_https_is_asked_for_there(tmp_path, clock, site):
    site.url = "http://example.org"
    bench = Bench(tmp_path, clock, {"example.org": site, "new.example": site}, SOURCE)
    bench.poll()
    site.url = "https://new.example"
    handle, gone = site.handle, site.posts[7]

    def there(method, url, headers):
        answer, fault = handle(method, url, headers)
        if f"/{gone.slug}/" not in url:
            return answer, fault
        is_there = url.startswith("https://new.example/")
        return Answer(200, [], b"<html>A book") if is_there else Answer(301, [("Location", f"{site.url}/")]), None

    site.handle = there
    # It is of another type now, which nobody watches.
    site.delete(7)
    for _ in range(3):
        bench.sweep()
    assert [change for change in bench.changes() if change["kind"] != "edited"] == []
    assert "its link still shows a page" in bench.one("SELECT evidence FROM suspects")


def test_a_post_that_alone_stands_elsewhere_is_asked_for_there(bench, site):
    bench.sites["shop.example"] = site
    stand_on(bench, "shop.example", 7)
    handle, gone = site.handle, site.posts[7]

    def there(method, url, headers):
        answer, fault = handle(method, url, headers)
        return (Answer(200, [], b"<html>For sale") if url.startswith("https://shop.example/") else answer), fault

    site.handle = there
    site.delete(gone.id)
    for _ in range(3):
        bench.sweep()
    assert kinds(bench) == []
    assert "its link still shows a page" in bench.one("SELECT evidence FROM suspects")


@pytest.mark.parametrize("danish", [(7,), (5, 6, 7)], ids=["one", "several"])
@pytest.mark.parametrize("left", [(), (8,)], ids=["always", "once with others"])
def test_of_a_site_with_several_hosts_a_post_is_asked_for_at_its_own(bench, site, danish, left):
    # As one whose languages have hosts of their own; nobody answers at the Danish one.
    bench.sites["de.example.org"] = site
    stand_on(bench, "da.example.org", *danish, *left)
    for number in left:
        bench.rewrite("UPDATE posts SET link = replace(link, '//da.', '//') WHERE wp_id = ?", number)
    stand_on(bench, "de.example.org", 3, 4)
    site.delete(7)
    site.requests.clear()
    bench.sweep()
    assert "/wp-json/wp/v2/posts/7?" in " ".join(each.path for each in site.requests)
    assert [each.path for each in site.requests if "/post-6/" in each.path] == []
