"""Damage anywhere: a cut document fails or is the whole one, and a damaged byte never changes another post."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.errors import ParseError
from crawler.model import Page, Sighting
from crawler.parse import jsontext, page, wordpress
from crawler.parse.feed import feed
from tests.parse.documents import URL, atom, entry, item, record, rest, rss

#: until here, a document may as well be another kind of XML
SURELY_A_FEED = 100

Read = Callable[[bytes], Any]


def read_feed(body: bytes) -> Page:
    return feed(body, url=URL)


def json_feed(*numbers: int) -> bytes:
    posts = [{"id": f"n{n}", "url": f"/{n}", "content_html": f"<p>Text of {n}.</p>"} for n in numbers]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Press", "items": posts}).encode()


DOCUMENTS: dict[str, tuple[Read, bytes]] = {
    "REST": (wordpress.posts, rest(record(1), record(2))),
    "REST with raw newlines": (wordpress.posts, rest(record(1), record(2)).replace(b"\\n", b"\n")),
    "one REST record": (wordpress.posts, rest(record(1))[1:-1]),
    "RSS": (read_feed, rss(item(1), item(2))),
    "RSS not well-formed": (read_feed, rss(item(1), item(2, inside="<b>x</i>"))),
    "RSS in UTF-16": (read_feed, rss(item(1)).decode().encode("utf-16")),
    "Atom": (read_feed, atom(entry(1), entry(2))),
    "JSON Feed": (read_feed, json_feed(1, 2)),
}


def outcome(read: Read, body: bytes) -> Any:
    try:
        return read(body)
    except ParseError as error:
        assert str(error).isprintable()  # noqa: PT017
        assert error.reason in ("truncated", "not_data", "too_large")  # noqa: PT017
        return error


@pytest.mark.parametrize(("read", "whole"), DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_document_cut_at_any_byte_fails_or_is_the_whole_one(read: Read, whole: bytes) -> None:
    expected = read(whole)
    assert expected.sightings
    for end in range(len(whole)):
        found = outcome(read, whole[:end])
        if isinstance(found, Page):
            assert found == expected, f"cut at {end}"
        elif end > SURELY_A_FEED:
            assert found.reason == "truncated", f"cut at {end}: {found}"


def posts_by_key(found: Page) -> dict[str, Sighting]:
    return {each.guid or each.link or "": replace(each, raw_hash="", original=None) for each in found.sightings}


@pytest.mark.parametrize("name", ["REST", "RSS", "Atom"])
@pytest.mark.parametrize("damage", [b"\xff", b"<", b"&", b'"', b""], ids=repr)
def test_a_damaged_byte_never_changes_another_post(name: str, damage: bytes) -> None:
    read, whole = DOCUMENTS[name]
    expected = posts_by_key(read(whole))
    kept = next(iter(expected))
    second = max(whole.rfind(start) for start in (b"<item>", b"<entry>", b'{"id": 2'))
    end = max(whole.rfind(end) + len(end) for end in (b"</item>", b"</entry>", b"}]"))
    for place in range(second, end, 2):
        found = outcome(read, whole[:place] + damage + whole[place + 1 :])
        if isinstance(found, Page):
            assert posts_by_key(found).get(kept, expected[kept]) == expected[kept], f"{damage!r} at {place}"


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(DOCUMENTS)), st.data())
def test_any_damage_gives_a_page_or_a_parse_error(name: str, data: st.DataObject) -> None:
    read, whole = DOCUMENTS[name]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    pieces = st.one_of(
        st.binary(max_size=8), st.sampled_from([b"&#99999999999;", b"<![CDATA[", b"]]>", b"<!--", b"\\ud800"])
    )
    found = outcome(read, whole[:start] + data.draw(pieces) + whole[end:])
    assert isinstance(found, ParseError) or all(line.isprintable() for line in found.unreadable)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(sorted(record())), inside, max_size=5)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from([*sorted(record()), "_embedded", "date"]), ANYTHING), max_size=3))
@example([{"id": 1, "_embedded": {"author": [{"id": True, "name": 5}], "wp:term": [[None]], "x": {}}}])
def test_any_json_gives_a_page_or_a_parse_error(records: list[dict[str, object]]) -> None:
    body = json.dumps(records).encode()
    for read in (wordpress.posts, wordpress.listing, wordpress.index, wordpress.types):
        outcome(read, body)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=3), ANYTHING) | st.lists(ANYTHING))
def test_json_is_read_the_same_on_the_fast_and_the_slow_way(value: object) -> None:
    try:
        body = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:  # NaN, or half a character
        return
    assert jsontext.load(body) == jsontext._load_slowly(body)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
@example(b'<link rel="alternate" type="application/rss+xml" href="http://[">')
@example(b"\xff\xfe<\x00")
def test_any_bytes_give_links(body: bytes) -> None:
    page.links(body, url=URL, content_type="text/html; charset=x-none")
    page.header_links(body.decode("latin-1"), URL)
