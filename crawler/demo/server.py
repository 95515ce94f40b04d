"""A site on a real loopback port, in a thread."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from crawler.demo.answer import Answer
from crawler.demo.site import Site


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the site."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # header and body leave together
    server: SiteServer

    def handle_one_request(self) -> None:
        with suppress(ConnectionError):
            super().handle_one_request()
            return
        self.close_connection = True

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(self.command, self.path, dict(self.headers.items()))

    do_HEAD = do_POST = do_OPTIONS = do_GET

    def answer(self, method: str, path: str, headers: dict[str, str]) -> None:
        """Answer one request."""
        answer = self.server.site.respond(method, path, headers)
        self.send_head(answer)
        self.wfile.write(answer.body)

    def send_head(self, answer: Answer) -> None:
        """Write the status line and the headers."""
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: standard error is for the one who watches."""


class SiteServer(ThreadingHTTPServer):
    """Serves a site until it is stopped."""

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
        """Say nothing: a client may go away."""

    def stop(self) -> None:
        """Stop listening, break off what is under way and wait for the threads."""
        self.shutdown()
        self.closing.set()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


@contextmanager
def serve(site: Site, *, port: int = 0, handler: type[Handler] = Handler) -> Iterator[str]:
    """Serve the site on 127.0.0.1; yield its base URL, which becomes `site.url`. Port 0 is any free one."""
    server = SiteServer(("127.0.0.1", port), handler)
    server.site = site
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site.url
    finally:
        server.stop()
        thread.join()
