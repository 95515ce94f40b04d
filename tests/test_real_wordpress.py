"""The real command against a real WordPress, each counted in the server's own log."""

from __future__ import annotations

import json
import signal
import sqlite3
import time
import urllib.request
from contextlib import closing

import pytest

from tests.command import Command

pytestmark = [pytest.mark.wordpress, pytest.mark.process]

#: of what the install made just now: too young for validators to be trusted
YOUNG = [("set-modified", "1", "2024-01-01 00:00:00"), ("set-modified", "2", "2024-01-01 00:00:00")]


def watch(tmp_path, site, **more):
    return Command(tmp_path, f"  - {{name: site, url: '{site.url}/'}}", **more)


def asked(site):
    return [(each["status"], each["uri"]) for each in site.requests()]


def polled(command):
    done = command("poll")
    assert done.returncode == 0, done.stderr
    return done


def test_a_bulk_archive_is_read_once_and_a_quiet_poll_is_one_request_without_a_body(tmp_path, wordpress):
    wordpress.ctl("bulk", 600, years=6)
    # hundreds of posts within one minute: many share their second
    wordpress.ctl("bulk", 600, years="0.000001", seed=2)
    wordpress.batch(YOUNG)
    command = watch(tmp_path, wordpress)
    wordpress.mark()
    first = polled(command)
    assert "1,201 posts read" in first.stderr
    walk = [uri for _, uri in asked(wordpress) if "_embed" in uri]
    assert len(walk) <= 14
    assert command.one("SELECT count(*) FROM posts") == 1201
    assert command.one("SELECT count(*) FROM revisions") == 1201
    assert command.one("SELECT count(*) - count(DISTINCT published_at) FROM posts") > 100
    wordpress.mark()
    polled(command)
    requests = wordpress.requests()
    assert [each["status"] for each in requests] == [304]
    assert requests[0]["bytes"] == 0
    assert command.changes() == []
    assert command.one("SELECT count(*) FROM revisions") == 1201


def test_a_baseline_killed_half_way_resumes_and_ends_the_same(tmp_path, wordpress):
    wordpress.ctl("bulk", 700, years=4)
    wordpress.ctl("bulk", 500, years="0.000001", seed=2)
    wordpress.batch(YOUNG)
    command = watch(tmp_path, wordpress)
    process = command.start("poll")
    deadline = time.monotonic() + 60
    read = 0
    while not 200 <= read < 1201 and time.monotonic() < deadline:
        if (tmp_path / "crawler.db").exists():
            read = command.one("SELECT count(*) FROM posts") if command.rows("PRAGMA application_id") else 0
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 0 < command.one("SELECT count(*) FROM posts") < 1201
    wordpress.mark()
    done = polled(command)
    assert "1,201 posts read" not in done.stderr
    assert command.one("SELECT count(*) FROM posts") == 1201
    assert command.one("SELECT count(*) FROM revisions") == 1201
    assert command.one("SELECT count(DISTINCT wp_id) FROM posts") == 1201
    assert command.changes() == []
    wordpress.mark()
    polled(command)
    assert [status for status, _ in asked(wordpress)] == [304]


def new_post(site, _old):
    site.ctl("create", title="A new post", content="<p>News.</p>", categories="News")
    return "published", []


def title_edit(site, _old):
    site.ctl("edit", 1, title="Hello again")
    return "edited", ["title"]


def content_edit(site, _old):
    site.ctl("edit", 1, content="<p>Welcome to a text that was rewritten.</p>")
    return "edited", ["content"]


def edit_far_outside_the_feed(site, old):
    site.ctl("edit", old, content="<p>Even the oldest post is watched.</p>")
    return "edited", ["content"]


def slug_change(site, old):
    site.ctl("set-slug", old, "an-entirely-new-slug")
    return "edited", ["link"]


def category_change(site, old):
    site.ctl("edit", old, categories="Opinion,Tech")
    return "edited", ["categories"]


