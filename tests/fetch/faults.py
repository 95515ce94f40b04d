"""Servers that misbehave, one path a fault, on loopback: `async with fault_server(body) as base_url`.

FAULTS names each fault, what it does to a good answer carrying `body`, and the reason a fetch must give for it
("" where the answer is fine as far as fetching goes).
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>A site</title>'
    + b"".join(b"<item><guid>%d</guid><title>Post %d</title></item>" % (n, n) for n in range(40))
    + b"</channel></rss>"
)


@dataclass
class Exchange:
    """One request and the connection to answer it on."""

    path: str
    headers: dict[str, str]
    body: bytes
    base_url: str
    writer: asyncio.StreamWriter
    #: 1 for the first request on its connection
    number: int

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def stay(self) -> None:
        await asyncio.Event().wait()

    def reset(self) -> None:
        """Close so that the other side gets a reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.close()


Behaviour = Callable[[Exchange], Awaitable[None]]


class Fault(NamedTuple):
    reason: str
    behave: Behaviour


@dataclass
class Server:
    """A loopback server and what has been asked of it."""

    base_url: str = ""
    port: int = 0
    #: paths with their query, in order
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def serving(
    behave: Behaviour, *, host: str = "127.0.0.1", port: int = 0, body: bytes = FEED, **options
) -> AsyncIterator[Server]:
    """Answer every request with `behave`, which closes the connection when it wants that."""
    server = Server()
    tasks: set[asyncio.Task] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        server.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            for number in itertools.count(1):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:]) if k}
                server.paths.append(head[0].split(" ")[1])
                server.headers.append(headers)
                await behave(Exchange(server.paths[-1], headers, body, server.base_url, writer, number))
                if writer.is_closing():
                    break
        writer.transport.abort()

    listener = await asyncio.start_server(talk, host, port, **options)
    server.port = listener.sockets[0].getsockname()[1]
    scheme = "https" if "ssl" in options else "http"
    server.base_url = f"{scheme}://{host}:{server.port}"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def fault_server(body: bytes = FEED) -> AsyncIterator[str]:
    """Every fault of FAULTS under its name, and the good answer everywhere else."""

    async def behave(exchange: Exchange) -> None:
        name = exchange.path.split("?")[0].strip("/").split("/")[0]
        await (FAULTS[name].behave if name in FAULTS else good)(exchange)

    async with serving(behave, body=body) as server:
        yield server.base_url


def answer(status: str = "200 OK", body: bytes = b"", **headers: object) -> bytes:
    """A plain answer; `content_type="text/xml"` becomes the header Content-Type."""
    headers = {"Content_Length": len(body), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items() if value is not None)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


async def good(exchange: Exchange) -> None:
    await exchange.send(answer(body=exchange.body, content_type="application/rss+xml"))


def sends(make: Callable[[bytes], bytes] | bytes, *, then: str = "close") -> Behaviour:
    """Send bytes (made of the good body, where it is a function), then close, reset or stay silent."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(make if isinstance(make, bytes) else make(exchange.body))
        if then == "stay":
            await exchange.stay()
        exchange.reset() if then == "reset" else exchange.writer.close()

    return behave


def repeats(head: bytes, again: bytes, *, pause: float | None = None) -> Behaviour:
    """Send `head`, then `again` for ever: one a `pause`, or as fast as the other side takes it."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(head)
        while True:
            await exchange.send(again)
            await asyncio.sleep(pause or 0)

    return behave


def redirects(location: str | None, status: str = "302 Found") -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        where = location.replace("BASE", exchange.base_url) if location is not None else None
        await exchange.send(answer(status, Location=where))

    return behave


async def close_immediately(exchange: Exchange) -> None:
    exchange.writer.close()


async def rst_immediately(exchange: Exchange) -> None:
    exchange.reset()


async def redirect_chain(exchange: Exchange) -> None:
    step = int(exchange.path.rpartition("/")[2]) if exchange.path.count("/") > 1 else 0
    await exchange.send(answer("302 Found", Location=f"/redirect_chain/{step + 1}"))


def packed(body: bytes, encoding: str = "gzip") -> bytes:
    return answer(body=body, content_encoding=encoding)


