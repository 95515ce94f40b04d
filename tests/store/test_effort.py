"""Lookups cost what is asked for, not what is stored: counted in steps of SQLite's machine, not in seconds."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from crawler.store import SqliteStore
from tests.store.builders import NOW, entry, keys, new_post, plan, sighting, site
from tests.store.effort import counted

POSTS = 2000


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A source with many posts, and one with a single post."""

    async def fill(store):
        await store.sync([entry(), entry("small.org", "https://small.org/")], [], NOW)
        for source, posts in zip(store.sources(), (POSTS, 1), strict=True):
            await store.register(source, site(source.url, urls=(f"{source.url}wp-json/wp/v2/posts",)), NOW)
            (endpoint,) = store.endpoints(source.id)
            await store.commit(plan(endpoint, *(new_post(sighting(number)) for number in range(1, posts + 1))))

    with SqliteStore(tmp_path_factory.mktemp("effort") / "crawler.db") as store:
        asyncio.run(fill(store))
        yield store


def steps(store, look):
    """How many steps of SQLite's machine a read takes."""
    with counted(store) as effort:
        assert look()
    return effort.count


LOOKS = {
    "posts by their keys": lambda store, endpoint: (
        store.known(endpoint.source_id, endpoint.id, keys(sighting(1))).posts
    ),
    "what was last said of posts": lambda store, endpoint: store.sightings_of(endpoint.id, [1]),
    "the newest publication": lambda store, endpoint: store.newest_published(endpoint.source_id, NOW),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_a_lookup_costs_no_more_where_there_are_many_posts(store, look):
    many, one = (steps(store, partial(look, store, store.endpoints(source.id)[0])) for source in store.sources())
    assert many < one + 50


def test_a_source_is_read_alone_and_is_what_the_list_says(store):
    async def add_many():
        entries = [entry(f"{number}.org", f"https://{number}.org/", groups=("b", "a")) for number in range(500)]
        await store.sync([entry(), entry("small.org", "https://small.org/"), *entries], [], NOW)

    first = store.sources()[0].id
    few = steps(store, lambda: store.source(first))
    asyncio.run(add_many())
    assert steps(store, lambda: store.source(first)) < few + 50
    assert [store.source(source.id) for source in store.sources()] == store.sources()
    assert store.sources()[-1].groups == ("a", "b")


def test_whether_a_site_is_watched_already_costs_no_more_where_there_are_many(tmp_path):
    def register(sources):
        with SqliteStore(tmp_path / f"{sources}.db") as many:
            urls = [f"https://{number}.org/" for number in range(sources)]

            async def add():
                await many.sync([entry(url, url) for url in urls], [], NOW)
                for source in many.sources()[:-1]:
                    await many.register(source, site(source.url, urls=(f"{source.url}wp-json/",)), NOW)

            asyncio.run(add())
            last = many.sources()[-1]
            with counted(many) as effort:
                asyncio.run(many.register(last, site(last.url, urls=(f"{last.url}wp-json/",)), NOW))
            return effort.count

    assert register(300) < register(2) + 100
