"""Keys under stress: links, guids and ids that change hands, alone and many at once; nothing false comes of it."""

from __future__ import annotations

import re
from datetime import UTC, timedelta

import pytest

from tests.bench import Bench
from tests.poll.watched import Watched
from tests.site import Clock, Fault, Site

SOURCE = "  - {url: https://example.org/, confirm: 0s}"
FEED = "  - url: https://example.org/feed.xml"


@pytest.fixture
def clock():
    return Clock()


def made(clock, posts=8, **more):
    """A site with so many posts, an hour apart."""
    site = Site(url="https://example.org", clock=clock, **more)
    for number in range(1, posts + 1):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text of post {number}.</p>")
    clock.advance(hours=1)
    return site


@pytest.fixture
def site(clock):
    return made(clock)


@pytest.fixture
def bench(tmp_path, clock, site):
    return Watched(tmp_path, clock, {"example.org": site}, SOURCE)


def told(bench):
    return sorted((change["kind"], change["title"], tuple(change["fields"])) for change in bench.changes())


def public(bench):
    """What the store takes for public, by WordPress id."""
    return {row["wp_id"]: row["title"] for row in bench.rows("SELECT wp_id, title FROM posts WHERE state = 'public'")}


def shown(site):
    return {post.id: post.title for post in site.public()}


def until_settled(bench, times=4, minutes=20):
    """Sweep, and poll until all that is suspected has been looked at."""
    bench.sweep()
    for _ in range(times):
        bench.poll(minutes=minutes)


# links


def test_a_link_that_a_trashed_post_freed_is_taken_by_another(bench, site, clock):
    bench.poll()
    old = site.posts[8]
    site.trash(8)
    new = site.publish("A newcomer", "<p>Other text.</p>", slug="post-8", date=clock() - timedelta(minutes=5))
    assert site.link(new) == "https://example.org/2026/11/23/post-8/"
    clock.advance(minutes=1)
    until_settled(bench)
    assert told(bench) == [("published", "A newcomer", ()), ("unpublished", "Post 8", ())]
    site.untrash(8)
    assert site.link(old) != site.link(new)
    clock.advance(minutes=1)
    until_settled(bench)
    assert told(bench)[2:] == [("unpublished", "Post 8", ())]
    assert ("restored", "Post 8", ("link",)) in told(bench)
    assert public(bench) == shown(site)
    assert bench.one("SELECT post_id FROM post_keys WHERE value LIKE '%/post-8/'") != bench.one(
        "SELECT id FROM posts WHERE wp_id = 8"
    )


def test_two_posts_that_swap_their_links_are_two_edits_of_the_link(bench, site, clock):
    bench.poll()
    one, two = site.posts[7].slug, site.posts[8].slug
    site.edit(7, slug=two)
    site.edit(8, slug=one)
    clock.advance(minutes=1)
    until_settled(bench)
    assert told(bench) == [("edited", "Post 7", ("link",)), ("edited", "Post 8", ("link",))]
    assert bench.one("SELECT count(*) FROM posts") == 8


# guids


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://example.org/?p={}", "https://example.org/?p={}"),
        ("http://example.org/?p={}", "https://new.example/?p={}"),
        ("http://example.org/?p={}", "urn:post:{}"),
    ],
    ids=["scheme", "domain", "anything"],
)
def test_guids_that_all_change_are_no_change_at_all(bench, site, clock, old, new):
    for number, post in site.posts.items():
        post.guid = old.format(number)
    bench.poll()
    for number in site.posts:
        site.edit(number, guid=new.format(number))
    clock.advance(minutes=1)
    until_settled(bench)
    assert told(bench) == []
    assert bench.one("SELECT count(*) FROM posts") == 8
    kept = {row["value"] for row in bench.rows("SELECT value FROM post_keys WHERE kind = 'guid'")}
    assert kept == {form.format(number) for form in (old, new) for number in site.posts}


@pytest.mark.parametrize(
    ("url", "fields"), [("http://example.org", None), ("https://new.example", ("link",))], ids=["scheme", "domain"]
)
def test_a_site_that_moves_changes_its_links_at_most(bench, site, clock, url, fields):
    bench.poll()
    for number in site.posts:
        site.edit(number, guid=f"{url}/?p={number}")
    bench.sites[url.partition("//")[2]] = site
    site.url = url
    clock.advance(minutes=1)
    until_settled(bench)
    expected = [] if fields is None else sorted(("edited", post.title, fields) for post in site.posts.values())
    assert told(bench) == expected
    assert bench.one("SELECT count(*) FROM posts") == 8


