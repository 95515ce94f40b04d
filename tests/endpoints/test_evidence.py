"""What one look at one post is evidence of."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.endpoints import evidence
from crawler.errors import PollError
from crawler.fetch import Fetcher, HostLines, SourceAccess
from crawler.model import Suspect
from crawler.tasks import run_inline
from tests.core.values import NOW, endpoint
from tests.site import Clock, Fault, Site

URL = "https://example.org"
POSTS = endpoint(url=f"{URL}/wp-json/wp/v2/posts")
PAGES = endpoint(id=6, url=f"{URL}/wp-json/wp/v2/pages", type="pages")
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def site():
    clock = Clock()
    site = Site(url=URL, clock=clock)
    for number in range(5):
        clock.advance(hours=1)
        site.publish(f"Post {number}", f"<p>Text {number}.</p>")
    return site


def suspect(site, number=2, **more):
    values = {
        "post_id": 1,
        "wp_id": number,
        "endpoint_id": POSTS.id,
        "link": site.link(site.posts[number]),
        "is_replaced": False,
        "title": "A title",
        "state": "public",
        "evidence": "",
        "first_at": NOW,
        "next_check_at": NOW + timedelta(minutes=10),
    }
    return Suspect(**(values | more))


async def inline(task):
    return run_inline(task)


def asked(site, work):
    async def run():
        fetcher = Fetcher(
            user_agent="crawler/1",
            concurrency=1,
            max_body=1_000_000,
            allow_private=(),
            configured_hosts=(),
            proxy=None,
            lines=HostLines(now=site.clock),
            transport=site.transport(),
        )
        async with fetcher:
            return await work(fetcher.for_source(SourceAccess(URL, per_host_delay=0.0, timeout=5)))

    return asyncio.run(run())


def look(site, who, collections=(POSTS, PAGES)):
    return asked(site, lambda fetch: evidence.look(fetch, inline, who, collections))


def paths(site):
    return [each.path.partition("?")[0] for each in site.requests]


def test_a_post_that_is_there_is_read_whole(site):
    found = look(site, suspect(site))
    assert (found.kind, found.endpoint) == ("public", POSTS)
    assert found.page.sightings[0].fields.content == "Text 1."
    assert paths(site) == ["/wp-json/wp/v2/posts/2"]


def test_a_post_that_became_another_type_is_there(site):
    who = suspect(site)
    site.posts[2].type = "page"
    found = look(site, who)
    assert (found.kind, found.endpoint) == ("public", PAGES)


def test_a_deleted_one_is_asked_for_in_all_types_and_then_at_its_link(site):
    who = suspect(site)
    site.delete(2)
    assert look(site, who).kind == "deleted"
    assert paths(site)[:2] == ["/wp-json/wp/v2/posts/2", "/wp-json/wp/v2/pages/2"]
    assert len(site.requests) == 3
    assert who.link.endswith(paths(site)[2])


def test_trouble_in_another_type_leaves_it_open(site):
    who = suspect(site)
    site.delete(2)
    site.fail("*/pages/2*", Fault(status=500))
    assert look(site, who).kind is None


LINKS = {
    "404": (Fault(status=404), "deleted"),
    "410": (Fault(status=410), "deleted"),
    "403": (Fault(status=403), "deleted"),
    "301": (Fault(status=301, headers={"Location": f"{URL}/elsewhere/"}), "deleted"),
    "200": (Fault(status=200), None),
    "500": (Fault(status=500), None),
    "503": (Fault(status=503, headers={"Retry-After": "2"}), None),
    "429": (Fault(status=429), None),
    "304": (Fault(status=304), None),
    "hangs": (Fault(hang=9), None),
    "cut": (Fault(status=200, cut=3), None),
}


@pytest.mark.parametrize("link", LINKS)
def test_its_link_may_speak_against_it(site, link):
    fault, kind = LINKS[link]
    who = suspect(site)
    site.delete(2)
    site.fail(who.link.removeprefix(URL), fault)
    assert look(site, who).kind == kind


def test_another_post_at_its_link_says_nothing_for_it_and_no_link_nothing_against(site):
    who = suspect(site)
    site.delete(2)
    site.fail(who.link.removeprefix(URL), Fault(status=200), times=None)
    assert look(site, replace(who, is_replaced=True)).kind == "deleted"
    assert look(site, replace(who, link=None)).kind == "deleted"
    assert look(site, replace(who, link="http://127.0.0.1/private/")).kind == "deleted"


@pytest.mark.parametrize("status", ["draft", "pending", "private", "future", "trash"])
def test_an_editor_sees_what_is_not_public(site, status):
    site.fail("*/posts/2*", Fault(body=json.dumps({"id": 2, "status": status}).encode(), headers=JSON))
    found = look(site, suspect(site))
    assert found.kind == "unpublished"
    assert status in found.words


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": 3, "title": {"rendered": "Another"}}',
        b"[]",
        b"{}",
        b"<html>",
        b"",
        b'{"id": 2, "title": 17}',
        b'{"id": 2',
    ],
)
def test_an_answer_about_something_else_is_none(site, body):
    site.fail("*/posts/2*", Fault(body=body, headers=JSON))
    found = look(site, suspect(site))
    assert found.kind is None
    assert found.trouble is not None


def works(site, *witnesses):
    return asked(site, lambda fetch: evidence.works(fetch, inline, POSTS, witnesses))


def test_an_api_that_shows_another_post_works(site):
    assert works(site, 3) is None
    site.trash(3)
    assert works(site, 3, 4) is None


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(body=b'{"id": 9}', headers=JSON), Fault(body=b"<html>")])
def test_an_api_that_shows_no_other_post_does_not(site, fault):
    site.fail("*", fault, times=None)
    assert isinstance(works(site, 3, 4), PollError)
    assert isinstance(works(site), PollError)
