"""The fast site answers as a real WordPress was measured to: first by table, then side by side with a real one."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.site import Clock, Fault, Site, serve

NOON = datetime(2026, 11, 23, 2, 54, 24, tzinfo=UTC)  # 11:54:24 in Seoul
POSTS = "/wp-json/wp/v2/posts"


@pytest.fixture
def clock():
    return Clock(NOON)


@pytest.fixture
def site(clock):
    return Site(clock=clock, zone="Asia/Seoul")


def ids(site, query):
    status, _, body = site.respond("GET", f"{POSTS}?{query}&_fields=id")
    assert status == 200
    return [post["id"] for post in json.loads(body)]


def code(answer):
    return answer.status, json.loads(answer.body)["code"]


@pytest.mark.parametrize(
    ("value", "after", "before"),
    [
        ("11:54:23", True, False),  # without a zone: the site's own time
        ("11:54:24", False, False),
        ("11:54:25", False, True),
        ("02:54:25", True, False),
        ("02:54:23Z", True, False),
        ("11:54:23%2B09:00", True, False),
        ("02:54:24Z", False, False),
        ("02:54:24.000Z", False, False),
        ("02:54:25Z", False, True),
    ],
)
def test_date_bounds_are_exclusive_and_local_unless_they_name_a_zone(site, value, after, before):
    post = site.publish("A")
    assert ids(site, f"modified_after=2026-11-23T{value}") == [post.id] * after
    assert ids(site, f"modified_before=2026-11-23T{value}") == [post.id] * before
    assert ids(site, f"after=2026-11-23T{value}") == [post.id] * after


def test_a_changed_zone_hides_recent_edits_because_local_dates_are_kept_as_printed(clock):
    site = Site(clock=clock, zone="America/New_York")
    post = site.publish("A")
    hour_ago = (NOON - timedelta(hours=1)).strftime("modified_after=%Y-%m-%dT%H:%M:%SZ")
    assert ids(site, hour_ago) == [post.id]
    site.zone = "Asia/Seoul"
    assert ids(site, hour_ago) == []


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("per_page=101", 400, "rest_invalid_param"),
        ("per_page=0", 400, "rest_invalid_param"),
        ("per_page=abc", 400, "rest_invalid_param"),
        ("page=0", 400, "rest_invalid_param"),
        ("orderby=foo", 400, "rest_invalid_param"),
        ("order=foo", 400, "rest_invalid_param"),
        ("status=draft", 400, "rest_invalid_param"),
        ("include=abc", 400, "rest_invalid_param"),
        ("modified_after=2026-11-23", 400, "rest_invalid_param"),
        ("modified_after=2026-11-23T11:54:23+09:00", 400, "rest_invalid_param"),
        ("page=99", 400, "rest_post_invalid_page_number"),
        ("context=edit", 401, "rest_forbidden_context"),
    ],
)
def test_a_collection_refuses_what_wordpress_refuses(site, query, status, error):
    site.publish("A")
    assert code(site.respond("GET", f"{POSTS}?{query}")) == (status, error)


def test_all_wrong_parameters_are_named_at_once(site):
    data = json.loads(site.respond("GET", f"{POSTS}?order=foo&after=monday").body)
    assert data["message"] == "Invalid parameter(s): order, after"
    assert data["data"]["details"]["after"]["code"] == "rest_invalid_date"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", list(range(12, 2, -1))),  # ten a page, newest first
        ("per_page=3&order=asc", [1, 2, 3]),
        ("per_page=5&page=3", [2, 1]),
        ("per_page=2&offset=3", [9, 8]),
        ("per_page=2&offset=3&page=2", [9, 8]),  # offset wins
        ("offset=99", []),
        ("orderby=id&order=asc&per_page=100", list(range(1, 13))),
        ("include=", list(range(12, 2, -1))),  # as if it were not there
        ("include=0", []),
        ("include=" + ",".join(map(str, range(1, 13))), list(range(12, 2, -1))),  # still ten a page
        ("include=3,1,99&orderby=include", [3, 1]),
        ("include=2&exclude=2", [2]),
        ("exclude=12&per_page=1", [11]),
        ("categories=9999", []),
        ("bogus=1&per_page=1", [12]),
    ],
)
def test_a_collection_shows(site, clock, query, expected):
    for number in range(12):
        clock.advance(minutes=1)
        site.publish(f"Post {number}")
    assert ids(site, query) == expected


@pytest.mark.parametrize(
    ("query", "total", "pages", "link"),
    [
        ("per_page=2", "5", "3", "2>; rel=next"),
        ("per_page=2&page=2", "5", "3", "1>; rel=prev, 3>; rel=next"),
        ("per_page=2&page=3", "5", "3", "2>; rel=prev"),
        ("offset=99", "0", "0", None),  # a lie, as measured
        ("per_page=100", "5", "1", None),
    ],
)
def test_a_collection_counts_and_links_its_pages(site, query, total, pages, link):
    for number in range(5):
        site.publish(f"Post {number}")
    answer = site.respond("GET", f"{POSTS}?{query}")
    assert (answer.header("X-WP-Total"), answer.header("X-WP-TotalPages")) == (total, pages)
    told = answer.header("Link")
    if link is None:
        assert told == f'<{site.url}/wp-json/>; rel="https://api.w.org/"'
    else:
        assert [part.rpartition("page=")[2].replace('"', "") for part in told.split(", ")] == link.split(", ")


def test_ordering_by_modified_loses_posts_that_share_a_date_and_ordering_by_id_does_not(site):
    for number in range(300):
        site.publish(f"Post {number}")
    walks = {
        order: [i for page in (1, 2, 3) for i in ids(site, f"orderby={order}&per_page=100&page={page}")]
        for order in ("modified", "id", "date")
    }
    assert all(len(walk) == 300 for walk in walks.values())
    assert len(set(walks["modified"])) < 300
    assert len(set(walks["id"])) == len(set(walks["date"])) == 300


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("id,title.rendered", {"id": 1, "title": {"rendered": "A &#038; B"}}),
        ("content.protected", {"content": {"protected": False}}),
        ("nonexistent", []),
        ("id,_embedded", {"id": 1}),  # nothing to embed without the links
    ],
)
def test_fields_cut_a_post_down(site, fields, expected):
    site.publish("A & B")
    assert json.loads(site.respond("GET", f"{POSTS}?_fields={fields}&_embed=1").body) == [expected]


def test_embedded_names_come_with_the_links_that_lead_to_them(site):
    site.publish("A", author="Bob", categories=["News"], tags=["b", "a"], image="https://img.example/1.jpg")
    query = "_fields=_links.author,_links.wp:term,_embedded&_embed=author,wp:term,wp:featuredmedia"
    (post,) = json.loads(site.respond("GET", f"{POSTS}?{query}").body)
    assert list(post["_embedded"]) == ["author", "wp:term"]
    assert post["_embedded"]["author"][0]["name"] == "Bob"
    assert [[term["name"] for term in terms] for terms in post["_embedded"]["wp:term"]] == [["News"], ["a", "b"]]
    (post,) = json.loads(site.respond("GET", f"{POSTS}?_embed").body)
    assert post["_embedded"]["wp:featuredmedia"][0]["id"] == post["featured_media"]


@pytest.mark.parametrize(
    ("act", "status", "error"),
    [
        (lambda site, number: site.trash(number), 401, "rest_forbidden"),
        (lambda site, number: site.edit(number, status="draft"), 401, "rest_forbidden"),
        (lambda site, number: site.edit(number, status="private"), 401, "rest_forbidden"),
        (lambda site, number: site.delete(number), 404, "rest_post_invalid_id"),
        (lambda site, number: site.edit(number, type="page"), 404, "rest_post_invalid_id"),
    ],
)
def test_a_post_that_went_away_says_how(site, act, status, error):
    post = site.publish("A")
    act(site, post.id)
    assert code(site.respond("GET", f"{POSTS}/{post.id}")) == (status, error)
    assert ids(site, f"include={post.id}") == []


def test_ids_of_deleted_posts_are_not_given_again(site):
    first = site.publish("A")
    site.delete(first.id)
    assert site.publish("A").id != first.id


def test_a_protected_post_keeps_its_title_and_hides_its_text(site):
    post = site.publish("A", "<p>hidden</p>")
    site.protect(post.id, "secret")
    data = json.loads(site.respond("GET", f"{POSTS}/{post.id}").body)
    assert (data["title"]["rendered"], data["content"]) == ("A", {"rendered": "", "protected": True})
    opened = json.loads(site.respond("GET", f"{POSTS}/{post.id}?password=secret").body)
    assert opened["content"]["rendered"] == "<p>hidden</p>\n"
    assert code(site.respond("GET", f"{POSTS}/{post.id}?password=no")) == (403, "rest_post_incorrect_password")
    assert b"<title>Protected: A</title>" in site.respond("GET", "/feed/").body


@pytest.mark.parametrize(
    ("act", "moves"),
    [
        (lambda site, number: site.edit(number, title="B"), True),
        (lambda site, number: site.edit(number), True),  # Update with nothing changed
        (lambda site, number: site.silent_edit(number, content="<p>B</p>"), False),
        (lambda site, number: site.protect(number), True),
    ],
)
def test_only_some_changes_move_the_modified_date(site, clock, act, moves):
    post = site.publish("A")
    clock.advance(minutes=5)
    act(site, post.id)
    assert (post.modified_gmt == post.date_gmt) is not moves


def test_a_scheduled_post_goes_live_with_a_modified_date_older_than_its_own(site, clock):
    post = site.publish("Soon", date=NOON + timedelta(hours=2))
    assert code(site.respond("GET", f"{POSTS}/{post.id}")) == (401, "rest_forbidden")
    clock.advance(hours=3)
    assert ids(site, "modified_after=2026-11-23T03:00:00Z") == []
    assert ids(site, "after=2026-11-23T03:00:00Z") == [post.id]


def test_trashing_frees_the_slug_and_the_untrashed_post_comes_back_with_another(site):
    first = site.publish("Same title")
    site.trash(first.id)
    second = site.publish("Same title")
    site.untrash(first.id)
    assert (second.slug, first.slug) == ("same-title", "same-title-2")


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        (lambda site: site.publish("New"), True),
        (lambda site: site.edit(2, title="B"), True),
        (lambda site: site.edit(1, title="B"), True),  # long out of the feed
        (lambda site: site.publish("Page", type="page"), True),
        (lambda site: site.silent_edit(20, content="<p>B</p>"), False),
        (lambda site: site.trash(19), False),
        (lambda site: site.delete(15), False),
    ],
)
def test_a_feeds_validators_move_with_the_latest_date_of_the_whole_site_and_nothing_else(site, clock, change, moves):
    for number in range(20):
        clock.advance(minutes=1)
        site.publish(f"Post {number}")
    etag = site.respond("GET", "/feed/").header("ETag")
    clock.advance(minutes=1)
    change(site)
    answer = site.respond("GET", "/feed/", {"If-None-Match": etag})
    assert answer.status == (200 if moves else 304)
    assert site.respond("GET", "/category/none/feed/").header("ETag") == answer.header("ETag")


@pytest.mark.parametrize(
    ("etag", "date", "status"),
    [
        ("right", None, 304),
        (None, "right", 304),
        ("right", "right", 304),
        ("right", "old", 200),  # both sent: both must fit
        ("wrong", "right", 200),
        ("weak", None, 200),  # as nginx with gzip gives it
        (None, "new", 304),
        (None, "old", 200),
        (None, None, 200),
    ],
)
def test_a_feed_is_not_modified_when_all_validators_sent_fit(site, etag, date, status):
    site.publish("A")
    first = site.respond("GET", "/feed/", {"Accept-Encoding": "gzip"})
    weak = first.header("ETag")
    etags = {"right": weak.removeprefix("W/"), "weak": weak, "wrong": '"x"', None: None}
    dates = {
        "right": first.header("Last-Modified"),
        "old": "Mon, 23 Nov 2026 02:54:23 GMT",
        "new": "Mon, 23 Nov 2026 02:54:25 GMT",
        None: None,
    }
    sent = {"If-None-Match": etags[etag], "If-Modified-Since": dates[date]}
    answer = site.respond("GET", "/feed/", {name: value for name, value in sent.items() if value})
    assert (answer.status, answer.body == b"") == (status, status == 304)


def titles(answer):
    return [part.partition("</title>")[0] for part in answer.body.decode().split("<title>")[2:]]


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/feed/", 200, ["12", "11", "10", "9", "8", "7", "6", "5", "4", "3"]),
        ("/feed/?paged=2", 200, ["2", "1"]),
        ("/feed/?paged=3", 404, []),
        ("/?feed=rss2&paged=2", 200, ["2", "1"]),
        ("/feed/?orderby=modified&paged=1", 200, ["1", "12", "11", "10", "9", "8", "7", "6", "5", "4"]),
        ("/feed/?orderby=ID&order=asc&paged=2", 200, ["11", "12"]),
        ("/category/odd/feed/", 200, ["11", "9", "7", "5", "3", "1"]),
        ("/category/unknown/feed/", 200, []),
        ("/comments/feed/", 200, []),
    ],
)
def test_a_feed_shows(site, clock, path, status, expected):
    for number in range(1, 13):
        clock.advance(minutes=1)
        site.publish(str(number), categories=["Odd" if number % 2 else "Even"])
    clock.advance(minutes=1)
    site.edit(1)
    answer = site.respond("GET", path)
    assert (answer.status, titles(answer)) == (status, expected)
    assert answer.body.endswith(b"</rss>\n")


def test_the_feeds_html_is_not_the_rest_html_and_depends_on_the_position(site, clock):
    post = site.publish("A", '<p>🎉<img src="a.jpg" width="9"></p>')

    def shown():
        return site.respond("GET", "/feed/").body.decode().partition("encoded><![CDATA[")[2].partition("]]>")[0]

    rest = json.loads(site.respond("GET", f"{POSTS}/{post.id}").body)["content"]["rendered"]
    assert rest == '<p>🎉<img loading="lazy" src="a.jpg" width="9"></p>\n'
    assert re.sub("<img src=[^>]*wp-smiley[^>]*>", "emoji", shown()) == '<p>emoji<img src="a.jpg" width="9"></p>\n'
    site.publish("B", "<p>x</p>", date=NOON - timedelta(days=1))
    clock.advance(minutes=1)
    site.publish("C", "<p>x</p>")
    lazy = site.respond("GET", "/feed/").body.decode()
    assert '/><img loading="lazy" src="a.jpg"' in lazy


def test_excerpts_are_cut_at_55_words_and_leave_out_what_is_no_prose(site):
    words = " ".join(f"w{n}" for n in range(80))
    post = site.publish("A", f"<figure><figcaption>no</figcaption></figure><p>{words}</p>")
    excerpt = json.loads(site.respond("GET", f"{POSTS}/{post.id}").body)["excerpt"]["rendered"]
    assert excerpt.startswith("<p>w0 w1 ")
    assert excerpt.endswith(" w54 [&hellip;]</p>\n")
    site.full_text = False
    feed = site.respond("GET", "/feed/").body.decode()
    assert "w54 [&#8230;]" in feed
    assert "content:encoded>" not in feed


def test_a_post_is_found_at_its_link_and_a_lost_one_by_the_beginning_of_its_slug(site):
    post = site.publish("Long title here")
    assert site.link(post) == f"{site.url}/2026/11/23/long-title-here/"
    answer = site.respond("GET", site.link(post))
    assert answer.status == 200
    assert f'<{site.url}/wp-json/wp/v2/posts/{post.id}>; rel="alternate"; type="application/json"' in str(
        answer.headers
    )
    for path in ("/?p=1", "/2026/11/23/long-title-here", "/2026/11/23/long-title/"):
        moved = site.respond("GET", path)
        assert (moved.status, moved.header("Location"), moved.header("Link")) == (301, site.link(post), None)
    site.trash(post.id)
    for path in ("/?p=1", "/2026/11/23/long-title-here/", "/nothing/"):
        assert site.respond("GET", path).status == 404


def test_discovery_finds_the_api_in_header_and_head_of_every_page(site):
    for path in ("/", "/nothing/"):
        answer = site.respond("GET", path)
        assert answer.header("Link") == f'<{site.url}/wp-json/>; rel="https://api.w.org/"'
        assert f'<link rel="https://api.w.org/" href="{site.url}/wp-json/" />'.encode() in answer.body
        assert f'type="application/rss+xml" title="A Site &raquo; Feed" href="{site.url}/feed/"'.encode() in answer.body
    assert site.respond("HEAD", "/").body == b""


@pytest.mark.parametrize("path", ["/wp-json", "/wp-json/", "/index.php/wp-json/", "/?rest_route=/"])
def test_the_index_has_many_addresses(site, path):
    index = json.loads(site.respond("GET", path).body)
    assert (index["home"], index["gmt_offset"], index["timezone_string"]) == (site.url, 9, "Asia/Seoul")


@pytest.mark.parametrize("path", ["/WP-JSON/", "/wp-json//wp/v2/posts"])
def test_misspelt_addresses_of_the_api_are_pages_that_do_not_exist(site, path):
    assert site.respond("GET", path).status == 404


def test_plain_permalinks_show_the_home_page_where_api_and_feed_would_be(site):
    post = site.publish("A")
    site.pretty = False
    for path in ("/wp-json/", "/feed/"):
        answer = site.respond("GET", path)
        assert (answer.status, answer.header("Content-Type")) == (200, "text/html; charset=UTF-8")
        assert answer.header("Link") == f'<{site.url}/index.php?rest_route=/>; rel="https://api.w.org/"'
    listed = site.respond("GET", "/?rest_route=/wp/v2/posts&per_page=1&_fields=id,link")
    assert json.loads(listed.body) == [{"id": post.id, "link": f"{site.url}/?p={post.id}"}]
    assert titles(site.respond("GET", "/?feed=rss2")) == ["A"]
    assert site.respond("GET", f"/?p={post.id}").status == 200


def test_a_closed_api_answers_401_everywhere_and_the_feed_goes_on(site):
    site.publish("A")
    site.rest = False
    for path in ("/wp-json/", POSTS, POSTS + "/1"):
        assert code(site.respond("GET", path)) == (401, "rest_login_required")
    assert titles(site.respond("GET", "/feed/")) == ["A"]


def test_a_plain_feed_has_no_api_and_ordinary_validators(clock):
    site = Site(kind="feed", clock=clock, feed_size=2)
    for number in range(3):
        clock.advance(minutes=1)
        site.publish(str(number), f"<p>{number}</p>")
    first = site.respond("GET", "/feed.xml")
    assert titles(first) == ["2", "1"]
    etag = {"If-None-Match": "W/" + first.header("ETag")}
    assert site.respond("GET", "/feed.xml", etag).status == 304
    site.silent_edit(3, content="<p>other</p>")
    assert site.respond("GET", "/feed.xml", etag).status == 200
    assert site.respond("GET", "/wp-json/").status == 404
    assert site.respond("GET", site.link(site.posts[3])).status == 200
    assert site.respond("GET", "/").header("Link") is None


def test_faults_spoil_as_many_answers_as_they_were_told_to(site):
    site.fail("/feed/*", Fault(status=503, headers={"Retry-After": "60"}), times=2)
    site.fail("/wp-json/*", Fault(body=b"<b>Notice</b>[]"), times=None)
    answers = [site.respond("GET", "/feed/") for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].header("Retry-After") == "60"
    assert site.respond("GET", "/wp-json/").body == site.respond("GET", "/wp-json/").body == b"<b>Notice</b>[]"
    site.heal()
    assert site.respond("GET", "/wp-json/").body.startswith(b"{")


@pytest.fixture(params=["transport", "serve"])
def client(site, request):
    """A client of the site by either front."""
    if request.param == "transport":
        with httpx.Client(transport=site.transport(), base_url=site.url, timeout=0.3) as client:
            yield client
        return
    with serve(site) as url, httpx.Client(base_url=url, timeout=0.3) as client:
        yield client


def test_both_fronts_give_the_same_answers_and_keep_a_record(site, client):
    site.publish("A", "<p>long enough to be compressed</p>" * 20)
    answer = client.get(POSTS + "?_fields=id,content", headers={"User-Agent": "me"})
    assert answer.json()[0]["id"] == 1
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Date"] == "Mon, 23 Nov 2026 02:54:24 GMT"
    assert client.get("/feed/").headers["ETag"].startswith('W/"')
    (first, second) = site.requests
    assert (first.path, first.headers["user-agent"], first.status) == (POSTS + "?_fields=id,content", "me", 200)
    assert first.size == int(answer.headers["Content-Length"])
    assert (second.path, second.method, second.at) == ("/feed/", "GET", NOON)


def test_both_fronts_break_off_and_hang(site, client):
    site.publish("A")
    site.fail("/feed/", Fault(cut=100))
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/feed/")
    site.fail("/feed/", Fault(hang=30))
    with pytest.raises(httpx.ReadTimeout):
        client.get("/feed/")
    assert client.get("/feed/").status_code == 200


def test_the_server_keeps_a_connection_and_lets_go_of_it_when_it_stops(site):
    with serve(site) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            for _ in range(2):
                connection.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
            site.fail("/", Fault(drip=30))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.recv(4096)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url)
