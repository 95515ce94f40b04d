"""What watching a real WordPress of 5,000 posts costs it, counted in its own server's log."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from math import ceil
from random import Random

import pytest

from tests.oracle.editor import Clock, Editor
from tests.oracle.proxy import Proxy
from tests.oracle.watcher import Watcher

pytestmark = [pytest.mark.wordpress, pytest.mark.long]

POSTS = 5000
#: The first page has a hundred posts; each further one begins with the last post of the one before it.
PAGES = 1 + ceil((POSTS - 100) / 99)
#: Where nothing has happened: one request without an answer's body.
QUIET = {"feed 304": 1}
#: What was edited since the last look, and what is newest: behind the feed's signal, and once an hour without it.
LOOK = {"edited since?": 1, "newest?": 1}
#: The feed says that something has happened, the look says what, and that is read, up to a hundred posts at once.
EDIT = {"feed": 1, **LOOK, "posts by id": 1}
OLD = "2017-05-05 05:05:05"


@pytest.fixture
def clock():
    return Clock(datetime(2024, 3, 1, 8, 0, tzinfo=UTC))


@pytest.fixture
def editor(wordpress, clock):
    """Those who write: 5,000 posts, the last one a month ago."""
    wordpress.ctl("bulk", POSTS - 1, plain=1, years=6, until="2024-02-01 00:00:00")
    wordpress.batch([("edit", n, f"--date_gmt={OLD}", f"--modified_gmt={OLD}") for n in (1, 2)])
    editor = Editor(wordpress, clock, Random(1))
    yield editor
    editor.close()


@pytest.fixture
def watcher(tmp_path, wordpress, clock):
    proxy = Proxy(clock)
    yield Watcher(tmp_path, clock, wordpress.url, proxy.url, every="15m", sweep="24h")
    proxy.close()


def purpose(record):
    """What a request was for; with its status where that is not 200."""
    uri = record["uri"]
    purposes = {
        "/robots.txt": "robots",
        "/wp-json/?_fields=": "index",
        "modified_after=": "edited since?",
        "include=": "posts by id",
        "_embed=": "page",
        "orderby=date&order=desc": "newest?",
        "/feed/": "feed",
    }
    name = next((name for part, name in purposes.items() if part in uri), uri)
    return name if record["status"] == 200 else f"{name} {record['status']}"


def test_a_site_is_asked_no_more_than_it_takes(wordpress, editor, watcher, clock):
    def asked(*, polls=1):
        """What the next polls ask for, a quarter of an hour apart."""
        wordpress.mark()
        for _ in range(polls):
            clock.advance(minutes=15)
            watcher.poll()
        return Counter(purpose(record) for record in wordpress.requests())

    # What the site is, and where its API and its feed are; then the whole archive, and the first poll behind it.
    found = {"/": 1, "index": 2, "/wp-json/wp/v2/types": 1, "feed": 1}
    assert asked() == Counter(found) + Counter({"robots": 1, "page": PAGES}) + Counter({"feed": 1} | LOOK)
    assert watcher.one("SELECT count(*) FROM posts") == POSTS

    assert [asked() for _ in range(8)] == [QUIET, QUIET, QUIET, QUIET | LOOK] * 2

    # Once a day the site is asked for its zone and address, and swept, for which its robots.txt is read.
    sweep = {"robots": 1, "page": PAGES}
    assert asked(polls=24 * 4) == {"feed 304": 24 * 4, "edited since?": 24, "newest?": 24, "index": 1} | sweep
    assert sum(sweep.values()) == 52
    assert watcher.told() == {}

    newest, oldest = watcher.one("SELECT wp_id FROM posts ORDER BY published_at DESC LIMIT 1"), 1
    for ids in ([newest], [oldest], range(100, 140)):
        for number in ids:
            editor.ctl("edit", number, content=editor.text(), modified_gmt=clock.text)
        assert asked() == EDIT
        assert all(watcher.told()[number][-1].fields == ("content",) for number in ids)
        assert asked() == QUIET
    editor.create()
    assert asked() == EDIT
    assert watcher.one("SELECT count(*) FROM changes WHERE kind = 'published'") == 1
