"""Two hundred sources on a loopback server, half of them dripping, hanging or refusing: the others notice nothing."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest

from crawler.cli.compose import equipped
from crawler.config import load
from crawler.daemon import Daemon
from crawler.fetch import HostLines
from crawler.fetch.slots import Slots
from crawler.store import SqliteStore
from crawler.tasks import run_inline
from crawler.watch import Opened
from tests.site import Site

pytestmark = [pytest.mark.process, pytest.mark.long]

#: Seconds. Stored times count in whole ones, so the interval has to be long beside that.
EVERY = 10.0
#: What a healthy source may be late: the jitter is in the interval, a tick and a stored second are not.
GRAIN = 1.2
HEALTHY = [f"127.0.1.{number}" for number in range(1, 101)]
BAD = {f"127.0.2.{number}": ("hang", "drip", "refuse", "hang")[number % 4] for number in range(1, 101)}


class Server:
    """One listening socket for all of 127.0.0.0/8; the address that was asked is the host."""

    def __init__(self):
        self.sites = {}
        self.asked: dict[str, list[float]] = {}
        self.tasks = set()

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._answer(reader, writer)
        writer.transport.abort()
        self.tasks.discard(asyncio.current_task())

    async def _answer(self, reader, writer):
        host = writer.get_extra_info("sockname")[0]
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.setdefault(host, []).append(asyncio.get_running_loop().time())
            if BAD.get(host) == "hang":
                await asyncio.sleep(600)
            if BAD.get(host) == "drip":
                for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n" * 100:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.2)
            first, *lines = head.split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines if line)
            answer = self.sites[host].respond("GET", first.split()[1], headers)
            length = [] if answer.status == 304 else [("Content-Length", str(len(answer.body)))]
            told = "".join(f"{name}: {value}\r\n" for name, value in [*answer.headers, *length])
            writer.write(f"HTTP/1.1 {answer.status} X\r\n{told}\r\n".encode() + answer.body)
            await writer.drain()


@asynccontextmanager
async def listening(server):
    listener = await asyncio.start_server(server.serve, "0.0.0.0", 0, backlog=512)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for task in list(server.tasks):
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)


def configured(folder, hosts, port):
    lines = []
    for host in hosts:
        at = 9 if BAD.get(host) == "refuse" else port
        lines.append(f"  - {{name: {host}, url: 'http://{host}:{at}/feed/', kind: feed}}\n")
    (folder / "config.yaml").write_text(
        "store: crawler.db\nfetch: {allow_private: [127.0.0.0/8]}\nsinks: [{name: log, type: jsonl, path: a.jsonl}]\n"
        # Long enough that those which hang and drip could fill all slots for longer than an interval.
        "defaults: {per_host_delay: 0s, timeout: 4s}\nsources:\n" + "".join(lines)
    )
    config = load(folder / "config.yaml", env={})
    # Shorter than the config allows: a minute's interval would make it a quarter of an hour.
    every = timedelta(seconds=EVERY)
    return replace(config, sources=tuple(replace(source, every=every) for source in config.sources))


async def watched(folder, hosts):
    """Watch these for a while, an edit and a new post each on the way. Returns when each host was asked."""
    folder.mkdir()
    server = Server()
    for host in HEALTHY:
        site = server.sites[host] = Site(clock=lambda: datetime.now(UTC))
        site.publish(f"First of {host}", "<p>Some text.</p>", modified=datetime(2026, 1, 1, tzinfo=UTC))

    async def inline(task):
        return run_inline(task)

    async with listening(server) as port:
        for host, site in server.sites.items():
            site.url = f"http://{host}:{port}"
        config = configured(folder, hosts, port)
        with SqliteStore(config.store) as store:
            parts = Opened(store=store, run=inline, lines=HostLines())
            daemon = Daemon(parts, lambda config: equipped(parts, config, lambda *_: None), lambda: config)
            await daemon.start(config)
            begin = asyncio.get_running_loop().time()
            for happens in (edit, publish, lambda _: None):
                await polled(daemon, server)
                happens(server.sites)
            await daemon.end()
    return {host: [time - begin for time in times] for host, times in server.asked.items()}


async def polled(daemon, server):
    """Let every healthy host be asked twice more."""
    wanted = {host: len(server.asked.get(host, [])) + 2 for host in HEALTHY}
    async with asyncio.timeout(90):
        while any(len(server.asked.get(host, [])) < wanted[host] for host in HEALTHY):
            await daemon.tick()
            await asyncio.sleep(0.1)


def edit(sites):
    for host, site in sites.items():
        site.edit(1, title=f"First of {host}, edited")


def publish(sites):
    for host, site in sites.items():
        site.publish(f"Second of {host}", "<p>More text.</p>")


def longest_gaps(asked):
    """Of each healthy host the longest time between two polls; the first two requests are discovery and first look."""
    return {
        host: max(later - earlier for earlier, later in pairwise(times[1:]))
        for host, times in asked.items()
        if host not in BAD
    }


def rows(folder):
    with closing(sqlite3.connect(folder / "crawler.db")) as store:
        posts = store.execute(
            "SELECT source, link, title, content, state, revisions FROM current_posts ORDER BY source, id"
        ).fetchall()
        changes = store.execute(
            "SELECT source, kind, title, fields, diff FROM recent_changes ORDER BY 1, 2, 3"
        ).fetchall()
    return _without_ports(posts), _without_ports(changes)


def _without_ports(found):
    return [tuple(re.sub(r":\d{4,5}", "", str(value)) for value in row) for row in found]


def test_healthy_sources_are_polled_in_time_and_as_if_the_others_were_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.fetch.client.Slots", partial(Slots, slow=3.0))

    async def both():
        mixed, alone = tmp_path / "mixed", tmp_path / "alone"
        return await asyncio.gather(watched(mixed, [*HEALTHY, *BAD]), watched(alone, HEALTHY))

    asked, alone = asyncio.run(both())
    assert sum(host in BAD for host in asked) == 75, "the bad ones were not even asked"
    late, late_alone = longest_gaps(asked), longest_gaps(alone)
    assert len(late) == 100
    # A machine with too much to do delays both runs alike.
    limit = max(EVERY * 1.1, *late_alone.values()) + GRAIN
    assert max(late.values()) <= limit, sorted(late.values())[-5:]
    assert min(len(times) for host, times in asked.items() if host not in BAD) >= 4
    assert rows(tmp_path / "mixed")[1] == rows(tmp_path / "alone")[1]
    assert len(rows(tmp_path / "mixed")[1]) == 200
    assert rows(tmp_path / "mixed")[0] == rows(tmp_path / "alone")[0]
    assert set(alone) == set(HEALTHY)
