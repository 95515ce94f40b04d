"""The webhook sink against receivers in processes of their own: verified by a foreign verifier, and treated badly."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_network

import pytest
import uvloop
from standardwebhooks import Webhook

from crawler.alert import WebhookSink
from crawler.errors import SinkError
from crawler.fetch import Sender
from tests.alert.alerts import payload
from tests.alert.receiver import receiving
from tests.fetch.faults import answer, sends, serving

OLD, NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
LOOPBACK = (ip_network("127.0.0.0/8"),)
KST = timezone(timedelta(hours=9))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Self-signed, for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("certificate")
    files = [str(folder / "cert.pem"), str(folder / "key.pem")]
    words = "req -x509 -days 2 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x"
    words += " -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *words.split(), "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def posted(url, *payloads, secrets=(NEW,), clock=lambda: datetime.now(UTC), seconds=5.0, runner=asyncio.run, **options):
    """What came of each: the reply, or the SinkError."""

    async def run():
        options.setdefault("allow_private", LOOPBACK)
        hidden = options.pop("hidden", ())
        async with Sender(
            url, headers=options.pop("headers", {}), user_agent="crawler/1", seconds=seconds, **options
        ) as sender:
            sink = WebhookSink("hook", sender, clock=clock, secrets=secrets, hidden=hidden)
            return [await outcome(sink, each) for each in payloads]

    return runner(run())


async def outcome(sink, alert):
    try:
        return await sink.send(alert)
    except SinkError as error:
        return error


def test_a_foreign_verifier_accepts_it_under_each_secret_of_a_rotation(tmp_path):
    odd = payload(1, headline="“quotes”, 한국어, \u2028 and 😀", diff='a\nb\\c"d')
    with receiving(tmp_path / "log", f"verify {OLD}", f"verify {NEW}") as receiver:
        assert posted(receiver.url, odd, odd, secrets=[OLD, NEW]) == ["200 verified"] * 2
        first, _ = receiver.seen()
    assert json.loads(first["body"]) == odd
    assert (first["method"], first["headers"]["webhook-id"]) == ("POST", "c_1")
    assert len(first["headers"]["webhook-signature"].split(" ")) == 2
    assert first["headers"]["content-type"] == "application/json"
    assert first["headers"]["user-agent"] == "crawler/1"
    assert "cookie" not in first["headers"]


def test_a_receiver_with_another_secret_refuses_it_and_it_is_tried_again(tmp_path):
    with receiving(tmp_path / "log", f"verify {OLD}") as receiver:
        (error,) = posted(receiver.url, payload(1), secrets=[NEW])
    assert str(error) == "the receiver answered 401 No matching signature found"
    assert not error.permanent


def test_the_zone_of_the_clock_does_not_matter(tmp_path):
    with receiving(tmp_path / "log", f"verify {NEW}") as receiver:
        assert posted(receiver.url, payload(1), clock=lambda: datetime.now(KST)) == ["200 verified"]


def test_without_a_secret_nothing_is_signed(tmp_path):
    with receiving(tmp_path / "log", "204") as receiver:
        assert posted(receiver.url, payload(1), secrets=[]) == ["204"]
        (request,) = receiver.seen()
    assert "webhook-signature" not in request["headers"]
    assert request["headers"]["webhook-id"] == "c_1"


def test_a_retry_has_the_same_id_and_bytes_and_a_new_time_and_signature(tmp_path):
    times = iter([datetime.now(UTC), datetime.now(UTC) + timedelta(seconds=60)])
    with receiving(tmp_path / "log", "500", "200") as receiver:
        error, reply = posted(receiver.url, payload(1), payload(1), clock=lambda: next(times))
        first, again = receiver.seen()
    assert str(error) == "the receiver answered 500 <h1>it says\\x1b[1m so</h1>"
    assert (error.permanent, reply[:3]) == (False, "200")
    assert first["body"] == again["body"]
    assert first["headers"]["webhook-id"] == again["headers"]["webhook-id"] == "c_1"
    assert int(again["headers"]["webhook-timestamp"]) == int(first["headers"]["webhook-timestamp"]) + 60
    for request in (first, again):
        Webhook(NEW).verify(request["body"], request["headers"])


#: what the receiver does, (the words of the error, whether it is final, seconds that it asks for)
REFUSALS = {
    "400": ("answered 400", True, None),
    "401": ("answered 401", False, None),
    "403": ("answered 403", False, None),
    "404": ("answered 404", False, None),
    "410": ("answered 410", True, None),
    "413": ("answered 413", True, None),
    "429 7": ("asks not to come back for 7 s", False, 7.0),
    "429 soon": ("answered 429", False, None),
    "429 99999999": ("asks not to come back for 86400 s", False, 86400.0),
    "500 7": ("answered 500", False, None),
    "503 120": ("asks not to come back for 120 s", False, 120.0),
    "drop": ("closed the connection without an answer", False, None),
    "hang": ("no answer within 0.5 s", False, None),
    "drip": ("no answer within 0.5 s", False, None),
}


@pytest.mark.parametrize("step", REFUSALS)
def test_a_refusal_says_why_and_whether_another_try_can_help(tmp_path, step):
    words, permanent, wish = REFUSALS[step]
    started = time.monotonic()
    with receiving(tmp_path / "log", step) as receiver:
        (error,) = posted(receiver.url, payload(1), seconds=0.5)
        assert len(receiver.seen()) == 1
    assert words in str(error)
    assert (error.permanent, error.retry_after) == (permanent, wish)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(("scheme", "runner"), [("https", asyncio.run), ("https", uvloop.run), ("proxy", uvloop.run)])
def test_who_takes_the_connection_and_says_nothing_is_waited_for_no_longer_than_others(scheme, runner):
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        place = f"//127.0.0.1:{mute.getsockname()[1]}"
        options = {"proxy": f"http:{place}", "allow_private": ()} if scheme == "proxy" else {}
        url = "https://hooks.example/" if scheme == "proxy" else f"https:{place}"
        errors = posted(url, payload(1), payload(1), seconds=0.3, runner=runner, **options)
    assert [str(each) for each in errors] == ["no answer within 0.3 s"] * 2
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_a_redirect_is_a_failure_and_nothing_arrives_where_it_leads(tmp_path, status):
    with (
        receiving(tmp_path / "canary", "200") as canary,
        receiving(tmp_path / "log", f"{status} {canary.url}/stolen-key") as receiver,
    ):
        (error,) = posted(f"{receiver.url}/hook-key", payload(1), headers={"Authorization": "Bearer hush"})
        assert canary.seen() == []
        (request,) = receiver.seen()
    assert request["headers"]["authorization"] == "Bearer hush"
    place = canary.url.removeprefix("http://")
    assert str(error) == f"the receiver answered {status}, a redirect to {place}, which is not followed"
    assert not error.permanent


@pytest.mark.parametrize("step", ["endless", "drip_body"])
def test_a_reply_without_end_is_not_read_to_the_end(tmp_path, step):
    async def answer(url):
        async with Sender(url, headers={}, user_agent="x", allow_private=LOOPBACK) as sender:
            return await sender(b"{}", {})

    with receiving(tmp_path / "log", step) as receiver:
        started = time.monotonic()
        assert len(asyncio.run(answer(receiver.url)).body) <= 4096
        (reply,) = posted(receiver.url, payload(1), seconds=15.0)
        assert time.monotonic() - started < 12  # and not the 15 s that each of them has
    assert reply.startswith("200 xxx")
    assert len(reply) <= 204


def test_of_an_endless_reply_no_more_is_taken_than_what_is_under_way():
    sent = 0

    async def endless(exchange):
        nonlocal sent
        await exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await exchange.send(bytes(65536))
            sent += 65536

    async def run():
        async with (
            serving(endless) as server,
            Sender(server.base_url, headers={}, user_agent="x", allow_private=LOOPBACK) as sender,
        ):
            return await sender(b"", {})

    assert len(asyncio.run(run()).body) == 4096
    assert sent < 16 * 1024 * 1024  # what the buffers of the two sockets hold


def test_what_must_stay_secret_is_not_told_by_the_echo_of_a_receiver(tmp_path):
    with receiving(tmp_path / "log", "echo 400", "echo 200") as receiver:
        url = receiver.url.replace("//", "//me:pass-word@") + "/hook-key?token=tok-en"
        secrets = ("hook-key", "token=tok-en", "Bearer hush-hush", "hush-hush", "pass-word", NEW.removeprefix("whsec_"))
        error, reply = posted(
            url, payload(1), payload(1), headers={"X-Api-Key": "hush-hush"}, hidden=secrets, secrets=[NEW]
        )
        request = receiver.seen()[0]
    assert (request["path"], request["headers"]["x-api-key"]) == ("/hook-key?token=tok-en", "hush-hush")
    assert request["headers"]["authorization"].startswith("Basic ")
    for told in (str(error), repr(error), reply):
        assert not [secret for secret in secrets if secret in told]


def test_the_config_cannot_speak_for_the_signature(tmp_path):
    with receiving(tmp_path / "log", f"verify {NEW}") as receiver:
        own = {"Webhook-Id": "mine", "Content-Length": "3", "Content-Type": "text/plain", "Accept-Encoding": "br"}
        assert posted(receiver.url, payload(1), headers=own) == ["200 verified"]
        (request,) = receiver.seen()
    assert request["headers"]["webhook-id"] == "c_1"
    assert request["headers"]["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("url", "networks", "words"),
    [
        ("https://127.0.0.1:9/", (), "127.0.0.1 is not a public address; if it is meant, write its network"),
        ("https://127.0.0.1:9/", (ip_network("10.0.0.0/8"),), "127.0.0.1 is not a public address"),
        ("http://hooks.example/", (), "write https"),
        ("http://93.184.216.34/", LOOPBACK, "write https"),
        ("https://hooks.example/", (), "hooks.example is at 169.254.169.254, not a public address"),
    ],
)
def test_no_alert_goes_where_it_may_not(url, networks, words):
    async def resolver(host, port):
        return ["169.254.169.254"]

    (error,) = posted(url, payload(1), allow_private=networks, resolver=resolver)
    assert words in str(error)


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate):
    async def run():
        async with serving(sends(answer()), ssl=certificate) as server:
            async with Sender(server.base_url, headers={}, user_agent="x", allow_private=LOOPBACK) as sender:
                told = await outcome(WebhookSink("hook", sender, clock=lambda: datetime.now(UTC)), payload(1))
            return told, server.paths

    error, paths = asyncio.run(run())
    assert "self-signed" in str(error)
    assert paths == []


def test_a_proxy_is_gone_through_but_not_to_private_addresses(tmp_path):
    async def run(url, **options):
        async with serving(sends(answer("502 Bad Gateway"))) as proxy:
            sender = Sender(url, headers={}, user_agent="x", proxy=proxy.base_url, **options)
            async with sender:
                told = await outcome(WebhookSink("hook", sender, clock=lambda: datetime.now(UTC)), payload(1))
            return told, proxy.paths

    error, paths = asyncio.run(run("https://hooks.example/key"))
    assert ("see fetch.proxy" in str(error), paths) == (True, ["hooks.example:443"])
    with receiving(tmp_path / "log", "200") as receiver:
        reply, paths = asyncio.run(run(receiver.url, allow_private=LOOPBACK))
    assert (reply[:3], paths) == ("200", [])


def test_nobody_there_is_told_without_the_address():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/hook-key"
    (error,) = posted(url, payload(1))
    assert "the connection could not be made" in str(error)
    assert "hook-key" not in str(error)


def test_whether_anybody_is_there_is_asked_without_an_alert_and_without_secrets(tmp_path):
    async def run(url):
        async with Sender(url, headers={"X-Api-Key": "hush"}, user_agent="x", allow_private=LOOPBACK) as sender:
            try:
                return await WebhookSink("hook", sender, clock=lambda: datetime.now(UTC)).reached()
            except SinkError as error:
                return error

    with receiving(tmp_path / "log", "405", "302 https://elsewhere.example/") as receiver:
        assert "it answers" in asyncio.run(run(receiver.url))
        assert "a redirect to elsewhere.example" in str(asyncio.run(run(receiver.url)))
        for request in receiver.seen():
            assert (request["method"], request["body"]) == ("HEAD", "")
            assert "x-api-key" not in request["headers"]
