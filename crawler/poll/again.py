"""Posts that a collection showed in the state just left: they are read again, although nothing says that they moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from crawler.decide import Look
from crawler.decide.returns import wished_since
from crawler.endpoints.content import posts
from crawler.poll.visit import Visit


def is_awaited(visit: Visit) -> bool:
    """Whether there are such posts of the endpoint, which the next poll is to read."""
    return bool(_held(visit))


async def read(visit: Visit, look: Look, *, besides: Collection[int], state: Mapping[str, object]) -> int:
    """Read them, `besides` those that have just been read; returns the number of Changes. Raises PollError.

    One that is shown no more is not this look's trouble: a sweep finds out what became of it.
    """
    ids = [number for number in _held(visit) if number is not None and number not in besides]
    if not ids:
        return 0
    visit.asking()
    page = await posts(visit.fetch, visit.desk.run, visit.endpoint, ids, rules=visit.config.ignore)
    judged = await visit.judge(look, replace(page, unreadable=()))
    await visit.commit(judged, state=state)
    return judged.changes


def _held(visit: Visit) -> list[int | None]:
    return visit.desk.store.held_ids(visit.endpoint.id, wished_since(visit.desk.clock(), visit.config.every))
