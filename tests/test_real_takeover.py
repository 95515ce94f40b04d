"""A real WordPress whose REST API a plugin closes, watched by the real command through its feed meanwhile."""

from __future__ import annotations

import pytest

from tests.command import Command

pytestmark = [pytest.mark.wordpress, pytest.mark.process]

#: What feeds and REST show differently: emoji, images at the top, a gallery, code, a quote, tags beside categories.
TEXTS = (
    "<p>A text \U0001f389 with an emoji, number {n}.</p>",
    "<figure class='wp-block-image'><img src='/a.jpg' alt='A'/></figure><p>Text {n}</p>",
    "<!-- wp:list --><ul><li>One {n}</li><li>Two</li></ul><!-- /wp:list --><pre>code &amp; more</pre>",
    "<blockquote><p>Quoted — “{n}”</p></blockquote><p>And [caption]a caption[/caption] it.</p>",
)


def watch(tmp_path, site):
    return Command(tmp_path, f"  - {{name: site, url: '{site.url}/', confirm: 0s}}")


def polled(command, times=1):
    for _ in range(times):
        done = command("poll")
        assert done.returncode in (0, 3), done.stderr
    return done


def told(command):
    return sorted((change["kind"], change["title"], tuple(change["fields"])) for change in command.changes())


def filled(site):
    """Posts of long ago, so that no save shares its second with another one."""
    site.ctl("bulk", 40, years=2)
    posts = []
    for n in range(8):
        text = TEXTS[n % len(TEXTS)].format(n=n)
        made = site.ctl("create", title=f"Post {n}", content=text, categories="News", tags="Budget,Defence")
        posts.append(made["id"])
    site.batch([("set-modified", number, f"2024-01-0{n + 1} 00:00:00") for n, number in enumerate(posts)])
    site.batch([("set-modified", number, "2023-01-01 00:00:00") for number in (1, 2)])
    return posts


def test_a_plugin_closes_the_api_and_the_feed_takes_over(tmp_path, wordpress):
    posts = filled(wordpress)
    command = watch(tmp_path, wordpress)
    polled(command, 2)
    wordpress.ctl("plugin", "rest-disabled", "on")
    wordpress.ctl("touch", posts[0])
    polled(command, 5)
    assert told(command) == []
    wordpress.ctl("edit", posts[1], title="Another title")
    wordpress.ctl("edit", posts[2], content="<p>Another text.</p>")
    new = wordpress.ctl("create", title="Made meanwhile", content="<p>News.</p>", categories="News")["id"]
    done = polled(command)
    assert "401" in done.stderr
    expected = [
        ("edited", "Another title", ("title",)),
        ("edited", "Post 2", ("content",)),
        ("published", "Made meanwhile", ()),
    ]
    assert told(command) == expected
    wordpress.ctl("edit", posts[3], content="<p>Told by REST or by the feed, once.</p>")
    wordpress.ctl("plugin", "rest-disabled", "off")
    polled(command, 3)
    expected = sorted([*expected, ("edited", "Post 3", ("content",))])
    assert told(command) == expected
    done = command("sweep")
    assert done.returncode == 0, done.stderr
    assert told(command) == expected
    assert command.one("SELECT wp_id FROM posts WHERE title = 'Made meanwhile'") == new
    assert command.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 0


def test_an_api_that_is_closed_from_the_start_leaves_the_pages_of_the_feed(tmp_path, wordpress):
    posts = filled(wordpress)
    wordpress.ctl("plugin", "rest-disabled", "on")
    command = watch(tmp_path, wordpress)
    polled(command)
    assert command.one("SELECT kind FROM sources") == "feed"
    assert command.one("SELECT count(*) FROM posts") == 49
    assert told(command) == []
    wordpress.ctl("edit", posts[1], title="Another title")
    polled(command, 2)
    assert told(command) == [("edited", "Another title", ("title",))]
    wordpress.ctl("delete", posts[4], force=1)
    wordpress.ctl("touch", posts[5])
    polled(command, 3)
    assert [each[:2] for each in told(command)] == [("deleted", "Post 4"), ("edited", "Another title")]


def test_a_wrong_password_is_said(tmp_path, wordpress, monkeypatch):
    wordpress.ctl("bulk", 5)
    user, password = wordpress.credentials
    monkeypatch.setenv("PASSWORD", "no such one")
    command = Command(
        tmp_path, f"  - {{name: site, url: '{wordpress.url}/', username: {user}, password: '${{PASSWORD}}'}}"
    )
    assert "is not accepted" in polled(command).stderr
    assert "is not accepted" in command("status").stdout
    monkeypatch.setenv("PASSWORD", password)
    assert "not accepted" not in polled(command).stderr
    assert "not accepted" not in command("status").stdout
    assert told(command) == []
