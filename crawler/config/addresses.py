"""Addresses as people write them: URLs of sites, their default names, CIDRs.

Messages never quote a URL: its path or userinfo may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from crawler.config.problems import one_of

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
#: the last parts of a path that only say "here is the feed": `/press/feed/` is the feed of `/press`
_FEED_PARTS = re.compile(
    r"(/(feed|feeds|rss|rss2|atom|rdf)(/(rss|rss2|atom|rdf|json|default))?/?"
    r"|/(feed|rss|rss2|atom|index|rdf)\.(xml|rss|rdf|atom|json))$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A URL taken apart: the user and password are never part of `url`."""

    url: str
    username: str | None
    password: str | None


def address(text: str, *, schemes: Collection[str] = ("https", "http")) -> Address:
    """The URL in one canonical spelling. Raises ValueError with what is wrong."""
    parts = _split(text, schemes)
    port = parts.port
    host = parts.hostname or ""
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        netloc = f"{netloc}:{port}"
    return Address(
        url=urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, "")),
        username=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def _split(text: str, schemes: Collection[str]) -> SplitResult:
    # urlsplit drops tabs and line feeds in silence, so they are looked for before
    if re.search(r"[\s\x00-\x1f\x7f\\]", text):
        raise ValueError("is not a URL: it has a space, a control character or a backslash in it")
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  reading it checks it
    except ValueError:
        raise ValueError("is not a URL: its host or port is not one") from None
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        raise ValueError(
            f"is not a whole URL; write it from the start, with {one_of(f'{scheme}://' for scheme in schemes)}"
        )
    if parts.scheme not in schemes:
        raise ValueError(f"has the scheme {parts.scheme}; only {one_of(schemes)} can be used")
    if not _is_host(parts.hostname or ""):
        raise ValueError("has no host, or one that cannot be; write https://HOST/PATH")
    return parts


def _is_host(host: str) -> bool:
    if ":" in host:  # urlsplit has checked what stands in brackets
        return True
    labels = host.removesuffix(".").split(".")
    if not all(_HOST_LABEL.fullmatch(label) for label in labels):
        return False
    try:
        return len(host.encode("idna")) < 254
    except UnicodeError:
        return False


def default_name(url: str) -> str:
    """Host without `www.`, port unless default, and path without a trailing feed part: `example.org/press`."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].removeprefix("www.")
    path = _FEED_PARTS.sub("", parts.path).rstrip("/")
    readable = unquote(path)
    return host + (readable if readable.isprintable() else path)


def network(text: str) -> IPv4Network | IPv6Network:
    """`127.0.0.0/8`. Raises ValueError."""
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("is not a CIDR; write one such as 127.0.0.0/8 or fd00::/8") from None
    raise ValueError(f"is not a CIDR, its last bits should be zero; did you mean {meant}?")
