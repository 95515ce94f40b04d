"""A feed that says that nothing moved although REST shows edits is believed no more, until it has been good again."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from crawler.cli import program
from crawler.poll import poll_source
from tests.poll.watched import Watched, site
from tests.site import Clock

SOURCE = "  - {url: https://example.org/, confirm: 0s, sweep: never}"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def example(clock):
    return site(clock)


@pytest.fixture
def bench(tmp_path, clock, example):
    bench = Watched(tmp_path, clock, {"example.org": example}, SOURCE)
    bench.poll()
    bench.poll()
    return bench


def freeze(example):
    """A cache before the feed that says 304 to whoever has any validators; returns what takes it away."""
    handle = example.handle

    def frozen(method, url, headers):
        answer, fault = handle(method, url, headers)
        names = {name.lower() for name in headers}
        if "/feed/" in url and names & {"if-none-match", "if-modified-since"}:
            answer = answer._replace(status=304, body=b"")
        return answer, fault

    example.handle = frozen

    def thaw():
        example.handle = handle

    return thaw


def edit(bench, example, clock, number=1):
    """An edit, and looks until the hourly one."""
    example.edit(number, title=f"Edited at {clock():%H:%M}")
    for _ in range(5):
        bench.poll()


def feed(bench):
    (row,) = bench.rows(
        "SELECT b.missed, b.distrusted_at FROM endpoints e LEFT JOIN beacons b ON b.endpoint_id = e.id"
        " WHERE e.kind = 'feed'"
    )
    return row["missed"] or 0, row["distrusted_at"] is not None


def looks(example, since):
    return sum("modified_after" in asked.path for asked in example.requests[since:])


def test_a_frozen_feed_is_noticed_and_rest_is_asked_at_every_poll(bench, example, clock):
    freeze(example)
    for missed in (1, 2, 3):
        edit(bench, example, clock)
        assert feed(bench) == (missed, missed == 3)
    assert len(bench.changes()) == 3
    before = len(example.requests)
    for _ in range(4):
        bench.poll()
    assert looks(example, before) == 4
    example.edit(2, title="Found at once")
    clock.advance(minutes=1)
    bench.poll()
    assert bench.changes()[-1]["title"] == "Found at once"


def test_what_rest_shows_while_the_feed_is_not_due_counts_too(bench, example, clock, monkeypatch):
    async def only_due(*about, forced):
        return await poll_source(*about, forced=False)

    monkeypatch.setattr("crawler.poll.hosts.poll_source", only_due)
    freeze(example)
    for missed in (1, 2, 3):
        example.edit(1, title=f"Edited at {clock():%H:%M}")
        for _ in range(14):
            bench.poll(minutes=7)
        assert feed(bench) == (missed, missed == 3)
    together = bench.rows(
        "SELECT started_at FROM polls GROUP BY started_at HAVING count(DISTINCT endpoint_id) > 1 AND max(changed) > 0"
    )
    assert len(together) < 3


def test_it_is_believed_again_after_some_good_days(bench, example, clock):
    thaw = freeze(example)
    for _ in range(3):
        edit(bench, example, clock)
    thaw()
    example.edit(2, title="The feed tells")
    clock.advance(minutes=1)
    bench.poll()
    assert feed(bench) == (3, True)
    for _ in range(72):
        bench.poll(minutes=61)
    assert feed(bench) == (3, True)
    example.edit(2, title="The feed tells again")
    clock.advance(minutes=1)
    bench.poll()
    assert feed(bench) == (0, False)
    bench.poll(minutes=20)
    before = len(example.requests)
    for _ in range(3):
        bench.poll(minutes=10)
    assert looks(example, before) == 0


def test_a_lie_begins_the_good_days_anew(bench, example, clock):
    thaw = freeze(example)
    for _ in range(3):
        edit(bench, example, clock)
    for _ in range(60):
        bench.poll(minutes=61)
    edit(bench, example, clock)
    for _ in range(60):
        bench.poll(minutes=61)
    thaw()
    example.edit(2, title="The feed tells")
    clock.advance(minutes=1)
    bench.poll()
    assert feed(bench) == (4, True)


def test_a_feed_that_tells_in_between_is_believed(bench, example, clock):
    thaw = freeze(example)
    for _ in range(2):
        edit(bench, example, clock)
    thaw()
    edit(bench, example, clock)
    freeze(example)
    for _ in range(2):
        edit(bench, example, clock)
    assert feed(bench) == (2, False)


def back_dated(example, clock):
    example.edit(1, title="Back-dated", modified=clock.now.replace(year=2020))


def silently(example, clock):
    example.silent_edit(1, title=f"Silent {clock():%d %H:%M}")


def retagged(example, clock):
    example.silent_edit(1, tags=(f"tag {clock():%d %H%M}",))


@pytest.mark.parametrize("happens", [back_dated, silently, retagged])
def test_what_no_feed_would_tell_is_no_lie(bench, example, clock, happens):
    for _ in range(4):
        happens(example, clock)
        bench.sweep()
        for _ in range(4):
            bench.poll()
    assert bench.changes()
    assert feed(bench) == (0, False)


def test_the_old_state_is_not_said_to_have_been_there_by_one_who_is_not_believed(bench, example, clock):
    freeze(example)
    for _ in range(3):
        edit(bench, example, clock)
    example.edit(2, content="<p>Other words.</p>")
    saved = f"{clock():%Y-%m-%dT%H:%M:%SZ}"
    clock.advance(minutes=1)
    bench.poll()
    assert bench.changes()[-1]["old_seen_at"] <= saved


def test_status_says_which_feed_is_not_believed(bench, example, clock):
    freeze(example)
    for _ in range(3):
        assert "hid an edit" not in status(bench)
        edit(bench, example, clock)
    assert "example.org: its feed hid an edit, last at " in status(bench)


def status(bench):
    done = CliRunner().invoke(program, ["-c", str(bench.folder / "config.yaml"), "status"], env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.stderr
    return " ".join(done.stdout.split())
