"""robots.txt as sites write it."""

from __future__ import annotations

import pytest

from crawler.errors import FetchError
from crawler.fetch.robots import allowed
from tests.fetch.faults import answer, redirects, sends, serving
from tests.fetch.fetching import a_fetcher, access, running

AGENT = "crawler/1.0 (+mailto:me@googlebot.example)"


def ask(behave, path="/wp-json/wp/v2/posts?page=2"):
    outcome = []

    @running
    async def run():
        async with serving(behave) as site, a_fetcher(site.base_url) as fetcher:
            fetch = fetcher.for_source(access(site.base_url, timeout=1.0))
            outcome.append(await allowed(fetch, site.base_url + path, AGENT))
            assert site.paths[0] == "/robots.txt"

    run()
    return outcome[0]


@pytest.mark.parametrize(
    ("rules", "fine"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /wp-admin/", True),
        ("User-agent: *\nDisallow: /wp-json/", False),
        ("User-agent: *\nDisallow: /\nAllow: /wp-json/", True),
        ("User-agent: crawler\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: googlebot\nDisallow: /", True),
        ("User-agent: *\nDisallow: /*?page=", False),
        ("\ufeffUser-agent: *\nDisallow: /", False),
        ("<html>a page</html>", True),
        ("#" * 600_000 + "\nUser-agent: *\nDisallow: /", True),  # nobody reads that far
        ("User-agent: *\nDisallow: /" + "*a" * 5000 + "z", True),
    ],
)
def test_the_rules_are_obeyed(rules, fine):
    assert ask(sends(answer(body=rules.encode()))) is fine


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone"])
def test_no_rules_mean_that_all_is_allowed(status):
    assert ask(sends(answer(status))) is True


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (sends(answer("500 Oh")), "http_5xx"),
        (sends(answer("429 Slow Down")), "rate_limited"),
        (sends(b"", then="stay"), "timeout"),
        (redirects("/robots.txt"), "protocol"),
    ],
)
def test_rules_that_cannot_be_read_are_no_permission(behave, reason):
    with pytest.raises(FetchError) as caught:
        ask(behave)
    assert caught.value.reason == reason
