"""A WordPress REST collection: the light listings that tell what moved, the posts themselves, the walk by date.

The queries and their reasons were measured on WordPress 6.1.9 and 7.1: `orderby=modified` drops posts whose times
tie, `modified_after` is exclusive and compares site-local seconds unless the time ends in `Z`, a scheduled post goes
live with an old `modified`, `include=` gives 10 a page unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from crawler.decide import SETTLED
from crawler.endpoints.asking import LESS_MAY_HELP, Run, read, read_less, with_query
from crawler.errors import PollError
from crawler.model import Endpoint, Fetch, Fetched, IgnoreRule, LastSighting, Listed, Page, Request, Walk
from crawler.tasks import ParseListing, ParsePosts

#: Posts in a request: more ids than this in `include=` need a second page, whose Link header breaks nginx.
BATCH = 100
#: Asked again at every look: an hour for a clock that is set back in autumn, and as much again for caches.
OVERLAP = timedelta(hours=2)
#: Posts in a request after one that could not be read alone: its neighbours are probably fine.
FEW = 10
JSON = "application/json"

_KEPT = (
    "id,date,date_gmt,modified_gmt,guid,link,type,title,content,excerpt,author,featured_media,categories,tags,"
    "_links,_embedded"
)
_LIGHT = "id,date_gmt,modified_gmt"
_NAMES = "author,wp:term,wp:featuredmedia"


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What the light listings of one look showed."""

    edited: tuple[Listed, ...]
    newest: tuple[Listed, ...]
    unreadable: tuple[str, ...]
    #: the server's Date of the first request: the next watermark
    date: datetime | None
    #: X-WP-Total of the whole collection
    total: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One page of a walk, and where the walk stands after it; how many were new is for the store to say."""

    page: Page
    walk: Walk
    date: datetime | None


async def moved(fetch: Fetch, run: Run, endpoint: Endpoint, *, since: datetime) -> Moved:
    """List what was edited since the watermark, and the newest posts, which tell what just went live.

    Two requests, more when a listing fills its page. `since` is the watermark; the overlap is taken off here.
    """
    after = (since - OVERLAP).astimezone(UTC)
    edited: list[Listed] = []
    newest: list[Listed] = []
    unreadable: list[str] = []
    date = total = None
    for number in _pages():
        answer, page, bad = await _listing(
            fetch,
            run,
            with_query(
                endpoint.url,
                modified_after=f"{after:%Y-%m-%dT%H:%M:%SZ}",
                orderby="id",
                order="asc",
                per_page=BATCH,
                page=number,
                _fields=_LIGHT,
            ),
        )
        date = date or answer.date
        edited += page
        unreadable += bad
        if number * BATCH >= (_total(answer) or 0) or not page:
            break
    for number in _pages():
        answer, page, bad = await _listing(
            fetch,
            run,
            with_query(endpoint.url, orderby="date", order="desc", per_page=BATCH, page=number, _fields=_LIGHT),
        )
        newest += page
        unreadable += bad
        total = _total(answer) if number == 1 else total
        if number * BATCH >= (total or 0) or not page or (page[-1].published_at or after) < after:
            break
    if not newest and endpoint.total:
        raise PollError("not_data", f"an empty list, although the site had {endpoint.total} posts", url=endpoint.url)
    return Moved(edited=tuple(edited), newest=tuple(newest), unreadable=tuple(unreadable), date=date, total=total)


def wanted(
    shown: Moved, last: Mapping[int, LastSighting], *, skew: timedelta, adopt_until: datetime | None
) -> list[int]:
    """The ids whose content has to be read: unknown, `modified` moved, or read too soon after a save to be sure.

    `adopt_until` is set where the baseline was limited: what it left out is not read until it is edited.
    """
    left_out = {
        post.id
        for post in shown.newest
        if post.id not in last and adopt_until and post.published_at and post.published_at <= adopt_until
    } - {post.id for post in shown.edited}
    listed = {post.id: post for post in [*shown.newest, *shown.edited] if post.id not in left_out}
    return [
        post.id
        for post in listed.values()
        if (seen := last.get(post.id)) is None
        or seen.modified_at != post.modified_at
        or (post.modified_at is not None and seen.last_seen_at + skew < post.modified_at + SETTLED)
    ]


async def posts(
    fetch: Fetch,
    run: Run,
    endpoint: Endpoint,
    ids: Sequence[int],
    *,
    rules: tuple[IgnoreRule, ...] = (),
    known: frozenset[str] = frozenset(),
) -> Page:
    """Read these posts (at most BATCH). A post that cannot be had on its own is named as unreadable."""
    pages: list[Page] = []
    unreadable: list[str] = []
    rest, size = list(ids), BATCH
    while rest:

        def request(count: int, ids: Sequence[int] = tuple(rest)) -> Request:
            return _content(with_query(endpoint.url, include=",".join(map(str, ids[:count])), per_page=BATCH))

        try:
            answer, size = await read_less(fetch, request, min(size, len(rest)))
        except PollError as error:
            if len(ids) == 1 or len(unreadable) > 0:
                raise
            unreadable.append(f"post {rest[0]}: {error}")
            rest, size = rest[1:], FEW
            continue
        pages.append(await run(ParsePosts(body=answer.body, rules=rules, known=known)))
        rest = rest[size:]
    return _joined(pages, unreadable)


async def step(
    fetch: Fetch,
    run: Run,
    endpoint: Endpoint,
    walk: Walk,
    *,
    rules: tuple[IgnoreRule, ...] = (),
    most: int | None = None,
    after: datetime | None = None,
) -> Step:
    """Read the next page of a walk, newest first; at most `most` posts, published after `after`.

    A keyset by date: what is published, removed or edited meanwhile shifts nothing. `before` is the last post's own
    second + 1, so posts of that second come again; an offset is used only inside a second that fills a page.
    """
    answer, size, skipped = await _walk_page(fetch, endpoint, walk, min(BATCH, most or BATCH), after)
    page = await run(ParsePosts(body=answer.body, rules=rules))
    page = replace(page, unreadable=(*skipped, *page.unreadable))
    read_now = page.records + len(skipped)
    left = _total(answer)
    if not read_now and walk.total is None and endpoint.total:
        raise PollError("not_data", f"an empty list, although the site had {endpoint.total} posts", url=endpoint.url)
    done = page.records == 0 or (page.records < size if left is None else walk.offset + read_now >= left)
    onward = replace(walk, total=walk.total or left, done=done)
    if page.last_date is not None and page.last_date != walk.cursor:
        one_second = page.first_date == page.last_date
        onward = replace(onward, cursor=page.last_date, offset=read_now if one_second else 0)
    else:
        onward = replace(onward, offset=walk.offset + read_now)
    return Step(page=page, walk=onward, date=answer.date)


async def _walk_page(
    fetch: Fetch, endpoint: Endpoint, walk: Walk, most: int, after: datetime | None
) -> tuple[Fetched, int, tuple[str, ...]]:
    """Fetch the walk's next page, and step over a post that cannot be had alone when the one behind it can.

    Returns the answer, the number of posts asked for, and a line for the post stepped over.
    """

    def request(size: int, offset: int = walk.offset) -> Request:
        bounds: dict[str, str | int] = {"offset": offset} if offset else {}
        if walk.cursor is not None:
            before = datetime.fromisoformat(walk.cursor) + timedelta(seconds=1)
            bounds["before"] = f"{before:%Y-%m-%dT%H:%M:%S}"
        if after is not None:
            bounds["after"] = f"{after.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return _content(with_query(endpoint.url, orderby="date", order="desc", per_page=size, **bounds))

    try:
        answer, size = await read_less(fetch, request, most)
    except PollError as error:
        if error.reason not in LESS_MAY_HELP:
            raise
        try:
            answer, size = await read(fetch, request(1, walk.offset + 1)), 1
        except PollError:
            raise error from None
        return answer, size, (f"the post after {walk.cursor or 'the start'}: {error}",)
    return answer, size, ()


def _content(url: str) -> Request:
    return Request(url=with_query(url, _embed=_NAMES, _fields=_KEPT), accept=JSON)


def _pages() -> range:
    """Page numbers up to a bound that no honest site reaches in one look: a site that never ends is not followed."""
    return range(1, 1001)


async def _listing(fetch: Fetch, run: Run, url: str) -> tuple[Fetched, tuple[Listed, ...], tuple[str, ...]]:
    answer = await read(fetch, Request(url=url, accept=JSON))
    listing = await run(ParseListing(body=answer.body))
    return answer, listing.posts, listing.unreadable


def _total(answer: Fetched) -> int | None:
    told = answer.headers.get("x-wp-total", "")
    return int(told) if told.isascii() and told.isdigit() else None


def _joined(pages: Sequence[Page], unreadable: Sequence[str]) -> Page:
    return Page(
        sightings=tuple(sighting for page in pages for sighting in page.sightings),
        unreadable=(*unreadable, *(line for page in pages for line in page.unreadable)),
        notes=tuple({note: None for page in pages for note in page.notes}),
    )
