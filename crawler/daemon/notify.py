"""What the service manager is told, in the words of sd_notify(3): one datagram a message, on the socket it named."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress

#: Of a STATUS line; longer ones are for the log.
LONGEST = 300


class Notifier:
    """Tells systemd how the daemon is. Without a socket nobody asked, and every message goes nowhere.

    No message blocks or raises: whether anybody listens is no reason for the watch to stop.
    """

    def __init__(self, address: str | None = None, watchdog_seconds: float | None = None) -> None:
        #: `alive` has to be told at least this often, half of it is advised; None: nobody waits for it
        self.watchdog_seconds = watchdog_seconds
        # A leading @ stands for the zero byte of an abstract socket.
        self._address = "\0" + address[1:] if address and address.startswith("@") else address

    @classmethod
    def from_environment(cls, env: MutableMapping[str, str]) -> Notifier:
        """Of what the service manager wrote into the environment.

        It is taken out of it: a child that found it could speak in the daemon's name.
        """
        address = env.pop("NOTIFY_SOCKET", None)
        usec, pid = env.pop("WATCHDOG_USEC", ""), env.pop("WATCHDOG_PID", None)
        is_meant = usec.isdecimal() and int(usec) > 0 and pid in (None, str(os.getpid()))
        return cls(address, int(usec) / 1e6 if is_meant else None)

    def ready(self, status: str) -> None:
        """The store is open and the config valid; also told when a reload is over."""
        self._send("READY=1", f"STATUS={_line(status)}")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={_line(text)}")

    def reloading(self) -> None:
        """A reload begins; `ready` ends it, whatever came of it."""
        # systemd 253 and newer want the time, to tell this READY from an earlier one; older ones ignore it.
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, text: str) -> None:
        """The end has begun."""
        self._send("STOPPING=1", f"STATUS={_line(text)}")

    def alive(self) -> None:
        """The watchdog may wait anew. To be told only while clock, store and delivery advance."""
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
            # It fails where nobody listens, and where the queue of who does is full.
            sending.setblocking(False)
            sending.sendto("\n".join(lines).encode(errors="replace"), self._address)


def _line(text: str) -> str:
    """On one line: a line break would begin another message, and the text may quote what a site said."""
    line = " ".join(text.split())
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)[:LONGEST]
