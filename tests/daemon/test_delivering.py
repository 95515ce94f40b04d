"""A Sink that fails is left alone for a while, however many Alerts wait for it."""

from __future__ import annotations

import asyncio

import structlog

from tests.daemon.bench import World


def test_a_dead_sink_is_tried_ever_more_rarely_and_everything_is_told_once_it_is_back(tmp_path):
    world = World(tmp_path, hosts=1)
    site = world.sites["s000.example"]
    path = tmp_path / "alerts.jsonl"

    async def story():
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            path.mkdir()
            for number in range(8):
                site.publish(f"News {number}", "<p>Text.</p>")
            await world.run(daemon, hours=0.4)
            assert world.one("SELECT count(*) FROM alerts WHERE state = 'pending'") == 8
            logs.clear()
            await world.run(daemon, hours=0.7, step=1)
            tried = [log for log in logs if log["event"] == "alert" and log["status"] == "failed"]
            path.rmdir()
            await world.run(daemon, hours=2.5)
            return len(tried)

    with structlog.testing.capture_logs() as logs:
        tried = asyncio.run(story())
    # 2,520 ticks, eight alerts; the sink rests for half an hour
    assert 1 <= tried <= 2
    assert sorted(alert["data"]["post"]["title"] for alert in world.alerts()) == [f"News {n}" for n in range(8)]
