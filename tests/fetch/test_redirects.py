"""Redirects are followed by our own rules, and secrets stay at the configured origin."""

from __future__ import annotations

import httpx
import pytest

from crawler.errors import FetchError
from crawler.fetch.redirects import Journey
from crawler.model import Request, Validators
from tests.fetch.faults import FEED, answer, good, redirects, serving
from tests.fetch.fetching import a_fetcher, access, failure, get, running

SECRETS = {"headers": {"X-Api-Key": "key-secret", "Cookie": "a=cookie-secret"}, "username": "ed", "password": "pw"}


def journey(url: str) -> Journey:
    return Journey.start(access(url), Request(url=url))


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/feed/", "https://example.org/feed/"),
        ("../b?x=%2C&y=1#part", "https://example.org/b?x=%2C&y=1"),
        ("//cdn.example/feed", "https://cdn.example/feed"),
        (" https://www.example.org/ ", "https://www.example.org/"),
        ("/fée", "https://example.org/f%C3%A9e"),
        ("HTTPS://EXAMPLE.org/A", "https://example.org/A"),
    ],
)
def test_a_location_is_taken_relative_to_where_it_came_from(location, target):
    way = journey("https://example.org/a/b")
    way.follow(302, location)
    assert str(way.url) == target


@pytest.mark.parametrize(
    "location",
    [
        "http://example.org/",  # down to plain http
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user@example.org/",
        "https://example.org\\@evil.example/",
        "/a\r\nSet-Cookie: x=y",
        "/a%0D%0ASet-Cookie:%20x",
        "/a\x00b",
        "https://[::bad/",
        "https://exa mple.org:port/",
    ],
)
def test_a_crafted_location_is_refused(location):
    with pytest.raises(FetchError) as caught:
        journey("https://example.org/a").follow(301, location)
    assert caught.value.reason == "refused"
    assert str(caught.value).isprintable()


@running
async def test_a_permanent_redirect_is_followed_and_proposed():
    async with (
        serving(good) as target,
        serving(redirects(target.base_url + "/new", "308 Gone On")) as site,
        a_fetcher(site.base_url, target.base_url) as fetcher,
    ):
        fetched = await get(fetcher, site.base_url)
    assert fetched.url == fetched.moved_to == f"{target.base_url}/new"
    assert (fetched.body, fetched.requests) == (FEED, 2)


@running
async def test_a_chain_with_one_temporary_hop_proposes_nothing():
    async with (
        serving(good) as target,
        serving(redirects(target.base_url, "302 Found")) as second,
        serving(redirects(second.base_url, "301 Moved")) as first,
        a_fetcher(first.base_url, second.base_url, target.base_url) as fetcher,
    ):
        fetched = await get(fetcher, first.base_url)
    assert (fetched.moved_to, fetched.requests) == (None, 3)


@running
async def test_five_redirects_are_followed_and_a_sixth_is_not():
    async def countdown(exchange):
        left = int(exchange.path.strip("/"))
        await exchange.send(answer("302 Found", Location=f"/{left - 1}") if left else answer(body=b"here"))

    async with serving(countdown) as site, a_fetcher(site.base_url) as fetcher:
        assert (await get(fetcher, f"{site.base_url}/5")).requests == 6
        error = await failure(fetcher, f"{site.base_url}/6")
    assert (error.reason, error.requests) == ("protocol", 6)


@running
async def test_a_redirect_that_is_not_to_be_followed_is_an_answer_by_itself():
    async with (
        serving(good) as target,
        serving(redirects(target.base_url, "301 Moved")) as site,
        a_fetcher(site.base_url, target.base_url) as fetcher,
    ):
        with pytest.raises(FetchError) as caught:
            await fetcher.for_source(access(site.base_url))(Request(url=site.base_url, follow=False))
    assert (caught.value.status, caught.value.requests) == (301, 1)
    assert target.paths == []


@running
async def test_secrets_go_to_the_configured_origin():
    async with serving(good) as site, a_fetcher(site.base_url) as fetcher:
        await get(fetcher, site.base_url, **SECRETS)
    seen = site.headers[0]
    assert seen["x-api-key"] == "key-secret"
    assert seen["authorization"] == "Basic ZWQ6cHc="
    assert seen["cookie"] == "a=cookie-secret"
    assert seen["user-agent"] == "crawler/1 (+me@example.org)"
    assert seen["accept-encoding"] == "gzip"


@running
async def test_no_secret_follows_a_redirect_elsewhere_not_even_to_another_port():
    async with (
        serving(good) as other,
        serving(redirects(other.base_url)) as site,
        a_fetcher(site.base_url, other.base_url) as fetcher,
    ):
        await get(fetcher, site.base_url, **SECRETS)
    assert site.headers[0]["authorization"]
    assert "secret" not in str(other.headers)
    assert "authorization" not in other.headers[0]


