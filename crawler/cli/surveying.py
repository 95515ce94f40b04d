"""What there is to know of a site before it is watched: asks politely, a request at a time, and stores nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.config import SourceConfig
from crawler.endpoints.asking import Run, read, with_query
from crawler.endpoints.collection import JSON, total_of
from crawler.endpoints.discovery import discover
from crawler.endpoints.feed import ACCEPT
from crawler.errors import FetchError, PollError
from crawler.fetch import robots
from crawler.model import Discovered, Fetch, Page, Request
from crawler.tasks import ParseFeed, ParseTypes

#: Collections of every WordPress that hold its machinery and nothing that is published.
_MACHINERY = frozenset(
    {
        "blocks",
        "font-families",
        "global-styles",
        "media",
        "menu-items",
        "navigation",
        "template-parts",
        "templates",
    }
)
#: What a config takes as one of `types`.
_NAME = re.compile(r"[A-Za-z0-9_-]+")
#: Each costs a request, and who has more of them knows which are meant.
_MOST_TYPES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """What was found at one URL. What could not be learnt is None, and `trouble` says why."""

    source: SourceConfig
    found: Discovered
    #: how many posts there are, by collection; empty where REST is not open
    totals: Mapping[str, int | None] = field(default_factory=dict)
    #: of the feed, as it stands
    feed: Page | None = None
    #: whether robots.txt lets a whole archive be read
    allowed: bool | None = None
    #: why the REST API of what may be a WordPress site is not used
    closed: str | None = None
    trouble: tuple[str, ...] = ()


async def survey(fetch: Fetch, run: Run, source: SourceConfig, *, user_agent: str) -> Survey:
    """Find out what can be watched. Raises PollError or DiscoveryError where nothing can be, at present or at all."""
    found = await discover(fetch, run, source.url, kind=source.kind, types=source.types)
    trouble: list[str] = []
    collection = next((each.url for each in found.endpoints if each.kind == "rest"), None)
    address = next((each.url for each in found.endpoints if each.kind == "feed"), None)
    feed = await _feed(fetch, run, address, trouble) if address is not None else None
    if collection is None:
        closed = await _closed(fetch, found.home or source.url) if address != source.url else None
        return Survey(source=source, found=found, feed=feed, closed=closed, trouble=tuple(trouble))
    root = collection.removesuffix(next(each.type for each in found.endpoints if each.url == collection))
    return Survey(
        source=source,
        found=found,
        feed=feed,
        totals=await _totals(fetch, run, root, source.types, trouble),
        allowed=await _allowed(fetch, collection, user_agent, trouble),
        trouble=tuple(trouble),
    )


async def _totals(
    fetch: Fetch, run: Run, root: str, types: tuple[str, ...], trouble: list[str]
) -> dict[str, int | None]:
    """How many posts each collection has: those to be watched first, then what else is published there."""
    others: list[str] = []
    try:
        answer = await read(fetch, Request(url=root + "types", accept=JSON))
        offered = await run(ParseTypes(body=answer.body))
        others = sorted(filter(_NAME.fullmatch, set(offered) - _MACHINERY - set(types)))[:_MOST_TYPES]
    except PollError as error:
        trouble.append(f"which other collections there are cannot be read: {error}")
    totals: dict[str, int | None] = {}
    for name in (*types, *others):
        try:
            answer = await read(fetch, Request(url=with_query(root + name, per_page=1, _fields="id"), accept=JSON))
            totals[name] = total_of(answer)
        except PollError as error:
            if name in types:
                trouble.append(f"the number of {name} cannot be read: {error}")
                totals[name] = None
    return totals


async def _feed(fetch: Fetch, run: Run, url: str, trouble: list[str]) -> Page | None:
    try:
        answer = await read(fetch, Request(url=url, accept=ACCEPT))
        content_type = answer.headers.get("content-type")
        return await run(ParseFeed(body=answer.body, url=answer.url, content_type=content_type))
    except PollError as error:
        trouble.append(f"the feed {url}: {error}")
        return None


async def _allowed(fetch: Fetch, url: str, user_agent: str, trouble: list[str]) -> bool | None:
    try:
        return await robots.allowed(fetch, url, user_agent)
    except PollError as error:
        trouble.append(f"robots.txt cannot be read: {error}")
        return None


async def _closed(fetch: Fetch, home: str) -> str | None:
    """Whether a WordPress keeps its REST API for people who are logged in; None where nothing says so."""
    try:
        await read(fetch, Request(url=f"{home.rstrip('/')}/wp-json/", accept=JSON))
    except FetchError as error:
        return str(error) if error.status in (401, 403) else None
    except PollError:
        return None
    return None
