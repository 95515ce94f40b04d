"""Services in a process of their own: a mail server that behaves as its receivers are called, and a web server.

`with services(folder) as places:` has the ports by name, and what came in.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from functools import partial
from http import HTTPStatus
from pathlib import Path

MAILS, POSTS = "mails.jsonl", "posts.jsonl"


class Places:
    """Where the receivers are, and what they were given."""

    def __init__(self, folder, ports):
        self._folder, self.ports = folder, ports

    def mails(self):
        """(receivers, mail as bytes) of each that was taken, and of those that were taken and not acknowledged."""
        return [(mail["to"], mail["body"].encode("latin-1")) for mail in self._lines(MAILS)]

    def posts(self):
        """(path, body) of each request to the web server."""
        return [(post["path"], post["body"]) for post in self._lines(POSTS)]

    def forget(self):
        for name in (MAILS, POSTS):
            (self._folder / name).unlink(missing_ok=True)

    def _lines(self, name):
        path = self._folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextlib.contextmanager
def services(folder):
    """Start them, and end them."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.alert.services", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield Places(folder, json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _note(file_path, **what):
    with file_path.open("a") as file:
        file.write(json.dumps(what) + "\n")


class _Mails:
    """`451@…` is refused with 451, `data-554@…` after its mail, `drop@…` is taken and the connection cut."""

    def __init__(self, path):
        self._path = path

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.partition("@")[0]
        if name.isdigit():
            return f"{name} no, not {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].partition("@")[0]
        if name.startswith("data-"):
            return f"{name.removeprefix('data-')} not this mail"
        _note(self._path, to=envelope.rcpt_tos, body=envelope.content.decode("latin-1"))
        if name == "drop":
            server.transport.abort()
        return "250 OK"


def _header(head, name):
    lines = (line.partition(":") for line in head.splitlines())
    return next((value.strip() for each, _, value in lines if each.lower() == name), "")


async def _web(path, reader, writer):
    """Answers with the status that the path ends with (`/503`), else with 200."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        writer.close()
        return
    method, target, _ = head.split(" ", 2)
    body = await reader.readexactly(int(_header(head, "content-length") or 0))
    _note(path, method=method, path=target, body=body.decode("utf-8", "surrogateescape"))
    last = target.rpartition("/")[2]
    status = HTTPStatus(int(last)) if last.isdigit() and len(last) == 3 else HTTPStatus.OK
    if last in ("endless", "drip"):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                writer.write(b"x" * (65536 if last == "endless" else 1))
                await writer.drain()
                await asyncio.sleep(0 if last == "endless" else 0.005)
        writer.close()
        return
    location = f"Location: http://{_header(head, 'host')}/canary\r\n" if 300 <= status < 400 else ""
    writer.write(
        f"HTTP/1.1 {int(status)} {status.phrase}\r\nConnection: close\r\nContent-Length: 0\r\n{location}\r\n".encode()
    )
    await writer.drain()
    writer.close()


async def _hang(reader, writer):
    await asyncio.sleep(3600)


async def _drip(reader, writer):
    """A greeting that never comes to its end."""
    with contextlib.suppress(OSError):
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.05)


async def _busy(reader, writer):
    writer.write(b"421 too busy, come back later\r\n")
    await writer.drain()
    writer.close()


async def _mute(reader, writer):
    """Agrees to encrypt, and then says nothing any more."""
    writer.write(b"220 hello\r\n")
    while line := await reader.readline():
        writer.write(b"250-mail.test\r\n250 STARTTLS\r\n" if line.upper().startswith(b"EHLO") else b"220 begin\r\n")
        await writer.drain()
        if line.startswith(b"STARTTLS"):
            await asyncio.sleep(3600)


async def _echo(way, answer, reader, writer):
    """Knows one way to log in, and repeats what it was told."""
    writer.write(b"220 hello\r\n")
    while line := await reader.readline():
        if line.upper().startswith(b"EHLO"):
            writer.write(b"250-mail.test\r\n250 AUTH %b\r\n" % way)
        elif line.startswith(b"AUTH LOGIN"):
            writer.write(b"334 UGFzc3dvcmQ6\r\n")
        else:
            writer.write(answer % line.split()[-1])
        await writer.drain()


async def _main(folder):
    from aiosmtpd.smtp import SMTP

    loop = asyncio.get_running_loop()
    servers = {
        "mail": await loop.create_server(lambda: SMTP(_Mails(folder / MAILS), hostname="mail.test"), "127.0.0.1", 0),
        "web": await asyncio.start_server(lambda *pair: _web(folder / POSTS, *pair), "127.0.0.1", 0),
    }
    refusal = b"535 \x1b[31mnot %b\r\n"
    ways = {
        "echo": partial(_echo, b"PLAIN", refusal),
        "login-echo": partial(_echo, b"LOGIN", refusal),
        "kind-echo": partial(_echo, b"PLAIN", b"250 not %b\r\n"),
        "endless-echo": partial(_echo, b"PLAIN", b"334 %b\r\n"),
        "bare-echo": partial(_echo, b"PLAIN", b"%b\r\n"),
    }
    for name, answer in {"hang": _hang, "drip": _drip, "busy": _busy, "mute": _mute, **ways}.items():
        servers[name] = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(json.dumps({name: server.sockets[0].getsockname()[1] for name, server in servers.items()}), flush=True)
    await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
