"""One post under several names: guids that feeds rewrite, and sites that move with all their addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.bench import Bench
from tests.site import Answer, Clock, Fault, Site

SOURCE = "  - url: https://example.org/"
REST = "/wp-json/wp/v2/posts*"
CLOSED = Fault(status=401, body=b'{"code":"rest_login_required"}')


@dataclass(kw_only=True)
class Rewriting(Site):
    """A site with a plugin that rewrites its feed."""

    rewrite: Callable[[bytes], bytes] = bytes

    def right_answer(self, url, headers):
        answer: Answer = super().right_answer(url, headers)
        return answer._replace(body=self.rewrite(answer.body)) if "/feed" in url else answer


def with_links_as_guids(body: bytes) -> bytes:
    head, *posts = body.split(b"<item>")
    rewritten = [
        re.sub(rb"<link>([^<]+)</link>(.*?)<guid[^>]*>[^<]*", rb"<link>\1</link>\2<guid>\1", post, flags=re.S)
        for post in posts
    ]
    return b"<item>".join([head, *rewritten])


def without_dates(body: bytes) -> bytes:
    return re.sub(rb"<pubDate>[^<]*</pubDate>", b"", with_links_as_guids(body))


@pytest.fixture
def clock():
    return Clock()


def made(clock, rewrite=bytes, **more):
    site = Rewriting(url="https://example.org", clock=clock, rewrite=rewrite, **more)
    for number in range(15):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text of post {number}, first words.</p>")
    clock.advance(hours=1)
    return site


def told(bench):
    return [(each["kind"], each["title"], tuple(each["fields"])) for each in bench.changes()]


def live(bench):
    """How many posts there are to people."""
    return bench.one("SELECT count(*) FROM current_posts")


@pytest.mark.parametrize("rewrite", [with_links_as_guids, without_dates])
def test_a_feed_with_guids_of_its_own_stands_in_for_rest_without_a_second_post(tmp_path, clock, rewrite):
    site = made(clock, rewrite)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    bench.poll()
    site.fail(REST, CLOSED, times=None)
    for _ in range(4):
        bench.poll(minutes=70)
    assert told(bench) == []
    site.edit(15, content="<p>Other words.</p>")
    clock.advance(minutes=1)
    new = site.publish("News of the day", "<p>News.</p>")
    bench.poll()
    bench.poll()
    once = {("edited", "Post 14", ("content",)), ("published", "News of the day", ())}
    assert set(told(bench)) == once
    site.heal()
    for _ in range(3):
        bench.poll(minutes=70)
    bench.sweep()
    assert (len(told(bench)), set(told(bench))) == (2, once)
    assert live(bench) == bench.one("SELECT count(*) FROM posts") == 16
    site.edit(new.id, title="News of the day, with another title", content="<p>News and more.</p>")
    bench.poll()
    assert told(bench)[2:] == [("edited", "News of the day, with another title", ("title", "content"))]


def test_a_site_read_by_its_feed_is_not_read_twice_when_rest_opens_with_other_guids(tmp_path, clock):
    site = made(clock, with_links_as_guids, rest=False)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    bench.poll()
    site.rest = True
    for _ in range(3):
        bench.poll(minutes=60 * 25)
    assert bench.one("SELECT kind FROM sources") == "wordpress"
    assert told(bench) == []
    assert live(bench) == 15
    assert bench.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 0
    site.edit(15, title="Another title", content="<p>And text.</p>")
    bench.poll()
    assert told(bench) == [("edited", "Another title", ("title", "content"))]
    assert live(bench) == 15


def test_another_post_at_a_link_that_became_free_stays_another_one(tmp_path, clock):
    site = made(clock, lambda body: re.sub(rb"<guid[^>]*>https://example.org/.p=(\d+)", rb"<guid>urn:post:\1", body))
    site.fail("/feed/*", Fault(status=503), times=4)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    site.fail(REST, CLOSED, times=None)
    for _ in range(2):
        bench.poll(minutes=70)
    slug = site.posts[15].slug
    site.delete(15)
    clock.advance(minutes=5)
    site.publish("Another post", "<p>Quite other.</p>", slug=slug)
    for _ in range(5):
        bench.poll(minutes=70)
    assert told(bench) == [("published", "Another post", ())]
    assert bench.one("SELECT count(*) FROM posts") == 16


def moving(tmp_path, clock, *, guids=True):
    """A feed whose site goes to another domain, and its guids with it."""
    site = made(clock, kind="wordpress", rest=False)
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/feed/'}")
    bench.poll()
    bench.poll()
    gone = Site(url="https://example.org", clock=clock)
    gone.fail("*", Fault(status=301, headers={"Location": "https://example.net/feed/"}), times=None)
    site.url = "https://example.net"
    if not guids:
        site.rewrite = lambda body: re.sub(rb"(<guid[^>]*>https?://)example\.net", rb"\1example.org", body)
    bench.sites = {"example.org": gone, "example.net": site}
    return bench, site


@pytest.mark.parametrize("guids", [True, False])
def test_the_posts_of_a_feed_that_moves_to_another_domain_stay_the_same(tmp_path, clock, guids):
    bench, site = moving(tmp_path, clock, guids=guids)
    posts = live(bench)
    site.edit(15, content="<p>Edited at the new place.</p>")
    clock.advance(minutes=1)
    site.publish("New at the new place", "<p>News.</p>")
    for _ in range(3):
        bench.poll()
    assert live(bench) == posts + 1
    links = [("edited", f"Post {number}", ("link",)) for number in range(6, 14)]
    news = [("edited", "Post 14", ("link", "content")), ("published", "New at the new place", ())]
    assert sorted(told(bench)) == sorted([*links, *news])
    count = len(told(bench))
    # The old address may be given up for the new one.
    bench.write_config("  - {name: example.org, url: 'https://example.net/feed/'}")
    for _ in range(3):
        bench.poll()
    assert len(told(bench)) == count


def test_a_feed_that_leads_to_another_site_with_like_addresses_has_new_posts(tmp_path, clock):
    """Ids begin at 1 everywhere, so that guids look alike."""
    bench, site = moving(tmp_path, clock)
    site.posts.clear()
    for number in range(5):
        clock.advance(hours=1)
        site.publish(f"Another site's post {number}", "<p>Text.</p>", id=number + 11)
    bench.poll()
    assert {kind for kind, _, _ in told(bench)} == {"published"}
    assert len(told(bench)) == 5
