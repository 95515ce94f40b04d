"""Posts of a real WordPress whose links, guids, ids, zone or home change hands under the real command."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.command import Command

pytestmark = [pytest.mark.wordpress, pytest.mark.process]


def watch(tmp_path, site, **more):
    keys = "".join(f", {name}: {value}" for name, value in more.items())
    return Command(tmp_path, f"  - {{name: site, url: '{site.url}/', confirm: 0s{keys}}}")


def run(command, *arguments):
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    return done


def until_settled(command):
    """Sweep, and look again at what is suspected."""
    for _ in range(2):
        run(command, "sweep")
        run(command, "poll")


def told(command):
    return sorted((change["kind"], change["title"], tuple(change["fields"])) for change in command.changes())


def make(site, *titles):
    """Make posts long ago, so that no save shares its second with another one."""
    posts = {}
    for title in titles:
        posts[title] = site.ctl("create", title=title, content=f"<p>{title}, a text.</p>")["id"]
        site.ctl("set-modified", posts[title], "2024-01-01 00:00:00")
    return posts


def a_day_later(command):
    """As if the site had last been asked two days ago where it is."""
    with closing(sqlite3.connect(command.folder / "crawler.db")) as connection, connection:
        connection.execute("UPDATE sources SET baseline_at = '2026-01-01T00:00:00Z', asked_at = NULL")


def test_an_id_that_comes_back_as_another_post(tmp_path, wordpress):
    wordpress.ctl("bulk", 30)
    post = make(wordpress, "the first one")["the first one"]
    command = watch(tmp_path, wordpress, sweep="never")
    run(command, "poll")
    wordpress.ctl(
        "raw-edit",
        post,
        title="the second one",
        content="<p>Nothing is left of it.</p>",
        guid=f"{wordpress.url}/another/",
        date="2025-03-01 12:00:00",
        date_gmt="2025-03-01 12:00:00",
        slug="the-second-one",
    )
    wordpress.ctl("touch", post)
    for _ in range(3):
        run(command, "poll")
    expected = [("deleted", "the first one", ()), ("published", "the second one", ())]
    assert told(command) == expected
    until_settled(command)
    assert told(command) == expected
    states = command.rows(f"SELECT title, state FROM posts WHERE wp_id = {post} ORDER BY id")
    assert [tuple(row.values()) for row in states] == [("the first one", "deleted"), ("the second one", "public")]
    shown = run(command, "log", f"site:{post}", "--format", "json").stdout
    assert "the second one" in shown


def test_a_link_that_a_trashed_post_freed_is_taken_by_another(tmp_path, wordpress):
    wordpress.ctl("bulk", 30)
    post = make(wordpress, "budget")["budget"]
    command = watch(tmp_path, wordpress)
    run(command, "poll")
    link = command.one("SELECT link FROM posts WHERE title = 'budget'")
    wordpress.ctl("trash", post)
    newcomer = make(wordpress, "newcomer")["newcomer"]
    wordpress.ctl("set-slug", newcomer, "budget")
    wordpress.ctl("touch", newcomer)
    until_settled(command)
    assert told(command) == [("published", "newcomer", ()), ("unpublished", "budget", ())]
    assert command.one("SELECT link FROM posts WHERE title = 'newcomer'") == link
    wordpress.ctl("untrash", post)
    until_settled(command)
    assert ("restored", "budget", ("link",)) in told(command)
    assert len(command.changes()) == 3


def test_guids_that_all_change_are_no_change_at_all(tmp_path, wordpress):
    wordpress.ctl("bulk", 30)
    posts = make(wordpress, "one", "two", "three")
    command = watch(tmp_path, wordpress)
    run(command, "poll")
    for number, post in enumerate(posts.values()):
        guid = wordpress.url.replace("http://", "https://") if number else "https://old.example"
        wordpress.ctl("raw-edit", post, guid=f"{guid}/?p={post}")
        wordpress.ctl("touch", post)
    until_settled(command)
    assert told(command) == []
    assert command.one("SELECT count(*) FROM posts WHERE title IN ('one', 'two', 'three')") == 3


def test_a_new_address_of_the_site_changes_links_and_is_swept(tmp_path, wordpress):
    wordpress.ctl("bulk", 20)
    post = make(wordpress, "an edit")["an edit"]
    command = watch(tmp_path, wordpress, sweep="30d")
    run(command, "poll")
    posts = command.one("SELECT count(*) FROM posts")
    home = wordpress.url.replace("127.0.0.1", "localhost")
    wordpress.ctl("plugin", "new-home", "on")
    a_day_later(command)
    wordpress.ctl("edit", post, content="<p>Edited.</p>")
    command("poll")
    assert command.one("SELECT home FROM sources") == home
    assert command.one("SELECT last_sweep_at IS NOT NULL FROM sources")
    changes = command.changes()
    assert {tuple(change["fields"]) for change in changes if change["title"] != "an edit"} == {("link",)}
    assert [change["fields"] for change in changes if change["title"] == "an edit"] == [["link", "content"]]
    assert {change["silent"] for change in changes} == {0}
    assert len(changes) == posts == command.one("SELECT count(*) FROM posts")


def test_a_new_zone_is_swept_and_changes_nothing(tmp_path, wordpress):
    wordpress.ctl("set-option", "timezone_string", "America/New_York")
    wordpress.ctl("bulk", 150, years=3)
    posts = make(wordpress, "lost in the zone", "an edit")
    command = watch(tmp_path, wordpress, sweep="30d")
    run(command, "poll")
    assert command.one("SELECT timezone FROM sources") == "America/New_York"
    # Its local time is that of this morning in Seoul: `modified_after` does not show it any more.
    wordpress.ctl("edit", posts["lost in the zone"], content="<p>Edited in New York.</p>")
    wordpress.ctl("set-option", "timezone_string", "Asia/Seoul")
    a_day_later(command)
    wordpress.ctl("edit", posts["an edit"], content="<p>Edited in Seoul.</p>")
    run(command, "poll")
    assert command.one("SELECT timezone FROM sources") == "Asia/Seoul"
    assert command.one("SELECT last_sweep_at IS NOT NULL FROM sources")
    assert told(command) == [("edited", "an edit", ("content",)), ("edited", "lost in the zone", ("content",))]
    until_settled(command)
    assert len(command.changes()) == 2


def test_what_is_silent_and_what_is_not(tmp_path, wordpress):
    wordpress.ctl("bulk", 10)
    posts = make(wordpress, "by sql", "by hand", "retagged", "twice in a second")
    for name, value in (("author", "jane"), ("tags", "budget")):
        wordpress.ctl("assign" if name == "tags" else "edit", posts["retagged"], **{name: value})
    wordpress.ctl("set-modified", posts["retagged"], "2024-01-01 00:00:00")
    soon = datetime.now(UTC) + timedelta(minutes=2)
    wordpress.ctl("set-modified", posts["twice in a second"], f"{soon:%Y-%m-%d %H:%M:%S}")
    command = watch(tmp_path, wordpress)
    run(command, "poll")
    wordpress.ctl("raw-edit", posts["by sql"], content="<p>by sql, another text.</p>")
    wordpress.ctl("edit", posts["by hand"], content="<p>by hand, another text.</p>")
    wordpress.ctl("assign", posts["retagged"], tags="defense")
    wordpress.ctl("raw-edit", posts["twice in a second"], content="<p>The second save.</p>")
    until_settled(command)
    expected = {"by sql": 1, "by hand": 0, "retagged": 0, "twice in a second": 0}
    assert {change["title"]: change["silent"] for change in command.changes()} == expected
    wordpress.ctl("rename-user", "jane", "Jane Roe-Doe")
    wordpress.ctl("rename-term", "post_tag", "defense", "Defence")
    until_settled(command)
    assert len(command.changes()) == 4
    wordpress.ctl("set-option", "permalink_structure", "/%postname%/")
    until_settled(command)
    links = command.changes()[4:]
    assert {(change["kind"], tuple(change["fields"]), change["silent"]) for change in links} == {
        ("edited", ("link",), 0)
    }
    assert len(links) == command.one("SELECT count(*) FROM posts")
