"""Only judged addresses are connected to: by name, by number however it is spelt, and after every redirect."""

from __future__ import annotations

import asyncio
import socket
import threading
from ipaddress import ip_address, ip_network

import httpx
import pytest

from crawler.errors import FetchError
from crawler.fetch import resolver as resolver_module
from crawler.fetch.guard import Guard, is_public, literal_address
from crawler.fetch.resolver import GuardedResolver, SystemResolver
from tests.fetch.faults import answer, good, redirects, sends, serving
from tests.fetch.fetching import LOOPBACK, a_fetcher, failure, get, running

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:1.1.1.1"]
PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "4000::1",
]
SPELLINGS = ["2130706433", "0x7f.1", "127.1", "0", "0x7f000001", "127.0.0.1.", "[::ffff:127.0.0.1]", "[::]", "[::1]"]


def guard(*configured, allow=LOOPBACK, proxied=False):
    return Guard(allow_private=allow, configured_hosts=configured, proxied=proxied)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_no_other_address_is_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_address_is_judged_however_it_is_spelt(spelling):
    with pytest.raises(FetchError, match="not a public address") as caught:
        guard().check(httpx.URL(f"http://{spelling}:8080/"))
    assert caught.value.reason == "refused"


def test_a_name_is_no_address():
    assert literal_address("example.org") is None
    assert literal_address("127.0.0.1.example.org") is None


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("http://example.org/", True),
        ("https://example.org/", True),
        ("https://example.org:8443/", True),
        ("http://example.org:1024/", True),
        ("http://example.org:81/", True),  # stands in the config
        ("http://example.org:82/", False),
        ("http://other.example:81/", False),
        ("http://example.org:25/", False),
        ("http://example.org:99999/", False),
        ("ftp://example.org/", False),
        ("file:///etc/passwd", False),
        ("http:///path", False),
    ],
)
def test_only_web_schemes_and_ports_pass(url, fine):
    judge = guard(("Example.org", 81))
    if fine:
        judge.check(httpx.URL(url))
    else:
        with pytest.raises(FetchError) as caught:
            judge.check(httpx.URL(url))
        assert caught.value.reason == "refused"


@pytest.mark.parametrize(
    ("host", "port", "address", "fine"),
    [
        ("site.test", 8080, "127.0.0.1", True),
        ("site.test", 8081, "127.0.0.1", False),
        ("other.test", 8080, "127.0.0.1", False),
        ("site.test", 8080, "10.0.0.1", False),
        ("site.test", 8080, "::ffff:127.0.0.1", True),
        ("xn--bcher-kva.de", 80, "127.0.0.1", True),
    ],
)
def test_private_addresses_are_for_the_very_host_and_port_of_the_config(host, port, address, fine):
    judge = guard(("site.test", 8080), ("bücher.de", 80))
    if fine:
        judge.check_addresses(host, port, [ip_address(address)])
    else:
        with pytest.raises(FetchError, match=r"fetch\.allow_private"):
            judge.check_addresses(host, port, [ip_address(address)])


def test_behind_a_proxy_literals_and_localhost_are_still_judged():
    for url in ("http://10.0.0.1/", "http://localhost:8080/", "http://a.localhost/"):
        with pytest.raises(FetchError):
            guard(proxied=True).check(httpx.URL(url))
    guard(proxied=True).check(httpx.URL("http://example.org/"))


def resolving(*answers):
    """A resolver that gives one list of addresses after the other, and counts."""

    async def resolve(host, port):
        resolve.calls += 1
        return answers[(resolve.calls - 1) % len(answers)]

    resolve.calls = 0
    return resolve


async def canary(exchange):
    await exchange.send(answer(body=b"the canary"))


@running
async def test_a_name_that_changes_its_address_never_reaches_the_other_one():
    closing = sends(answer(body=b"fine"))
    async with serving(closing) as site, serving(canary, host="127.0.0.2", port=site.port) as victim:
        url = f"http://site.test:{site.port}/"
        flip = resolving(["127.0.0.1"], ["127.0.0.2"])
        only_one = [ip_network("127.0.0.1/32")]
        async with a_fetcher(url, resolver=flip, allow_private=only_one) as fetcher:
            for _ in range(4):
                assert (await get(fetcher, url)).body == b"fine"
                assert (await failure(fetcher, url)).reason == "refused"
    assert victim.connections == 0
    assert site.connections == 4
    assert flip.calls == 8  # once a connection: what was judged is what is connected to


