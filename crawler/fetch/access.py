"""What one Source may send: its origin, its politeness and its secrets, which only that origin gets to see."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx

from crawler.errors import FetchError

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class SourceAccess:
    """How to ask on behalf of one Source. Nothing secret is in its repr."""

    #: the URL as configured; the secrets belong to its scheme, host and port
    origin_url: str = field(repr=False)
    #: seconds, for one request with its redirects; waiting for the turn does not count
    timeout: float = 30.0
    #: seconds between two requests to one host
    per_host_delay: float = 1.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def port_of(url: httpx.URL) -> int:
    """The port that a connection goes to; 0 where the scheme has none that we know."""
    return url.port or _DEFAULT_PORTS.get(url.scheme, 0)


def ascii_host(url: httpx.URL) -> str:
    """The host as it is asked for in DNS: lower case, international names as `xn--`, no brackets, no last dot."""
    return url.raw_host.decode("ascii").rstrip(".")


def line_of(url: httpx.URL) -> str:
    """The host line a URL stands in: `example.org`, with a port only where it is an unusual one."""
    host = ascii_host(url)
    host = f"[{host}]" if ":" in host else host
    return host if url.port is None else f"{host}:{url.port}"


def parse_url(text: str) -> httpx.URL:
    """Read an address from a config, a store or a document. Raises FetchError when it is none."""
    try:
        url = httpx.URL(text)
        return url.copy_with(fragment=None) if "#" in text else url
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise FetchError("refused", "this is not a valid address") from None


def shown(url: httpx.URL | str) -> str:
    """A URL for people and logs: no userinfo, no query (tokens live there), no control characters, not too long."""
    bare = str(url).partition("?")[0].partition("#")[0]
    scheme, mark, rest = bare.partition("://")
    place, slash, path = rest.partition("/")
    bare = f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}" if mark else bare
    return printable(bare, limit=200)


def printable(text: str, *, limit: int = 160) -> str:
    """Foreign text on one line: anything that is not printable is escaped, the rest is cut at `limit`."""
    safe = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[: limit + 1])
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def secret_headers(access: SourceAccess, url: httpx.URL) -> dict[str, str]:
    """The configured headers and the password, if `url` is at the configured origin; else nothing."""
    if not access.headers and access.username is None and access.password is None and "@" not in access.origin_url:
        return {}
    origin = parse_url(access.origin_url)
    if _place(url) != _place(origin):
        return {}
    headers = {name.lower(): value for name, value in access.headers.items()}
    username, password = _credentials(access, origin)
    if username or password:
        token = base64.b64encode(f"{username}:{password}".encode())
        headers["authorization"] = f"Basic {token.decode('ascii')}"
    return headers


def without_userinfo(access: SourceAccess, url: httpx.URL) -> httpx.URL:
    """`url` as it may be sent. Only the configured origin may be written with its own `user:password@`."""
    if not url.userinfo:
        return url
    origin = parse_url(access.origin_url)
    if _place(url) != _place(origin) or url.userinfo != origin.userinfo:
        raise FetchError("refused", "an address with a user name or password in it is not followed")
    return url.copy_with(userinfo=b"")


def _place(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, ascii_host(url), port_of(url)


def _credentials(access: SourceAccess, origin: httpx.URL) -> tuple[str, str]:
    if access.username is not None or access.password is not None:
        return access.username or "", access.password or ""
    name, _, password = origin.userinfo.decode("ascii").partition(":")
    return unquote(name), unquote(password)
