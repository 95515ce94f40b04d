"""Discovery: the REST root and the feeds that a page or a header names."""

from __future__ import annotations

import pytest

from crawler.parse.page import PageLinks, header_links, links

URL = "https://press.example/a/"


def test_a_wordpress_page_names_its_api_and_its_feeds() -> None:
    body = b"""<!DOCTYPE html><html><head><title> Press &amp;
      papers</title>
    <link rel="alternate" type="application/rss+xml" title="Comments" href="https://press.example/comments/feed/" />
    <link rel='alternate' type='application/rss+xml; charset=UTF-8' href='/feed/'>
    <link rel="alternate" type="application/atom+xml" href="feed/atom/">
    <LINK REL="Alternate" TYPE="application/feed+json" HREF="//cdn.example/feed.json">
    <link rel="alternate" type="application/rss+xml" href="/feed/">
    <link rel="alternate" type="application/json" href="https://press.example/wp-json/wp/v2/pages/2" />
    <link rel="alternate" hreflang="ko" href="/ko/">
    <link rel="stylesheet" type="application/rss+xml" href="/style.css">
    <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
    <link rel="https://api.w.org/" href="/wp-json/" />
    </head><body><svg><title>Logo</title></svg></body></html>"""
    assert links(body, url=URL) == PageLinks(
        rest_root="https://press.example/wp-json/",
        feeds=(
            "https://press.example/feed/",
            "https://press.example/a/feed/atom/",
            "https://cdn.example/feed.json",
        ),
        title="Press & papers",
    )


@pytest.mark.parametrize("body", [b"", b"{}", b"\x00\x01", b"<?xml version='1.0'?><rss></rss>", b"just text"])
def test_what_is_no_html_has_no_links(body: bytes) -> None:
    found = links(body, url=URL)
    assert (found.rest_root, found.feeds) == (None, ())


def test_a_title_is_read_in_the_charset_of_the_header() -> None:
    body = "<title>Новости</title>".encode("windows-1251")
    assert links(body, url=URL, content_type="text/html; charset=windows-1251").title == "Новости"


@pytest.mark.parametrize("body", [b"<a " * 33_000, b"<!--" * 50_000, b"<div>" * 100_000, b"</" * 100_000])
def test_hostile_pages_are_read_in_no_time(body: bytes) -> None:
    assert links(body, url=URL).feeds == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('<https://press.example/wp-json/>; rel="https://api.w.org/"', "https://press.example/wp-json/"),
        ("<https://press.example/wp-json/>; rel=https://api.w.org/", "https://press.example/wp-json/"),
        ('</index.php?rest_route=/>; rel="https://api.w.org/"', "https://press.example/index.php?rest_route=/"),
        (
            '<https://press.example/?p=1>; rel=shortlink, <https://press.example/wp-json/>; rel="https://api.w.org/",'
            ' <https://press.example/wp-json/wp/v2/posts/1>; rel="alternate"; type="application/json"',
            "https://press.example/wp-json/",
        ),
        ('<https://press.example/a,b;c/>; title="x, y"; rel="https://api.w.org/"', "https://press.example/a,b;c/"),
        ('<https://press.example/?p=1>; rel="shortlink"', None),
        ('<javascript:alert(1)>; rel="https://api.w.org/"', None),
        ("garbage", None),
        ("", None),
        ("<" * 10_000, None),
        ("<a>" + "; b" * 10_000, None),
    ],
)
def test_a_link_header_names_the_rest_root(value: str, expected: str | None) -> None:
    assert header_links(value, URL) == expected
