"""The fast reader of well-formed feeds and the tolerant one must say the same of whatever both can read."""

from __future__ import annotations

import io

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.parse import feeddate, tolerant, wellformed, xmltext
from crawler.parse.tolerant import NOT_WELL_FORMED
from tests.parse.documents import URL, atom, entry, item, rss
from tests.parse.test_corpus import CORPUS, DOCUMENTS

NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
TEXTS = [
    "Plain",
    "",
    " spaced\n out ",
    "a &amp; b",
    "&lt;b&gt;bold&lt;/b&gt;",
    "<![CDATA[<p>In CDATA &eacute;</p>]]>",
    "1 &lt; 2",
    "AT&amp;amp;T",
    "Caf\u00e9",
    "caf\u00c3\u00a9",
    "It&#146;s",
    "\u97d3\u570b &#x1f389;",
    "a<![CDATA[b]]>c",
    "<em>inside</em>",
    "kim@press.example (Kim)",
]
ADDRESSES = [
    "https://press.example/1/",
    "/relative",
    "http://press.example/?a=1&amp;b=2",
    "http://press.example/?a=1&amp;copy;=2",
    "",
    "http:///press.example/",
    "javascript:alert(1)",
    " http://press.example/padded ",
    "?p=7",
]
DATES = [
    "Mon, 08 May 2023 23:00:24 +0000",
    "Tue, 9 May 2023 08:00:24 +0930",
    "08 May 2023 23:00:24 GMT",
    "Mon, 08 May 2023 23:00:24 -0330",
    "Mon, 08 May 2023 23:00 EST",
    "2023-05-08T23:00:24Z",
    "2023-05-08T23:00:24-03:30",
    "2023-05-08",
    "2023-02-30T00:00:00Z",
    "never",
    "",
]


def elements(names: list[str], contents: list[str]) -> list[str]:
    return [f"<{name}>{inside}</{name.split()[0]}>" for name in names for inside in contents]


RSS_PARTS = [
    *elements(["title", "description", "content:encoded", "category", "dc:subject", "dc:title"], TEXTS),
    *elements(['category domain="x"', 'description type="text"', 'title type="html"', "author", "dc:creator"], TEXTS),
    *elements(["link", "guid", 'guid isPermaLink="false"', 'guid isPermaLink="true"', "comments"], ADDRESSES),
    *elements(["pubDate", "dc:date", "atom:updated"], DATES),
    *elements(['post-id xmlns="com-wordpress:feed-additions:1"'], ["12", "x", "0", "9" * 30]),
    '<link href="https://press.example/2/"/>',
    '<atom:link href="https://press.example/3/"/>',
    '<atom:link rel="self" href="https://press.example/3/"/>',
    "<slash:comments>4</slash:comments>",
    '<enclosure url="https://press.example/a.mp3" length="1" type="audio/mpeg"/>',
    "<media:group><media:content url='x'><media:title>t</media:title></media:content></media:group>",
    "<media:category>News</media:category>",
    "<media:description>caption</media:description>",
    "<itunes:summary>blurb</itunes:summary>",
    "<itunes:author>Lee</itunes:author>",
    "<source url='http://other.example/'>Other</source>",
    "<unknown><title>inner</title></unknown>",
    "<unknown>x</unknown>",
    "<?target data?>",
    "stray text",
]
ATOM_PARTS = [
    *elements(["title", 'title type="html"', 'title type="text"', 'title type="xhtml"', 'title type="odd"'], TEXTS),
    *elements(["summary", 'summary type="html"', "content", 'content type="html"', 'content type="text/html"'], TEXTS),
    *elements(['content type="html" xml:base="http://other.example/"', 'content type="html" xml:lang="ko"'], TEXTS),
    *elements(["id"], ADDRESSES),
    *elements(["published", "updated"], DATES),
    *[f'<link href="{each}"/>' for each in ADDRESSES],
    *[f'<link rel="alternate" type="text/html" href="{each}"/>' for each in ADDRESSES],
    '<link rel="alternate" type="application/json" href="https://press.example/json"/>',
    '<link rel="replies" type="text/html" href="https://press.example/replies"/>',
    '<link rel="alternate"/>',
    *[f"<author><name>{each}</name></author>" for each in TEXTS],
    "<author><name>Kim</name><uri>https://press.example/kim</uri><email>kim@press.example</email></author>",
    "<author><email>kim@press.example</email></author>",
    "<author/>",
    '<category term="News"/>',
    '<category term="news" label="News &amp; more" scheme="x"/>',
    '<category scheme="x"/>',
    '<category term="a">b</category>',
    '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>',
    '<content src="https://press.example/movie" type="video/mp4"/>',
    "<contributor><name>Lee</name></contributor>",
    "<source><title>Other</title><id>other</id></source>",
    '<thr:total xmlns:thr="http://purl.org/syndication/thread/1.0">4</thr:total>',
    "<rights>All</rights>",
]
HEADS = [
    "<title>Press</title>",
    "<title>Press &amp;amp; more</title>",
    "<link>https://press.example/</link>",
    "<link>http:///press.example/</link>",
    "<ttl>60</ttl>",
    "<ttl>soon</ttl>",
    "<skipHours><hour>22</hour><hour> 3 </hour></skipHours>",
    "<skipHours><hour>never</hour></skipHours>",
    "<skipDays><day>Sunday</day></skipDays>",
    "<description>About</description>",
    '<atom:link href="https://press.example/feed/" rel="self" type="application/rss+xml"/>',
    '<atom:link href="https://press.example/x"/>',
    "<image><title>Logo</title><link>https://press.example/logo</link><url>x</url></image>",
    "<pubDate>Mon, 08 May 2023 23:00:24 +0000</pubDate>",
    "<unknown><title>inner</title></unknown>",
]


