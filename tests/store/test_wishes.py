"""What feeds asked for when due times are looked over: at the start, after a reload, when the clock was put."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from crawler.store import SqliteStore
from tests.store.builders import NOW, entry, plan, site, state

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REST, FEED = "https://example.org/wp-json/wp/v2/posts", "https://example.org/feed/"
#: It is noon; the hours from eleven to half past two
SKIPPED = (11, 12, 13, 14)
AFTERWARDS = timedelta(hours=3)


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "crawler.db") as store:
        yield store


def sync(store, *entries, now=NOW):
    asyncio.run(store.sync(entries, ["log"], now))


def wait(store, *, due, urls=(FEED,), every=5 * MINUTE, **wishes):
    """Have a Source's feed wait, look its due time over, and say how long it waits from now on."""
    one = entry("one", "https://example.org/")
    sync(store, one)
    (source,) = store.sources()
    asyncio.run(store.register(source, site(urls=urls), NOW))
    for each in store.endpoints(source.id):
        more = {"next_poll_at": NOW + due} | wishes if each.kind == "feed" else {"next_poll_at": NOW + HOUR}
        asyncio.run(store.commit(plan(each, endpoint_state=state(each.id, **more))))
    sync(store, entry("one", "https://example.org/", every=every))
    (feed,) = (each for each in store.endpoints(source.id) if each.kind == "feed")
    return feed.next_poll_at - NOW


def test_what_a_feed_asked_for_is_remembered(store):
    wait(store, due=MINUTE, min_interval=3600, fresh_for=600, skip_hours=(3, 4))
    (feed,) = store.endpoints(1)
    assert (feed.min_interval, feed.fresh_for, feed.skip_hours) == (3600, 600, (3, 4))


#: what was asked for, when it was due, when it is then: at the earliest and at the latest
WAITS = {
    "ttl justifies it": ({"min_interval": 3600}, 59 * MINUTE, 59 * MINUTE, 59 * MINUTE),
    "ttl justifies less": ({"min_interval": 3600}, 7 * DAY, HOUR, HOUR),
    "ttl of a month": ({"min_interval": 30 * 86400}, 7 * DAY, DAY, DAY),
    "ttl below every": ({"min_interval": 60}, 7 * DAY, 4 * MINUTE, 6 * MINUTE),
    "max-age justifies it": ({"fresh_for": 1800}, 29 * MINUTE, 29 * MINUTE, 29 * MINUTE),
    "max-age of a year": ({"fresh_for": 365 * 86400}, 7 * DAY, HOUR, HOUR),
    "skipped hours justify it": ({"skip_hours": SKIPPED}, AFTERWARDS, AFTERWARDS, AFTERWARDS),
    "skipped hours justify less": ({"skip_hours": SKIPPED}, 7 * DAY, AFTERWARDS, AFTERWARDS),
    "skipped hours are over then": ({"skip_hours": (3,)}, 7 * DAY, 4 * MINUTE, 6 * MINUTE),
    "due in skipped hours": ({"skip_hours": SKIPPED}, MINUTE, AFTERWARDS, AFTERWARDS),
    "long due, in skipped hours": ({"skip_hours": SKIPPED}, -3 * HOUR, AFTERWARDS, AFTERWARDS),
    "long due": ({"skip_hours": (3,)}, -3 * MINUTE, -3 * MINUTE, -3 * MINUTE),
    "a failing one waits a day": ({"min_interval": 3600, "failures": 3}, 7 * DAY, DAY, DAY),
    "a back-off that is right stays": ({"min_interval": 3600, "failures": 3}, 5 * HOUR, 5 * HOUR, 5 * HOUR),
}


@pytest.mark.parametrize("case", WAITS)
def test_a_wait_that_a_feed_asked_for_stays_and_no_longer_one(store, case):
    wishes, due, least, most = WAITS[case]
    assert least <= wait(store, due=due, **wishes) <= most


@pytest.mark.parametrize(
    ("wishes", "due", "least", "most"),
    [
        ({"min_interval": 86400}, 7 * DAY, 48 * MINUTE, HOUR),
        ({"skip_hours": SKIPPED}, 7 * DAY, 48 * MINUTE, HOUR),
        ({"skip_hours": SKIPPED}, MINUTE, MINUTE, MINUTE),
    ],
)
def test_a_feed_beside_a_collection_waits_for_the_hourly_look_at_most(store, wishes, due, least, most):
    assert least <= wait(store, due=due, urls=(REST, FEED), **wishes) <= most


def test_what_is_spread_after_a_long_stop_does_not_come_to_lie_in_skipped_hours(store):
    entries = [entry(f"s{n}", f"https://s{n}.example/", every=HOUR) for n in range(150)]
    sync(store, *entries)
    for source in store.sources():
        found = site(f"https://{source.name}.example", kind="feed", urls=(f"{source.url}feed/",))
        asyncio.run(store.register(source, found, NOW))
        (feed,) = store.endpoints(source.id)
        asyncio.run(store.commit(plan(feed, endpoint_state=state(feed.id, skip_hours=(16,)))))
    later = NOW + 4 * HOUR - MINUTE
    sync(store, *entries, now=later)
    due = [store.endpoints(source.id)[0].next_poll_at for source in store.sources()]
    assert {at.hour for at in due} == {15, 17}
    assert min(due) >= later