def scheduled_post_going_live(site, _old):
    site.ctl("schedule", title="Was scheduled", content="<p>At last.</p>", **{"in": 7200})
    site.ctl("run-cron", force=1)
    return "published", []


def back_dated_post(site, _old):
    site.ctl("create", title="From 2019", content="<p>Late.</p>", date_gmt="2019-03-04 05:06:07")
    return "published", []


STORY = [
    new_post,
    title_edit,
    content_edit,
    edit_far_outside_the_feed,
    slug_change,
    category_change,
    scheduled_post_going_live,
    back_dated_post,
]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/New_York"])
def test_each_thing_an_editor_does_is_exactly_one_change_at_the_next_poll(tmp_path, wordpress_factory, zone):
    site = wordpress_factory(timezone_string=zone)
    old = site.ctl("bulk", 40, years=5)["first_id"]
    command = watch(tmp_path, site)
    polled(command)
    told = 0
    for happens in STORY:
        kind, fields = happens(site, old)
        if happens is scheduled_post_going_live:
            # As if it had been written long before: `modified` then lies hours before the publication date.
            newest = newest_id(site)
            site.ctl("set-modified", newest, "2024-02-03 04:05:06")
        polled(command)
        changes = command.changes()
        assert len(changes) == told + 1, (happens.__name__, changes[told:])
        told += 1
        assert (changes[-1]["kind"], changes[-1]["fields"]) == (kind, fields), happens.__name__
        assert changes[-1]["silent"] in (0, None)
    time.sleep(5.5)  # the last save must be older than the time in which two saves may share a second
    for _ in range(2):
        polled(command)
    assert len(command.changes()) == told
    assert len(command.alerts()) == told
    assert command.one("SELECT count(*) - count(DISTINCT wp_id) FROM posts") == 0


def newest_id(site):
    """The id of the newest post."""
    with urllib.request.urlopen(f"{site.url}/wp-json/wp/v2/posts?per_page=1&_fields=id") as answer:
        return json.load(answer)[0]["id"]


def test_site_and_feed_as_two_entries_are_one_source(tmp_path, wordpress):
    wordpress.ctl("bulk", 30)
    command = Command(
        tmp_path,
        f"  - {{name: site, url: '{wordpress.url}/'}}\n  - {{name: feed, url: '{wordpress.url}/feed/'}}\n"
        f"  - {{name: news, url: '{wordpress.url}/category/news/feed/'}}",
    )
    done = polled(command)
    assert "feed: the same site as site" in done.stderr
    assert {row["name"]: row["state"] for row in command.rows("SELECT name, state FROM sources")} == {
        "site": "active",
        "feed": "duplicate",
        "news": "duplicate",
    }
    assert command.one("SELECT count(*) FROM posts") == 31
    wordpress.ctl("create", title="Only once", content="<p>Please.</p>", categories="News")
    polled(command)
    polled(command)
    assert command.one("SELECT count(*) FROM posts") == 32
    assert [change["kind"] for change in command.changes()] == ["published"]
    assert command.one("SELECT count(*) FROM endpoints WHERE kind = 'feed'") == 2


def test_an_edit_is_shown_as_a_word_diff_and_as_one_line_of_json(tmp_path, wordpress):
    wordpress.ctl(
        "create", title="South Korea bolsters defense ties", content="<p>Ties with 12 states were renewed.</p>"
    )
    command = watch(tmp_path, wordpress)
    polled(command)
    post = command.one("SELECT max(wp_id) FROM posts")
    wordpress.ctl(
        "edit", post, title="South Korea strengthens defense ties", content="<p>Ties with 21 states were renewed.</p>"
    )
    done = polled(command)
    assert "[-bolsters-]{+strengthens+}" in done.stdout
    assert "[-12-]{+21+}" in done.stdout
    (alert,) = command.alerts()
    assert alert["type"] == "post.edited"
    data = alert["data"]
    assert data["revision"]["old"]["number"] == 1
    assert data["revision"]["new"]["number"] == 2
    assert [field["name"] for field in data["fields"]] == ["title", "content"]
    assert (data["words_added"], data["words_removed"]) == (2, 2)
    assert data["post"]["guid"] == f"{wordpress.url}/?p={post}"


