"""When an endpoint is polled next: every `every`, later after failures, never before what the site asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

#: A failing endpoint is asked ever more rarely, but at least once a day.
LONGEST = timedelta(hours=24)
#: A truncated body is usually transient.
SOON = timedelta(minutes=2)


def next_poll(
    *, now: datetime, every: timedelta, name: str, failures: int = 0, transient: bool = False, wait: float | None = None
) -> datetime:
    """The next due time: `every` ± 10 %, doubled with each failure in a row up to 24 h.

    The jitter is a hash of `name` and the hour, so that sources drift apart and a test can foresee it.
    `transient`: the first failure was a cut answer; look again in two minutes. `wait`: seconds that the site asked for.
    """
    step = every if failures == 0 else min(every * 2 ** min(failures, 20), max(LONGEST, every))
    if transient and failures == 1:
        step = min(SOON, every)
    step *= 1 + _jitter(f"{name} {now:%Y%m%d%H}")
    if wait is not None:
        step = max(step, min(timedelta(seconds=wait), LONGEST))
    return now + step


def shard(host: str) -> int:
    """`blake2b(host) % 4096`, stable over processes and versions."""
    return int.from_bytes(blake2b(host.encode(), digest_size=8).digest(), "big") % 4096


def _jitter(seed: str) -> float:
    """Between -0.1 and 0.1."""
    number = int.from_bytes(blake2b(seed.encode(), digest_size=4).digest(), "big")
    return (number / 0xFFFFFFFF - 0.5) / 5


#: The waits after each failed delivery, about three days in all (Standard Webhooks).
ATTEMPTS = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))


def next_attempt(now: datetime, attempts: int, *, wait: float | None = None) -> datetime | None:
    """When an Alert that has failed `attempts` + 1 times is tried again; None when it is given up.

    `wait`: seconds that the receiver asked for.
    """
    if attempts >= len(ATTEMPTS):
        return None
    step = ATTEMPTS[attempts] * (1 + _jitter(f"{attempts} {now:%Y%m%d%H%M}"))
    return now + (max(step, timedelta(seconds=wait)) if wait is not None else step)
