"""What happens to very many posts at once is told once, or not at all."""

from __future__ import annotations

import pytest

from crawler.store import SqliteStore
from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - {url: 'https://example.org/', every: 15m}"
POSTS = 400


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    return filled(clock, POSTS)


def filled(clock, posts):
    site = Site(url="https://example.org", clock=clock)
    for number in range(posts):
        clock.advance(minutes=10)
        site.publish(f"Post {number}", f"<p>Text of post {number}.</p>", categories=["News"], author="alice")
    clock.advance(hours=1)
    return site


@pytest.fixture
def bench(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    return bench


def told(bench):
    """(type, how many Changes it is about) of what the sink got."""
    return [(each["type"], each["data"].get("count", 1)) for each in bench.alerts()]


def new_links(site):
    site.link = lambda post: f"{site.url}/archive/{post.slug}/"


def test_a_permalink_change_is_one_digest_with_one_sample(bench, site):
    new_links(site)
    bench.sweep()
    assert told(bench) == [("digest", POSTS)]
    data = bench.alerts()[0]["data"]
    assert (data["kind"], data["fields"]) == ("edited", ["link"])
    assert {change["silent"] for change in bench.changes()} == {0}
    assert len(bench.changes()) == POSTS
    assert set(data["ids"]) == {change["id"] for change in bench.changes()}
    first, seen, link, place, everything = bench.out.getvalue().strip().splitlines()
    assert first == f"example.org · {POSTS} posts: link edited"
    assert " for example “Post " in seen
    assert link.startswith("  Link   ") and "archive" in link
    assert place.startswith("  https://example.org/archive/post-") and "crawler diff c_" in place
    assert "crawler changes --source example.org --kind edited --field link --since 2026-" in everything
    for _ in range(3):
        bench.sweep(minutes=24 * 60)
    assert len(bench.alerts()) == 1


def rename(site, kind, field, old, new):
    site.ids[kind, new] = site.ids.pop((kind, old))
    for number, post in site.posts.items():
        value = getattr(post, field)
        site.silent_edit(number, **{field: new if isinstance(value, str) else [new]})


NOTHING = {
    "a renamed category": lambda site: rename(site, "category", "categories", "News", "Latest"),
    "a renamed author": lambda site: rename(site, "author", "author", "alice", "Alice Roe"),
    "rewritten markup": lambda site: [
        site.silent_edit(post.id, content=post.content.replace("<p>", '<p class="wp-block-paragraph" id="a">'))
        for post in site.posts.values()
    ],
    "rewritten markup, saved anew": lambda site: [
        site.edit(post.id, content=f'<div class="entry">\n{post.content}\n</div>') for post in site.posts.values()
    ],
    "all updated without an edit": lambda site: [site.edit(post.id) for post in site.posts.values()],
}


@pytest.mark.parametrize("what", NOTHING)
def test_what_changes_no_text_and_no_id_is_nothing(bench, site, what):
    NOTHING[what](site)
    bench.poll()
    bench.sweep()
    bench.poll(minutes=75)
    assert bench.changes() == bench.alerts() == []


def test_a_bulk_import_is_one_digest_for_those_who_take_new_posts(bench, site, clock):
    for number in range(200):
        site.publish(f"Imported {number}", date=clock().replace(year=2011), modified=clock().replace(year=2011))
    for number in range(120):
        site.publish(f"Fresh {number}")
    bench.poll()
    assert told(bench) == [("digest", 120)]
    bench.sweep()
    assert told(bench) == [("digest", 120), ("digest", 200)]
    assert {each["data"]["kind"] for each in bench.alerts()} == {"published"}
    assert bench.out.getvalue() == ""


def test_a_mass_edit_is_a_digest_and_other_edits_of_the_same_poll_are_not_in_it(bench, site):
    for number in range(1, 251):
        site.edit(number, title=f"Headline {number}")
    for number in range(251, 261):
        site.edit(number, content="<p>Other words.</p>")
    bench.poll()
    assert sorted(told(bench)) == [("digest", 250), *[("post.edited", 1)] * 10]


def test_a_mass_edit_that_a_crash_cuts_short_is_one_digest_all_the_same(bench, site, monkeypatch):
    for number in range(1, 251):
        site.edit(number, title=f"Headline {number}")
    commit, left = SqliteStore.commit, [1]

    async def once(store, plan):
        if plan.posts:
            if not left:
                raise KeyboardInterrupt
            left.pop()
        await commit(store, plan)

    with monkeypatch.context() as patched:
        patched.setattr("crawler.store.SqliteStore.commit", once)
        with pytest.raises(BaseException):  # noqa: B017 (however it gets out of the tasks that it ends)
            bench.poll()
    assert 0 < len(bench.changes()) < 250
    bench.poll(minutes=2)
    assert told(bench) == [("digest", 250)]


def test_a_mass_edit_whose_second_half_fails_tells_what_it_has(bench, site):
    for number in range(1, 161):
        site.edit(number, title=f"Headline {number}")
    site.fail("*include=*", Fault(status=503), times=None)
    site.faults.insert(0, ("*include=*", Fault(), 1))
    bench.poll()
    bench.poll(minutes=1)
    assert told(bench) == [("digest", 100)]
    site.heal()
    bench.poll(minutes=60)
    assert told(bench) == [("digest", 100), ("digest", 60)]


# removals


def trash(site, count):
    for number in range(1, count + 1):
        site.trash(number)


def test_a_mass_unpublish_below_the_guard_is_one_digest(bench, site):
    trash(site, 70)
    bench.sweep()
    bench.sweep(minutes=11)
    assert told(bench) == [("digest", 70)]
    assert bench.alerts()[0]["data"]["kind"] == "unpublished"
    assert bench.out.getvalue().startswith("example.org · 70 posts: unpublished\n  seen ")


def test_removals_that_are_proven_a_few_at_a_poll_wait_for_each_other(bench, site):
    trash(site, 70)
    bench.poll(minutes=24 * 60 + 20)
    for _ in range(30):
        bench.poll(minutes=2)
    assert len(bench.changes()) == 70
    assert told(bench) == [("digest", 70)]


def test_a_few_removals_wait_for_nothing(bench, site):
    trash(site, 30)
    bench.poll(minutes=24 * 60 + 20)
    numbers = set()
    for _ in range(30):
        bench.poll(minutes=2)
        assert len(bench.alerts()) == len(bench.changes())
        numbers.add(len(bench.alerts()))
    assert numbers == {0, 20, 30}


def test_a_mass_unpublish_above_the_guard_is_a_notice_and_a_digest_once_it_is_believed(bench, site):
    trash(site, 100)
    for _ in range(2):
        bench.sweep(minutes=60)
        assert bench.one("SELECT state FROM sources") == "suspect"
    assert bench.changes() == bench.alerts() == []
    bench.sweep(minutes=60)
    bench.sweep(minutes=11)
    assert told(bench) == [("digest", 100)]


def test_all_that_come_back_are_one_digest(bench, site):
    trash(site, 70)
    bench.sweep()
    bench.sweep(minutes=11)
    for number in range(1, 71):
        site.untrash(number)
    bench.poll(minutes=75)
    assert told(bench) == [("digest", 70), ("digest", 70)]
    assert bench.alerts()[1]["data"]["kind"] == "restored"


def test_a_sweep_in_slices_is_one_digest(tmp_path, clock):
    site = filled(clock, 1000)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', sweep: 60m}")
    bench.poll()
    answer = site.handle

    def slowly(method, url, headers):
        clock.advance(seconds=20)
        return answer(method, url, headers)

    site.handle = slowly
    new_links(site)
    bench.poll(minutes=61)
    assert 0 < len(bench.changes()) < 1000
    assert bench.alerts() == []
    for _ in range(8):
        bench.poll(minutes=1)
    assert told(bench) == [("digest", 1000)]
