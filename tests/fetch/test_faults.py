"""Every fault of the network and of HTTP ends in time, with its own reason, and with nothing to store."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import time
from contextlib import suppress

import pytest

from crawler.errors import FetchError
from tests.fetch.faults import FAULTS, FEED, answer, fault_server, sends, serving
from tests.fetch.fetching import a_fetcher, failure, get, running

DEADLINE = 0.4


async def fetch_fault(name: str, *, seconds: float = DEADLINE):
    async with fault_server() as base_url, a_fetcher(base_url) as fetcher:
        return await get(fetcher, f"{base_url}/{name}", timeout=seconds)


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.reason])
def test_a_fault_is_a_failure_with_its_reason(name):
    started = time.monotonic()
    with pytest.raises(FetchError) as caught:
        asyncio.run(fetch_fault(name))
    assert caught.value.reason == FAULTS[name].reason, str(caught.value)
    assert caught.value.url.startswith("http")
    assert time.monotonic() - started < DEADLINE + 3.0


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if not fault.reason])
def test_a_whole_answer_is_read_however_it_is_sent(name):
    fetched = asyncio.run(fetch_fault(name, seconds=10))
    whole = {"close_delim_cut": FEED[:-40], "empty_200": b""}.get(name, FEED)
    assert fetched.body == whole
    assert fetched.wire_bytes <= len(FEED)


FLOODS = ["gzip_bomb", "gzip_bomb_nested", "endless_body", "endless_headers", "endless_header", "endless_chunk_ext"]


def flood(name: str, connection) -> None:
    with suppress(FetchError):
        asyncio.run(fetch_fault("gzip_ok"))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with suppress(FetchError):
        asyncio.run(fetch_fault(name))
    connection.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, time.process_time() - started))


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_costs_little_memory_and_less_than_a_second_of_work(name):
    # In a process of its own, for the highest memory use so far is all that the system tells.
    mine, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=flood, args=(name, theirs))
    child.start()
    assert mine.poll(30)
    kilobytes, seconds = mine.recv()
    child.join()
    assert kilobytes < 64 * 1024
    assert seconds < 1.0


@pytest.mark.parametrize("name", ["status_404", "status_401", "status_500"])
def test_the_body_of_an_error_page_comes_with_the_failure(name):
    with pytest.raises(FetchError) as caught:
        asyncio.run(fetch_fault(name))
    assert caught.value.status == int(name[-3:])
    assert caught.value.body[:1] in (b"{", b"<")
    assert caught.value.requests == 1


@running
async def test_of_a_long_error_page_only_the_beginning_is_kept():
    async with serving(sends(answer("404 Not Found", b"x" * 300_000))) as server, a_fetcher(server.base_url) as fetcher:
        error = await failure(fetcher, server.base_url)
    assert len(error.body) == 64 * 1024


@running
async def test_a_body_announced_too_large_is_not_read():
    async with (
        serving(sends(answer(Content_Length=10**9), then="stay")) as server,
        a_fetcher(server.base_url) as fetcher,
    ):
        error = await failure(fetcher, server.base_url)
    assert error.reason == "too_large"


@running
async def test_a_closed_port_is_a_failed_connection_that_cost_no_request():
    async with serving(sends(b"")) as server:
        pass
    async with a_fetcher(server.base_url) as fetcher:
        error = await failure(fetcher, server.base_url)
    assert (error.reason, error.requests) == ("connect", 0)


@running
async def test_messages_carry_no_password_query_or_control_character():
    async with fault_server() as base_url, a_fetcher(base_url) as fetcher:
        url = base_url.replace("//", "//editor:hunter2@") + "/status_500?token=hunter3"
        error = await failure(fetcher, url)
        crafted = await failure(fetcher, f"{base_url}/redirect_userinfo")
    assert error.reason == "http_5xx"
    assert "hunter" not in str(error)
    assert "hunter2" not in error.url
    assert "secret" not in str(crafted)
    assert str(error).isprintable()


@running
async def test_a_hanging_server_does_not_hold_up_another_one():
    async with (
        fault_server() as slow,
        fault_server() as fast,
        a_fetcher(slow, fast, concurrency=4) as fetcher,
    ):
        hanging = [asyncio.create_task(failure(fetcher, f"{slow}/hang_before_headers", timeout=1.0)) for _ in range(3)]
        await asyncio.sleep(0)
        started = time.monotonic()
        await get(fetcher, f"{fast}/good")
        assert time.monotonic() - started < 0.9
        assert {error.reason for error in await asyncio.gather(*hanging)} == {"timeout"}
