"""The heartbeat: asked in time as long as all is well, not asked otherwise, and of no consequence when it fails."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from crawler.cli.compose import equipped, opened
from crawler.config import load
from crawler.config.result import HeartbeatConfig
from crawler.daemon.health import LIMITS, Health
from crawler.daemon.heartbeat import SETTLING_SECONDS, Heartbeat
from crawler.errors import FetchError
from tests.alert.services import services

URL = "https://ping.example.org/hunter2hunter2"


class World:
    """A heartbeat with a clock of its own; `asked` is when it called."""

    def __init__(self, every, answer=None):
        self.now, self.asked, self._answer = 0.0, [], answer
        self.health = Health(lambda: self.now)
        self.heartbeat = Heartbeat(self.health, self._guarded, lambda: self.now)
        config = HeartbeatConfig(url=SecretStr(URL), every=timedelta(seconds=every))
        self.watch = SimpleNamespace(config=SimpleNamespace(heartbeat=config), heartbeat=self._fetch)

    async def _guarded(self, work):
        await work

    async def _fetch(self, request):
        assert request.url == URL
        self.asked.append(self.now)
        if self._answer is not None:
            raise self._answer

    async def passes(self, seconds, *, moving=True):
        """So many ticks of a second; `moving`: all parts of the daemon come round."""
        for _ in range(seconds):
            if moving:
                for part in LIMITS:
                    self.health.beat(part)
            self.heartbeat.begin(self.watch)
            await asyncio.gather(*self.heartbeat.tasks)
            self.now += 1


def test_it_is_asked_regularly_from_a_minute_after_the_start_on():
    async def story():
        world = World(every=300)
        await world.passes(30)  # it has not started yet
        world.health.phase("ready")
        await world.passes(1000)
        return world.asked

    first = 30 + SETTLING_SECONDS
    assert asyncio.run(story()) == [first, first + 300, first + 600, first + 900]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda health: health.trouble("disk", "full"),
        lambda health: health.trouble("store", "locked"),
        lambda health: health.phase("stopping"),
    ],
    ids=["disk", "store", "stopping"],
)
def test_it_is_not_asked_while_something_is_in_the_way(spoil):
    async def story():
        world = World(every=60)
        world.health.phase("ready")
        await world.passes(100)
        spoil(world.health)
        await world.passes(1000)
        return world.asked

    assert asyncio.run(story()) == [60]


def test_it_is_not_asked_when_a_part_has_come_to_a_standstill_and_again_when_it_moves():
    async def story():
        world = World(every=60)
        world.health.phase("ready")
        await world.passes(1000, moving=False)
        stopped = len(world.asked)
        await world.passes(200)
        return stopped, len(world.asked), world.asked[-1]

    stopped, asked, last = asyncio.run(story())
    assert stopped == 0  # 30 s without a tick of the clock are no health, and the first one comes after a minute
    assert (asked, last) == (3, 1180.0)


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        (None, []),
        (FetchError("protocol", "204 No Content", status=204), []),
        (FetchError("http_5xx", "500 Internal Server Error", status=500), ["failed"]),
        (FetchError("connect", "nobody is there"), ["failed"]),
    ],
)
def test_a_call_that_fails_is_logged_and_does_nothing_else(answer, logged):
    async def story():
        world = World(every=60, answer=answer)
        world.health.phase("ready")
        await world.passes(125)
        return world

    with capture_logs() as logs:
        world = asyncio.run(story())
    found = [line for line in logs if line["log_level"] == "warning"]
    assert [line["status"] for line in found] == logged * 2
    assert len(world.asked) == 2
    assert world.health.word() == "ok"
    assert "hunter2" not in str(logs)


def test_the_next_config_says_whether_and_how_often():
    async def story():
        world = World(every=60)
        world.health.phase("ready")
        await world.passes(100)
        wanted = world.watch.config.heartbeat
        world.watch.config.heartbeat = None
        await world.passes(300)
        world.watch.config.heartbeat = replace(wanted, every=timedelta(seconds=600))
        await world.passes(1000)
        return world.asked

    assert asyncio.run(story()) == [60, 660, 1260]


CONFIG = "store: crawler.db\nsources: []\nheartbeat: {url: '${PING}', every: 60s}\n"


@pytest.mark.parametrize(
    ("path", "allowed", "logged"),
    [
        ("ping/hunter2", True, None),
        ("ping/hunter2/204", True, None),
        ("ping/hunter2/404", True, "404"),
        ("ping/hunter2/302", True, "a redirect, which is not followed here"),
        # The address of the operator's own network has to be allowed, like a source's.
        ("ping/hunter2", False, "not a public address"),
    ],
)
def test_the_address_is_asked_by_the_guarded_fetch_of_the_sources(tmp_path, path, allowed, logged):
    (tmp_path / "services").mkdir()
    private = "fetch: {allow_private: [127.0.0.0/8]}\n" if allowed else ""
    (tmp_path / "config.yaml").write_text(CONFIG + private)

    async def story(config):
        async with opened(config) as parts, equipped(parts, config, lambda *_: None) as watch:
            world = World(every=60)
            world.health.phase("ready")
            world.watch = watch
            await world.passes(61)

    with services(tmp_path / "services") as places, capture_logs() as logs:
        url = f"http://127.0.0.1:{places.ports['web']}/{path}"
        asyncio.run(story(load(Path(tmp_path / "config.yaml"), env={"PING": url})))
        assert [each for each, _ in places.posts()] == ([f"/{path}"] if allowed else [])
    warnings = [line for line in logs if line["log_level"] == "warning"]
    assert bool(warnings) == bool(logged)
    assert all(logged in line["error"] for line in warnings)
    assert "hunter2" not in str(logs)


def test_a_call_that_hangs_is_the_only_one_and_is_dropped_at_the_end():
    async def story():
        world = World(every=60)
        world.health.phase("ready")
        began = []

        async def hanging(request):
            began.append(datetime.now(UTC))
            await asyncio.Event().wait()

        world.watch.heartbeat = hanging
        for world.now in range(300):
            for part in LIMITS:
                world.health.beat(part)
            world.heartbeat.begin(world.watch)
            await asyncio.sleep(0)
        (task,) = world.heartbeat.tasks
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return began, world.heartbeat.tasks

    began, left = asyncio.run(story())
    assert len(began) == 1
    assert left == []
