"""A Sink that fails is left alone for a while, however many Alerts wait for it."""

from __future__ import annotations

import asyncio

import structlog

from crawler.alert import JsonlSink
from crawler.commands.delivering import deliver_now
from crawler.daemon import daemon as life
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


def test_an_end_in_the_middle_of_many_cuts_none_short(tmp_path, monkeypatch):
    monkeypatch.setattr(life, "DRAIN_SECONDS", 1.5)
    monkeypatch.setattr(life, "LAST_ALERT_SECONDS", 1.0)
    send, begun = JsonlSink.send, asyncio.Event()

    async def slow(sink, payload):
        begun.set()
        reply = await send(sink, payload)
        await asyncio.sleep(0.2)
        return reply

    monkeypatch.setattr(JsonlSink, "send", slow)
    world = World(tmp_path, hosts=1)

    async def story():
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            for number in range(9):
                world.sites["s000.example"].publish(f"News {number}", "<p>Text.</p>")
            world.clock.advance(minutes=20)
            await daemon.tick()
            await begun.wait()

    asyncio.run(story())
    taken = world.one("SELECT count(*) FROM alerts WHERE state = 'delivered'")
    assert 1 <= taken == len(world.alerts()) < 9


def test_the_daemon_and_a_command_never_send_an_alert_twice(tmp_path, monkeypatch):
    send, begun, sent = JsonlSink.send, asyncio.Event(), []

    async def slow(sink, payload):
        begun.set()
        sent.append(payload["data"]["id"])
        await asyncio.sleep(0.01)
        return await send(sink, payload)

    monkeypatch.setattr(JsonlSink, "send", slow)
    world = World(tmp_path, hosts=1)

    async def story():
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            for number in range(9):
                world.sites["s000.example"].publish(f"News {number}", "<p>Text.</p>")
            world.clock.advance(minutes=20)
            await daemon.tick()
            await begun.wait()
            await deliver_now(daemon.watch, daemon.sinks)
            await daemon.idle()

    asyncio.run(story())
    assert len(sent) == len(set(sent)) == 9


def test_what_the_last_poll_finds_is_told_before_the_end(tmp_path):
    world = World(tmp_path, hosts=1)
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Held:
        async def wait(self):
            begun.set()
            await go_on.wait()

    async def story():
        async with world.running() as daemon:
            await world.step(daemon, seconds=1)
            world.sites["s000.example"].publish("The last news", "<p>Text.</p>")
            world.clock.advance(minutes=20)
            world.hold = Held()
            await daemon.tick()
            await begun.wait()
            asyncio.get_running_loop().call_later(0.1, go_on.set)

    asyncio.run(story())
    assert [alert["data"]["post"]["title"] for alert in world.alerts()] == ["The last news"]
