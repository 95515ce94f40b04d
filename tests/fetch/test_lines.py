"""Host lines: one request at a time to a host, with its delay, and nobody is asked who asked to be left alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from crawler.errors import FetchError
from crawler.fetch import HostLines, line_of, parse_url
from tests.fetch.faults import answer, good, redirects, serving
from tests.fetch.fetching import a_fetcher, failure, get, running


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.start = datetime(2023, 5, 9, 8, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds - 1000.0)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.seconds += seconds

    def lines(self) -> HostLines:
        return HostLines(monotonic=self.monotonic, now=self.now, sleep=self.sleep)


async def visit(lines: HostLines, host: str = "a", *, delay: float = 1.0, patience: float = 30.0) -> None:
    async with lines.turn(host, delay=delay, patience=patience):
        pass


@running
async def test_the_delay_lies_between_the_end_of_one_request_and_the_next():
    clock = Clock()
    lines = clock.lines()
    async with lines.turn("a", delay=1.0, patience=30):
        clock.seconds += 5
    clock.seconds += 0.25
    await visit(lines)
    await visit(lines, "b")
    clock.seconds += 10
    await visit(lines)
    assert clock.slept == [0.75]


@running
async def test_one_request_at_a_time_to_a_host_in_order_of_arrival():
    lines, order, inside = HostLines(), [], 0

    async def one(name: str, host: str) -> None:
        nonlocal inside
        async with lines.turn(host, delay=0, patience=30):
            if host == "a":
                inside += 1
                assert inside == 1
            await asyncio.sleep(0)
            order.append(name)
            inside -= host == "a"

    await asyncio.gather(one("1", "a"), one("2", "a"), one("3", "a"), one("x", "b"))
    assert [name for name in order if name != "x"] == ["1", "2", "3"]
    assert order.index("x") <= 1


@running
async def test_a_host_that_asked_for_quiet_is_not_asked_and_says_until_when():
    clock = Clock()
    lines = clock.lines()
    lines.hold("a", 120)
    with pytest.raises(FetchError, match="not to come back before 08:02:00Z") as caught:
        await visit(lines)
    assert (caught.value.reason, caught.value.retry_after) == ("rate_limited", 120.0)
    await visit(lines, "b")
    clock.seconds += 95
    await visit(lines)  # 25 s are within the patience: it waits
    assert clock.slept == [25.0]
    assert lines.snapshot() == {}


@running
async def test_those_who_wait_in_line_learn_of_it_too():
    clock = Clock()
    lines = clock.lines()
    async with lines.turn("a", delay=0, patience=30):
        waiting = asyncio.create_task(visit(lines))
        await asyncio.sleep(0)
        lines.hold("a", 3600)
    with pytest.raises(FetchError, match="09:00:00Z"):
        await waiting


def test_what_was_asked_survives_a_restart():
    clock = Clock()
    lines = clock.lines()
    lines.hold("a", 120)
    lines.hold("a", 60)  # the longer one counts
    lines.hold("b", 10**9)  # a day at most
    kept = lines.snapshot()
    assert kept == {"a": clock.start + timedelta(seconds=120), "b": clock.start + timedelta(days=1)}
    again = clock.lines()
    again.restore(kept)
    assert again.held_for("a") == 120.0
    assert again.held_for("c") == 0.0


def test_a_hold_that_lies_days_ahead_comes_from_a_clock_that_jumped():
    clock = Clock()
    lines = clock.lines()
    lines.restore({"a": clock.start + timedelta(days=400)})
    assert lines.held_for("a") == 0.0


@running
async def test_lines_nobody_stands_in_are_cleared_away(monkeypatch):
    monkeypatch.setattr("crawler.fetch.lines._MANY_LINES", 10)
    clock = Clock()
    lines = clock.lines()
    for number in range(100):
        clock.seconds += 30
        await visit(lines, str(number))
    assert len(lines._lines) <= 11


@running
async def test_a_turn_that_fails_or_is_cancelled_leaves_the_line_free():
    lines = HostLines()
    with pytest.raises(ZeroDivisionError):
        async with lines.turn("a", delay=0, patience=1):
            raise ZeroDivisionError
    async with lines.turn("a", delay=0, patience=1):
        waiting = asyncio.create_task(visit(lines, delay=0))
        await asyncio.sleep(0)
        waiting.cancel()
    await visit(lines, delay=0)


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("https://Example.org/feed/", "example.org"),
        ("http://example.org:80/", "example.org"),
        ("http://example.org:8080/", "example.org:8080"),
        ("https://bücher.de/", "xn--bcher-kva.de"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://example.org./", "example.org"),
    ],
)
def test_a_url_stands_in_the_line_of_its_host(url, line):
    assert line_of(parse_url(url)) == line


RETRY = {
    "120": ("rate_limited", 120.0),
    "0": ("rate_limited", 0.0),
    "-5": ("rate_limited", 0.0),
    "99999999999": ("rate_limited", 86400.0),
    "Tue, 09 May 2023 08:05:00 GMT": ("rate_limited", 300.0),
    "Tue, 09 May 2017 08:05:00 GMT": ("rate_limited", 0.0),
    "Tue, 09 May 2099 08:05:00 GMT": ("rate_limited", 86400.0),
    "soon": (None, None),
    "1e9": (None, None),
    "9" * 400: (None, None),
}


@pytest.mark.parametrize("value", RETRY)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_believed_within_reason(value, status):
    async def busy(exchange):
        await exchange.send(answer(f"{status} Busy", Retry_After=value))

    @running
    async def run():
        clock = Clock()
        async with serving(busy) as site, a_fetcher(site.base_url, lines=clock.lines()) as fetcher:
            error = await failure(fetcher, site.base_url)
        reason, seconds = RETRY[value]
        assert error.reason == (reason or ("rate_limited" if status == 429 else "http_5xx"))
        assert error.retry_after == seconds

    run()


@running
async def test_after_a_retry_after_nothing_is_sent_until_then():
    async def busy(exchange):
        await exchange.send(answer("429 Too Many Requests", Retry_After=100))

    clock = Clock()
    lines = clock.lines()
    async with serving(busy) as site, a_fetcher(site.base_url, lines=lines) as fetcher:
        assert (await failure(fetcher, site.base_url)).requests == 1
        again = await failure(fetcher, f"{site.base_url}/other")
        assert (again.reason, again.requests, again.retry_after) == ("rate_limited", 0, 100.0)
        assert len(site.paths) == 1
        clock.seconds += 100
        assert (await failure(fetcher, site.base_url)).requests == 1
    assert list(lines.snapshot()) == [site.base_url.removeprefix("http://")]


@running
async def test_waiting_for_the_turn_does_not_count_as_the_requests_time():
    async def slow(exchange):
        await asyncio.sleep(0.2)
        await good(exchange)

    async with serving(slow) as site, a_fetcher(site.base_url) as fetcher:
        answers = await asyncio.gather(*(get(fetcher, site.base_url, timeout=0.7) for _ in range(4)))
    assert len(answers) == 4


@running
async def test_redirects_share_one_deadline():
    async def slow(exchange):
        await asyncio.sleep(0.2)
        await redirects(f"{exchange.path}x")(exchange)

    async with serving(slow) as site, a_fetcher(site.base_url) as fetcher:
        error = await failure(fetcher, f"{site.base_url}/x", timeout=0.5)
    assert error.reason == "timeout"
    assert error.requests in (2, 3)


@running
async def test_no_more_hosts_at_once_than_configured():
    busy = most = 0

    async def count(exchange):
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.05)
        busy -= 1
        await good(exchange)

    async with serving(count) as a, serving(count) as b, serving(count) as c:
        urls = [a.base_url, b.base_url, c.base_url]
        async with a_fetcher(*urls, concurrency=2) as fetcher:
            await asyncio.gather(*(get(fetcher, url) for url in urls * 2))
    assert most == 2