def test_the_real_plugin_faults_change_nothing_and_hide_nothing(tmp_path, wordpress):
    wordpress.ctl("bulk", 15)
    command = watch(tmp_path, wordpress)
    polled(command)
    for plugin in ("server-error", "rest-disabled", "json-noise"):
        wordpress.ctl("plugin", plugin, "on")
        wordpress.ctl("edit", 1, title=f"Edited under {plugin}")
        before = len(command.changes())
        command("poll")
        assert len(command.changes()) == before, plugin
        wordpress.ctl("plugin", plugin, "off")
        polled(command)
        assert len(command.changes()) == before + 1, plugin
        assert command.changes()[-1]["fields"] == ["title"]


def test_plain_permalinks_are_watched_through_rest_route(tmp_path, wordpress_factory):
    site = wordpress_factory(permalink_structure="")
    site.ctl("bulk", 12)
    command = watch(tmp_path, site)
    polled(command)
    assert "rest_route=" in command.one("SELECT url FROM endpoints WHERE kind = 'rest'")
    assert command.one("SELECT count(*) FROM posts") == 13
    site.ctl("edit", 1, title="Without permalinks")
    polled(command)
    assert [change["fields"] for change in command.changes()] == [["title"]]


def test_pages_and_custom_types_are_watched_when_asked_for(tmp_path, wordpress):
    wordpress.ctl("plugin", "cpt", "on")
    wordpress.ctl("create", type="book", title="A book", content="<p>Chapter one.</p>")
    command = Command(tmp_path, f"  - {{name: site, url: '{wordpress.url}/', types: [posts, pages, books]}}")
    polled(command)
    types = command.rows("SELECT type, count(*) AS posts FROM posts GROUP BY type ORDER BY type")
    assert types == [{"type": "book", "posts": 1}, {"type": "page", "posts": 1}, {"type": "post", "posts": 1}]
    book = command.one("SELECT wp_id FROM posts WHERE type = 'book'")
    wordpress.ctl("edit", book, content="<p>Chapter one, and two.</p>")
    wordpress.ctl("edit", 2, title="A page with another title")
    # a custom type is no part of the main feed: the hourly look at REST finds its edits
    make_due(command)
    polled(command)
    assert {(change["title"], *change["fields"]) for change in command.changes()} == {
        ("A book", "content"),
        ("A page with another title", "title"),
    }


def make_due(command):
    """As if the hour were over."""
    with closing(sqlite3.connect(command.folder / "crawler.db")) as store, store:
        store.execute("UPDATE endpoints SET next_poll_at = '2020-01-01T00:00:00Z'")


def test_an_update_without_an_edit_and_other_noise_is_no_change(tmp_path, wordpress):
    wordpress.ctl("bulk", 12)
    command = watch(tmp_path, wordpress)
    polled(command)
    wordpress.ctl("touch", 1)
    wordpress.ctl("add-comment", 1)
    wordpress.ctl("meta", 1, "views", "17")
    wordpress.ctl("rename-term", "category", "uncategorized", "Anything")
    wordpress.ctl("rename-user", "admin", "The Editor")
    make_due(command)
    polled(command)
    # a new post pushes the others down in the feed, which rewrites images of unedited ones there
    wordpress.ctl("create", title="On top", content="<p>Now.</p>")
    polled(command)
    make_due(command)
    polled(command)
    assert [change["kind"] for change in command.changes()] == ["published"]
    assert command.one("SELECT count(*) FROM revisions") == 14