@pytest.mark.parametrize(("old", "new"), [("http", "https"), ("https", "http")])
def test_a_feed_that_changes_the_scheme_of_its_guids_and_links_edits_nothing(tmp_path, clock, old, new):
    site = made(clock, kind="feed")
    bench = Bench(tmp_path, clock, {"example.org": site}, FEED)
    site.url = f"{old}://example.org"
    bench.poll()
    site.url = f"{new}://example.org"
    clock.advance(minutes=1)
    for _ in range(2):
        bench.poll()
    assert told(bench) == []
    assert bench.one("SELECT count(*) FROM posts") == 8
    site.edit(3, title="An edit")
    clock.advance(minutes=1)
    bench.poll()
    assert told(bench) == [("edited", "An edit", ("title",))]


def test_a_feed_that_moves_to_another_domain_tells_nothing_and_then_what_is_new(tmp_path, clock):
    site = made(clock, kind="feed")
    bench = Bench(tmp_path, clock, {"example.org": site}, FEED)
    bench.poll()
    site.url = "https://new.example"
    clock.advance(minutes=1)
    for _ in range(3):
        bench.poll()
    assert told(bench) == []
    site.publish("News", "<p>Yes.</p>")
    site.edit(3, title="An edit")
    clock.advance(minutes=1)
    bench.poll()
    assert told(bench) == [("edited", "An edit", ("title",)), ("published", "News", ())]


def test_posts_that_share_a_guid_in_one_feed_are_told_apart_by_their_links(tmp_path, clock):
    site = made(clock, kind="feed")
    for post in site.posts.values():
        post.guid = "https://example.org/"
    bench = Bench(tmp_path, clock, {"example.org": site}, FEED)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 8
    site.edit(3, title="An edit")
    site.publish("News", "<p>Yes.</p>", guid="https://example.org/")
    clock.advance(minutes=1)
    for _ in range(3):
        bench.poll()
    assert told(bench) == [("edited", "An edit", ("title",)), ("published", "News", ())]


def test_two_posts_that_come_to_share_a_guid_stay_two(tmp_path, clock):
    site = made(clock, kind="feed")
    bench = Bench(tmp_path, clock, {"example.org": site}, FEED)
    bench.poll()
    before = bench.rows("SELECT id, title FROM posts ORDER BY id")
    site.edit(3, guid=site.guid(site.posts[4]))
    clock.advance(minutes=1)
    for _ in range(3):
        bench.poll()
    assert told(bench) == []
    assert bench.rows("SELECT id, title FROM posts ORDER BY id") == before


def test_a_feed_without_guids_goes_by_its_links(tmp_path, clock):
    site = made(clock, kind="feed", gzip=False)
    handle = site.handle

    def without_guids(method, url, headers):
        answer, fault = handle(method, url, headers)
        return answer._replace(body=re.sub(rb"<guid>.*?</guid>", b"", answer.body)), fault

    site.handle = without_guids
    bench = Bench(tmp_path, clock, {"example.org": site}, FEED)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts WHERE guid IS NULL") == 8
    site.edit(3, title="An edit")
    site.publish("News", "<p>Yes.</p>")
    clock.advance(minutes=1)
    for _ in range(3):
        bench.poll()
    assert told(bench) == [("edited", "An edit", ("title",)), ("published", "News", ())]


# ids


def another(site, number, **more):
    """Give an id to another post, as a database does that was reset."""
    date = site.clock() - timedelta(minutes=3)
    fields = {"title": f"Another {number}", "guid": f"https://example.org/new-{number}", "slug": f"another-{number}"}
    return site.edit(number, content=f"<p>Nothing of {number} is left.</p>", **({"date": date} | fields | more))


def dated(post):
    return post.date_gmt.replace(tzinfo=UTC)


