"""Where a request may go. Judges schemes, ports and addresses; connects to nothing and resolves nothing.

Private addresses are for hosts written in the config only, each on the very port written there.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from crawler.errors import FetchError
from crawler.fetch.access import ascii_host, port_of, printable

IPNetwork = IPv4Network | IPv6Network
IPAddress = IPv4Address | IPv6Address

#: Ports below 1024 belong to other protocols, which a crafted request could speak to.
_OPEN_PORTS = frozenset({80, 443})

#: Not public although `is_global` says so on some versions of Python, or leading to IPv4 addresses in disguise.
_NEVER: tuple[IPNetwork, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "3fff::/20",
        "::/96",
    )
)
#: The only block that public IPv6 addresses are given out of.
_PUBLIC_IPV6 = IPv6Network("2000::/3")

_WRITE_HTTPS = "http would show the alert to everybody on the way; write https, or where it is in allow_private"


class Guard:
    """Decides where requests may go. Everything it refuses is a FetchError with the reason `refused`.

    Without `public` only what stands in `allow_private` is left.
    """

    def __init__(
        self,
        *,
        allow_private: Sequence[IPNetwork],
        configured_hosts: Collection[tuple[str, int]],
        proxied: bool = False,
        public: bool = True,
        advice: str = "if it is meant, write the host and port as a source and its network in fetch.allow_private",
    ) -> None:
        self._allow_private = tuple(allow_private)
        self._configured = frozenset((_plain_host(host), port) for host, port in configured_hosts)
        self._proxied, self._public, self._advice = proxied, public, advice

    def check(self, url: httpx.URL) -> None:
        """Refuse a URL by what can be read off it: scheme, port, and the address where it stands there itself."""
        if url.scheme not in ("http", "https"):
            raise FetchError("refused", f"only http and https are fetched, not {printable(url.scheme, limit=20)}:")
        if not (self._public or self._allow_private):
            raise FetchError("refused", _WRITE_HTTPS)
        host, port = ascii_host(url), port_of(url)
        if not host:
            raise FetchError("refused", "the address names no host")
        if not 0 < port < 65536:
            raise FetchError("refused", f"{port} is not a port")
        if port not in _OPEN_PORTS and port < 1024 and (host, port) not in self._configured:
            raise FetchError(
                "refused", f"port {port} is not one for web sites; only 80, 443 and those from 1024 on are"
            )
        literal = literal_address(host)
        if literal is None and self._proxied and _is_local_name(host):
            # Behind a proxy nobody here resolves the name, so this one is judged by its meaning.
            literal = IPv4Address("127.0.0.1")
        if literal is not None:
            self.check_addresses(host, port, [literal])

    def check_addresses(self, host: str, port: int, addresses: Iterable[IPAddress]) -> None:
        """Refuse a host if any of its addresses may not be connected to: one bad one means that it plays games."""
        for address in addresses:
            plain = _unmapped(address)
            if self._is_allowed(host, port, plain):
                continue
            if is_public(plain):
                if self._public:
                    continue
                raise FetchError("refused", _WRITE_HTTPS)
            shown = printable(host, limit=100)
            where = f"{shown} is" if shown == str(address) else f"{shown} is at {address},"
            raise FetchError(
                "refused",
                f"{where} not a public address; {self._advice}",
            )

    def _is_allowed(self, host: str, port: int, address: IPAddress) -> bool:
        if (host.lower(), port) not in self._configured:
            return False
        return any(address.version == network.version and address in network for network in self._allow_private)


def literal_address(host: str) -> IPAddress | None:
    """The address that a host is when it is no name: also for `2130706433`, `0x7f.1`, `127.1` and `0`."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def is_public(address: IPAddress) -> bool:
    """Whether an address is one that anybody on the Internet may be at."""
    plain = _unmapped(address)
    if isinstance(plain, IPv6Address) and (plain not in _PUBLIC_IPV6 or plain.scope_id):
        return False
    if not plain.is_global or plain.is_multicast or plain.is_reserved or plain.is_unspecified:
        return False
    return not any(plain.version == network.version and plain in network for network in _NEVER)


def _unmapped(address: IPAddress) -> IPAddress:
    """`::ffff:127.0.0.1` is 127.0.0.1."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_local_name(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _plain_host(host: str) -> str:
    try:
        return ascii_host(httpx.URL(scheme="http", host=host.strip("[]")))
    except (httpx.InvalidURL, ValueError):
        return host.lower()
