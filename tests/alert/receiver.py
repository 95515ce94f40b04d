"""A receiver of webhooks in a process of its own: does what its script says, one step a request, the last for ever.

`with receiving("500", "200") as receiver` starts it; `receiver.seen()` is what it has read, in order.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

ROOT = Path(__file__).parents[2]


@dataclass
class Receiver:
    url: str
    log: Path

    def seen(self) -> list[dict]:
        """method, path, headers, body of each request."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def receiving(log: Path, *script: str) -> Iterator[Receiver]:
    argv = [sys.executable, "-m", "tests.alert.receiver", str(log), *script]
    log.touch()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT) as process:
        try:
            yield Receiver(f"http://127.0.0.1:{int(process.stdout.readline())}", log)
        finally:
            process.kill()


def head(status: str, **headers: object) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode()


def whole(status: str, body: bytes = b"", **headers: object) -> bytes:
    return head(status, Content_Length=len(body), **headers) + body


async def act(step: str, request: dict, writer: asyncio.StreamWriter) -> None:
    """`200`, `429 RETRY-AFTER`, `302 LOCATION`, `verify SECRET`, `echo STATUS`, `drop`, `hang`, `drip`, `endless`."""
    what, _, more = step.partition(" ")
    if what == "drop":
        writer.close()
    elif what == "hang":
        await asyncio.Event().wait()
    elif what in ("drip", "drip_body"):
        writer.write(head("200") if what == "drip_body" else b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)
    elif what == "endless":
        writer.write(head("200"))
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
    elif what == "verify":
        try:
            Webhook(more).verify(request["body"], request["headers"])
        except WebhookVerificationError as error:
            writer.write(whole("401", str(error).encode()))
        else:
            writer.write(whole("200", b"verified"))
    elif what == "echo":
        writer.write(whole(more, json.dumps(request).encode()))
    elif what == "204" or request["method"] == "HEAD":
        writer.write(head(what, **({"Location": more} if more else {})))
    elif what.startswith("3"):
        writer.write(whole(what, Location=more))
    else:
        writer.write(whole(what, b"<h1>it\nsays\x1b[1m so</h1>", **({"Retry_After": more} if more else {})))


async def main(log: Path, script: list[str]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                named = (line.partition(":") for line in lines[1:])
                headers = {name.lower(): value.strip() for name, _, value in named}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                method, path, _ = lines[0].split(" ")
                request = {"method": method, "path": path, "headers": headers, "body": body.decode()}
                with log.open("a") as file:
                    file.write(json.dumps(request) + "\n")
                await act(script.pop(0) if len(script) > 1 else script[0], request, writer)
                await writer.drain()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
