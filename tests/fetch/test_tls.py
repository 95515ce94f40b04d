"""Encrypted connections: every way in which one can be wrong is a failure, and verification is never switched off."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import warnings

import pytest

from tests.fetch.faults import FEED, good, serving
from tests.fetch.fetching import a_fetcher, failure, get, running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Self-signed certificates as (certificate, key) files: `good` for 127.0.0.1, `other_host`, `expired`."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(command: str, name: str) -> tuple[str, str]:
        files = str(folder / f"{name}.pem"), str(folder / f"{name}.key")
        words = command.format(certificate=files[0], key=files[1]).split()
        subprocess.run(["openssl", *words], check=True, capture_output=True)
        return files

    create = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -days 30"
        " -addext subjectAltName={address} -keyout {{key}} -out {{certificate}}"
    )
    made = {
        "good": openssl(create.format(address="IP:127.0.0.1"), "good"),
        "other_host": openssl(create.format(address="DNS:other.example"), "other_host"),
        "expired": openssl(create.format(address="IP:127.0.0.1"), "expired"),
    }
    openssl("x509 -in {certificate} -signkey {key} -days -1 -out {certificate}", "expired")
    return made


def serving_with(pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    return context


def trusting(pair) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=pair[0])


@running
async def test_a_trusted_certificate_is_fine(certificates):
    pair = certificates["good"]
    async with (
        serving(good, ssl=serving_with(pair)) as site,
        a_fetcher(site.base_url, tls=trusting(pair)) as fetcher,
    ):
        assert (await get(fetcher, site.base_url)).body == FEED


@pytest.mark.parametrize(
    ("name", "trusted", "words"),
    [
        ("good", False, "self-signed"),
        ("other_host", True, "not valid for '127.0.0.1'"),
        ("expired", True, "expired"),
    ],
)
def test_a_wrong_certificate_is_refused_and_named(certificates, name, trusted, words, monkeypatch):
    pair = certificates[name]
    monkeypatch.setenv("SSL_CERT_FILE", pair[0])

    @running
    async def run():
        async with (
            serving(good, ssl=serving_with(pair)) as site,
            a_fetcher(site.base_url, tls=trusting(pair) if trusted else None) as fetcher,
        ):
            error = await failure(fetcher, site.base_url)
        assert (error.reason, error.requests) == ("tls", 0)
        assert words in str(error).replace("Hostname mismatch, certificate is not valid for", "not valid for")
        assert site.paths == []

    run()


@running
async def test_a_server_of_yesterday_is_refused(certificates):
    pair = certificates["good"]
    old = serving_with(pair)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with serving(good, ssl=old) as site, a_fetcher(site.base_url, tls=trusting(pair)) as fetcher:
        assert (await failure(fetcher, site.base_url)).reason == "tls"


async def speaks_plain_http(writer):
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def closes(writer):
    writer.close()


async def resets(writer):
    writer.transport.abort()


async def says_nothing(writer):
    pass


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (speaks_plain_http, "tls"),
        (closes, "tls"),
        (resets, "tls"),
        (says_nothing, "timeout"),
    ],
)
def test_a_handshake_that_fails_has_its_own_reason(behave, reason):
    async def answer_at_once(reader, writer):
        await reader.read(1)
        await behave(writer)
        await reader.read()
        writer.close()

    @running
    async def run():
        listener = await asyncio.start_server(answer_at_once, "127.0.0.1", 0)
        url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with listener, a_fetcher(url) as fetcher:
            error = await failure(fetcher, url, timeout=0.4)
        assert error.reason == reason, str(error)

    run()
