"""What happens at a real WordPress and is no edit of any post: nothing is told of it, by REST or by the feed alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.oracle.editor import Clock, Editor
from tests.oracle.proxy import Proxy
from tests.oracle.watcher import Watcher

pytestmark = pytest.mark.wordpress

IMAGE = '<p>{words} 🎉</p><img src="http://example.org/{words}.jpg" alt="A view"{more}/><p>More of it.</p>'


def pushed_down(site, _post):
    """WordPress writes `loading` and `fetchpriority` into the pictures of a feed by where the post stands in it."""
    return [site.create().id for _ in range(3)]


def lazily_loaded(site, post):
    more = ' loading="lazy" decoding="async" fetchpriority="high" sizes="auto, 100vw"'
    site.ctl("raw-edit", post.id, content=IMAGE.format(words=post.title, more=more))


def emoji_as_entity(site, post):
    content = IMAGE.format(words=post.title, more="").replace("🎉", "&#x1f389;")
    site.ctl("raw-edit", post.id, content=content)


def updated_without_an_edit(site, post):
    site.edit(post)


def updated_often(site, post):
    for _ in range(3):
        site.edit(post)
        site.clock.advance(seconds=30)


def dated_back(site, post):
    site.date(post, post.modified_at - timedelta(days=300))


def dated_ahead(site, post):
    site.date(post, post.modified_at + timedelta(days=3000))


def commented(site, post):
    site.ctl("add-comment", post.id)


def given_a_custom_field(site, post):
    site.ctl("meta", post.id, "views", 17)


def made_sticky(site, post):
    site.ctl("assign", post.id, sticky=1)


def renamed_people_and_terms(site, _post):
    """They keep their ids; a feed knows them by their names only."""
    site.ctl("rename-user", "alice", "Alice Another")
    site.ctl("rename-term", "category", "news", "Newest")


def moved_to_another_zone(site, _post):
    site.ctl("set-option", "timezone_string", "Asia/Seoul")


NOISE = [
    pushed_down,
    lazily_loaded,
    emoji_as_entity,
    updated_without_an_edit,
    updated_often,
    dated_back,
    commented,
    given_a_custom_field,
    made_sticky,
    renamed_people_and_terms,
    moved_to_another_zone,
    dated_ahead,
]
#: what a feed tells as its posts' own
TOLD_BY_A_FEED = {renamed_people_and_terms}


@pytest.mark.parametrize("kind", ["wordpress", "feed"])
def test_nothing_is_told_of_what_is_no_edit(kind, tmp_path, wordpress):
    clock = Clock(datetime(2024, 3, 1, 8, 0, tzinfo=UTC))
    proxy, site = Proxy(clock), Editor(wordpress, clock, Random(1))
    try:
        for number in (1, 2):
            site.ctl("edit", number, date_gmt="2023-05-05 05:05:05", modified_gmt="2023-05-05 05:05:05")
        posts = [site.create(author="alice", categories=frozenset({"news"})) for _ in range(6)]
        for post in posts:
            site.ctl("raw-edit", post.id, content=IMAGE.format(words=post.title, more=""))
        clock.advance(hours=1)
        address = wordpress.url + ("/feed" if kind == "feed" else "")
        watcher = Watcher(tmp_path, clock, address, proxy.url, kind=kind)
        watcher.poll()
        known = set()
        for happens in NOISE:
            if kind == "feed" and happens in TOLD_BY_A_FEED:
                continue
            for post in posts[:3]:
                known.update(happens(site, post) or ())
            for look in (watcher.poll, watcher.sweep, watcher.poll):
                clock.advance(minutes=61)
                look()
            kinds = {change["kind"] for change in watcher.changes()}
            assert kinds <= {"published"}, (happens.__name__, watcher.changes()[-1])
        assert len(watcher.changes()) == len(known)
    finally:
        site.close()
        proxy.close()
