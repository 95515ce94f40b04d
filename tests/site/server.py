"""The demo's server, with faults: for tests of the real command and of real connections."""

from __future__ import annotations

from contextlib import AbstractContextManager

from crawler import demo
from crawler.demo.server import Handler
from tests.site.asked import Fault
from tests.site.site import Site


def serve(site: Site, *, port: int = 0) -> AbstractContextManager[str]:
    """Serve the site on 127.0.0.1; yield its base URL, which becomes `site.url`. Port 0 is any free one."""
    return demo.serve(site, port=port, handler=_Spoiling)


class _Spoiling(Handler):
    """Hangs, cuts and drips as the site was told to."""

    def answer(self, method: str, path: str, headers: dict[str, str]) -> None:
        answer, fault = self.server.site.handle(method, path, headers)
        if fault and fault.hang and self.server.closing.wait(fault.hang):
            self.close_connection = True
            return
        self.send_head(answer)
        self._send_body(answer.body, fault or Fault())

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
