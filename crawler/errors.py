"""Everything that can go wrong here, as one tree. No other module defines an exception.

CrawlerError
├── ConfigError            the configuration cannot be used; carries every problem at once
├── StoreError             the SQLite file
│   ├── StoreLocked        another process writes to it
│   ├── StoreRefused       not ours, damaged, or of a newer version
│   ├── StoreConflict      a Plan was decided on a state that has since moved
│   ├── TooManyRemoved     a reload would give up more than half of the Sources
│   └── StoreUnavailable   disk full or unreadable; nothing was written
├── PollError              one poll failed; carries `reason`, a word of `polls.reason`
│   ├── FetchError         no usable answer came
│   └── ParseError         an answer came, but it is not (whole) data
├── DiscoveryError         a page that is neither a WordPress site nor a feed
├── SinkError              an Alert could not be delivered
├── ErrandError            the daemon did not do what a command asked it for
└── NotFound               what the user named does not exist
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "dns",
    "connect",
    "tls",
    "timeout",
    "http_4xx",
    "http_5xx",
    "rate_limited",
    "truncated",
    "not_data",
    "too_large",
    "robots",
    "refused",
    "protocol",
]


class CrawlerError(Exception):
    """Base of all errors whose text is meant for people."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration: `config.yaml:12: sources[0].evry: unknown key, did you mean every?`."""

    file: str
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(CrawlerError):
    """The configuration cannot be used. `problems` has every mistake, in file and line order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class StoreError(CrawlerError):
    """The store cannot do what was asked."""


class StoreLocked(StoreError):
    """Another process is the writing one. `pid` is None when it could not be read."""

    def __init__(self, path: str, pid: int | None) -> None:
        self.path, self.pid = path, pid
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"{path} is in use: {who} is writing to it; wait for it or stop it first")


class StoreRefused(StoreError):
    """The file is damaged, empty, not a crawler store or of a newer version. It was not touched."""


class StoreConflict(StoreError):
    """A Plan did not fit the store any more. Nothing of it was written; look again."""


class TooManyRemoved(StoreError):
    """A reload would give up more than half of the Sources: more likely a mistake in the config than a wish."""


class StoreUnavailable(StoreError):
    """Disk full or an I/O error. SQLite rolled back; nothing was written."""


class PollError(CrawlerError):
    """One poll failed and changes nothing. `reason` is a word of the `polls.reason` column."""

    def __init__(self, reason: Reason, message: str, *, url: str = "") -> None:
        self.reason: Reason = reason
        self.url = url
        super().__init__(message)


class FetchError(PollError):
    """No usable answer.

    `status` and `body` (at most 64 KiB, decoded) are those of an answer that did come, such as a 404 with JSON;
    `retry_after` is in seconds from now, None when the server named none;
    `requests` counts the hops that were really sent.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        url: str = "",
        status: int | None = None,
        body: bytes = b"",
        retry_after: float | None = None,
        requests: int = 0,
    ) -> None:
        super().__init__(reason, message, url=url)
        self.status, self.body, self.retry_after, self.requests = status, body, retry_after, requests


class ParseError(PollError):
    """The answer is not data, or not whole data. `reason` is `not_data`, `truncated` or `too_large`."""


class DiscoveryError(CrawlerError):
    """Nothing to watch at `url`, or not what was asked for; `tried` has a line for each attempt and its outcome."""

    def __init__(
        self, url: str, tried: Sequence[str], *, verdict: str = "is neither a WordPress site nor a feed. Tried:"
    ) -> None:
        self.url, self.tried = url, tuple(tried)
        steps = "".join(f"\n  {line}" for line in self.tried)
        super().__init__(f"{url} {verdict}{steps}")


class SinkError(CrawlerError):
    """An Alert was not delivered. `permanent`: trying again would not help."""

    def __init__(self, message: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent, self.retry_after = permanent, retry_after


class ErrandError(CrawlerError):
    """The daemon did not do what a command asked it for, or not all of it."""


class NotFound(CrawlerError):
    """What the user named (a Source, a POST, a Change) is not in the store."""
