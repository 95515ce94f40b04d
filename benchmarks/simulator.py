"""A thousand sites on loopback in one process: each on its own 127.x.y.z address, all on one port, one feed each.

Settings come as one JSON object a line on stdin, and each is answered with a line on stdout: what was served since.
It ends when its stdin does.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import resource
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import IO, cast

import uvloop

from benchmarks import prose

POSTS = 10
#: All content is this old: validators of something that was saved a moment ago are not trusted by clients.
BEGINNING = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)


def address(site: int) -> str:
    """The address of a site: 127.77.0.1 and on."""
    return f"127.77.{site // 250}.{1 + site % 250}"


@dataclass(slots=True)
class Sites:
    """What is served, and what was."""

    base: str
    #: how often the sites that change have changed: each time one post is edited and one is new
    edition: int = 0
    #: every n-th site changes
    nth: int = 20
    #: off: no ETag, no Last-Modified, and conditions are not looked at
    validators: bool = True
    served: Counter[str] = field(default_factory=Counter)
    cache: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def edition_of(self, site: int) -> int:
        return self.edition if site % self.nth == 0 else 0

    def body(self, site: int) -> bytes:
        """The feed, compressed; made once."""
        key = (site, self.edition_of(site))
        if key not in self.cache:
            self.cache[key] = gzip.compress(feed(self.base.format(address(site)), *key), 6, mtime=0)
        return self.cache[key]


def feed(url: str, site: int, edition: int) -> bytes:
    """The RSS of a site: its newest posts, of which one was edited with each edition."""
    posts = "".join(_post(url, site, number, edition) for number in range(edition + POSTS - 1, edition - 1, -1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"<channel>\n\t<title>Site {site}</title>\n\t<link>{url}</link>\n\t<description></description>\n"
        f"\t<lastBuildDate>{_date(edition)}</lastBuildDate>\n{posts}</channel>\n</rss>\n"
    ).encode()


def _post(url: str, site: int, number: int, edition: int) -> str:
    seed = f"{site}/{number}"
    # Edition n edits the post that was in the middle of the window then.
    content = prose.html(seed, edited=int(1 <= number - POSTS // 2 + 1 <= edition))
    return (
        f"\t<item>\n\t\t<title>{escape(prose.title(seed))}</title>\n\t\t<link>{url}/{number}/</link>\n"
        f"\t\t<dc:creator><![CDATA[Author {number % 3}]]></dc:creator>\n"
        f"\t\t<pubDate>{_date(number - POSTS)}</pubDate>\n"
        f'\t\t<category><![CDATA[News]]></category>\n\t\t<guid isPermaLink="false">{url}/?p={number}</guid>\n'
        f"\t\t<description><![CDATA[{prose.excerpt(content)}]]></description>\n"
        f"\t\t<content:encoded><![CDATA[{content}]]></content:encoded>\n\t</item>\n"
    )


def _date(hours: int) -> str:
    return format_datetime(BEGINNING + timedelta(hours=hours), usegmt=True)


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as it takes to answer GETs."""

    def __init__(self, sites: Sites) -> None:
        self._sites, self._data = sites, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        third, fourth = transport.get_extra_info("sockname")[0].split(".")[2:]
        self._site = int(third) * 250 + int(fourth) - 1

    def data_received(self, data: bytes) -> None:
        self._data += data
        while b"\r\n\r\n" in self._data:
            request, _, self._data = self._data.partition(b"\r\n\r\n")
            self._transport.write(self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        sites = self._sites
        edition = sites.edition_of(self._site)
        etag = f'"{self._site}-{edition}"'
        head = [f"Date: {format_datetime(datetime.now(UTC), usegmt=True)}"]
        if sites.validators:
            head += [f"ETag: {etag}", f"Last-Modified: {_date(edition)}"]
            if f"if-none-match: {etag}" in request.decode("latin-1").lower():
                sites.served["304"] += 1
                return "\r\n".join(["HTTP/1.1 304 Not Modified", *head, "\r\n"]).encode()
        body = sites.body(self._site)
        sites.served["200"] += 1
        head += ["Content-Type: application/rss+xml; charset=UTF-8", "Content-Encoding: gzip"]
        return "\r\n".join(["HTTP/1.1 200 OK", *head, f"Content-Length: {len(body)}", "\r\n"]).encode() + body


def take_orders(sites: Sites) -> None:
    """Set what a line says, e.g. `{"edition": 1}`, and print the counts since the last one."""
    for line in sys.stdin:
        for name, value in json.loads(line).items():
            setattr(sites, name, value)
        served, sites.served = sites.served, Counter()
        print(json.dumps(served), flush=True)  # noqa: T201


async def serve(number: int) -> None:
    """Listen for so many sites until stdin ends. The first line on stdout is the port."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with socket.create_server((address(0), 0)) as probe:
        port = probe.getsockname()[1]
    sites = Sites(base=f"http://{{}}:{port}")
    for site in range(number):
        sites.body(site)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Connection(sites), [address(site) for site in range(number)], port, backlog=128)
    print(port, flush=True)  # noqa: T201
    await asyncio.to_thread(take_orders, sites)


class Simulator:
    """The sites, seen from the benchmark's process."""

    def __init__(self, orders: IO[str], counts: IO[str]) -> None:
        self._orders, self._counts = orders, counts
        self.port = int(counts.readline())

    def tell(self, **settings: object) -> dict[str, int]:
        """Change settings; returns the answers served since the last time, by status."""
        print(json.dumps(settings), file=self._orders, flush=True)
        served: dict[str, int] = json.loads(self._counts.readline())
        return served


@contextmanager
def simulator(sites: int) -> Iterator[Simulator]:
    """Start the sites, and end them."""
    command = [sys.executable, "-m", "benchmarks.simulator", str(sites)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(  # noqa: S603 (it is this module)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        if process.stdin and process.stdout:
            yield Simulator(process.stdin, process.stdout)
            process.stdin.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
