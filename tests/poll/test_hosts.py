"""Many Sources at once: what becomes of a poll when the store has moved under it, or can no longer be written."""

from __future__ import annotations

import pytest

from crawler.errors import StoreConflict, StoreUnavailable
from crawler.store import SqliteStore
from tests.bench import Bench, settle
from tests.site import Clock, Site

ONE = "  - {name: one, url: 'https://example.org/', paused: true}\n"
TWO = "  - {name: two, url: 'https://www.example.org/'}\n"


@pytest.fixture
def bench(tmp_path):
    clock = Clock()
    site = Site(clock=clock, url="https://example.org")
    site.publish("A post", "<p>Text.</p>")
    settle(clock)
    return Bench(tmp_path, clock, {"example.org": site, "www.example.org": site}, ONE + TWO)


class Overtaken(SqliteStore):
    """The earlier entry is found to be the same site right before the later one's first page is written."""

    found = None

    async def register(self, source, found, now):
        self.found = found
        return await super().register(source, found, now)

    async def commit(self, plan):
        one, two = self.sources()
        if two.state != "duplicate":
            await self.register(one, self.found, plan.now)
        await super().commit(plan)


def test_a_source_that_becomes_a_duplicate_under_way_says_whose_and_writes_nothing(bench, monkeypatch, capsys):
    monkeypatch.setattr("tests.bench.SqliteStore", Overtaken)
    (polled,) = bench.poll()
    assert (polled.ok, polled.duplicate_of) == (True, "one")
    assert bench.one("SELECT count(*) FROM posts") == 0
    assert "Traceback" not in capsys.readouterr().out


class Contested(SqliteStore):
    """Never has what a plan was decided on."""

    async def commit(self, plan):
        raise StoreConflict("somebody was faster")


def test_a_source_that_is_too_late_twice_is_left_alone_for_a_while(bench, monkeypatch, capsys):
    monkeypatch.setattr("tests.bench.SqliteStore", Contested)
    (polled,) = bench.poll()
    assert (polled.ok, polled.error) == (False, "somebody was faster")
    assert "Traceback" not in capsys.readouterr().out
    with SqliteStore(bench.config.store) as store:
        assert store.due(bench.clock()) == []


class Full(SqliteStore):
    """Has no room."""

    async def commit(self, plan):
        raise StoreUnavailable("disk full; nothing was written")


def test_a_store_without_room_ends_all_polls_with_its_own_error(bench, monkeypatch):
    monkeypatch.setattr("tests.bench.SqliteStore", Full)
    bench.write_config("  - url: https://example.org/\n" + TWO)
    with pytest.raises(StoreUnavailable, match="disk full"):
        bench.poll()
