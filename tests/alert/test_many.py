"""10,000 Changes at once to three sinks, one of them dead: the others have everything, and nobody is hammered."""

from __future__ import annotations

import logging
import resource
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from crawler.alert import deliver
from crawler.errors import SinkError
from crawler.store import SqliteStore
from tests.alert.test_digests import Story, rows, run
from tests.store.builders import NOW

POSTS, EACH = 2_500, 4


class Sink:
    """Keeps of each alert its id, by post: what is measured is the memory of who sends."""

    full_text = False

    def __init__(self, name):
        self.name, self.taken, self.tries, self.memory = name, defaultdict(list), 0, []

    async def send(self, payload):
        self.tries += 1
        if self.tries % 500 == 0:
            self.memory.append(resident())
        data = payload["data"]
        self.taken[data["post"]["id"] if "post" in data else data["kind"]].append(data["id"])


def resident():
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class Dead(Sink):
    async def send(self, payload):
        self.tries += 1
        raise SinkError("connection refused")


@pytest.fixture
def store(tmp_path):
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with SqliteStore(tmp_path / "crawler.db") as store:
        story = Story(store, ["one", "dead", "two"], posts=POSTS)
        run(store._writer.write(lambda db: fill(db, story.endpoint.id)))
        yield store
    structlog.reset_defaults()


def fill(connection, endpoint_id):
    """Changes as two hundred polls have found them, fifty at a time: too few alike for a digest."""
    at = "2026-11-23T12:00:00Z"
    posts = [tuple(row) for row in connection.execute("SELECT id, latest_revision_id FROM posts ORDER BY id")]
    changes = [(n, *posts[n % POSTS]) for n in range(POSTS * EACH)]
    connection.executemany(
        "INSERT INTO polls (id, endpoint_id, kind, started_at, last_at, duration_ms, outcome)"
        " VALUES (?, ?, 'poll', ?, ?, 5, 'changed')",
        [(1000 + n, endpoint_id, at, at) for n in range(len(changes) // 50)],
    )
    connection.executemany(
        "INSERT INTO changes (id, post_id, poll_id, kind, detected_at, old_revision_id, new_revision_id, fields,"
        " summary, diff, details) VALUES (?, ?, ?, 'edited', ?, ?, ?, '[\"title\"]', 'Title changed', '', '[]')",
        [(f"c_{n:05}", post, 1000 + n // 50, at, revision, revision) for n, post, revision in changes],
    )
    connection.executemany(
        "INSERT INTO alerts (change_id, sink, next_attempt_at) VALUES (?, ?, ?)",
        [(f"c_{n:05}", sink, at) for n, _, _ in changes for sink in ("one", "dead", "two")],
    )


def test_two_sinks_have_everything_in_order_while_the_dead_one_is_asked_a_few_dozen_times(store):
    sinks = [one, dead, two] = [Sink("one"), Dead("dead"), Sink("two")]
    at = timedelta()

    def passes(until, step):
        nonlocal at
        while at <= until:
            now = NOW + at
            run(deliver(store, sinks, lambda now=now: now, notified=["one", "dead"]))
            at += step

    passes(timedelta(), timedelta(seconds=5))
    assert max(one.memory[2:]) - one.memory[1] < 20_000_000
    expected = {1 + post: [f"c_{post + POSTS * n:05}" for n in range(EACH)] for post in range(POSTS)}
    assert one.taken == two.taken == expected
    assert dead.tries == 1

    passes(timedelta(minutes=10), timedelta(seconds=5))
    passes(timedelta(days=2, hours=23), timedelta(minutes=10))
    assert rows(store, "SELECT DISTINCT state FROM alerts WHERE sink = 'dead'") == [{"state": "pending"}]
    passes(timedelta(days=4), timedelta(minutes=10))
    assert 24 <= dead.tries <= 60
    given_up = rows(store, "SELECT state, count(*) AS n FROM alerts WHERE sink = 'dead' GROUP BY state")
    assert given_up == [{"state": "dead", "n": POSTS * EACH}]
    # One Notice, to the one other sink that takes them.
    assert len(one.taken.pop("sink_dead")) == 1
    assert one.taken == two.taken == expected
