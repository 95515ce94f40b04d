"""A record as a real site sent it: cut inside a string, raw newlines inside strings, `modified` before `date`."""

from __future__ import annotations

import json

import pytest

from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - url: https://example.org/"

#: The shape of a real answer, the words made up: the newlines inside `rendered` are raw, which JSON forbids.
RECORD = (
    '{"id":4711,"date":"2023-05-09T08:00:24","date_gmt":"2023-05-08T23:00:24",'
    '"guid":{"rendered":"https:\\/\\/example.org\\/?p=4711"},"modified":"2023-05-08T19:43:23",'
    '"modified_gmt":"2023-05-08T10:43:23","slug":"harbour","status":"publish","type":"post",'
    '"link":"https:\\/\\/example.org\\/2023\\/05\\/harbour\\/",'
    '"title":{"rendered":"Harbour towns renew ties amid storm worries"},'
    '"content":{"rendered":"\n<p><span>The harbour board\\u2019s chair <\\/span>'
    '<a href=\\"https:\\/\\/example.org\\/x\\">'
    "announced<\\/span><\\/a> a meeting with twelve towns.<\\/span><\\/p>\n<p>The towns expressed their support."
    '<\\/p>\n","protected":false},"excerpt":{"rendered":"<p>Short.<\\/p>\n","protected":false},"author":3,'
    '"featured_media":0,"categories":[1],"tags":[]}'
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    site = Site(url="https://example.org", clock=clock)
    site.publish("Only post", "<p>Text.</p>")
    clock.advance(hours=1)
    return site


@pytest.fixture
def bench(tmp_path, clock, site):
    return Bench(tmp_path, clock, {"example.org": site}, SOURCE)


def collection(site, body, *, total=1):
    """Have the posts' collection answer with this body."""
    headers = {"X-WP-Total": str(total), "Content-Type": "application/json"}
    site.fail("*_embed*", Fault(status=200, body=body.encode(), headers=headers), times=None)


@pytest.mark.parametrize("end", [0.35, 0.5, 0.75, 0.99])
def test_an_answer_cut_in_the_middle_changes_nothing_and_is_read_again(bench, site, end):
    whole = f"[{RECORD}]"
    collection(site, whole[: int(len(whole) * end)])
    (polled,) = bench.poll()
    assert (polled.ok, polled.reason) == (False, "truncated")
    assert bench.one("SELECT count(*) FROM posts") == 0
    assert (
        bench.rows("SELECT etag, last_modified, watermark FROM endpoints")
        == [{"etag": None, "last_modified": None, "watermark": None}] * 2
    )
    assert bench.one("SELECT reason FROM polls WHERE outcome = 'failed'") == "truncated"
    site.heal()
    collection(site, whole)
    bench.poll()
    assert bench.one("SELECT title FROM current_posts") == "Harbour towns renew ties amid storm worries"


def test_the_newlines_alone_are_read_and_equal_their_escaped_form(bench, site):
    collection(site, f"[{RECORD}]")
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 1
    site.heal()
    collection(site, f"[{json.dumps(json.loads(RECORD, strict=False))}]")
    bench.poll(minutes=90)
    assert bench.changes() == []
    assert bench.one("SELECT count(*) FROM revisions WHERE title LIKE 'Harbour%'") == 1


def test_a_modified_thirteen_hours_before_the_date_is_normal(bench, site):
    collection(site, f"[{RECORD}]")
    bench.poll()
    (row,) = bench.rows("SELECT published_at, modified_at, content FROM current_posts")
    assert (row["published_at"], row["modified_at"]) == ("2023-05-08T23:00:24Z", "2023-05-08T10:43:23Z")
    assert "announced a meeting with twelve towns." in row["content"].replace("<//example.org/x> ", "")
