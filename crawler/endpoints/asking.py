"""Shared by the endpoints: the seam to the child processes, query strings, and asking again for less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from crawler.errors import PollError
from crawler.model import Fetch, Fetched, NotModified, Request
from crawler.tasks import Result, Task

#: Page sizes in turn: a page that fails by time, size or 5xx may hold one bad post, which must not stop the rest.
SIZES = (100, 50, 20, 10, 1)
LESS_MAY_HELP = frozenset({"timeout", "http_5xx", "too_large", "truncated"})


class Run(Protocol):
    """Parses in a child process, under limits. Raises ParseError (and nothing else) for what cannot be read."""

    async def __call__(self, task: Task[Result], /) -> Result: ...


def with_query(url: str, **parameters: str | int) -> str:
    """The URL with these parameters added; values are ours and need no escaping."""
    joint = "&" if "?" in url else "?"
    return url + joint + "&".join(f"{name}={value}" for name, value in parameters.items())


async def read(fetch: Fetch, request: Request) -> Fetched:
    """Fetch without validators: an answer is a whole one or an error."""
    answer = await fetch(request)
    if isinstance(answer, NotModified):
        raise PollError("protocol", "304 although nothing was asked conditionally", url=request.url)
    return answer


async def read_less(fetch: Fetch, request_of: Callable[[int], Request], size: int) -> tuple[Fetched, int]:
    """Fetch a page of `size` posts, or of fewer where that many fail. Returns the answer and the size that worked."""
    sizes = [size, *(smaller for smaller in SIZES if smaller < size)]
    for this, following in zip(sizes, [*sizes[1:], None], strict=True):
        try:
            return await read(fetch, request_of(this)), this
        except PollError as error:
            if following is None or error.reason not in LESS_MAY_HELP:
                raise
    raise AssertionError("unreachable: the last size returns or raises")
