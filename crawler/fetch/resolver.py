"""Names to addresses: looked up once, judged, and handed to the connection as the very addresses that were judged.

Looking up again at connecting time would let a name point elsewhere in between.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from crawler.errors import FetchError
from crawler.fetch.access import printable
from crawler.fetch.guard import Guard, IPAddress

#: Addresses of a host, as text. Raises OSError when there are none.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

#: getaddrinfo knows no time limit, so it runs in a thread that is left behind after this many seconds …
_LOOKUP_SECONDS = 5.0
#: … and no more than so many threads are ever left behind.
_LOOKUPS_AT_ONCE = 16
#: A host with hundreds of addresses is not tried at all of them.
_MOST_ADDRESSES = 20


class GuardedResolver(AbstractResolver):
    """The resolver of the connection pool: no address that the Guard refuses gets past it."""

    def __init__(self, guard: Guard, resolve: Resolve, *, proxy: tuple[str, int] | None = None) -> None:
        self._guard, self._resolve, self._proxy = guard, resolve, proxy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Addresses that may be connected to. Raises FetchError with `dns` or `refused`."""
        addresses = await self._addresses(host, port)
        if (host, port) != self._proxy:
            self._guard.check_addresses(host.rstrip("."), port, addresses)
        return [_result(host, port, address) for address in addresses[:_MOST_ADDRESSES]]

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _addresses(self, host: str, port: int) -> list[IPAddress]:
        name = printable(host, limit=100)
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                answers = await self._resolve(host, port)
        except TimeoutError:
            raise FetchError("dns", f"no answer from DNS for {name} within {_LOOKUP_SECONDS:.0f} s") from None
        except (OSError, UnicodeError) as error:
            raise FetchError("dns", f"the name {name} cannot be resolved ({_why(error)})") from None
        if not answers:
            raise FetchError("dns", f"DNS knows no address for {name}")
        return [ip_address(answer) for answer in dict.fromkeys(answers)]


class SystemResolver:
    """The system's getaddrinfo, in daemon threads: one that hangs holds up neither the loop nor the exit."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_LOOKUPS_AT_ONCE)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()

        def settle(addresses: Sequence[str], error: Exception | None) -> None:
            self._places.release()  # only now: a thread left behind still takes up its place
            if answer.done():
                return
            if error is None:
                answer.set_result(addresses)
            else:
                answer.set_exception(error)

        def look_up() -> None:
            addresses, error = _getaddrinfo(host, port)
            with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
                loop.call_soon_threadsafe(settle, addresses, error)

        try:
            threading.Thread(target=look_up, name="dns", daemon=True).start()
        except RuntimeError as error:
            self._places.release()
            raise OSError("no thread could be started") from error
        return await answer


def _getaddrinfo(host: str, port: int) -> tuple[Sequence[str], Exception | None]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return (), error
    return [str(sockaddr[0]) for *_, sockaddr in found], None


def _result(host: str, port: int, address: IPAddress) -> ResolveResult:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=family,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )


def _why(error: OSError | UnicodeError) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return printable(reason or str(error) or type(error).__name__)
