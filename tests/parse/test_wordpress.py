"""REST answers: what is refused whole, what costs only its own post, and what must come out the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.errors import ParseError
from crawler.model import IgnoreRule, Ref
from crawler.parse import wordpress
from crawler.parse.rederive import rederive
from crawler.parse.wordpress import SiteIndex
from tests.parse.documents import MISSING, record, rest

WHOLE = rest(record(1), record(2))


@pytest.mark.parametrize(
    ("body", "reason", "says"),
    [
        pytest.param(b"", "truncated", "empty", id="empty body"),
        pytest.param(b" \n", "truncated", "empty", id="white space only"),
        pytest.param(WHOLE[:-1], "truncated", f"{len(WHOLE) - 1:,} bytes", id="cut before the last bracket"),
        pytest.param(WHOLE[: WHOLE.index(b"Text of 2")], "truncated", "inside a string", id="cut inside a string"),
        pytest.param(
            WHOLE[: WHOLE.index("“".encode()) + 1], "truncated", "inside a character", id="inside a character"
        ),
        pytest.param(b'[{"id":1,"title":{"rendered":"a\nb', "truncated", "byte 29", id="raw newline and a cut"),
        pytest.param(b'[{"id":1},{"id":2', "truncated", "before its end", id="cut between posts"),
        pytest.param(b"<br />\n<b>Warning</b>: x in y\n" + WHOLE, "not_data", "PHP notice", id="PHP notice before"),
        pytest.param(WHOLE + b"<br />\n<b>Warning</b>: x", "not_data", "something else follows", id="PHP notice after"),
        pytest.param(WHOLE + WHOLE, "not_data", "something else follows", id="two documents"),
        pytest.param(b"<!DOCTYPE html><html></html>", "not_data", "web page", id="web page"),
        pytest.param(b"\xef\xbb\xbf" + WHOLE, "not_data", "byte order mark", id="byte order mark"),
        pytest.param(WHOLE.replace("“".encode(), b"\x93"), "not_data", "not UTF-8", id="not UTF-8"),
        pytest.param(WHOLE.decode().encode("utf-16"), "not_data", "not UTF-8", id="UTF-16"),
        pytest.param(b"null", "not_data", "neither", id="null"),
        pytest.param(b"17", "not_data", "neither", id="a scalar"),
        pytest.param(b'"text"', "not_data", "neither", id="a text"),
        pytest.param(b"{}", "not_data", "an object", id="an empty object"),
        pytest.param(b'{"posts":[]}', "not_data", "an object", id="another object"),
        pytest.param(b"[[]]", "not_data", "a list", id="what WordPress sends for unknown _fields"),
        pytest.param(b"[1, 2]", "not_data", "a list", id="a list of numbers"),
        pytest.param(
            b'{"code":"rest_x","message":"Not\\u001b[1m here"}', "not_data", "Not�[1m here", id="error with 200"
        ),
        pytest.param(WHOLE.replace(b'"id": 1', b'"id": NaN'), "not_data", "number", id="NaN"),
        pytest.param(WHOLE.replace(b'"id": 1', b'"id": -Infinity'), "not_data", "number", id="Infinity"),
        pytest.param(WHOLE.replace(b'"id": 1', b'"id": ' + b"9" * 5000), "not_data", "number", id="5,000 digits"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "not_data", "nested too deeply", id="nested deeply"),
        pytest.param(b'[{"id":1 "x":2}]', "not_data", "malformed at byte 9", id="missing comma"),
        pytest.param(rest(*({"id": n} for n in range(1, 600))), "too_large", "599 posts", id="too many posts"),
    ],
)
def test_an_unusable_document_fails_whole(body: bytes, reason: str, says: str) -> None:
    with pytest.raises(ParseError) as caught:
        wordpress.posts(body)
    assert caught.value.reason == reason
    assert says in str(caught.value)
    assert str(caught.value).isprintable()


HUGE = "x" * 1_100_000

DAMAGE = {
    "no id": ({"id": MISSING}, "record 1: it has no id"),
    "id as text": ({"id": "7"}, "record 1: its id is text"),
    "id as fraction": ({"id": 7.0}, "record 1: its id is a number with a fraction"),
    "id as truth": ({"id": True}, "record 1: its id is true or false"),
    "id null": ({"id": None}, "record 1: its id is null"),
    "id zero": ({"id": 0}, "record 1: its id is out of range"),
    "id negative": ({"id": -4}, "record 1: its id is out of range"),
    "id beyond 64 bit": ({"id": 2**63}, "record 1: its id is out of range"),
    "title null": ({"title": None}, "post 5: title is null"),
    "title as text": ({"title": "Bare"}, "post 5: title is text"),
    "title a list": ({"title": []}, "post 5: title is a list"),
    "title rendered null": ({"title": {"rendered": None}}, "post 5: title is null"),
    "title huge": ({"title": {"rendered": HUGE}}, "post 5: title has 1,100,000 characters"),
    "content a list": ({"content": ["x"]}, "post 5: content is a list"),
    "content null": ({"content": None}, "post 5: content is null"),
    "excerpt a number": ({"excerpt": {"rendered": 3}}, "post 5: excerpt is a number"),
    "lone surrogate": ({"content": {"rendered": "a\ud800b"}}, "post 5: content holds half a character"),
    "NUL": ({"title": {"rendered": "a\0b"}}, "post 5: title holds a NUL"),
    "NUL in a guid": ({"guid": {"rendered": "a\0b"}}, "post 5: guid holds a NUL"),
    "guid huge": ({"guid": {"rendered": "g" * 9000}}, "post 5: guid has 9,000 characters"),
    "author as text": ({"author": "7"}, "post 5: author is text"),
    "categories of text": ({"categories": ["News"]}, "post 5: an id in categories is text"),
    "embedded name": (
        {"_embedded": {"author": [{"id": 7, "name": "Kim\ud83d"}]}},
        "post 5: name holds half a character",
    ),
}


@pytest.mark.parametrize(("changes", "line"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_post_costs_only_itself(changes: dict[str, Any], line: str) -> None:
    body = json.dumps([record(5, **changes), record(6)]).encode()
    page = wordpress.posts(body)
    assert [each.wp_id for each in page.sightings] == [6]
    assert page.sightings == wordpress.posts(rest(record(6))).sightings
    assert len(page.unreadable) == 1
    assert page.unreadable[0].startswith(line)
    assert page.records == 2


def test_a_record_that_is_no_object_costs_only_itself() -> None:
    page = wordpress.posts(rest([], record(6)))
    assert [each.wp_id for each in page.sightings] == [6]
    assert page.unreadable == ("record 1: it is a list instead of an object",)


def test_control_characters_in_strings_read_like_escaped_ones() -> None:
    escaped = rest(record(content={"rendered": "<p>one\ntwo\tthree</p>"}))
    raw = escaped.replace(b"\\n", b"\n").replace(b"\\t", b"\t")
    assert raw != escaped
    page = wordpress.posts(raw)
    assert page.notes == ("control characters inside JSON strings",)
    assert page == replace(wordpress.posts(escaped), notes=page.notes)
    assert wordpress.posts(escaped).notes == ()


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"_links": {"self": [{"href": "x"}]}}, True, id="links"),
        pytest.param({"sticky": True, "yoast_head": "<meta>"}, True, id="what was not asked for"),
        pytest.param({"modified_gmt": "2023-05-09T00:00:00"}, False, id="modified"),
        pytest.param({"content": {"rendered": "<p>Other</p>", "protected": False}}, False, id="content"),
        pytest.param({"tags": [4]}, False, id="tags"),
        pytest.param({"_embedded": {"author": [{"id": 7, "name": "Kim"}]}}, False, id="a name"),
    ],
)
def test_the_raw_hash_covers_what_is_the_posts_and_no_more(changes: dict[str, Any], same: bool) -> None:
    (before,), (after,) = (wordpress.posts(rest(each)).sightings for each in (record(), record(**changes)))
    assert (before.raw_hash == after.raw_hash) is same
    assert len(before.raw_hash) == 32


def test_the_order_of_keys_does_not_count() -> None:
    turned = dict(reversed(record().items()))
    assert wordpress.posts(rest(turned)) == wordpress.posts(rest(record()))


def test_nothing_is_derived_of_a_post_whose_raw_hash_is_known() -> None:
    first = wordpress.posts(WHOLE)
    again = wordpress.posts(WHOLE, known=frozenset({first.sightings[0].raw_hash}))
    seen, fresh = again.sightings
    assert seen == replace(first.sightings[0], fields=None, text_hash=None, original=None)
    assert fresh == first.sightings[1]


def test_embedded_names_stand_beside_the_ids() -> None:
    embedded = {
        "author": [{"id": 7, "name": "Kim &amp; Lee", "avatar_urls": {"24": "https://x.example/1"}}],
        "wp:term": [
            [{"id": 3, "name": "R &amp; D", "taxonomy": "category"}, {"id": 1, "name": "News", "taxonomy": "category"}],
            [{"id": 9, "name": "piers", "taxonomy": "post_tag"}],
        ],
        "wp:featuredmedia": [{"id": 44, "source_url": "https://press.example/a.jpg"}],
    }
    (post,) = wordpress.posts(rest(record(tags=[9], featured_media=44, _embedded=embedded))).sightings
    assert post.fields is not None
    assert post.fields.author == Ref(id=7, name="Kim & Lee")
    assert post.fields.categories == (Ref(id=1, name="News"), Ref(id=3, name="R & D"))
    assert post.fields.tags == (Ref(id=9, name="piers"),)
    assert post.fields.featured_image == Ref(id=44, name="https://press.example/a.jpg")


def test_an_author_that_may_not_be_shown_is_known_by_id_only() -> None:
    embedded = {"author": [{"code": "rest_user_invalid_id", "message": "Invalid user ID.", "data": {"status": 404}}]}
    (post,) = wordpress.posts(rest(record(_embedded=embedded))).sightings
    assert post.fields is not None
    assert post.fields.author == Ref(id=7, name="")


@pytest.mark.parametrize("name", ["title", "content", "excerpt", "author", "categories", "tags", "link"])
def test_a_missing_key_is_not_told_and_an_empty_one_is_empty(name: str) -> None:
    (post,) = wordpress.posts(rest(record(**{name: MISSING}))).sightings
    assert post.fields is not None
    assert getattr(post.fields, name) is None
    empty: Any = {"rendered": ""} if name in ("title", "content", "excerpt") else []
    if name in ("author", "link"):
        return
    (post,) = wordpress.posts(rest(record(**{name: empty}))).sightings
    assert post.fields is not None
    assert getattr(post.fields, name) in ("", ())


def test_no_featured_image_is_told_as_none() -> None:
    (with_none,) = wordpress.posts(rest(record(featured_media=0))).sightings
    (untold,) = wordpress.posts(rest(record(featured_media=MISSING))).sightings
    assert with_none.fields is not None and untold.fields is not None
    assert with_none.fields.featured_image == Ref(id=0, name="")
    assert untold.fields.featured_image is None


def test_a_list_with_gaps_that_php_wrote_as_an_object_is_a_list() -> None:
    (post,) = wordpress.posts(rest(record(categories={"1": 8, "0": 2}))).sightings
    assert post.fields is not None
    assert post.fields.categories == (Ref(id=2), Ref(id=8))


def test_a_password_makes_the_text_untold_and_not_empty() -> None:
    hidden = {"rendered": "", "protected": True}
    (post,) = wordpress.posts(rest(record(content=hidden, excerpt=hidden))).sightings
    assert post.protected
    assert post.fields is not None
    assert (post.fields.title, post.fields.content, post.fields.excerpt) == ("Title 103", None, None)


def test_an_excerpt_made_from_the_text_is_as_good_as_none() -> None:
    made = {"rendered": "<p>Text of 103, “quoted”. [&hellip;]</p>\n", "protected": False}
    (post,) = wordpress.posts(rest(record(excerpt=made))).sightings
    assert post.fields is not None
    assert post.fields.excerpt == ""


def test_a_guid_is_unescaped_and_kept_whole() -> None:
    (post,) = wordpress.posts(rest(record(guid={"rendered": "http://x.example/?post_type=book&#038;p=5"}))).sightings
    assert post.guid == "http://x.example/?post_type=book&p=5"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-05-08T23:00:24", datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC)),
        ("2023-05-08T23:00:24Z", datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC)),
        ("2023-05-09T08:00:24+09:00", datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC)),
        ("2099-01-01T00:00:00", datetime(2099, 1, 1, tzinfo=UTC)),
        ("0000-00-00T00:00:00", None),
        ("-0001-11-30T00:00:00", None),
        ("2023-02-30T00:00:00", None),
        ("9999-12-31T23:59:59-10:00", None),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59", None),
        ("2200-01-01T00:00:00", None),
        ("1970-01-01T00:00:00", None),
        ("1970-01-01T09:00:00", None),
        ("1969-12-31T15:00:00", None),
        ("1995-05-08T23:00:24", datetime(1995, 5, 8, 23, 0, 24, tzinfo=UTC)),
        ("yesterday", None),
        ("2023-W19-1", None),
        ("", None),
        (None, None),
        (0, None),
        (1683586824, None),
    ],
)
def test_a_date_is_utc_or_unknown_and_never_now(value: Any, expected: datetime | None) -> None:
    (post,) = wordpress.posts(rest(record(date_gmt=value, modified_gmt=value, date="2001-01-01T00:00:00"))).sightings
    assert (post.published_at, post.modified_at) == (expected, expected)
    assert post.fields is not None
    assert post.fields.published_at == expected


def test_a_post_scheduled_earlier_keeps_its_older_modified_date() -> None:
    (post,) = wordpress.posts(rest(record())).sightings
    assert post.modified_at is not None and post.published_at is not None
    assert post.modified_at < post.published_at


@pytest.mark.parametrize("link", ["javascript:alert(1)", "/relative/", "ftp://x.example/", "http://[broken/", ""])
def test_a_link_that_is_no_web_address_is_none(link: str) -> None:
    (post,) = wordpress.posts(rest(record(link=link))).sightings
    assert post.link is None


def test_the_same_post_twice_is_one_and_two_posts_under_one_id_are_none() -> None:
    page = wordpress.posts(rest(record(1), record(2), record(1), record(3), record(3, tags=[8])))
    assert [each.wp_id for each in page.sightings] == [1, 2]
    assert page.unreadable == ("post 3: it stands there twice and differs",)
    assert page.records == 5


def test_a_guid_that_stands_twice_is_no_key() -> None:
    guid = {"rendered": "http://x.example/same"}
    page = wordpress.posts(rest(record(1, guid=guid), record(2, guid=guid), record(3)))
    assert [each.guid for each in page.sightings] == [None, None, "https://press.example/?p=3"]


def test_duplicate_keys_in_a_record_are_read_the_same_way_every_time() -> None:
    body = b'[{"id":4,"title":{"rendered":"first"},"title":{"rendered":"last"}}]'
    (post,) = wordpress.posts(body).sightings
    assert post.fields is not None
    assert post.fields.title == "last"


def test_a_page_tells_the_dates_a_walk_goes_on_from() -> None:
    page = wordpress.posts(rest(*(record(n, date=f"2024-0{n}-01T08:00:00") for n in (3, 2, 1))))
    assert (page.records, page.first_date, page.last_date) == (3, "2024-03-01T08:00:00", "2024-01-01T08:00:00")


@pytest.mark.parametrize(
    "date",
    [
        "2024-01-01&status=draft",
        "2026-99-99T00:00:00",
        "2023-02-29T00:00:00",
        "٢٠٢٣-02-28T00:00:00",
        "0000-00-00T00:00:00",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59",
        "",
        None,
        20240101,
    ],
)
def test_a_walk_never_goes_on_from_what_is_no_time(date: Any) -> None:
    page = wordpress.posts(rest(record(1, date=date), record(2, date="1914-08-01T08:00:00"), record(3, date=date)))
    assert (page.first_date, page.last_date) == ("1914-08-01T08:00:00", "1914-08-01T08:00:00")


def test_an_empty_list_is_a_page_without_posts() -> None:
    page = wordpress.posts(b"[]")
    assert (page.sightings, page.unreadable, page.records) == ((), (), 0)


def test_a_stored_original_gives_the_same_fields_again() -> None:
    (post,) = wordpress.posts(rest(record())).sightings
    assert post.original is not None
    again = rederive(post.original)
    assert (again.fields, again.text_hash) == (post.fields, post.text_hash)
    other = rederive(post.original, [IgnoreRule(regex="quoted")])
    assert other.fields.content is not None and "quoted" not in other.fields.content


def test_ignore_rules_reach_the_text() -> None:
    (post,) = wordpress.posts(rest(record()), rules=[IgnoreRule(regex="quoted")]).sightings
    assert post.fields is not None and post.fields.content is not None
    assert "quoted" not in post.fields.content


def test_a_listing_has_ids_and_times() -> None:
    told = [
        {"id": 5, "date_gmt": "2023-05-08T23:00:24", "modified_gmt": "2023-05-09T01:00:00"},
        {"id": 5, "date_gmt": "2023-05-08T23:00:24", "modified_gmt": "2023-05-09T01:00:00"},
        {"id": "6"},
        {"id": 7, "date_gmt": None},
        {"id": 7, "date_gmt": "2020-01-01T00:00:00"},
    ]
    listing = wordpress.listing(rest(*told))
    assert listing.posts == (
        (5, datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC), datetime(2023, 5, 9, 1, 0, tzinfo=UTC)),
        (7, None, None),
    )
    assert listing.unreadable == (
        "record 3: its id is text instead of a whole number",
        "post 7: it stands there twice with different times",
    )


@pytest.mark.parametrize(
    ("name", "offset", "expected"),
    [
        ("Asia/Seoul", 9, "Asia/Seoul"),
        ("", "0", "UTC"),
        ("", 9, "UTC+9"),
        ("", "-3.5", "UTC-3:30"),
        ("", 5.75, "UTC+5:45"),
        (None, "garbage", None),
        ("../etc/passwd", None, None),
        ("", 1e300, None),
    ],
)
def test_the_sites_zone_is_a_name_or_an_offset(name: Any, offset: Any, expected: str | None) -> None:
    told = {"name": "Press", "namespaces": ["wp/v2"], "timezone_string": name, "gmt_offset": offset}
    assert wordpress.index(json.dumps(told).encode()).timezone == expected


def test_an_index_tells_who_the_site_is() -> None:
    told = {
        "name": "Press &amp;  papers",
        "url": "https://press.example/wp",
        "home": "https://press.example",
        "gmt_offset": 0,
        "namespaces": ["oembed/1.0", "wp/v2", 5],
    }
    assert wordpress.index(json.dumps(told).encode()) == SiteIndex(
        name="Press & papers",
        url="https://press.example/wp",
        home="https://press.example",
        timezone="UTC",
        namespaces=("oembed/1.0", "wp/v2"),
    )


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"code":"x","message":"y"}', b'{"namespaces":"wp/v2"}', b"<html>"])
def test_what_is_no_index_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        wordpress.index(body)


def test_types_are_named_by_their_collection() -> None:
    told = {
        "post": {"rest_base": "posts", "slug": "post", "rest_namespace": "wp/v2"},
        "book": {"rest_base": "library", "slug": "book"},
        "shop": {"rest_base": "products", "slug": "shop", "rest_namespace": "shop/v3"},
        "odd": None,
    }
    assert wordpress.types(json.dumps(told).encode()) == {"posts": "post", "library": "book"}
    with pytest.raises(ParseError):
        wordpress.types(b'{"code":"rest_no_route","message":"No route"}')


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"code":"rest_no_route","message":"No route","data":{"status":404}}', "rest_no_route"),
        (b'{"code":"rest_no_route"}', None),
        (b'{"code":404,"message":"x"}', None),
        (b'{"code":"<script>","message":"x"}', None),
        (b"[]", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_the_code_of_a_rest_error_is_told(body: bytes, code: str | None) -> None:
    assert wordpress.error_code(body) == code
