"""Posts of a REST collection by their ids, whole; a post that breaks its page does not take the others with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.endpoints.asking import LESS_MAY_HELP, Run, read_less
from crawler.endpoints.collection import BATCH, content_request
from crawler.errors import PollError
from crawler.model import Endpoint, Fetch, IgnoreRule, Page, Request
from crawler.tasks import ParsePosts

#: Posts in a request after one that could not be had alone: its neighbours are probably fine.
FEW = 10
#: So many in a row that cannot be had, each asked for alone: it is the server's trouble and not theirs.
IN_A_ROW = 3


@dataclass(slots=True)
class _Reading:
    """One batch under way."""

    rest: list[int]
    size: int = BATCH
    pages: list[Page] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    failed_in_a_row: int = 0


async def posts(
    fetch: Fetch,
    run: Run,
    endpoint: Endpoint,
    ids: Sequence[int],
    *,
    rules: tuple[IgnoreRule, ...] = (),
    known: frozenset[str] = frozenset(),
) -> Page:
    """Read these posts (at most BATCH). One that cannot be had, or is not shown, is named as unreadable.

    Raises PollError when it is the server that is in trouble.
    """
    reading = _Reading(rest=list(ids))
    while reading.rest:
        try:
            await _some(fetch, run, endpoint, reading, rules, known)
        except PollError as error:
            reading.failed_in_a_row += 1
            if error.reason not in LESS_MAY_HELP or reading.failed_in_a_row >= IN_A_ROW:
                raise
            reading.unreadable.append(f"post {reading.rest.pop(0)}: {error}")
            reading.size = FEW
    return Page(
        sightings=tuple(sighting for page in reading.pages for sighting in page.sightings),
        unreadable=(*reading.unreadable, *(line for page in reading.pages for line in page.unreadable)),
        notes=tuple({note: None for page in reading.pages for note in page.notes}),
    )


async def _some(
    fetch: Fetch,
    run: Run,
    endpoint: Endpoint,
    reading: _Reading,
    rules: tuple[IgnoreRule, ...],
    known: frozenset[str],
) -> None:
    """Read the next posts and take off those that came; a server may give fewer at a time than were asked for."""
    waiting = reading.rest

    def request(count: int) -> Request:
        return content_request(endpoint.url, include=",".join(map(str, waiting[:count])), per_page=BATCH)

    answer, reading.size = await read_less(fetch, request, min(reading.size, len(waiting)))
    page = await run(ParsePosts(body=answer.body, rules=rules, known=known))
    reading.failed_in_a_row = 0
    reading.pages.append(page)
    named = " ".join(page.unreadable)
    came = {sighting.wp_id for sighting in page.sightings} | {post for post in waiting if f"post {post}:" in named}
    asked = waiting[: reading.size]
    if came.isdisjoint(asked):
        reading.unreadable += [f"post {post}: listed, but not shown" for post in asked]
        came.update(asked)
    reading.rest = [post for post in waiting if post not in came]
