"""Connections: kept ones that went stale, the environment that must not matter, proxies and room for large bodies."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

import pytest

from crawler.fetch.body import Room
from tests.fetch.faults import FEED, answer, good, serving
from tests.fetch.fetching import MAX_BODY, a_fetcher, failure, get, running


async def goes_stale(exchange):
    """Answer once a connection, and close it without a word when asked again."""
    if exchange.number == 1:
        await good(exchange)
    else:
        exchange.writer.close()


@running
async def test_a_kept_connection_that_went_stale_is_replaced_silently():
    async with serving(goes_stale) as site, a_fetcher(site.base_url) as fetcher:
        for _ in range(3):
            assert (await get(fetcher, site.base_url)).requests == 1
    assert (site.connections, len(site.paths)) == (3, 5)


@running
async def test_connections_are_kept():
    async with serving(good) as site, a_fetcher(site.base_url) as fetcher:
        for _ in range(3):
            await get(fetcher, site.base_url)
    assert site.connections == 1


@running
async def test_a_fresh_connection_that_is_closed_is_not_tried_again():
    async def closes(exchange):
        exchange.writer.close()

    async with serving(closes) as site, a_fetcher(site.base_url) as fetcher:
        assert (await failure(fetcher, site.base_url)).reason == "connect"
    assert site.connections == 1


@running
async def test_what_one_request_reused_says_nothing_of_the_next_one():
    async def closes(exchange):
        exchange.writer.close()

    async with serving(good) as kept, serving(closes) as fresh, a_fetcher(kept.base_url, fresh.base_url) as fetcher:
        await get(fetcher, kept.base_url)
        await get(fetcher, kept.base_url)
        await failure(fetcher, fresh.base_url)
    assert (kept.connections, fresh.connections) == (1, 1)


@running
async def test_once_a_byte_of_the_answer_came_it_is_not_tried_again():
    async def breaks_off(exchange):
        await exchange.send(answer() if exchange.number == 1 else b"HTTP/1.1 200 OK\r\nContent-Le")
        if exchange.number == 2:
            exchange.writer.close()

    async with serving(breaks_off) as site, a_fetcher(site.base_url) as fetcher:
        await get(fetcher, site.base_url)
        assert (await failure(fetcher, site.base_url)).reason == "truncated"
    assert (site.connections, len(site.paths)) == (1, 2)


@running
async def test_a_connection_that_is_never_accepted_ends_with_the_deadline():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with closing(socket.create_connection(deaf.getsockname())):  # its queue is full now
            async with a_fetcher(url) as fetcher:
                error = await failure(fetcher, url, timeout=0.3)
    assert error.reason == "timeout"


@running
async def test_connecting_has_a_limit_of_its_own(monkeypatch):
    monkeypatch.setattr("crawler.fetch.requests.CONNECT_SECONDS", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with closing(socket.create_connection(deaf.getsockname())):
            async with a_fetcher(url) as fetcher:
                error = await failure(fetcher, url, timeout=5)
    assert (error.reason, error.requests) == ("timeout", 0)


@running
async def test_a_failed_answer_does_not_leave_its_rest_to_the_next_one():
    async def rest(exchange):
        if exchange.path == "/bad":
            await exchange.send(answer("404 Not Found", b"x" * 200_000))
        else:
            await good(exchange)

    async with serving(rest) as site, a_fetcher(site.base_url) as fetcher:
        await failure(fetcher, f"{site.base_url}/bad")
        assert (await get(fetcher, site.base_url)).body == FEED


@running
async def test_the_environment_does_not_matter(monkeypatch, tmp_path):
    async with serving(good) as canary, serving(good) as site:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, canary.base_url)
        netrc = tmp_path / "netrc"
        netrc.write_text("default login ed password hunter2\n")
        monkeypatch.setenv("NETRC", str(netrc))
        async with a_fetcher(site.base_url) as fetcher:
            await get(fetcher, site.base_url)
    assert canary.connections == 0
    assert "authorization" not in site.headers[0]


@running
async def test_the_configured_proxy_is_asked_and_only_it():
    async def proxy(exchange):
        await exchange.send(answer(body=b"by proxy"))

    async def nobody(host, port):
        raise AssertionError("with a proxy, names are resolved there")

    async with serving(proxy) as middle, serving(good) as private:
        address = middle.base_url.replace("//", "//ed:hunter2@")
        async with a_fetcher(proxy=address, resolver=nobody) as fetcher:
            fetched = await get(fetcher, "http://site.test:8080/a%2Cb")
            refused = await failure(fetcher, private.base_url)
    assert fetched.body == b"by proxy"
    assert middle.paths == ["http://site.test:8080/a%2Cb"]
    assert middle.headers[0]["proxy-authorization"] == "Basic ZWQ6aHVudGVyMg=="
    assert (refused.reason, private.connections) == ("refused", 0)


@running
async def test_a_proxy_may_be_at_a_private_address_by_name():
    async def at_home(host, port):
        return ["127.0.0.1"]

    async with (
        serving(good) as middle,
        a_fetcher(proxy=f"http://proxy.lan:{middle.port}", resolver=at_home) as fetcher,
    ):
        assert await get(fetcher, "http://site.test/")


@pytest.mark.parametrize("url", ["http://site.test/", "https://site.test/"])
def test_a_proxy_that_is_away_or_declines_is_named_without_its_password(url):
    async def declines(exchange):
        await exchange.send(answer("407 Proxy Authentication Required"))

    @running
    async def run():
        async with serving(declines) as middle:
            address = middle.base_url.replace("//", "//ed:hunter2@")
            async with a_fetcher(proxy=address) as fetcher:
                declined = await failure(fetcher, url)
        async with a_fetcher(proxy=address) as fetcher:
            away = await failure(fetcher, url)
        assert declined.reason == ("connect" if url.startswith("https") else "http_4xx")
        assert (away.reason, away.requests) == ("connect", 0)
        assert "see fetch.proxy" in str(away)
        assert "hunter2" not in str(away) + str(declined)

    run()


@running
async def test_large_bodies_wait_for_room_and_the_waiting_does_not_count():
    room = Room(48 * 1024 * 1024)  # one large body at a time
    async with asyncio.timeout(5) as first, room.reader(first) as ticket:
        await ticket.take()
        await ticket.take()  # again is nothing new

        async def second() -> float:
            async with asyncio.timeout(0.1) as deadline, room.reader(deadline) as waiting:
                await waiting.take()
                return deadline.when() - asyncio.get_running_loop().time()

        task = asyncio.create_task(second())
        await asyncio.sleep(0.2)
        assert not task.done()
        ticket.give_back()
        assert await task > 0.0


@running
async def test_large_bodies_come_one_after_the_other_through_the_fetcher(monkeypatch):
    monkeypatch.setattr("crawler.fetch.body._ROOM", MAX_BODY)
    body = bytes(range(256)) * 8192

    async def large(exchange):
        await exchange.send(answer(body=body))

    async with serving(large) as a, serving(large) as b, serving(large) as c:
        urls = [a.base_url, b.base_url, c.base_url]
        async with a_fetcher(*urls) as fetcher:
            answers = await asyncio.gather(*(get(fetcher, url) for url in urls))
    assert [fetched.body for fetched in answers] == [body] * 3


@running
async def test_a_fetcher_outside_its_context_says_so():
    async with a_fetcher("http://127.0.0.1:8080/") as fetcher:
        pass
    with pytest.raises(RuntimeError, match="async with"):
        await get(fetcher, "http://127.0.0.1:8080/")
