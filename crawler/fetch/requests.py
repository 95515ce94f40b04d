"""The one request that goes out for a hop: its headers, and which of them are secret."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from crawler.errors import FetchError
from crawler.fetch.access import secret_headers
from crawler.fetch.redirects import Journey
from crawler.fetch.transport import CONNECT_SECONDS
from crawler.fetch.validators import sendable

#: Ours alone, whatever the config says: the answer could not be read, or would mean something else.
_RESERVED = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "if-modified-since",
        "if-none-match",
        "range",
        "te",
        "transfer-encoding",
        "upgrade",
    }
)


def build_request(journey: Journey, *, user_agent: str) -> httpx.Request:
    """A GET of the journey's present URL. Secrets are in it at the configured origin only."""
    headers = {"user-agent": user_agent, "accept": journey.request.accept}
    secrets = secret_headers(journey.access, journey.url)
    headers |= sendable_secrets(secrets)
    headers["accept-encoding"] = "gzip"
    etag, last_modified = map(sendable, journey.request.validators)
    if etag:
        headers["if-none-match"] = etag
    if last_modified:
        headers["if-modified-since"] = last_modified
    extensions = {"timeout": {"connect": CONNECT_SECONDS}}
    return httpx.Request("GET", journey.url, headers=encoded(headers), extensions=extensions)


def sendable_secrets(secrets: Mapping[str, str]) -> dict[str, str]:
    """Those that the config may set."""
    return {name: value for name, value in secrets.items() if name not in _RESERVED}


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The header lines as bytes. Raises FetchError."""
    try:
        return [(name.encode("ascii"), value.encode("utf-8")) for name, value in headers.items()]
    except UnicodeEncodeError:
        raise FetchError("refused", "a configured header cannot be sent: its name is not plain ASCII") from None