def rss_document(heads: list[str], posts: list[list[str]]) -> bytes:
    inside = "".join(heads) + "".join(f"<item>{''.join(parts)}</item>" for parts in posts)
    return f'<rss version="2.0" {NAMESPACES}><channel>{inside}</channel></rss>'.encode()


def rdf_document(heads: list[str], posts: list[list[str]]) -> bytes:
    items = "".join(
        f'<item rdf:about="https://press.example/{place}">{"".join(parts)}</item>' for place, parts in enumerate(posts)
    )
    channel = f"<channel>{''.join(heads)}</channel>"
    return f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {NAMESPACES}>{channel}{items}</rdf:RDF>'.encode()


def atom_document(heads: list[str], posts: list[list[str]]) -> bytes:
    inside = "".join(heads) + "".join(f"<entry>{''.join(parts)}</entry>" for parts in posts)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}>{inside}</feed>'.encode()


def agree(body: bytes) -> bool:
    """Compare the two readers; whether the fast one took the document."""
    document = xmltext.read(body, None)
    fast = wellformed.read(document, URL)
    if fast is None:
        return False
    slow = tolerant.read(document, URL)
    assert NOT_WELL_FORMED not in slow.notes
    assert fast == slow
    return True


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.endswith(".xml") and "_cut_" not in name])
def test_the_readers_agree_on_the_corpus(name: str) -> None:
    if "php_notice" not in name:
        agree((CORPUS / name).read_bytes())


@pytest.mark.parametrize("name", ["feed_rss.xml", "feed_atom.xml", "feed_rdf.xml", "feed_rss_excerpts.xml"])
def test_what_wordpress_writes_is_read_fast(name: str) -> None:
    assert agree((CORPUS / name).read_bytes())


def test_small_plain_feeds_are_read_fast() -> None:
    assert agree(rss(item(1), item(2)))
    assert agree(atom(entry(1), entry(2)))


@pytest.mark.parametrize("part", RSS_PARTS)
def test_the_readers_agree_on_each_element_of_rss_and_rdf(part: str) -> None:
    agree(rss_document(HEADS[:1], [[part]]))
    agree(rdf_document(HEADS[:1], [[part]]))


@pytest.mark.parametrize("part", ATOM_PARTS)
def test_the_readers_agree_on_each_element_of_atom(part: str) -> None:
    agree(atom_document(HEADS[:1], [[part]]))


def several(parts: list[str]) -> st.SearchStrategy[list[list[str]]]:
    return st.lists(st.lists(st.sampled_from(parts), max_size=6), max_size=3)


HEAD = st.lists(st.sampled_from(HEADS), max_size=4, unique=True)


@settings(max_examples=300, deadline=None)
@given(HEAD, several(RSS_PARTS))
def test_the_readers_agree_on_rss_and_rdf_of_any_parts(heads: list[str], posts: list[list[str]]) -> None:
    agree(rss_document(heads, posts))
    agree(rdf_document(heads, posts))


@settings(max_examples=300, deadline=None)
@given(HEAD, several(ATOM_PARTS))
def test_the_readers_agree_on_atom_of_any_parts(heads: list[str], posts: list[list[str]]) -> None:
    agree(atom_document(heads, posts))


@pytest.mark.parametrize(
    "date", [*DATES, "2023-05-08T24:00:00Z", "Mon, 31 Jun 2023 00:00:00 GMT", "2023-13-01T00:00:00Z"]
)
def test_a_date_of_the_common_forms_is_read_as_feedparser_does(date: str) -> None:
    common = feeddate.common(date)
    if common is None:
        return
    parsed = feedparser.parse(io.BytesIO(rss(f"<item><pubDate>{date}</pubDate></item>"))).entries[0].published_parsed
    assert common.timetuple()[:6] == parsed[:6]
