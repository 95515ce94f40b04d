"""Removals where there is only a feed: missing in its middle and gone at its own address, twice; nothing else."""

from __future__ import annotations

import pytest

from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - {url: 'https://example.org/feed.xml', confirm: 20m}"


CLOSED = "  - {url: 'https://example.org/', confirm: 20m}"


@pytest.fixture
def clock():
    return Clock()


def filled(clock, **more):
    site = Site(url="https://example.org", clock=clock, **more)
    for number in range(30):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text of post {number}.</p>")
    clock.advance(hours=1)
    return site


@pytest.fixture
def site(clock):
    return filled(clock, kind="feed", feed_path="/feed.xml")


@pytest.fixture
def bench(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    return bench


def told(bench):
    return [(change["kind"], change["title"]) for change in bench.changes()]


@pytest.mark.parametrize("does", [Site.delete, Site.trash])
def test_a_post_that_is_gone_is_deleted_after_two_looks(bench, site, does):
    does(site, 26)
    bench.poll()
    assert told(bench) == []
    bench.poll(minutes=19)
    assert told(bench) == []
    bench.poll(minutes=2)
    assert told(bench) == [("deleted", "Post 25")]
    assert bench.one("SELECT state FROM posts WHERE title = 'Post 25'") == "deleted"
    assert bench.rows("SELECT * FROM suspects") == []
    (alert,) = bench.alerts()
    assert (alert["type"], alert["data"]["post"]["state"]) == ("post.deleted", "deleted")
    for _ in range(3):
        bench.poll()
    assert len(bench.changes()) == 1


def test_what_comes_back_is_restored(bench, site):
    site.trash(26)
    for _ in range(3):
        bench.poll()
    site.untrash(26)
    bench.poll()
    bench.poll()
    assert told(bench) == [("deleted", "Post 25"), ("restored", "Post 25")]


def test_what_slides_out_of_the_window_is_not_missing(bench, site, clock):
    site.delete(21)  # the oldest one shown
    for number in range(4):
        site.publish(f"New {number}", "<p>News.</p>")
        clock.advance(hours=1)
        bench.poll()
    site.delete(max(site.posts))  # the newest one shown
    for _ in range(3):
        bench.poll()
    assert {kind for kind, _ in told(bench)} == {"published"}
    assert bench.rows("SELECT * FROM suspects") == []


def test_what_is_published_in_one_second_is_told_apart(bench, site, clock):
    for number in range(3):
        site.publish(f"Together {number}", "<p>News.</p>")
    clock.advance(hours=1)
    bench.poll()
    site.delete(max(site.posts) - 1)
    for _ in range(3):
        bench.poll()
    assert ("deleted", "Together 1") in told(bench)
    # Of those that are as old as the oldest one shown, none is missed: they may just not fit in any more.
    for number in range(9):
        clock.advance(hours=1)
        site.publish(f"New {number}", "<p>News.</p>")
    for _ in range(3):
        bench.poll()
    assert [title for kind, title in told(bench) if kind == "deleted"] == ["Together 1"]
    assert bench.rows("SELECT * FROM suspects") == []


LINKS = {
    "there": Fault(status=200, body=b"<html>Post 25</html>"),
    "led elsewhere": Fault(status=301, headers={"Location": "https://example.org/"}),
    "forbidden": Fault(status=403),
    "in trouble": Fault(status=503),
    "too slow": Fault(hang=60),
}


@pytest.mark.parametrize("how", LINKS)
def test_a_link_that_is_not_gone_is_no_evidence(bench, site, how):
    site.delete(26)
    site.fail("/posts/post-25*", LINKS[how], times=None)
    for _ in range(8):
        bench.poll(minutes=60)
    assert told(bench) == []
    # It is left alone some day.
    for _ in range(8):
        bench.poll(minutes=60 * 25)
    assert told(bench) == []
    assert bench.rows("SELECT * FROM suspects") == []


def test_an_address_is_not_believed_where_no_post_is_to_be_had(bench, site):
    site.delete(26)
    site.fail("/posts/*", Fault(status=404), times=None)
    for _ in range(5):
        bench.poll(minutes=60)
    assert told(bench) == []
    site.heal()
    for _ in range(3):
        bench.poll(minutes=60 * 25)
    assert told(bench) == [("deleted", "Post 25")]


def test_one_that_is_shown_again_in_between_is_cleared(bench, site):
    site.trash(26)
    bench.poll()
    assert len(bench.rows("SELECT * FROM suspects")) == 1
    site.untrash(26)
    for _ in range(3):
        bench.poll()
    assert bench.rows("SELECT * FROM suspects") == []
    assert told(bench) == []


def test_a_feed_with_half_a_window_or_none_removes_nothing(bench, site):
    whole = site.respond("GET", "/feed.xml").body
    head, *posts = whole.split(b"\t<item>")
    tail = posts[-1].partition(b"</item>\n")[2]
    half = b"\t<item>".join([head, *posts[:5]]) + tail
    gaps = b"\t<item>".join([head, posts[0], posts[-1]])
    for body in (half, gaps, head + tail, whole[: len(whole) // 2], b"<html>Please log in</html>"):
        site.fail("/feed.xml", Fault(body=body), times=2)
        bench.poll()
        bench.poll(minutes=30)
        site.heal()
        bench.poll()
    assert told(bench) == []
    assert bench.rows("SELECT * FROM suspects") == []


def test_too_many_at_once_wait_for_the_operator(bench, site):
    for number in range(23, 29):
        site.delete(number)
    for _ in range(4):
        bench.poll(minutes=60)
    assert told(bench) == []
    assert bench.one("SELECT state FROM sources") == "suspect"
    assert [row["kind"] for row in bench.rows("SELECT kind FROM notices")] == ["suspect"]
    bench.sweep(accept=True)
    bench.sweep(minutes=30, accept=True)
    assert sorted(told(bench)) == [("deleted", f"Post {number - 1}") for number in range(23, 29)]
    bench.poll()
    assert bench.one("SELECT state FROM sources") == "active"


def test_too_many_at_once_are_believed_when_three_sweeps_agree(bench, site):
    for number in range(23, 29):
        site.delete(number)
    for _ in range(4):
        bench.poll(minutes=60)
    for _ in range(2):
        bench.poll(minutes=60 * 24)
        bench.poll(minutes=30)
        assert told(bench) == []
        assert bench.one("SELECT state FROM sources") == "suspect"
    bench.poll(minutes=60 * 24)
    bench.poll(minutes=30)
    assert sorted(told(bench)) == [("deleted", f"Post {number - 1}") for number in range(23, 29)]
    assert bench.one("SELECT state FROM sources") == "active"
    assert [row["kind"] for row in bench.rows("SELECT kind FROM notices")] == ["suspect"]


def test_the_operator_is_believed_at_once(bench, site):
    for number in range(23, 29):
        site.delete(number)
    bench.sweep(accept=True)
    bench.poll(minutes=30)
    assert len(told(bench)) == 6
    assert bench.rows("SELECT kind FROM notices") == []


def test_too_many_is_a_part_of_all_the_posts_and_not_of_the_window(tmp_path, clock):
    site = filled(clock, rest=False)
    bench = Bench(tmp_path, clock, {"example.org": site}, CLOSED)
    bench.poll()
    for number in range(22, 28):
        site.delete(number)
    site.edit(30, title="So that the feed is read")
    bench.poll()
    bench.poll(minutes=30)
    assert [kind for kind, _ in told(bench)].count("deleted") == 6
    assert bench.one("SELECT state FROM sources") == "active"


def test_too_many_at_once_that_come_back_are_forgotten(bench, site):
    kept = {number: site.posts.pop(number) for number in range(23, 29)}
    bench.poll(minutes=60)
    assert bench.one("SELECT state FROM sources") == "suspect"
    site.posts |= kept
    bench.poll(minutes=60)
    bench.poll(minutes=60)
    assert bench.one("SELECT state FROM sources") == "active"
    assert told(bench) == []


def test_a_post_without_a_guid_is_never_removed(tmp_path, clock, site):
    def without(body):
        lines = body.split(b"\n")
        return b"\n".join(line for line in lines if b"<guid" not in line)

    site.fail("/feed.xml", Fault(body=without(site.respond("GET", "/feed.xml").body)), times=1)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts WHERE guid IS NULL") == 10
    site.delete(26)
    for _ in range(3):
        site.heal()
        site.edit(30, title=f"Seen at {clock()}")
        site.fail("/feed.xml", Fault(body=without(site.respond("GET", "/feed.xml").body)), times=1)
        bench.poll(minutes=60)
    assert "deleted" not in {kind for kind, _ in told(bench)}


def test_a_post_made_and_deleted_while_rest_is_closed_is_published_and_deleted(tmp_path, clock):
    site = filled(clock)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', confirm: 20m}")
    bench.poll()
    site.rest = False
    for _ in range(3):
        bench.poll(minutes=70)
    new = site.publish("Soon gone", "<p>News.</p>")
    clock.advance(hours=1)
    site.publish("Stays", "<p>News.</p>")
    bench.poll(minutes=70)
    site.delete(new.id)
    site.delete(28)
    site.edit(30, title="So that the feed is read")
    for _ in range(3):
        bench.poll(minutes=70)
    changes = [each for each in told(bench) if each[0] != "edited"]
    assert changes == [("published", "Soon gone"), ("published", "Stays"), ("deleted", "Soon gone")]
    # What REST has shown waits for REST.
    site.rest = True
    for _ in range(2):
        bench.poll(minutes=70)
        bench.sweep(minutes=70)
    assert [each for each in told(bench) if each[0] == "deleted"] == [("deleted", "Soon gone"), ("deleted", "Post 27")]


def test_a_sweep_sees_what_a_wordpress_feed_hides_behind_its_304(tmp_path, clock):
    site = filled(clock, rest=False)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', confirm: 20m}")
    bench.poll()
    site.delete(26)
    site.silent_edit(28, title="Another title")
    bench.poll()
    assert (told(bench), bench.rows("SELECT * FROM suspects")) == ([], [])
    bench.sweep()
    bench.poll(minutes=30)
    assert told(bench) == [("edited", "Another title"), ("deleted", "Post 25")]
