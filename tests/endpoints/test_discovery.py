"""Discovery: what is found at a Source's address, by which way, and what is said when there is nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from crawler.endpoints.discovery import discover
from crawler.errors import DiscoveryError, PollError
from crawler.fetch import Fetcher, HostLines, SourceAccess
from crawler.tasks import run_inline
from tests.site import Answer, Clock, Fault, Site


async def _inline(task):
    return run_inline(task)


def found(site, url="https://example.org/", *, kind="auto", types=("posts",)):
    async def work():
        fetcher = Fetcher(
            user_agent="crawler/test",
            concurrency=2,
            max_body=20_000_000,
            allow_private=(),
            configured_hosts=(),
            proxy=None,
            lines=HostLines(),
            transport=site.transport(),
        )
        async with fetcher:
            fetch = fetcher.for_source(SourceAccess(origin_url=url, per_host_delay=0.0))
            return await discover(fetch, _inline, url, kind=kind, types=types)

    return asyncio.run(work())


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    site = Site(url="https://example.org", clock=clock, title="A Site", zone="Asia/Seoul", gzip=False)
    site.publish("Hello", "<p>World.</p>")
    clock.advance(hours=1)
    return site


def rewritten(site: Site, change: Callable[[str, Answer], Answer]) -> None:
    """Have every answer of the site go through `change(url, answer)`."""
    original = site.handle

    def handle(method, url, headers):
        answer, fault = original(method, url, headers)
        return change(url, answer), fault

    site.handle = handle


def without_header(url: str, answer: Answer) -> Answer:
    return answer._replace(headers=[(name, value) for name, value in answer.headers if name != "Link"])


def without_link(url: str, answer: Answer) -> Answer:
    answer = without_header(url, answer)
    return answer._replace(body=answer.body.replace(b"https://api.w.org/", b"nothing"))


def test_a_wordpress_site_is_known_by_its_link_header(site):
    what = found(site)
    assert (what.kind, what.home, what.title, what.timezone) == (
        "wordpress",
        "https://example.org",
        "A Site",
        "Asia/Seoul",
    )
    assert [(each.kind, each.type, each.rank, each.url) for each in what.endpoints] == [
        ("rest", "posts", 1, "https://example.org/wp-json/wp/v2/posts"),
        ("feed", "", 2, "https://example.org/feed/"),
    ]
    paths = [each.path for each in site.requests]
    assert len(paths) == 4
    assert paths[0] == "/"


@pytest.mark.parametrize("change", [without_header, without_link], ids=["by <link>", "by /wp-json/"])
def test_it_is_found_without_the_header_too(site, change):
    rewritten(site, change)
    assert found(site).endpoints[0].url == "https://example.org/wp-json/wp/v2/posts"


def test_without_permalinks_the_home_page_at_wp_json_is_no_api(site):
    site.pretty = False
    rewritten(site, without_link)
    what = found(site)
    assert what.endpoints[0].url == "https://example.org/?rest_route=/wp/v2/posts"
    asked = [each for each in site.requests if each.path.startswith("/wp-json/")]
    assert [each.status for each in asked] == [200]
    assert what.endpoints[1].url == "https://example.org/?feed=rss2"


def test_json_that_is_another_api_is_no_wordpress(site):
    def other(url, answer):
        if "wp-json" in url or "rest_route" in url:
            return answer._replace(body=b'{"name":"x","namespaces":["shop/v1"]}')
        return answer

    rewritten(site, other)
    assert found(site).kind == "feed"


def test_where_rest_is_closed_the_feed_is_watched(site):
    site.rest = False
    what = found(site)
    assert (what.kind, [each.kind for each in what.endpoints]) == ("feed", ["feed"])


def test_a_site_that_must_be_wordpress_and_is_closed_is_watched_by_its_feed_until_it_opens(site):
    site.rest = False
    what = found(site, kind="wordpress", types=("posts", "pages"))
    assert (what.kind, what.is_closed) == ("wordpress", True)
    assert [(each.kind, each.url, each.type) for each in what.endpoints] == [
        ("rest", "https://example.org/wp-json/wp/v2/posts", "posts"),
        ("rest", "https://example.org/wp-json/wp/v2/pages", "pages"),
        ("feed", "https://example.org/feed/", ""),
    ]


def test_a_site_that_must_be_wordpress_says_what_was_tried(site):
    site.rest = False
    site.fail("*feed*", Fault(status=404), times=None)
    with pytest.raises(DiscoveryError) as refusal:
        found(site, kind="wordpress")
    for step in ("Link header", "/wp-json/", "?rest_route="):
        assert step in str(refusal.value)


def test_trouble_that_may_pass_is_not_taken_for_a_site_without_rest(site):
    site.fail("*wp-json*", Fault(status=503, body=b"maintenance"), times=None)
    with pytest.raises(PollError) as trouble:
        found(site)
    assert trouble.value.reason in ("http_5xx", "rate_limited")


@pytest.mark.parametrize("kind", ["auto", "feed"])
def test_a_feed_is_watched_as_a_feed(clock, kind):
    site = Site(url="https://example.org", clock=clock, kind="feed", feed_path="/news.xml", title="News")
    site.publish("Hello", "<p>World.</p>")
    what = found(site, "https://example.org/news.xml", kind=kind)
    assert (what.kind, what.title) == ("feed", "News")
    assert [(each.kind, each.url, each.rank) for each in what.endpoints] == [
        ("feed", "https://example.org/news.xml", 2)
    ]
    assert len(site.requests) == 1


def test_the_feed_of_a_wordpress_site_is_watched_alone(site):
    what = found(site, "https://example.org/feed/")
    assert (what.kind, [each.kind for each in what.endpoints]) == ("feed", ["feed"])
    assert what.home.rstrip("/") == "https://example.org"


def test_a_page_of_kind_feed_leads_to_the_feed_it_links_to(site):
    what = found(site, kind="feed")
    assert [(each.kind, each.url) for each in what.endpoints] == [("feed", "https://example.org/feed/")]


def test_a_feed_of_summaries_ranks_behind_one_with_full_text(clock):
    site = Site(url="https://example.org", clock=clock, full_text=False)
    site.publish("Long", "<p>" + "word " * 200 + "</p>")
    assert found(site, "https://example.org/feed/").endpoints[0].rank == 3


def test_each_collection_of_types_is_an_endpoint(site):
    what = found(site, types=("posts", "pages"))
    assert [each.type for each in what.endpoints if each.kind == "rest"] == ["posts", "pages"]


def test_a_collection_that_is_not_there_is_an_error_that_says_what_is(site):
    with pytest.raises(DiscoveryError, match=r"(?s)'books'.*pages.*posts"):
        found(site, types=("posts", "books"))


def test_a_page_that_is_neither_tells_every_attempt(clock):
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": "text/html"}, content=b"<html><title>Shop</title></html>")

    class Shop:
        def transport(self):
            return httpx.MockTransport(answer)

    with pytest.raises(DiscoveryError) as refusal:
        found(Shop())
    text = str(refusal.value)
    for step in ("as a feed", "Link header", "<link>", "/wp-json/", "?rest_route=", "/feed/", "?feed=rss2"):
        assert step in text, text
    assert "text/html" in text