@running
async def test_a_source_asked_for_elsewhere_gives_nothing_away():
    async with serving(good) as other, a_fetcher(other.base_url) as fetcher:
        fetch = fetcher.for_source(access("http://127.0.0.1:1/", **SECRETS))
        await fetch(Request(url=other.base_url))
    assert "secret" not in str(other.headers)
    assert "authorization" not in other.headers[0]


@running
async def test_cookies_are_not_kept():
    async def baker(exchange):
        await exchange.send(answer(Set_Cookie="session=1; path=/"))

    async with serving(baker) as site, a_fetcher(site.base_url) as fetcher:
        await get(fetcher, site.base_url)
        await get(fetcher, site.base_url)
    assert len(site.headers) == 2
    assert not any("cookie" in headers for headers in site.headers)


def test_the_repr_of_an_access_tells_no_secret():
    text = repr(access("https://u:secret@example.org/", **SECRETS))
    assert "secret" not in text
    assert "pw" not in text


@running
async def test_the_configured_address_may_carry_its_own_userinfo_and_no_other():
    async with serving(good) as site, a_fetcher(site.base_url) as fetcher:
        written = site.base_url.replace("//", "//ed:p%40w@")
        fetch = fetcher.for_source(access(written))
        assert (await fetch(Request(url=written))).url == f"{site.base_url}"
        with pytest.raises(FetchError, match="user name or password"):
            await fetch(Request(url=site.base_url.replace("//", "//eve@")))
    assert [headers["authorization"] for headers in site.headers] == ["Basic ZWQ6cEB3"]


@running
async def test_addresses_are_sent_as_they_are_written():
    path = "/a%2Cb;c/%7Ed?include=1%2C2&q=a+b%20c&sig=A%2FB%3D"
    async with serving(good) as site, a_fetcher(site.base_url) as fetcher:
        await get(fetcher, f"{site.base_url}{path}#part")
    assert site.paths == [path]


@running
async def test_a_configured_header_cannot_change_what_the_answer_means():
    headers = {"Accept-Encoding": "br", "Range": "bytes=0-9", "If-None-Match": '"x"', "User-Agent": "mine"}
    async with serving(good) as site, a_fetcher(site.base_url) as fetcher:
        await get(fetcher, site.base_url, headers=headers)
    assert site.headers[0]["accept-encoding"] == "gzip"
    assert site.headers[0]["user-agent"] == "mine"
    assert not {"range", "if-none-match"} & site.headers[0].keys()


@pytest.mark.parametrize("headers", [{"X-Ключ": "1"}, {"X": "a\r\nEvil: 1"}])
def test_a_header_that_cannot_be_sent_is_a_failure_of_that_source(headers):
    @running
    async def run():
        async with serving(good) as site, a_fetcher(site.base_url) as fetcher:
            assert (await failure(fetcher, site.base_url, headers=headers)).reason in ("refused", "protocol")
        assert site.paths == []

    run()


@running
async def test_validators_are_sent_and_304_is_an_answer():
    async def unchanged(exchange):
        await exchange.send(answer("304 Not Modified", Content_Length=None, Date="Tue, 09 May 2023 08:00:24 GMT"))

    validators = Validators(etag='"abc"', last_modified="Tue, 09 May 2023 08:00:00 GMT")
    async with serving(unchanged) as site, a_fetcher(site.base_url) as fetcher:
        answered = await get(fetcher, site.base_url, validators=validators)
        crafted = Validators(etag='"a"\r\nEvil: 1', last_modified="x" * 2000)
        await get(fetcher, site.base_url, validators=validators._replace(etag=crafted.etag))
        error = await failure(fetcher, site.base_url, validators=Validators())
    assert answered.date.isoformat() == "2023-05-09T08:00:24+00:00"
    assert site.headers[0]["if-none-match"] == '"abc"'
    assert site.headers[0]["if-modified-since"] == validators.last_modified
    assert "evil" not in site.headers[1]
    assert "if-none-match" not in site.headers[1]
    assert error.reason == "protocol"


@running
async def test_httpx_mock_transports_fit_the_seam():
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[], headers={"X-WP-Total": "0"})

    async with a_fetcher(transport=httpx.MockTransport(handle)) as fetcher:
        fetched = await get(fetcher, "https://example.org/wp-json/")
        refused = await failure(fetcher, "http://10.0.0.1/")
    assert (fetched.body, fetched.headers["x-wp-total"]) == (b"[]", "0")
    assert refused.reason == "refused"
