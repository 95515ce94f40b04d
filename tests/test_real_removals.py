"""Sweeps and removals by the real command on a real WordPress."""

from __future__ import annotations

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


def told(command):
    return sorted((change["kind"], change["title"]) for change in command.changes())


def make(site, *titles):
    """Make posts long ago, so that no save shares its second with another one."""
    posts = {}
    for title in titles:
        posts[title] = site.ctl("create", title=title, content=f"<p>{title}, a text.</p>")["id"]
        site.ctl("set-modified", posts[title], "2024-01-01 00:00:00")
    return posts


HAPPENS = {
    "trashed": (("trash",), "unpublished"),
    "drafted": (("set-status", "draft"), "unpublished"),
    "private": (("set-status", "private"), "unpublished"),
    "pending": (("set-status", "pending"), "unpublished"),
    "deleted": (("delete",), "deleted"),
    "protected": (("edit",), "protected"),
}


def do(site, posts):
    for title, (what, _) in HAPPENS.items():
        more = {"password": "secret"} if title == "protected" else {"force": 1} if title == "deleted" else {}
        site.ctl(what[0], posts[title], *what[1:], **more)


def test_what_became_of_a_post_is_told_apart_and_what_comes_back_is_restored(tmp_path, wordpress):
    wordpress.ctl("bulk", 60)
    posts = make(wordpress, *HAPPENS)
    command = watch(tmp_path, wordpress)
    run(command, "poll")
    do(wordpress, posts)
    done = run(command, "sweep")
    assert "unpublished? “trashed”: the site says 401 rest_forbidden" in done.stderr
    assert "deleted? “deleted”: the site says 404 rest_post_invalid_id" in done.stderr
    assert told(command) == [("protected", "protected")]
    run(command, "poll")
    expected = sorted((kind, title) for title, (_, kind) in HAPPENS.items())
    assert told(command) == expected
    for title in ("trashed", "drafted", "private"):
        wordpress.ctl(*(("untrash", posts[title]) if title == "trashed" else ("set-status", posts[title], "publish")))
    wordpress.ctl("edit", posts["pending"], content="<p>pending, another text.</p>")
    wordpress.ctl("set-status", posts["pending"], "publish")
    for _ in range(2):
        run(command, "sweep")
        run(command, "poll")
    restored = [("restored", title) for title in ("drafted", "pending", "private", "trashed")]
    assert told(command) == sorted([*expected, *restored])
    fields = {change["title"]: change["fields"] for change in command.changes() if change["kind"] == "restored"}
    assert fields == {"drafted": [], "pending": ["content"], "private": [], "trashed": []}
    states = {row["title"]: row["state"] for row in command.rows("SELECT title, state FROM posts")}
    assert {title: states[title] for title in HAPPENS} == {
        **dict.fromkeys(("trashed", "drafted", "private", "pending"), "public"),
        "deleted": "deleted",
        "protected": "protected",
    }
    assert command.rows("SELECT * FROM suspects") == []


def test_one_who_may_read_drafts_is_told_the_same(tmp_path, wordpress, monkeypatch):
    wordpress.ctl("bulk", 30)
    posts = make(wordpress, *HAPPENS)
    user, password = wordpress.credentials
    monkeypatch.setenv("PASSWORD", password)
    command = watch(tmp_path, wordpress, username=user, password="'${PASSWORD}'")
    run(command, "poll")
    do(wordpress, posts)
    run(command, "sweep")
    run(command, "poll")
    assert told(command) == sorted((kind, title) for title, (_, kind) in HAPPENS.items())


def test_a_deleted_post_whose_link_leads_to_another_is_deleted(tmp_path, wordpress):
    """WordPress redirects from the link of a post that is gone to one of the day whose slug begins alike."""
    wordpress.ctl("bulk", 30)
    posts = make(wordpress, "budget", "budget-approved", "taken")
    command = watch(tmp_path, wordpress)
    run(command, "poll")
    link = command.one("SELECT link FROM posts WHERE title = 'taken'")
    for title in ("budget", "taken"):
        wordpress.ctl("delete", posts[title], force=1)
    new = make(wordpress, "newcomer")["newcomer"]
    wordpress.ctl("set-slug", new, "taken")
    wordpress.ctl("touch", new)
    run(command, "poll")
    assert command.one("SELECT link FROM posts WHERE title = 'newcomer'") == link
    run(command, "sweep")
    run(command, "poll")
    assert told(command) == [("deleted", "budget"), ("deleted", "taken"), ("published", "newcomer")]


def test_a_sweep_finds_what_sql_changed_for_a_request_a_hundred_posts(tmp_path, wordpress):
    wordpress.ctl("bulk", 1000, years=6)
    posts = make(wordpress, "altered", "retagged")
    command = watch(tmp_path, wordpress, sweep="24h")
    run(command, "poll")
    wordpress.ctl("raw-edit", posts["altered"], content="<p>altered, another text.</p>")
    wordpress.ctl("assign", posts["retagged"], tags="budget")
    run(command, "poll")
    assert command.changes() == []
    wordpress.mark()
    run(command, "sweep")
    walked = [each["uri"] for each in wordpress.requests() if "orderby=date" in each["uri"]]
    assert len(walked) <= 12
    changes = {change["title"]: (change["fields"], change["silent"]) for change in command.changes()}
    assert changes == {"altered": (["content"], 1), "retagged": (["tags"], 0)}
    run(command, "sweep")
    assert len(command.changes()) == 2


@pytest.mark.parametrize("plugin", ["rest-disabled", "server-error", "json-noise", "rate-limit"])
def test_trouble_at_every_look_tells_nothing_that_is_not_so(tmp_path, wordpress, plugin):
    wordpress.ctl("bulk", 30)
    posts = make(wordpress, *HAPPENS)
    command = watch(tmp_path, wordpress)
    run(command, "poll")
    do(wordpress, posts)
    wordpress.ctl("plugin", plugin, "on")
    for _ in range(3):
        command("sweep")
        command("poll")
    so = {(kind, title) for title, (_, kind) in HAPPENS.items()}
    assert set(told(command)) <= so
    if plugin != "rate-limit":
        assert not {"deleted", "unpublished"} & {kind for kind, _ in told(command)}
