"""What is asked of a site and what came back; the `Fetch` seam between the endpoints and the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


class Validators(NamedTuple):
    """What a server gave to ask "has it changed?" with. An ETag is kept without its `W/`."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One GET."""

    url: str
    accept: str = "*/*"
    #: sent as If-None-Match and If-Modified-Since
    validators: Validators = Validators()
    #: False: a redirect is an answer like others that are not 200, a FetchError with its status
    follow: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A whole answer with status 200."""

    #: where it came from in the end, after redirects
    url: str
    #: names in lower case; repeated ones joined with ", "
    headers: Mapping[str, str]
    #: decoded
    body: bytes
    #: the server's Date; never used as our own time
    date: datetime | None
    #: where a chain of only permanent redirects led
    moved_to: str | None = None
    #: seconds for which it says that it will still hold; None: it does not
    fresh_for: int | None = None
    #: requests sent, redirects included
    requests: int = 1
    #: bytes of body as they came over the wire
    wire_bytes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class NotModified:
    """304: what was read last still holds."""

    url: str
    date: datetime | None
    #: where a chain of only permanent redirects led
    moved_to: str | None = None
    #: as in Fetched
    fresh_for: int | None = None
    requests: int = 1


class Fetch(Protocol):
    """One polite, bounded, guarded GET on behalf of one Source.

    Waits for its turn in the host's line. Raises FetchError (and nothing else) for every answer that is neither
    200 nor 304, for one that is not whole, and when the deadline passes. Sends the Source's secrets to the
    configured origin only.
    """

    async def __call__(self, request: Request, /) -> Fetched | NotModified: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a place said to what was sent there, whatever its status."""

    status: int
    #: decoded from UTF-8 as far as that goes, at most 4 kB of it; nothing where it was compressed
    body: str = ""
    #: seconds from now; None: it named none, or it was not one of 429 and 503
    retry_after: float | None = None
    #: host that a redirect leads to; it is not followed
    leads_to: str | None = None


class Send(Protocol):
    """One guarded POST to the one place that it is made for, with that place's secrets.

    Raises FetchError (and nothing else) when no answer came in time, or none may be asked for. No message has more
    of the address than its host: the path of a hook is often its key.
    """

    async def __call__(self, body: bytes, headers: Mapping[str, str], /) -> Answer: ...

    async def reached(self) -> Answer:
        """The answer to a HEAD, which tells nothing and has no secrets: whether anybody is there."""
