"""A proxy between the crawler and a site: it answers by the test's clock, and spoils what it is told to spoil."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import threading
from collections.abc import Callable
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

from tests.oracle.editor import Clock

#: Names of faults, and what each makes of an answer: (status, headers, body, is it cut off?).
_HTML = b"<html><body><h1>Be right back</h1></body></html>"


class Answer:
    """An answer on its way."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body, self.is_cut = status, headers, body, False


def _page(status: int, **headers: str) -> Callable[[Answer], None]:
    def spoil(answer: Answer) -> None:
        answer.status, answer.body = status, _HTML
        answer.headers = {"Content-Type": "text/html", **{name.replace("_", "-"): v for name, v in headers.items()}}

    return spoil


def _cut(answer: Answer) -> None:
    answer.is_cut = True


def _truncated(answer: Answer) -> None:
    answer.body = answer.body[: len(answer.body) // 2]


def _empty(answer: Answer) -> None:
    if answer.status == 200 and answer.body.startswith(b"["):
        answer.body = b"[]"
    elif answer.status == 200:
        answer.body = re.sub(rb"<item>.*</item>", b"", answer.body, flags=re.DOTALL)


def _half(answer: Answer) -> None:
    """Half of the window: a list without its second half, as from a cache that was filled half way."""
    if answer.status == 200 and answer.body.startswith(b"["):
        posts = json.loads(answer.body)
        answer.body = json.dumps(posts[: (len(posts) + 1) // 2]).encode()
    elif answer.status == 200:
        items = re.findall(rb"<item>.*?</item>", answer.body, flags=re.DOTALL)
        for item in items[len(items) // 2 :]:
            answer.body = answer.body.replace(item, b"")


def _thin(answer: Answer) -> None:
    """A list without every second of its posts, although it says how many there are."""
    if answer.status == 200 and answer.body.startswith(b"["):
        answer.body = json.dumps(json.loads(answer.body)[::2]).encode()


def _none(answer: Answer) -> None:
    """A list of nothing that says that there is nothing."""
    if answer.status == 200 and answer.body.startswith(b"["):
        answer.body = b"[]"
        answer.headers = {name: "0" if name.startswith("X-WP-") else value for name, value in answer.headers.items()}


def _says(status: int, code: str) -> Callable[[Answer], None]:
    """An error of the REST API's own."""

    def spoil(answer: Answer) -> None:
        answer.status, answer.headers = status, {"Content-Type": "application/json; charset=UTF-8"}
        answer.body = json.dumps({"code": code, "message": "No.", "data": {"status": status}}).encode()

    return spoil


def _notice(answer: Answer) -> None:
    answer.body = b"<br />\n<b>Notice</b>:  Undefined index: x in <b>/srv/x.php</b><br />\n" + answer.body


FAULTS: dict[str, Callable[[Answer], None]] = {
    "cut": _cut,
    "500": _page(500),
    "503": _page(503, Retry_After="600"),
    "429": _page(429, Retry_After="120"),
    "403": _page(403),
    "404": _page(404),
    "truncated": _truncated,
    "html": _page(200),
    "empty": _empty,
    "half": _half,
    "notice": _notice,
    "thin": _thin,
    "none": _none,
    "closed": _says(401, "rest_login_required"),
    "no route": _says(404, "rest_no_route"),
    "forbidden": _says(401, "rest_forbidden"),
    "no such post": _says(404, "rest_post_invalid_id"),
}


class Proxy:
    """A forward proxy for plain http on loopback; `fault(url)` names what goes wrong with an answer, if anything."""

    def __init__(self, clock: Clock) -> None:
        self.fault: Callable[[str], str | None] = unspoilt
        #: what was asked for, and by which fault the answer was another one
        self.asked: list[tuple[str, str | None]] = []
        proxy = self

        class Handler(_Handler):
            pass

        Handler.proxy, Handler.clock = proxy, clock
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def unspoilt(url: str) -> str | None:
    """Nothing goes wrong."""
    return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: ClassVar[Proxy]
    clock: ClassVar[Clock]

    def do_GET(self) -> None:
        fault = self.proxy.fault(self.path)
        answer = self._site()
        if fault is not None:
            if answer.headers.pop("Content-Encoding", "") == "gzip":
                answer.body = gzip.decompress(answer.body)
            before = answer.status, answer.body
            FAULTS[fault](answer)
            has_hit = (answer.status, answer.body) != before or (answer.is_cut and answer.body)
            fault = fault if has_hit else None
        self.proxy.asked.append((self.path, fault))
        self._send(answer)

    def _site(self) -> Answer:
        parts = urlsplit(self.path)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        try:
            own = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
            connection.request("GET", self.path.removeprefix(f"http://{parts.netloc}"), headers=own)
            answer = connection.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in _OUR_OWN}
            return Answer(answer.status, headers, answer.read())
        finally:
            connection.close()

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(self.clock(), usegmt=True))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.is_cut:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
        elif answer.status != 304:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


_OUR_OWN = {"date", "content-length", "transfer-encoding", "connection"}