def test_an_id_that_comes_back_as_another_post_is_a_deletion_and_a_publication(bench, site, clock):
    bench.poll()
    another(site, 5)
    clock.advance(minutes=10)
    bench.poll()
    assert told(bench) == []
    for _ in range(3):
        bench.poll(minutes=20)
    assert told(bench) == [("deleted", "Post 5", ()), ("published", "Another 5", ())]
    old, new = bench.rows("SELECT * FROM posts WHERE wp_id = 5 ORDER BY id")
    assert (old["state"], old["title"], new["state"], new["title"]) == ("deleted", "Post 5", "public", "Another 5")
    assert bench.one("SELECT post_id FROM post_keys WHERE kind = 'wp-id' AND value = '5'") == new["id"]
    assert "another post" in bench.one("SELECT summary FROM changes WHERE kind = 'deleted'")
    assert len({alert["data"]["id"] for alert in bench.alerts()}) == 2
    until_settled(bench)
    assert len(bench.changes()) == 2
    assert bench.rows("SELECT * FROM suspects") == []
    site.edit(5, title="An edit")
    clock.advance(minutes=1)
    bench.poll()
    assert told(bench)[1:2] == [("edited", "An edit", ("title",))]
    assert public(bench) == shown(site)


def test_it_is_proven_by_two_looks(bench, site, clock):
    bench.write_config(SOURCE.replace("0s", "1h"))
    bench.poll()
    another(site, 5)
    clock.advance(minutes=10)
    for _ in range(3):
        bench.poll()
    assert told(bench) == []
    assert bench.one("SELECT kind FROM suspects") == "deleted"
    bench.poll(minutes=60)
    assert [kind for kind, _, _ in told(bench)] == ["deleted", "published"]


@pytest.mark.parametrize("same", ["guid", "date", "title"])
def test_one_thing_that_stays_makes_it_an_edit(bench, site, clock, same):
    bench.poll()
    post = site.posts[5]
    kept = {"guid": site.guid(post), "title": post.title, "date": dated(post)}
    another(site, 5, **{same: kept[same]})
    clock.advance(minutes=10)
    until_settled(bench)
    assert [kind for kind, _, _ in told(bench)] == ["edited"]
    assert bench.one("SELECT count(*) FROM posts") == 8


def test_an_id_that_was_deleted_before_is_published_at_once(bench, site, clock):
    bench.poll()
    site.delete(5)
    until_settled(bench)
    assert told(bench) == [("deleted", "Post 5", ())]
    site.publish("Another 5", "<p>Nothing is left.</p>", id=5, guid="https://example.org/new-5")
    clock.advance(minutes=1)
    bench.poll()
    assert told(bench) == [("deleted", "Post 5", ()), ("published", "Another 5", ())]
    until_settled(bench)
    assert len(bench.changes()) == 2
    assert public(bench) == shown(site)


def test_an_id_that_goes_back_to_the_first_post_restores_that_one(bench, site, clock):
    bench.poll()
    before = {name: getattr(site.posts[5], name) for name in ("title", "content", "slug", "guid")}
    date = dated(site.posts[5])
    another(site, 5)
    clock.advance(minutes=10)
    for _ in range(4):
        bench.poll(minutes=20)
    site.edit(5, date=date, **before)
    clock.advance(minutes=10)
    for _ in range(4):
        bench.poll(minutes=20)
    assert told(bench) == [
        ("deleted", "Another 5", ()),
        ("deleted", "Post 5", ()),
        ("published", "Another 5", ()),
        ("restored", "Post 5", ()),
    ]
    assert public(bench) == shown(site)
    assert bench.one("SELECT count(*) FROM posts") == 9


def test_a_sweep_finds_an_id_that_came_back_behind_an_old_modified(bench, site, clock):
    bench.poll()
    old = site.posts[2].modified_gmt
    another(site, 2, slug="long-ago")
    site.posts[2].modified_gmt = site.posts[2].modified = old
    clock.advance(minutes=10)
    until_settled(bench)
    assert [kind for kind, _, _ in told(bench)] == ["deleted", "published"]
    assert public(bench) == shown(site)


@pytest.mark.parametrize("sweep", ["30d", "never"])
def test_a_site_that_was_replaced_is_suspect_and_nothing_is_deleted(tmp_path, clock, sweep):
    site = made(clock, posts=40)
    bench = Watched(tmp_path, clock, {"example.org": site}, SOURCE.replace("0s", f"0s, sweep: {sweep}"))
    bench.poll()
    for number in site.posts:
        another(site, number)
    clock.advance(minutes=10)
    for _ in range(12):
        bench.poll()
    assert told(bench) == []
    assert bench.source()["state"] == "suspect"
    assert bench.notices() == [("suspect", "example.org")]
    bench.sweep(accept=True)
    for _ in range(4):
        bench.poll(minutes=20)
    assert [kind for kind, _, _ in told(bench)] == ["deleted"] * 40 + ["published"] * 40
    assert public(bench) == shown(site)
    assert bench.source()["state"] == "active"


