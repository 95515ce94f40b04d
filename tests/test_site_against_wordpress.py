"""The fast site beside a real WordPress: the same history, the same questions, the same answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import feedparser
import httpx
import pytest

from tests.site import Clock, Site

pytestmark = pytest.mark.wordpress

ZONE = "Asia/Seoul"
#: A whole second well in the past, so that nothing is scheduled by accident.
START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
#: what a fresh WordPress of the harness has
IDS = {("author", "Alice"): 2, ("author", "Bob"): 3} | {
    ("category", name): number for number, name in enumerate(["News", "Tech", "Culture", "Opinion", "Sports"], start=2)
}
POSTS = [
    {
        "title": "First & foremost",
        "content": "<p>One.</p>",
        "author": "Bob",
        "categories": ["News"],
        "tags": ["b", "a"],
    },
    {"title": "Party 🎉", "content": "<p>Fun 🎉 here.</p>"},
    {"title": "By hand", "content": "<p>Two.</p>", "excerpt": "An excerpt.", "author": "Alice"},
    {
        "title": "Long",
        "content": "<p>" + " ".join(f"word{n}" for n in range(70)) + "</p>",
        "categories": ["Tech", "News"],
    },
    {"title": "Same title", "content": "<p>Three.</p>"},
    {"title": "Same title", "content": "<p>Four.</p>"},
    {"title": "Edited later", "content": "<p>Five.</p>"},
    {"title": "Silently edited", "content": "<p>Six.</p>"},
    {"title": "Protected later", "content": "<p>Seven.</p>"},
    {"title": "Trashed later", "content": "<p>Eight.</p>"},
    {"title": "Deleted later", "content": "<p>Nine.</p>"},
    {"title": "Draft again", "content": "<p>Ten.</p>"},
    {"title": "An announcement", "content": "<p>Eleven.</p>", "type": "page"},
    {"title": "Newest", "content": "<p>Twelve.</p>"},
]
LIGHT = "_fields=id,date,date_gmt,modified,modified_gmt,link,slug,status,guid"
REQUESTS = [
    "/wp-json/?_fields=url,home,gmt_offset,timezone_string",
    f"/wp-json/wp/v2/posts?{LIGHT}",
    "/wp-json/wp/v2/posts?per_page=100&_fields=id,title,content,excerpt,author,categories,tags,featured_media,sticky",
    f"/wp-json/wp/v2/posts?per_page=2&page=2&{LIGHT}",
    "/wp-json/wp/v2/posts?per_page=100&orderby=id&order=asc&_fields=id,modified_gmt&modified_after={middle}",
    "/wp-json/wp/v2/posts?per_page=100&_fields=id&after={middle}",
    "/wp-json/wp/v2/posts?per_page=100&_fields=id&before={middle}&orderby=date&order=desc",
    "/wp-json/wp/v2/posts?include={all}&per_page=100&_fields=id,status",
    "/wp-json/wp/v2/posts?include={all}&_fields=id",
    "/wp-json/wp/v2/posts?include=",
    "/wp-json/wp/v2/posts?offset=2&page=3&per_page=3&_fields=id",
    "/wp-json/wp/v2/posts?offset=99&_fields=id",
    "/wp-json/wp/v2/posts?page=99",
    "/wp-json/wp/v2/posts?per_page=101&order=up&page=0",
    "/wp-json/wp/v2/posts?order=up&orderby=foo&include=x,1&after=monday&status=draft&offset=x",
    "/wp-json/wp/v2/posts?context=edit",
    "/wp-json/wp/v2/posts?_fields=nonexistent&per_page=2",
    "/wp-json/wp/v2/posts?categories=2&tags=7&_fields=id",
    "/wp-json/wp/v2/posts?per_page=2&_fields=id,_links.author,_links.wp:term,_embedded&_embed=author,wp:term",
    "/wp-json/wp/v2/posts?per_page=2&_fields=id,_embedded&_embed=1",
    "/wp-json/wp/v2/pages?_fields=id,link,guid,type",
    "/wp-json/wp/v2/posts/{first}",
    "/wp-json/wp/v2/posts/{first}?context=edit",
    "/wp-json/wp/v2/posts/{first}?password=x",
    "/wp-json/wp/v2/posts/{protected}",
    "/wp-json/wp/v2/posts/{trashed}",
    "/wp-json/wp/v2/posts/{draft}",
    "/wp-json/wp/v2/posts/{deleted}",
    "/wp-json/wp/v2/posts/{page}",
    "/wp-json/wp/v2/posts/abc",
    "/wp-json/wp/v2/nothing",
    "/?rest_route=/wp/v2/posts&per_page=1&_fields=id",
    "/feed/",
    "/feed/?paged=2",
    "/feed/?paged=9",
    "/feed/?orderby=modified",
    "/category/news/feed/",
    "/robots.txt",
    "/?p={first}",
    "/?p={trashed}",
    "/2001/01/01/nothing/",
]
HEADERS = ("content-type", "link", "x-wp-total", "x-wp-totalpages", "allow", "etag", "last-modified", "location")
#: in the JSON of the real one only
MORE = ("avatar_urls", "url", "description", "predecessor-version", "version-history", "curies", "_links")


def minute(number):
    return START + timedelta(minutes=number)


def gmt(moment):
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def make_real(wordpress):
    """Write the history into the real site; return its ids in the order of POSTS."""
    wordpress.batch([("delete", number, "--force=1") for number in (1, 2, 3)])
    commands = []
    for number, fields in enumerate(POSTS):
        words = {**fields, "date_gmt": gmt(minute(number)), "modified_gmt": gmt(minute(number))}
        words |= {name: ",".join(words[name]) for name in ("categories", "tags") if name in words}
        words |= {"author": words["author"].lower()} if "author" in words else {}
        commands.append(["create", *(f"--{name}={value}" for name, value in words.items())])
    ids = [post["id"] for post in wordpress.batch(commands)]
    wordpress.batch(
        [
            (
                "edit",
                ids[6],
                "--title=Edited",
                "--content=<p>Five and a half.</p>",
                f"--modified_gmt={gmt(minute(100))}",
            ),
            ("raw-edit", ids[7], "--content=<p>Six and a half.</p>"),
            ("edit", ids[8], "--password=secret", f"--modified_gmt={gmt(minute(101))}"),
            ("trash", ids[9]),
            ("delete", ids[10], "--force=1"),
            ("set-status", ids[11], "draft"),
        ]
    )
    return ids


def make_fast(url, ids):
    """Write the same history into the fast site."""
    clock = Clock(minute(0))
    site = Site(url=url, title="Harness Site", zone=ZONE, clock=clock)
    site.ids.update(IDS)
    for number, fields in zip(ids, POSTS, strict=True):
        site.publish(id=number, **fields)
        clock.advance(minutes=1)
    clock.now = minute(100)
    site.edit(ids[6], title="Edited", content="<p>Five and a half.</p>")
    site.silent_edit(ids[7], content="<p>Six and a half.</p>")
    clock.now = minute(101)
    site.protect(ids[8])
    clock.now = datetime.now(UTC)
    site.trash(ids[9])
    site.delete(ids[10])
    site.edit(ids[11], status="draft")
    return site


def without(data, names):
    if isinstance(data, dict):
        return {name: without(value, names) for name, value in data.items() if name not in names}
    return [without(value, names) for value in data] if isinstance(data, list) else data


def seen(answer):
    """Return what counts of an answer."""
    headers = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    kind = answer.headers.get("Content-Type", "")
    if "json" in kind:
        body = without(answer.json(), MORE)
    elif "xml" in kind:
        posts = feedparser.parse(answer.content).entries
        body = [
            (
                p.title,
                p.link,
                p.id,
                p.published,
                p.author,
                p.summary,
                [c.value for c in p.content],
                [t.term for t in p.tags],
            )
            for p in posts
        ]
    else:
        body = answer.text if "plain" in kind else None
    return answer.status_code, headers, body


@pytest.fixture
def pair(wordpress_factory):
    """A real site, the fast one, and the words that requests are made of."""
    wordpress = wordpress_factory(timezone_string=ZONE)
    ids = make_real(wordpress)
    names = ("first", "protected", "trashed", "deleted", "draft", "page")
    words = dict(zip(names, (ids[place] for place in (0, 8, 9, 10, 11, 12)), strict=True))
    words |= {"all": ",".join(map(str, ids)), "middle": f"{minute(5):%Y-%m-%dT%H:%M:%SZ}"}
    return wordpress, make_fast(wordpress.url, ids), words


def assert_same(pair, requests):
    wordpress, site, words = pair
    options = {"base_url": wordpress.url, "headers": {"Accept-Encoding": "identity"}}
    with httpx.Client(**options) as real, httpx.Client(**options, transport=site.transport()) as fast:
        for path, headers in requests:
            path = path.format(**words)
            answers = [seen(client.get(path, headers=headers)) for client in (fast, real)]
            assert answers[0] == answers[1], (path, headers)


def test_both_give_the_same_answers(pair):
    assert_same(pair, [(path, {}) for path in REQUESTS])


def test_both_say_not_modified_to_the_same_validators(pair):
    feed = pair[1].respond("GET", "/feed/")
    etags = [None, feed.header("ETag"), "W/" + feed.header("ETag"), '"x"']
    dates = [None, feed.header("Last-Modified"), "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"]
    sent = [{"If-None-Match": etag, "If-Modified-Since": date} for etag in etags for date in dates]
    assert_same(pair, [("/feed/", {name: value for name, value in headers.items() if value}) for headers in sent])


def test_both_show_the_home_page_for_api_and_feed_when_permalinks_are_plain(pair):
    wordpress, site, _ = pair
    wordpress.ctl("set-option", "permalink_structure", "")
    site.pretty = False
    paths = [
        "/",
        "/wp-json/",
        "/feed/",
        "/?rest_route=/&_fields=home",
        "/?rest_route=/wp/v2/posts&per_page=2&page=2&_fields=id,link,guid",
        "/index.php?rest_route=/wp/v2/posts/{first}&_fields=id,_links.author",
        "/?feed=rss2",
        "/?p={first}",
        "/?p={trashed}",
    ]
    assert_same(pair, [(path, {}) for path in paths])


def test_both_close_the_api_and_leave_the_feed_open(pair):
    wordpress, site, _ = pair
    wordpress.ctl("plugin", "rest-disabled", "on")
    site.rest = False
    paths = [
        "/",
        "/wp-json/",
        "/wp-json/wp/v2/posts",
        "/wp-json/wp/v2/posts/{first}",
        "/wp-json/wp/v2/nothing",
        "/feed/",
    ]
    assert_same(pair, [(path, {}) for path in paths])
