"""Feeds: what is refused whole, what costs only its own post, and what must come out the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html import escape

import pytest

from crawler.errors import ParseError
from crawler.model import Page, Sighting
from crawler.parse.feed import feed
from crawler.parse.original import unseal
from crawler.parse.rederive import rederive
from tests.parse.documents import URL, atom, entry, item, rss

WHOLE = rss(item(1), item(2))
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'


def read(body: bytes, content_type: str | None = None) -> Page:
    return feed(body, url=URL, content_type=content_type)


def told(page: Page) -> list[Sighting]:
    """The sightings without the fingerprints of how they were written down."""
    return [replace(each, raw_hash="", original=None) for each in page.sightings]


def doctype(declarations: str) -> bytes:
    return f"<!DOCTYPE rss [{declarations}]>".encode()


@pytest.mark.parametrize(
    ("body", "reason", "says"),
    [
        pytest.param(b"", "truncated", "empty", id="empty body"),
        pytest.param(WHOLE[: WHOLE.index(b"By hand 2")], "truncated", "</rss> is missing", id="cut in a post"),
        pytest.param(WHOLE[: WHOLE.index(b"</item>") + 7], "truncated", "</rss> is missing", id="cut between posts"),
        pytest.param(WHOLE[:-1], "truncated", "</rss> is missing", id="cut before the last bracket"),
        pytest.param(WHOLE[: WHOLE.index(b"Text of 2")], "truncated", "inside a CDATA section", id="cut in CDATA"),
        pytest.param(WHOLE.replace(b"</p>]]>", b"</p>"), "truncated", "inside a CDATA section", id="CDATA not closed"),
        pytest.param(WHOLE[:-6] + b"<!-- </rss>", "truncated", "inside a comment", id="the end in a cut comment"),
        pytest.param(WHOLE[:20], "truncated", "before its first element", id="cut in the declaration"),
        pytest.param(b"<!DOCTYPE html><html><body></body></html>", "not_data", "web page", id="web page"),
        pytest.param(b"<br />\n<b>Notice</b>: x\n" + WHOLE, "not_data", "PHP notice", id="PHP notice before"),
        pytest.param(WHOLE + b"<br />\n<b>Notice</b>", "not_data", "something else follows", id="PHP notice after"),
        pytest.param(WHOLE + WHOLE, "not_data", "something else follows", id="two documents"),
        pytest.param(b"<urlset></urlset>", "not_data", "no RSS, RDF or Atom", id="another XML document"),
        pytest.param(b"/etc/passwd", "not_data", "no RSS", id="the body is a path"),
        pytest.param(b"/dev/zero", "not_data", "no RSS", id="the body is a device"),
        pytest.param(b"http://127.0.0.2/", "not_data", "no RSS", id="the body is a URL"),
        pytest.param(b'{"version":1}', "not_data", "no JSON Feed", id="other JSON"),
        pytest.param(
            b'{"version":"https://jsonfeed.org/version/1","items":[', "truncated", "before its end", id="JSON"
        ),
        pytest.param(doctype('<!ENTITY a "b">') + WHOLE[38:], "not_data", "entities of its own", id="an entity"),
        pytest.param(
            doctype('<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">') + rss(item(title="&b;"))[38:],
            "not_data",
            "entities of its own",
            id="billion laughs",
        ),
        pytest.param(
            doctype('<!ENTITY x SYSTEM "file:///etc/passwd">') + rss(item(title="&x;"))[38:],
            "not_data",
            "entities of its own",
            id="external entity",
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="punycode"?>' + WHOLE[38:], "not_data", "“punycode”", id="punycode"
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="undefined"?>' + WHOLE[38:], "not_data", "“undefined”", id="undefined"
        ),
        pytest.param(b'<?xml version="1.0" encoding="x-no"?>' + WHOLE[38:], "not_data", "“x-no”", id="unknown charset"),
        pytest.param(rss(*("<item/>" for _ in range(2001))), "too_large", "2,001 posts", id="too many posts"),
        pytest.param(
            rss(item(1), item(2).replace("</item>", "</itxm>")), "not_data", "damaged", id="an end tag broken"
        ),
    ],
)
def test_an_unusable_document_fails_whole(body: bytes, reason: str, says: str) -> None:
    with pytest.raises(ParseError, match=says) as caught:
        read(body)
    assert caught.value.reason == reason
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\n \n" + WHOLE, id="white space before the declaration"),
        pytest.param(b"\xef\xbb\xbf" + WHOLE, id="byte order mark"),
        pytest.param(b"\xef\xbb\xbf\n" + WHOLE, id="byte order mark and white space"),
        pytest.param(WHOLE[38:], id="no declaration"),
        pytest.param(WHOLE + b"\n\n", id="white space at the end"),
        pytest.param(WHOLE + b"<!-- Cached by a plugin -->\n", id="a comment at the end"),
        pytest.param(WHOLE.replace(b"</rss>", b"</rss >"), id="white space in the end tag"),
        pytest.param(WHOLE.decode().encode("utf-16"), id="UTF-16 with a mark"),
        pytest.param(WHOLE.decode().encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(WHOLE.replace(b"UTF-8", b"utf8"), id="another spelling of UTF-8"),
        pytest.param(WHOLE.replace(b"UTF-8", b"UTF-16"), id="a declaration that cannot be true"),
        pytest.param(WHOLE.replace(b"UTF-8", b"windows-1252").decode().encode("cp1252"), id="windows-1252"),
        pytest.param(WHOLE.replace(b"UTF-8", b"ISO-8859-1").decode().encode("cp1252"), id="what Latin-1 often is"),
        pytest.param(WHOLE.replace(b"UTF-8", b"gb2312").decode().encode("gb18030"), id="gb2312"),
        pytest.param(doctype("") + WHOLE[38:], id="a DOCTYPE"),
        pytest.param(WHOLE.replace(b"</item>", b"<!-- <item> --></item>"), id="comments"),
        pytest.param(WHOLE.replace(b"</item>", b"<slash:comments>9</slash:comments></item>"), id="an unknown prefix"),
        pytest.param(WHOLE.replace(b"</item>", b"<x>a & b &nbsp; &foo; </x></item>"), id="bare ampersands"),
        pytest.param(WHOLE.replace(b"</item>", b"<x>a\x00b\x0b\x1f&#11;</x></item>"), id="control characters"),
    ],
)
def test_common_faults_outside_the_posts_texts_change_nothing(body: bytes) -> None:
    assert told(read(body)) == told(read(WHOLE))


@pytest.mark.parametrize(
    ("content_type", "declared", "codec"),
    [
        ("application/rss+xml; charset=windows-1251", "UTF-8", "windows-1251"),
        ('text/xml; charset="koi8-r"', "windows-1251", "koi8-r"),
        ("text/xml", "windows-1251", "windows-1251"),
        (None, "UTF-8", "utf-8"),
        ("text/xml; charset=windows-1251", "windows-1251", "utf-8-sig"),
    ],
)
def test_the_mark_counts_before_the_header_and_the_header_before_the_declaration(
    content_type: str | None, declared: str, codec: str
) -> None:
    body = rss(item(title="Новости дня")).decode().replace("UTF-8", declared).replace("“", "").replace("”", "")
    (post,) = read(body.encode(codec), content_type).sightings
    assert post.fields is not None
    assert post.fields.title == "Новости дня"


def test_a_charset_in_the_header_that_nobody_reads_is_refused() -> None:
    with pytest.raises(ParseError, match="“utf-7”"):
        read(WHOLE, "text/xml; charset=utf-7")


def test_one_bad_byte_costs_only_its_own_post() -> None:
    page = read(rss(item(1), item(2, title="Minister’s"), item(3)).replace(b"Text of 1", b"Te\x92t of 1"))
    assert page.unreadable == ("post 1 of the feed: content holds bytes or references that are no characters",)
    assert told(page) == told(read(rss(item(2, title="Minister’s"), item(3))))


def test_a_replacement_character_of_the_author_is_text_like_any_other() -> None:
    page = read(rss(item(1, title="It�s")))
    assert page.unreadable == ()
    assert len(page.sightings) == 1


@pytest.mark.parametrize("reference", ["&#99999999999;", "&#x110000;", "&#" + "9" * 5000 + ";", "&#xD800;"])
def test_a_reference_to_no_character_costs_only_its_own_post(reference: str) -> None:
    page = read(rss(item(1, title=f"a{reference}b"), item(2)))
    assert [each.guid for each in page.sightings] == ["https://press.example/?p=2"]
    assert len(page.unreadable) == 1


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (item(1, title="x" * 1_100_000), "post 1 of the feed: title has 1,100,000 characters"),
        (item(1, guid=f"<guid>{'g' * 9000}</guid>"), "post 1 of the feed: guid has 9,000 characters"),
        (item(1, inside=f'<a b="{"c" * 2_000_000}"/>'), ""),
        (item(1, inside="<a>" * 50_000 + "</a>" * 50_000), ""),
    ],
    ids=["huge title", "huge guid", "giant attribute", "deep elements"],
)
def test_what_is_huge_costs_only_its_own_post(damage: str, line: str) -> None:
    page = read(rss(damage, item(2)))
    assert page.sightings[-1].guid == "https://press.example/?p=2"
    assert [each[: len(line)] for each in page.unreadable] == ([line] if line else [])


@pytest.mark.parametrize("entity", ["&eacute;", "&#233;", "&#xE9;", "é", "<![CDATA[é]]>"])
def test_html_entities_read_the_same_however_they_are_written(entity: str) -> None:
    plain = told(read(rss(item(1, title="Caf\u00e9"), item(2))))
    assert told(read(rss(item(1, title=f"Caf{entity}"), item(2)))) == plain


def test_xml_that_is_not_well_formed_gives_the_same_posts() -> None:
    broken = rss(item(1), item(2, inside="<b>bold</i>"))
    page = read(broken)
    assert page.notes == ("XML that is not well-formed",)
    assert told(page) == told(read(WHOLE))


def test_a_guid_that_stands_twice_is_no_key_and_the_link_is() -> None:
    page = read(rss(item(1, guid="<guid>same</guid>"), item(2, guid="<guid>same</guid>"), item(3)))
    assert [(each.guid, each.link) for each in page.sightings] == [
        (None, "https://press.example/1/"),
        (None, "https://press.example/2/"),
        ("https://press.example/?p=3", "https://press.example/3/"),
    ]


def test_the_same_post_twice_is_one() -> None:
    assert told(read(rss(item(1), item(1), item(2)))) == told(read(WHOLE))


def test_a_post_without_guid_and_link_is_named_by_title_and_date() -> None:
    date = "<pubDate>Mon, 08 May 2023 23:00:24 +0000</pubDate>"
    bare = f"<item><title>{{0}}</title>{date}<description>{{1}}</description></item>"
    first = read(rss(bare.format("One", "a"), bare.format("Two", "b")))
    edited = read(rss(bare.format("One", "edited"), bare.format("Two", "b")))
    names = [each.guid for each in first.sightings]
    assert names == [each.guid for each in edited.sightings]
    assert len(set(names)) == 2 and all(name and name.startswith("urn:crawler:") for name in names)
    clash = read(rss(bare.format("One", "a"), bare.format("One", "b"), item(3)))
    assert len(clash.sightings) == 1 and len(clash.unreadable) == 2


def test_a_link_that_all_posts_share_is_no_key() -> None:
    bare = "<item><title>{0}</title><link>https://press.example/</link><description>x</description></item>"
    page = read(rss(bare.format("One"), bare.format("Two")))
    assert all(each.link is None and each.guid for each in page.sightings)
    assert [each.fields and each.fields.link for each in page.sightings] == ["https://press.example/"] * 2


def test_the_number_in_a_guid_is_no_id() -> None:
    (post,) = read(rss(item(55))).sightings
    assert (post.guid, post.wp_id) == ("https://press.example/?p=55", None)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 08 May 2023 23:00:24 +0000", datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC)),
        ("Tue, 09 May 2023 08:00:24 +0900", datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC)),
        ("Mon, 08 May 2023 23:00:24 GMT", datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC)),
        ("08 May 2023 23:00 GMT", datetime(2023, 5, 8, 23, 0, tzinfo=UTC)),
        ("2023-05-08T23:00:24Z", datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC)),
        ("yesterday", None),
        ("0000-00-00 00:00:00", None),
        ("Mon, 99 May 2023 23:00:24 +0000", None),
        ("", None),
        ("99999999999999999999", None),
        ("Thu, 01 Jan 1970 00:00:00 +0000", None),
        ("Thu, 01 Jan 1970 00:00:00 -0500", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("Fri, 31 Dec 2999 23:59:59 GMT", None),
    ],
)
def test_a_date_is_utc_or_unknown_and_never_now(date: str, expected: datetime | None) -> None:
    body = rss(item(1)).replace(b"Mon, 08 May 2023 23:00:01 +0000", date.encode())
    (post,) = read(body).sightings
    assert (post.published_at, post.modified_at) == (expected, None)


def test_rss_tells_of_edits_only_where_it_says_so() -> None:
    updated = '<atom:updated xmlns:atom="http://www.w3.org/2005/Atom">2023-05-10T00:00:00Z</atom:updated>'
    (post,) = read(rss(item(1, inside=updated))).sightings
    assert post.modified_at == datetime(2023, 5, 10, tzinfo=UTC)
    (post,) = read(rss(item(1, inside="<dc:date>2023-05-10T00:00:00Z</dc:date>"))).sightings
    assert post.modified_at is None


def test_atom_tells_both_dates_and_published_only_where_it_is_told() -> None:
    (post,) = read(atom(entry(1))).sightings
    assert post.published_at == datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC)
    assert post.modified_at == datetime(2023, 5, 8, 10, 43, 23, tzinfo=UTC)
    untold = entry(1).replace("<published>2023-05-08T23:00:24Z</published>", "")
    (post,) = read(atom(untold)).sightings
    assert post.published_at is None
    assert post.modified_at == datetime(2023, 5, 8, 10, 43, 23, tzinfo=UTC)


CUT_OFF = [
    "The text … [&amp;#8230;]",
    "The text […]",
    "The text...",
    "&lt;p&gt;The text&amp;hellip;&lt;/p&gt;",
    "The …",
]


@pytest.mark.parametrize("summary", CUT_OFF)
def test_one_description_that_is_cut_off_makes_it_a_feed_of_summaries(summary: str) -> None:
    posts = "".join(
        f"<item><title>{n}</title><guid>g{n}</guid><description>{text}</description></item>"
        for n, text in enumerate((summary, "A short post, whole."))
    )
    page = read(rss(posts))
    assert page.feed is not None and not page.feed.full_text
    for post in page.sightings:
        assert post.fields is not None
        assert post.fields.content is None
        assert post.fields.excerpt


def test_descriptions_are_the_text_where_nothing_is_cut_off() -> None:
    page = read(rss("<item><guid>g</guid><description>Whole.</description></item>"))
    assert page.feed is not None and page.feed.full_text
    assert page.sightings[0].fields is not None
    assert (page.sightings[0].fields.content, page.sightings[0].fields.excerpt) == ("Whole.", None)


def test_a_description_beside_the_text_is_the_excerpt_unless_it_was_made_from_it() -> None:
    by_hand, made = item(1), item(2).replace("By hand 2.", "Text of 2, “quoted”. […]")
    first, second = read(rss(by_hand, made)).sightings
    assert first.fields is not None and second.fields is not None
    assert (first.fields.excerpt, second.fields.excerpt) == ("By hand 1.", "")


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_text_and_description_does_not_count(order: int) -> None:
    parts = ["<description>By hand.</description>", "<content:encoded>The text.</content:encoded>"][::order]
    (post,) = read(rss(f"<item><guid>g</guid>{''.join(parts)}</item>")).sightings
    assert post.fields is not None
    assert (post.fields.content, post.fields.excerpt) == ("The text.", "By hand.")


def test_text_without_description_tells_no_excerpt() -> None:
    (post,) = read(rss("<item><guid>g</guid><content:encoded>The text.</content:encoded></item>")).sightings
    assert post.fields is not None
    assert (post.fields.content, post.fields.excerpt) == ("The text.", None)


FORM = "<form action='/x' class='post-password-form' method='post'><p>This content is password protected.</p></form>"


@pytest.mark.parametrize("title", ["Protected: Plans", "Geschützt: Pläne"])
def test_a_password_makes_title_and_text_untold(title: str) -> None:
    body = rss(item(1, title=title)).replace("<p>Text of 1, “quoted”.</p>".encode(), FORM.encode())
    (post,) = read(body).sightings
    assert post.protected
    assert post.fields is not None
    assert (post.fields.title, post.fields.content, post.fields.excerpt) == (None, None, None)


def test_a_post_that_shows_the_code_of_the_form_is_not_protected() -> None:
    shown = FORM.replace("<", "&lt;").replace(">", "&gt;")
    (post,) = read(rss(item(1)).replace("Text of 1, “quoted”.".encode(), shown.encode())).sightings
    assert not post.protected


@pytest.mark.parametrize(
    "inside",
    [
        "<slash:comments>4</slash:comments>",
        '<thr:total xmlns:thr="http://purl.org/syndication/thread/1.0">4</thr:total>',
        "<comments>https://press.example/1/#respond</comments>",
        '<wfw:commentRss xmlns:wfw="http://wellformedweb.org/CommentAPI/">https://press.example/1/feed/</wfw:commentRss>',
        '<enclosure url="https://press.example/a.mp3" length="5" type="audio/mpeg"/>',
        '<itunes:summary xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">Blurb</itunes:summary>',
        '<media:content xmlns:media="http://search.yahoo.com/mrss/"><media:title>x</media:title></media:content>',
        '<media:description xmlns:media="http://search.yahoo.com/mrss/">A caption</media:description>',
    ],
)
def test_comment_counts_and_asides_are_not_the_post(inside: str) -> None:
    (plain,) = read(rss(item(1))).sightings
    (with_aside,) = read(rss(item(1, inside=inside))).sightings
    assert with_aside == plain


def test_nothing_is_derived_of_a_post_whose_raw_hash_is_known() -> None:
    first = read(WHOLE)
    again = feed(WHOLE, url=URL, known=frozenset({first.sightings[0].raw_hash}))
    assert again.sightings[0] == replace(first.sightings[0], fields=None, text_hash=None, original=None)
    assert again.sightings[1] == first.sightings[1]


def test_a_stored_original_is_what_was_said_and_gives_the_same_fields_again() -> None:
    (post,) = read(rss(item(1))).sightings
    assert post.original is not None
    kept = unseal(post.original)
    assert kept["published"] == "Mon, 08 May 2023 23:00:01 +0000"
    assert kept["content"] == "<p>Text of 1, “quoted”.</p>"
    again = rederive(post.original)
    assert (again.fields, again.text_hash) == (post.fields, post.text_hash)


def test_addresses_are_resolved_against_the_feeds_own_address_only() -> None:
    body = rss("<item><guid>g</guid><link>one</link></item>").replace(
        b'<rss version="2.0"', b'<rss version="2.0" xml:base="http://elsewhere.example/"'
    )
    assert read(body).sightings[0].link == "https://press.example/feed/one"


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        ("<ttl>60</ttl>", 3600.0),
        ("<ttl> 5 </ttl>", 300.0),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("", None),
    ],
)
def test_the_feeds_ttl_is_told_in_seconds(head: str, seconds: float | None) -> None:
    page = read(rss(item(1), head=head))
    assert page.feed is not None
    assert page.feed.min_interval == seconds


def skip_hours(*hours: object) -> str:
    return f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in hours)}</skipHours>"


@pytest.mark.parametrize(
    ("head", "hours"),
    [
        ("", ()),
        (skip_hours(3), (3,)),
        (skip_hours(23, 0, " 1 ", "02"), (0, 1, 2, 23)),
        (skip_hours(5, 5), (5,)),
        ("<skiphours>\n <hour>\n4\n</hour>\n</skiphours>", (4,)),
        # midnight in RSS 0.91
        (skip_hours(24, 1), (0, 1)),
        (skip_hours(3, 25, -1, "", "noon", "3.5", "1e1", 100), (3,)),
        (skip_hours(*range(23)), tuple(range(23))),
        ("<skipHours/>", ()),
        ("<skipHours></skipHours>", ()),
        ("<hour>3</hour>", ()),
        ("<!-- " + skip_hours(3) + " -->", ()),
        ("<description><![CDATA[" + skip_hours(3) + "]]></description>", ()),
        (f"<description>{escape(skip_hours(3))}</description>", ()),
        # the whole day, or more hours than a day has: a mistake, and no wish
        (skip_hours(*range(24)), ()),
        (skip_hours(*range(1, 25)), ()),
        (skip_hours(*[3] * 25), ()),
        (skip_hours(3, " " * 5000), ()),
    ],
)
@pytest.mark.parametrize("damage", ["", "<br>"], ids=["well-formed", "damaged"])
def test_the_hours_in_which_a_feed_is_to_be_left_alone_are_told(head: str, hours: tuple[int, ...], damage: str) -> None:
    page = read(rss(item(1), head=head + damage))
    assert page.feed is not None
    assert page.feed.skip_hours == hours


def test_skipped_hours_are_the_channels_before_or_behind_its_posts_and_those_of_rss_only() -> None:
    assert read(rss(item(1), item(2), skip_hours(4))).feed.skip_hours == (4,)  # type: ignore[union-attr]
    assert read(rss(item(1, inside=skip_hours(4)))).feed.skip_hours == ()  # type: ignore[union-attr]
    assert read(atom(entry(1), skip_hours(4))).feed.skip_hours == ()  # type: ignore[union-attr]


def test_an_empty_channel_is_a_feed_without_posts() -> None:
    page = read(rss())
    assert page.sightings == ()
    assert page.feed is not None and page.feed.title == "Press"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"id": True}, "post 1 of the feed: id is true or false"),
        ({"id": ["x"]}, "post 1 of the feed: id is a list"),
        ({"content_html": 5}, "post 1 of the feed: content_html is a number"),
        ({"title": "a\0"}, "post 1 of the feed: title holds a NUL"),
        ({"tags": "News"}, ""),
        ({"authors": "Kim"}, ""),
    ],
)
def test_a_damaged_post_of_a_json_feed_costs_only_itself(changes: dict[str, object], line: str) -> None:
    posts = [{"id": "1", "content_html": "<p>x</p>"} | changes, {"id": "2", "content_text": "y"}]
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": posts}).encode()
    page = read(body)
    assert page.sightings[-1].guid == "2"
    assert [each[: len(line)] for each in page.unreadable] == ([line] if line else [])
