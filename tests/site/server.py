"""A site on a real loopback port, in a thread: for tests of the real command and of real connections."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.site.answer import Answer, Fault
from tests.site.site import Site


@contextmanager
def serve(site: Site, *, port: int = 0) -> Iterator[str]:
    """Serve the site on 127.0.0.1; yield its base URL, which becomes `site.url`. Port 0 is any free one."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.site = site
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site.url
    finally:
        server.stop()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for them
    request_queue_size = 128
    site: Site

    def __init__(self, *args: Any) -> None:
        self.closing = Event()
        self._connections: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is what many tests are about."""

    def stop(self) -> None:
        """Stop listening, break off what is under way and wait for the threads."""
        self.shutdown()
        self.closing.set()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body leave together
    server: _Server

    def handle_one_request(self) -> None:
        with suppress(ConnectionError):
            super().handle_one_request()
            return
        self.close_connection = True

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer, fault = self.server.site.handle(self.command, self.path, dict(self.headers.items()))
        if fault and fault.hang and self.server.closing.wait(fault.hang):
            self.close_connection = True
            return
        self._send_head(answer)
        self._send_body(answer.body, fault or Fault())

    do_HEAD = do_POST = do_OPTIONS = do_GET

    def _send_head(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()

    def _send_body(self, body: bytes, fault: Fault) -> None:
        if fault.cut is not None:
            body = body[: fault.cut]
            self.close_connection = True
        if not fault.drip:
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.closing.wait(fault.drip):
                return

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: `site.requests` has the record."""