def test_part_of_a_large_archive_that_was_replaced_is_found_by_the_sweep_behind_it(tmp_path, clock):
    site = made(clock, posts=130)
    bench = Watched(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    for number in range(101, 125):
        another(site, number)
    clock.advance(minutes=10)
    bench.poll()
    assert bench.one("SELECT last_sweep_at IS NOT NULL FROM sources")
    for _ in range(5):
        bench.poll(minutes=20)
    assert [kind for kind, _, _ in told(bench)] == ["deleted"] * 24 + ["published"] * 24
    assert bench.notices() == []
    assert public(bench) == shown(site)


# a feed's posts and a collection's


def test_posts_of_a_feed_go_on_as_those_of_the_collection(tmp_path, clock, site):
    only_feed = "  - {url: https://example.org/, kind: feed}"
    bench = Watched(tmp_path, clock, {"example.org": site}, only_feed)
    bench.poll()
    before = bench.rows("SELECT id, title FROM posts ORDER BY id")
    assert bench.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 8
    bench.write_config(only_feed.replace("kind: feed", "kind: wordpress"))
    for _ in range(3):
        bench.poll()
    assert told(bench) == []
    assert bench.rows("SELECT id, title FROM posts ORDER BY id") == before
    assert public(bench) == shown(site)
    site.edit(5, title="An edit")
    site.edit(6, content="<p>Other words.</p>")
    clock.advance(minutes=1)
    bench.poll()
    assert told(bench) == [("edited", "An edit", ("title",)), ("edited", "Post 6", ("content",))]


@pytest.fixture
def split(bench, site, clock):
    """REST is out, guid and link of post 8 change at once: what the feed shows then looks like a post of its own."""
    bench.poll()
    bench.poll()
    site.rest = False
    for _ in range(4):
        bench.poll(minutes=70)
    site.edit(8, guid="https://new.example/8", slug="elsewhere")
    clock.advance(minutes=1)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 9
    return bench


def test_two_posts_that_turn_out_to_be_one_go_on_as_one(split, site, clock):
    assert told(split) == []
    site.rest = True
    for _ in range(3):
        split.poll(minutes=70)
    assert told(split) == [("edited", "Post 8", ("link",))]
    assert public(split) == shown(site)
    old, new = split.rows("SELECT * FROM posts WHERE title = 'Post 8' ORDER BY id")
    assert (old["wp_id"], old["state"], new["merged_into"]) == (8, "public", old["id"])
    assert split.one("SELECT count(DISTINCT post_id) FROM post_keys WHERE value IN ('8', 'https://new.example/8')") == 1
    site.edit(8, title="An edit")
    clock.advance(minutes=1)
    split.poll()
    assert told(split)[0] == ("edited", "An edit", ("title",))
    assert len(split.changes()) == 2


def test_a_change_that_was_told_of_the_other_one_is_still_found_and_not_told_again(split, site, clock):
    site.edit(8, title="An edit")
    clock.advance(minutes=1)
    split.poll()
    assert told(split) == [("edited", "An edit", ("title",))]
    (alert,) = (alert for alert in split.alerts() if alert["type"] == "post.edited")
    site.rest = True
    for _ in range(3):
        split.poll(minutes=70)
    assert sorted(change["fields"] for change in split.changes()) == [["link"], ["title"]]
    assert public(split) == shown(site)
    assert split.one("SELECT post_id FROM changes WHERE id = ?", alert["data"]["id"]) == alert["data"]["post"]["id"]
    assert split.one("SELECT revisions FROM posts WHERE id = ?", alert["data"]["post"]["id"]) == 2


def test_two_posts_with_different_dates_are_not_made_one(split, site, clock):
    site.edit(8, date=clock.now - timedelta(days=400))
    site.fail("*feed*", Fault(status=503), times=None)
    site.rest = True
    for _ in range(3):
        split.poll(minutes=70)
    assert split.one("SELECT count(*) FROM posts WHERE merged_into IS NOT NULL") == 0
    assert told(split) == []
    assert "which has another date" in split.one("SELECT error FROM polls WHERE error IS NOT NULL ORDER BY id DESC")
