"""How the stored Sources follow the config and what discovery finds: duplicates, moves, removals and waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.errors import StoreConflict
from crawler.store import SqliteStore
from tests.store.builders import NOW, edit, entry, keys, new_post, plan, poll, sighting, site, state

ONE = entry("one", "https://example.org/")
TWO = entry("two", "https://www.example.org/")
REST, FEED = "https://example.org/wp-json/wp/v2/posts", "https://example.org/feed/"
CATEGORY = "https://example.org/category/news/feed/"
FOUND = site(urls=(REST, FEED))
FOUND_CATEGORY = site(kind="feed", urls=(CATEGORY,))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        yield store


def sync(store, *entries, now=NOW):
    asyncio.run(store.sync(entries, ["log"], now))


def register(store, name, found=FOUND):
    first = asyncio.run(store.register(named(store, name), found, NOW))
    return None if first is None else store.source(first).name


def named(store, name):
    return next(source for source in store.sources() if source.name == name)


def states(store):
    return {source.name: source.state for source in store.sources()}


def polled(store, name):
    return [endpoint.url for endpoint in store.endpoints(named(store, name).id)]


def commit(store, *plans):
    for each in plans:
        asyncio.run(store.commit(each))


def read(store, name):
    """Have a Source show its first post; returns the endpoint that showed it."""
    endpoint = store.endpoints(named(store, name).id)[0]
    commit(store, plan(endpoint, new_post(sighting(1))))
    return endpoint


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")], ids=["in order", "the later first"])
def test_of_two_entries_that_are_one_site_the_first_wins_whichever_is_found_first(store, order):
    sync(store, ONE, TWO)
    outcomes = [register(store, name) for name in order]
    assert outcomes == ([None, "one"] if order[0] == "one" else [None, None])
    assert states(store) == {"one": "active", "two": "duplicate"}
    assert sorted(polled(store, "one")) == [FEED, REST]
    assert polled(store, "two") == []
    assert [source.name for source in store.due(NOW)] == ["one"]


def test_a_later_entry_that_has_a_history_already_stays_and_the_first_joins_it(store):
    sync(store, ONE, TWO)
    register(store, "two")
    read(store, "two")
    assert register(store, "one") == "two"
    assert states(store) == {"one": "duplicate", "two": "active"}


def test_what_a_source_showed_that_has_become_a_duplicate_meanwhile_is_not_written(store):
    sync(store, ONE, TWO)
    register(store, "two")
    late = plan(store.endpoints(named(store, "two").id)[0], new_post(sighting(1)))
    register(store, "one")
    with pytest.raises(StoreConflict, match="two is duplicate by now"):
        commit(store, late)
    assert named(store, "two").baseline_at is None
    assert store.known(late.source_id, late.endpoint_id, keys(sighting(1))).posts == {}


def test_what_a_source_showed_that_was_removed_meanwhile_is_not_written(store):
    sync(store, ONE)
    register(store, "one")
    late = plan(store.endpoints(named(store, "one").id)[0], new_post(sighting(1)))
    sync(store)
    with pytest.raises(StoreConflict, match="one is removed by now"):
        commit(store, late)


def test_feeds_found_for_a_later_entry_go_with_it_to_the_first(store):
    news = entry("news", CATEGORY)
    sync(store, ONE, news)
    register(store, "news", FOUND_CATEGORY)
    register(store, "one")
    assert states(store)["news"] == "duplicate"
    assert sorted(polled(store, "one")) == [CATEGORY, FEED, REST]
    sync(store, ONE)
    assert sorted(polled(store, "one")) == [FEED, REST]


@pytest.fixture
def category(store):
    """A site, and an entry for a category feed of it that comes after."""
    news = entry("news", CATEGORY)
    sync(store, ONE, news)
    register(store, "one")
    assert register(store, "news", FOUND_CATEGORY) == "one"
    return news


def test_a_duplicate_takes_what_it_brought_along_when_it_goes_and_brings_it_again(store, category):
    assert sorted(polled(store, "one")) == [CATEGORY, FEED, REST]
    sync(store, ONE)
    assert sorted(polled(store, "one")) == [FEED, REST]
    sync(store, ONE, category)
    assert register(store, "news", FOUND_CATEGORY) == "one"
    assert sorted(polled(store, "one")) == [CATEGORY, FEED, REST]


def test_what_the_site_has_by_itself_stays_when_a_duplicate_goes(store):
    sync(store, ONE, TWO)
    register(store, "one")
    register(store, "two")
    sync(store, ONE)
    assert sorted(polled(store, "one")) == [FEED, REST]


@pytest.mark.parametrize("others", [(), (entry("one", "https://example.net/"),)], ids=["removed", "moved"])
def test_duplicates_of_a_source_that_goes_away_are_found_anew(store, category, others):
    sync(store, *others, category)
    assert states(store)["news"] == "active"
    assert "news" in [source.name for source in store.due(NOW)]
    assert register(store, "news", FOUND_CATEGORY) is None
    assert polled(store, "news") == [CATEGORY]
    register(store, "one", site("https://example.net", urls=("https://example.net/feed/",))) if others else None
    assert states(store)["news"] == "active"


def test_a_duplicate_that_moves_is_found_anew_and_takes_along_what_it_brought(store, category):
    sync(store, ONE, replace(category, url="https://example.com/feed/"))
    assert states(store) == {"one": "active", "news": "active"}
    assert sorted(polled(store, "one")) == [FEED, REST]
    assert [source.name for source in store.due(NOW)] == ["one", "news"]


def test_a_source_that_moves_is_tried_at_once_however_long_it_had_failed(store):
    sync(store, ONE)
    asyncio.run(store.postpone(named(store, "one").id, "dns: no such host", NOW + DAY))
    assert store.due(NOW) == []
    sync(store, replace(ONE, url="https://example.net/"))
    (source,) = store.due(NOW)
    assert (source.state, source.failures) == ("active", 0)


EVERY = 5 * MINUTE
#: kind of the endpoint, failures, how far ahead its time is, by when it is polled at the latest and not before
WAITS = {
    "every was 7 days": ("feed", 0, 7 * DAY, (4 * MINUTE, 6 * MINUTE)),
    "the clock was a year ahead": ("feed", 0, 365 * DAY, (4 * MINUTE, 6 * MINUTE)),
    "REST waits an hour beside a feed": ("rest", 0, 7 * DAY, (50 * MINUTE, 70 * MINUTE)),
    "a failing one waits a day at most": ("feed", 3, 7 * DAY, (23 * HOUR, DAY)),
    "a wait that is right stays": ("feed", 0, 3 * MINUTE, (3 * MINUTE, 3 * MINUTE)),
    "a back-off that is right stays": ("feed", 3, 5 * HOUR, (5 * HOUR, 5 * HOUR)),
}


@pytest.mark.parametrize("case", WAITS)
def test_a_wait_that_what_set_it_no_longer_justifies_is_shortened(store, case):
    kind, failures, ahead, (least, most) = WAITS[case]
    sync(store, ONE)
    register(store, "one")
    for endpoint in store.endpoints(named(store, "one").id):
        due = NOW + (ahead if endpoint.kind == kind else timedelta())
        commit(store, plan(endpoint, endpoint_state=state(endpoint.id, next_poll_at=due, failures=failures)))
    sync(store, replace(ONE, every=EVERY))
    (endpoint,) = (each for each in store.endpoints(named(store, "one").id) if each.kind == kind)
    assert least <= endpoint.next_poll_at - NOW <= most


def test_rest_without_a_feed_is_polled_as_often_as_the_config_says(store):
    sync(store, ONE)
    register(store, "one", site(urls=(REST,)))
    (endpoint,) = store.endpoints(named(store, "one").id)
    commit(store, plan(endpoint, endpoint_state=state(endpoint.id, next_poll_at=NOW + 7 * DAY)))
    sync(store, replace(ONE, every=EVERY))
    assert store.due(NOW + 6 * MINUTE)


def test_a_source_that_could_not_be_polled_is_tried_within_a_day_whatever_the_clock_was(store):
    sync(store, ONE)
    asyncio.run(store.postpone(named(store, "one").id, "dns: no such host", NOW + 365 * DAY))
    sync(store, replace(ONE, every=EVERY))
    assert not store.due(NOW + 23 * HOUR)
    assert store.due(NOW + DAY)


def test_alerts_of_a_source_that_leaves_the_config_are_cancelled_and_no_others(store):
    other = entry("other", "https://other.example/")
    sync(store, ONE, other)
    register(store, "one")
    register(store, "other", site("https://other.example", urls=("https://other.example/feed/",)))
    for name, change in (("one", "c_1"), ("other", "c_2")):
        endpoint = read(store, name)
        (post,) = store.known(endpoint.source_id, endpoint.id, keys(sighting(1))).posts.values()
        changed = edit(post, sighting(1, title="B"), change_id=change, sinks=["log"])
        commit(store, plan(endpoint, changed, record=poll()))
    assert [job.data_id for job in asyncio.run(store.pending("log", NOW, 10))] == ["c_1", "c_2"]
    sync(store, other)
    assert [job.data_id for job in asyncio.run(store.pending("log", NOW, 10))] == ["c_2"]
    sync(store, ONE, other)
    assert [job.data_id for job in asyncio.run(store.pending("log", NOW, 10))] == ["c_2"]
