"""What happens to a whole real WordPress at once: one digest by the real command, or nothing."""

from __future__ import annotations

import pytest

from tests.command import Command

pytestmark = [pytest.mark.wordpress, pytest.mark.process]

POSTS = 300
_REST = "SELECT raw_hash FROM sightings s JOIN endpoints e ON e.id = s.endpoint_id WHERE e.kind = 'rest'"


@pytest.fixture
def command(tmp_path, wordpress):
    wordpress.ctl("bulk", POSTS, years=6)
    command = Command(tmp_path, f"  - {{name: site, url: '{wordpress.url}/', confirm: 0s}}")
    run(command, "poll")
    return command


def run(command, *arguments):
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    return done


def told(command):
    return [(each["type"], each["data"].get("count", 1)) for each in command.alerts()]


def test_a_permalink_change_is_one_digest(command, wordpress):
    wordpress.ctl("set-option", "permalink_structure", "/archive/%postname%/")
    done = run(command, "sweep")
    posts = command.one("SELECT count(*) FROM posts")
    assert posts >= POSTS
    assert told(command) == [("digest", posts)]
    assert {tuple(change["fields"]) for change in command.changes()} == {("link",)}
    assert f"site · {posts} posts: link edited\n  seen " in done.stdout
    rows = run(command, "changes", "--kind", "edited", "--field", "link", "--limit", "0", "--format", "csv").stdout
    assert len(rows.splitlines()) == posts + 1
    listed = run(command, "alerts", "--sink", "log", "--limit", "0", "--format", "csv").stdout
    assert listed.count(command.alerts()[0]["data"]["id"]) == posts
    run(command, "sweep")
    run(command, "poll")
    assert len(command.alerts()) == 1


def test_renamed_people_and_terms_and_new_markup_are_nothing(command, wordpress):
    for user in ("admin", "alice", "bob", "carol"):
        wordpress.ctl("rename-user", user, f"{user.title()} of the desk")
    for term in ("news", "tech", "culture", "opinion", "sports"):
        wordpress.ctl("rename-term", "category", term, f"All {term}")
    wordpress.ctl("plugin", "new-markup", "on")
    before = command.rows(_REST)
    run(command, "sweep")
    assert not {row["raw_hash"] for row in before} & {row["raw_hash"] for row in command.rows(_REST)}
    ids = [row["wp_id"] for row in command.rows("SELECT wp_id FROM posts ORDER BY wp_id")]
    wordpress.batch([("touch", number) for number in ids[-60:]])
    run(command, "poll")
    assert command.changes() == command.alerts() == []


def test_a_bulk_import_is_one_digest(command, wordpress):
    wordpress.batch([("create", "--direct=1", f"--title=Fresh {number}") for number in range(200)])
    run(command, "poll")
    assert told(command) == [("digest", 200)]


def test_a_mass_unpublish_below_the_guard_is_one_digest(tmp_path, wordpress):
    wordpress.ctl("bulk", POSTS)
    command = Command(tmp_path, f"  - {{name: site, url: '{wordpress.url}/', confirm: 0s}}")
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("kinds: [published, edited]", "kinds: [unpublished]"))
    run(command, "poll")
    ids = [row["wp_id"] for row in command.rows("SELECT wp_id FROM posts ORDER BY wp_id")][:55]
    wordpress.batch([("trash", number) for number in ids])
    for _ in range(2):
        run(command, "sweep")
    assert told(command) == [("digest", 55)]