@running
async def test_one_bad_address_among_good_ones_refuses_the_host():
    async with serving(canary) as victim:
        url = f"http://mixed.test:{victim.port}/"
        async with a_fetcher(resolver=resolving(["93.184.216.34", "127.0.0.1"])) as fetcher:
            error = await failure(fetcher, url)
    assert (error.reason, error.requests, victim.connections) == ("refused", 0, 0)


@pytest.mark.parametrize("where", ["127.0.0.1", "localhost", *SPELLINGS])
def test_a_redirect_to_a_private_address_reaches_nobody(where):
    @running
    async def run():
        async with serving(canary) as victim, serving(redirects(f"http://{where}:{victim.port}/")) as site:
            async with a_fetcher(site.base_url, resolver=resolving(["127.0.0.1"])) as fetcher:
                error = await failure(fetcher, site.base_url)
            assert (error.reason, error.requests, victim.connections) == ("refused", 1, 0)

    run()


@running
async def test_a_second_address_is_tried_when_the_first_one_is_dead():
    async with serving(good) as site:
        url = f"http://dual.test:{site.port}/"
        async with a_fetcher(url, resolver=resolving(["::1", "127.0.0.3", "127.0.0.1"])) as fetcher:
            assert (await get(fetcher, url)).requests == 1


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "Temporary failure"),
        (UnicodeError("label too long"), "label too long"),
        ([], "no address"),
    ],
)
def test_a_name_without_address_is_a_dns_failure(outcome, words):
    async def resolve(host, port):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    @running
    async def run():
        async with a_fetcher(resolver=resolve) as fetcher:
            error = await failure(fetcher, "http://nowhere.test/")
        assert (error.reason, error.requests) == ("dns", 0)
        assert words in str(error)

    run()


@running
async def test_a_lookup_that_hangs_is_left_behind(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(resolver_module, "_LOOKUP_SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: release.wait(20) and [])
    async with a_fetcher() as fetcher:
        error = await failure(fetcher, "http://slow.test/")
    release.set()
    assert error.reason == "dns"
    assert "no answer from DNS" in str(error)


@running
async def test_only_the_proxy_itself_goes_unjudged():
    resolver = GuardedResolver(guard(), resolving(["127.0.0.1"]), proxy=("proxy.lan", 3128))
    assert [found["host"] for found in await resolver.resolve("proxy.lan", 3128)] == ["127.0.0.1"]
    for host, port in [("proxy.lan", 8080), ("site.test", 3128)]:
        with pytest.raises(FetchError, match="not a public address"):
            await resolver.resolve(host, port)


@running
async def test_only_so_many_lookups_are_ever_left_behind(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: release.wait(20) and [])
    resolver = SystemResolver()
    lookups = [asyncio.create_task(resolver(f"slow{n}.test", 80)) for n in range(40)]
    await asyncio.sleep(0.05)
    assert sum(thread.name == "dns" for thread in threading.enumerate()) == 16
    lookups[0].cancel()  # its thread still runs, so its place is not free
    await asyncio.sleep(0.05)
    assert sum(thread.name == "dns" for thread in threading.enumerate()) == 16
    release.set()
    assert await asyncio.gather(*lookups[1:]) == [[]] * 39


@running
async def test_a_machine_without_threads_left_is_a_dns_failure(monkeypatch):
    def no_thread(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    async with a_fetcher() as fetcher:
        for _ in range(20):
            assert (await failure(fetcher, "http://site.test/")).reason == "dns"


@running
async def test_many_addresses_are_judged_but_not_all_tried():
    many = [f"127.0.1.{n}" for n in range(1, 51)]
    async with serving(good) as site:
        url = f"http://many.test:{site.port}/"
        async with a_fetcher(url, resolver=resolving(["127.0.0.1", *many])) as fetcher:
            assert await get(fetcher, url)
        async with a_fetcher(url, resolver=resolving([*many, "10.0.0.1"])) as fetcher:
            assert (await failure(fetcher, url)).reason == "refused"


@running
async def test_the_systems_own_resolver_knows_localhost():
    assert "127.0.0.1" in await SystemResolver()("localhost", 80)
    with pytest.raises(socket.gaierror):
        await SystemResolver()("no-such-name.invalid", 80)
