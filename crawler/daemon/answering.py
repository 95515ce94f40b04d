"""An HTTP server for a handful of short answers, that slow and hostile clients cost nothing.

GET and HEAD, one request a connection, no information beyond the answer. A connection has a limit from its first byte
to its last, and when too many are open the oldest makes room: whoever drips or hangs keeps nobody else out.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog

from crawler.config.scalars import Listen

log = structlog.get_logger()

#: A scrape of a large store takes a second or two, and Prometheus itself waits 10 s.
CONNECTION_SECONDS = 15.0
#: Connections at once, each with a thread: two Prometheus, two probes, people, and room.
CONNECTIONS = 16
TEXT = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    body: bytes
    type: str = TEXT


#: By path.
Answers = Mapping[str, Callable[[], Answer]]


class Server(ThreadingMixIn, TCPServer):
    """Listens from the start; `serve_forever` answers. Raises OSError when it cannot listen there."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # waiting to be accepted: they cost nothing yet

    def __init__(self, listen: Listen, answers: Answers) -> None:
        self.answers = answers
        #: when each connection has to be over, oldest first
        self._deadlines: dict[socket.socket, float] = {}
        family, _, _, _, address = socket.getaddrinfo(*listen, type=socket.SOCK_STREAM)[0]
        self.address_family = family
        super().__init__(address[:2], _Handler)  # type: ignore[arg-type]  # of the internet, so host and port

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if len(self._deadlines) >= CONNECTIONS:
            # A copy: the thread of one that ends meanwhile takes it out.
            for oldest in list(self._deadlines)[:1]:
                self._hang_up(oldest)
        self._deadlines[connection] = time.monotonic() + CONNECTION_SECONDS
        return connection, address

    def service_actions(self) -> None:
        now = time.monotonic()
        for connection, deadline in list(self._deadlines.items()):
            if deadline < now:
                self._hang_up(connection)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._deadlines.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, or whose time was up: nobody's trouble but its own."""
        log.debug("http", status="cut off")

    def _hang_up(self, connection: socket.socket) -> None:
        """Wake the thread that reads from it or writes to it; it then closes it."""
        self._deadlines.pop(connection, None)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = CONNECTION_SECONDS

    def do_GET(self) -> None:
        self._send(self._answer())

    do_HEAD = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A word instead of a page, and nothing of what was asked: it may be hostile."""
        if code == HTTPStatus.NOT_IMPLEMENTED:  # so http.server takes a method it has no do_ for
            code = HTTPStatus.METHOD_NOT_ALLOWED
        self._send(Answer(code, HTTPStatus(code).phrase.lower().encode()))

    def version_string(self) -> str:
        return "crawler"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: probes come every few seconds."""

    def _answer(self) -> Answer:
        try:
            answer = self.server.answers[urlsplit(self.path).path]
        except (KeyError, ValueError):
            return Answer(HTTPStatus.NOT_FOUND, b"not found")
        try:
            return answer()
        except Exception:
            # A mistake of ours costs this answer, not the thread's voice.
            log.exception("http", status="failed")
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"failed")

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