def headed(lines: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (lines, len(body), body)


def lengths(body: bytes, *lengths: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\n%s\r\n%s" % (b"".join(b"Content-Length: %d\r\n" % n for n in lengths), body)


def bad_crc(wire: bytes) -> bytes:
    return wire[:-8] + b"bad!" + wire[-4:]


def raw_deflate(body: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(body) + squeeze.flush()


def bomb(size: int) -> bytes:
    squeeze = zlib.compressobj(9, wbits=31)
    block = bytes(1024 * 1024)
    return b"".join(squeeze.compress(block) for _ in range(size // len(block))) + squeeze.flush()


_BOMB = bomb(256 * 1024 * 1024)
_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_ENDLESS = _HEAD + b"Content-Type: text/xml\r\n\r\n"

FAULTS: dict[str, Fault] = {
    # the connection
    "close_immediately": Fault("connect", close_immediately),
    "rst_immediately": Fault("connect", rst_immediately),
    "rst_midbody": Fault("truncated", sends(lambda body: answer(body=body)[:-40], then="reset")),
    "hang_before_headers": Fault("timeout", sends(b"", then="stay")),
    "hang_midbody": Fault("timeout", sends(lambda body: answer(body=body)[:-40], then="stay")),
    "drip_headers": Fault("timeout", repeats(_HEAD + b"X: ", b"x", pause=0.02)),
    "drip_body": Fault("timeout", repeats(_ENDLESS, b"x", pause=0.02)),
    "drip_whitespace": Fault("timeout", repeats(_ENDLESS, b"\n", pause=0.02)),
    "endless_body": Fault("too_large", repeats(_ENDLESS, bytes(65536))),
    "endless_header": Fault("protocol", repeats(_HEAD + b"X: ", b"x" * 65536)),
    "endless_headers": Fault("protocol", repeats(_HEAD, b"X-Filler: 1\r\n" * 1000)),
    "endless_1xx": Fault("timeout", repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01)),
    "endless_chunk_ext": Fault("timeout", repeats(_CHUNKED + b"5;", b"x" * 65536)),
    "cl_short": Fault("truncated", sends(lambda body: answer(body=body)[:-1])),
    "chunk_cut": Fault("truncated", sends(lambda body: _CHUNKED + b"%x\r\n" % (len(body) + 9) + body)),
    "chunk_end_missing": Fault("truncated", sends(lambda body: _CHUNKED + b"%x\r\n" % len(body) + body + b"\r\n")),
    "head_cut": Fault("truncated", sends(b"HTTP/1.1 200 OK\r\nContent-Ty")),
    "close_delim_cut": Fault("", sends(lambda body: _ENDLESS + body[:-40])),
    "close_delim_whole": Fault("", sends(lambda body: _ENDLESS + body)),
    "http10": Fault("", sends(lambda body: b"HTTP/1.0 200 OK\r\n\r\n" + body)),
    "http09": Fault("protocol", sends(lambda body: body)),
    "bad_status_line": Fault("protocol", sends(b"HTTP/1.1 two hundred OK\r\n\r\n")),
    "tls_on_plain": Fault("protocol", sends(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(99))),
    # what HTTP says
    "status_400": Fault("http_4xx", sends(answer("400 Bad Request", b"<html>no</html>"))),
    "status_401": Fault("http_4xx", sends(answer("401 Unauthorized", b'{"code":"rest_forbidden"}'))),
    "status_403": Fault("http_4xx", sends(answer("403 Forbidden", b"<html>no</html>"))),
    "status_404": Fault("http_4xx", sends(answer("404 Not Found", b'{"code":"rest_post_invalid_id"}'))),
    "gone": Fault("http_4xx", sends(answer("410 Gone", b"<html>gone</html>"))),
    "status_429": Fault("rate_limited", sends(answer("429 Too Many Requests"))),
    "status_500": Fault("http_5xx", sends(answer("500 Internal Server Error", b"<html>oh</html>"))),
    "status_503": Fault("http_5xx", sends(answer("503 Service Unavailable"))),
    "status_999": Fault("protocol", sends(answer("999 Request denied"))),
    "empty_200": Fault("", sends(answer())),
    "accepted_202": Fault("not_data", sends(answer("202 Accepted", b"<html>captcha</html>"))),
    "no_content_204": Fault("not_data", sends(answer("204 No Content", Content_Length=None))),
    "partial_206": Fault("protocol", sends(lambda body: answer("206 Partial Content", body))),
    "uncond_304": Fault("protocol", sends(answer("304 Not Modified"))),
    "choices_300": Fault("protocol", sends(answer("300 Multiple Choices"))),
    "switch_101": Fault("protocol", sends(answer("101 Switching Protocols", Upgrade="x", Connection="upgrade"))),
    # RFC 9112 lets a client do either with two equal lengths; this parser refuses.
    "dup_cl_same": Fault("protocol", sends(lambda body: lengths(body, len(body), len(body)))),
    "dup_cl_diff": Fault("protocol", sends(lambda body: lengths(body, 3, len(body)))),
    "bad_cl": Fault("protocol", sends(lambda body: answer(body=body, Content_Length="-5"))),
    # headers
    "cookie_flood": Fault("", sends(lambda body: headed(b"Set-Cookie: a=b; path=/\r\n" * 100, body))),
    "headers_many": Fault("protocol", sends(lambda body: headed(b"X: 1\r\n" * 5000, body))),
    "headers_heavy": Fault("too_large", sends(lambda body: headed(b"X: %s\r\n" % (b"x" * 20000) * 6, body))),
    "header_huge": Fault("protocol", sends(lambda body: answer(body=body, X="x" * 70000))),
    "header_nul": Fault("protocol", sends(lambda body: answer(body=body, X="a\0b"))),
    "header_latin1": Fault("", sends(lambda body: answer(body=body, X="caf\xe9"))),
    "header_long": Fault("", sends(lambda body: answer(body=body, Link="x" * 20000))),
    # packing
    "gzip_ok": Fault("", sends(lambda body: packed(gzip.compress(body)))),
    "gzip_x": Fault("", sends(lambda body: packed(gzip.compress(body), "X-GZip"))),
    "deflate_zlib": Fault("", sends(lambda body: packed(zlib.compress(body), "deflate"))),
    "deflate_raw": Fault("", sends(lambda body: packed(raw_deflate(body), "deflate"))),
    "identity": Fault("", sends(lambda body: packed(body, "identity"))),
    "gzip_truncated": Fault("truncated", sends(lambda body: packed(gzip.compress(body)[:-9]))),
    "gzip_tail_missing": Fault("truncated", sends(lambda body: packed(gzip.compress(body)[:-1]))),
    "gzip_empty": Fault("truncated", sends(packed(b""))),
    "gzip_bad_crc": Fault("protocol", sends(lambda body: packed(bad_crc(gzip.compress(body))))),
    "gzip_lie": Fault("protocol", sends(lambda body: packed(body))),
    "gzip_trailing_garbage": Fault("protocol", sends(lambda body: packed(gzip.compress(body) + b"<!-- -->"))),
    "encoding_unknown": Fault("protocol", sends(lambda body: packed(body, "br"))),
    "encoding_chain": Fault("protocol", sends(lambda body: packed(gzip.compress(gzip.compress(body)), "gzip, gzip"))),
    "gzip_bomb": Fault("too_large", sends(packed(_BOMB))),
    "gzip_bomb_nested": Fault("protocol", sends(packed(gzip.compress(_BOMB), "gzip, gzip"))),
    # redirects
    "redirect_loop": Fault("protocol", redirects("/redirect_loop")),
    "redirect_chain": Fault("protocol", redirect_chain),
    "redirect_missing": Fault("protocol", redirects(None)),
    "redirect_empty": Fault("protocol", redirects("")),
    "redirect_crlf": Fault("refused", redirects("/good%0d%0aSet-Cookie:%20a=b")),
    "redirect_file": Fault("refused", redirects("file:///etc/passwd")),
    "redirect_data": Fault("refused", redirects("data:text/xml,<rss/>")),
    "redirect_gopher": Fault("refused", redirects("gopher://127.0.0.1:70/x")),
    "redirect_userinfo": Fault("refused", redirects("http://editor:secret@127.0.0.1/")),
    "redirect_backslash": Fault("refused", redirects("http:\\\\127.0.0.1\\")),
    "redirect_invalid": Fault("refused", redirects("http://[::bad/")),
    "redirect_low_port": Fault("refused", redirects("http://127.0.0.1:25/")),
    "redirect_good": Fault("", redirects("/good")),
}
