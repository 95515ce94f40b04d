"""Small words of the configuration, read and written back: durations, sizes, times of day, listen addresses.

Each reader raises ValueError with a sentence for people; none of them quotes what it was given.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from ipaddress import ip_address
from typing import NamedTuple

#: largest first, as they must be written
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
DURATION_PATTERN = r"^(?=\d)(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,9}s)?$"
_DURATION = re.compile(DURATION_PATTERN.removesuffix("$"), re.ASCII)

_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
SIZE_PATTERN = r"^\d{1,12}(B|KiB|MiB|GiB)$"
_SIZE = re.compile(r"(\d{1,12})(B|KiB|MiB|GiB)", re.ASCII)

QUIET_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"
_QUIET = re.compile(QUIET_PATTERN.removesuffix("$"), re.ASCII)


class Quiet(NamedTuple):
    """From when to when, on the clock of `timezone`; `start` after `end` spans midnight."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


class Listen(NamedTuple):
    """Where a server of ours listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `1h30m`, `7d`."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("is not a duration; write one such as 90s, 15m, 1h30m or 7d")
    seconds = sum(int(part[:-1]) * unit for part, (_, unit) in zip(found.groups(), _UNITS, strict=True) if part)
    return timedelta(seconds=seconds)


def write_duration(value: timedelta) -> str:
    """The short form: `duration(write_duration(d)) == d` for whole seconds from zero up."""
    seconds = int(value.total_seconds())
    # 24h and 36h read better than 1d and 1d12h, and that is how people write them
    units = _UNITS[1:] if 86400 <= seconds < 2 * 86400 else _UNITS
    parts = []
    for letter, unit in units:
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count}{letter}")
    return "".join(parts) or "0s"


def size(text: str) -> int:
    """`20MiB` in bytes."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError("is not a size; write one such as 500KiB, 20MiB or 1GiB")
    return int(found[1]) * _SIZES[found[2]]


def write_size(value: int) -> str:
    """The largest unit that leaves a whole number."""
    unit = max((unit for unit, factor in _SIZES.items() if value % factor == 0), key=_SIZES.__getitem__)
    return f"{value // _SIZES[unit]}{unit}"


def quiet(text: str) -> Quiet:
    """`22:00-07:00`."""
    if _QUIET.fullmatch(text) is None:
        raise ValueError("is not a span of the day; write '22:00-07:00', in quotes")
    start, end = (time.fromisoformat(part) for part in text.split("-"))
    if start == end:
        raise ValueError("begins when it ends; write a span such as '22:00-07:00'")
    return Quiet(start, end)


def listen(text: str) -> Listen:
    """`127.0.0.1:9464`, `[::1]:9464`, `localhost:9464`."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if bracketed:
        host = host[1:-1]
    if not colon or not host or (":" in host) != bracketed or not re.fullmatch(r"[0-9A-Za-z.:_-]+", host):
        raise ValueError("is not an address to listen on; write '127.0.0.1:9464' (or '[::1]:9464'), in quotes")
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError("has no usable port; write one from 1 to 65535 after the last colon")
    return Listen(host, int(port))
