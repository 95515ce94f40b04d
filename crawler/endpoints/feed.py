"""A feed: one conditional GET. For a WordPress site it is also the beacon that tells that anything was edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from crawler.endpoints.asking import Run, read, with_query
from crawler.errors import FetchError
from crawler.model import Endpoint, Fetch, Fetched, IgnoreRule, NotModified, Page, Request
from crawler.tasks import ParseFeed

ACCEPT = "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"  # noqa: E501


@dataclass(frozen=True, kw_only=True, slots=True)
class Same:
    """A whole answer with the very body that was read last."""

    answer: Fetched


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """A whole answer with another body."""

    answer: Fetched
    page: Page
    body_hash: str


async def look(
    fetch: Fetch,
    run: Run,
    endpoint: Endpoint,
    *,
    rules: tuple[IgnoreRule, ...] = (),
    known: Callable[[], frozenset[str]] = frozenset,
) -> NotModified | Same | Changed:
    """Ask whether the feed changed and read it if so. Stops at the first thing that is equal: 304, then the body.

    `known` is asked only when there is something to parse: what the store was last shown.
    """
    answer = await fetch(Request(url=endpoint.url, accept=ACCEPT, validators=endpoint.validators))
    if isinstance(answer, NotModified):
        return answer
    body_hash = sha256(answer.body).hexdigest()[:32]
    if body_hash == endpoint.body_hash:
        return Same(answer=answer)
    content_type = answer.headers.get("content-type")
    task = ParseFeed(body=answer.body, url=answer.url, content_type=content_type, rules=rules, known=known())
    return Changed(answer=answer, page=await run(task), body_hash=body_hash)


def has_pages(endpoint: Endpoint) -> bool:
    """Whether its address is one by which WordPress shows a feed, which has all of its posts on further pages."""
    parts = urlsplit(endpoint.url)
    return "feed" in parts.path.split("/") or parts.query.startswith("feed=") or "&feed=" in parts.query


async def page(
    fetch: Fetch, run: Run, endpoint: Endpoint, number: int, *, rules: tuple[IgnoreRule, ...] = ()
) -> Page | None:
    """Read a further page; None behind the last one, where WordPress says 404 (measured)."""
    try:
        answer = await read(fetch, Request(url=with_query(endpoint.url, paged=number), accept=ACCEPT))
    except FetchError as error:
        if error.status in (404, 410):
            return None
        raise
    content_type = answer.headers.get("content-type")
    return await run(ParseFeed(body=answer.body, url=answer.url, content_type=content_type, rules=rules))
