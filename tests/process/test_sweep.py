"""The real `sweep`: by itself, by the daemon, cut short, and what it prints."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.command import Command
from tests.site import Fault, Site, serve

pytestmark = pytest.mark.process

YESTERDAY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


@pytest.fixture
def site():
    site = Site(clock=lambda: datetime.now(UTC))
    for number in range(30):
        at = YESTERDAY - timedelta(minutes=number)
        site.publish(f"Post {number}", f"<p>Text {number}.</p>", date=at, modified=at)
    with serve(site):
        yield site


@pytest.fixture
def command(tmp_path, site):
    return Command(tmp_path, f"  - {{name: site, url: '{site.url}/', every: 1h, confirm: 0s}}")


def change(site):
    """What only a sweep finds."""
    site.silent_edit(4, content="<p>Text 3, altered.</p>")
    site.delete(9)


def told(command):
    return {(each["kind"], each["title"], each["silent"]) for each in command.changes()}


FOUND = ("edited", "Post 3", 1)
GONE = ("deleted", "Post 8", None)


def swept(command, *arguments, code=0):
    done = command("sweep", *arguments)
    assert done.returncode == code, done.stderr
    return done.stderr


def test_it_finds_what_was_changed_and_prints_what_is_suspected(command, site):
    assert command("poll").returncode == 0
    change(site)
    said = swept(command)
    assert "site: 29 posts swept, 1 change" in said
    assert "site: deleted? “Post 8”: the site says 404 rest_post_invalid_id, 404 at its link; looked at again" in said
    assert told(command) == {FOUND}
    assert "suspect" not in swept(command)
    assert told(command) == {FOUND, GONE}
    assert len(command.alerts()) == 1


def test_a_source_that_was_never_read_is_read_first(command):
    said = swept(command, "site")
    assert "30 posts read" in said
    assert command.changes() == []


def test_a_sweep_that_fails_is_told_by_the_exit_code(command, site):
    command("poll")
    site.robots = "User-agent: *\nDisallow: /\n"
    assert "its sweep could not go on: robots.txt" in swept(command, code=1)
    site.robots = None
    site.fail("/wp-json/*", Fault(status=500), times=None)
    assert "the server answered 500" in swept(command, code=1)
    site.edit(5, title="What makes a poll look at the API")
    assert "its sweep could not go on: its API fails: http_5xx" in swept(command, code=1)
    assert "no source is called" in swept(command, "nobody", code=1)


def test_very_many_at_once_are_held_until_the_operator_says_so(command, site):
    command("poll")
    for number in range(1, 11):
        site.delete(number)
    said = swept(command)
    assert "site: 10 posts not listed any more, too many at once" in said
    swept(command)
    assert command.changes() == []
    assert "deleted?" in swept(command, "--accept-removals")
    command("poll")
    assert {kind for kind, _, _ in told(command)} == {"deleted"}
    assert len(command.changes()) == 10


def wait_for(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")


def test_a_daemon_does_it_and_confirms_it_by_itself(command, site):
    command("poll")
    daemon = command.start("run")
    try:
        wait_for((command.folder / "crawler.db.errands" / "serving").exists)
        change(site)
        said = swept(command)
        assert "site: 29 posts swept, 1 change" in said
        wait_for(lambda: told(command) == {FOUND, GONE})
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(20) == 0
    finally:
        daemon.kill()
        daemon.communicate()


def test_a_sweep_that_was_killed_is_ended_by_the_polls_behind_it(command, site):
    command("poll")
    change(site)
    site.fail("*orderby=date*_embed*", Fault(hang=30), times=None)
    process = command.start("sweep")
    try:
        wait_for(lambda: any("orderby=date" in each.path and "_embed" in each.path for each in site.requests[-3:]))
    finally:
        process.kill()
        process.communicate()
    assert command.changes() == []
    site.heal()
    command("poll")
    command("poll")
    assert told(command) == {FOUND, GONE}
