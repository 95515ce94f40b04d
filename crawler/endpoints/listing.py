"""The light listings of a REST collection: ids and times, which tell whose content has to be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawler.decide import SETTLED
from crawler.endpoints.asking import Run, read, with_query
from crawler.endpoints.collection import BATCH, JSON, total_of
from crawler.errors import FetchError, PollError
from crawler.model import Endpoint, Fetch, Fetched, LastSighting, Listed, Listing, Request
from crawler.parse.wordpress import error_code
from crawler.tasks import ParseListing

#: Asked again at every look: an hour for a clock that is set back in autumn, and as much again for caches.
OVERLAP = timedelta(hours=2)
#: More pages than any honest site needs in one look.
_MOST_PAGES = 1000
_LAST = datetime.max.replace(tzinfo=UTC)
_LIGHT = "id,date_gmt,modified_gmt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What the light listings of one look showed."""

    edited: tuple[Listed, ...]
    newest: tuple[Listed, ...]
    unreadable: tuple[str, ...]
    #: the server's Date of the first answer: the next watermark
    date: datetime | None
    #: how far the server's clock is ahead of ours
    skew: timedelta
    #: X-WP-Total of the whole collection
    total: int | None


async def moved(
    fetch: Fetch,
    run: Run,
    endpoint: Endpoint,
    *,
    since: datetime,
    clock: Callable[[], datetime],
    may_be_empty: bool = False,
) -> Moved:
    """List what was edited since the watermark, and the newest posts, which tell what just went live.

    Two requests, more when a listing fills its page. `since` is the watermark; the overlap is taken off here.
    `may_be_empty`: a list of nothing, with a total of nothing, is believed of a collection that had posts.
    """
    after = (since - OVERLAP).astimezone(UTC)
    date: datetime | None = None
    skew = timedelta()
    total: int | None = None
    edited: dict[int, Listed] = {}
    newest: dict[int, Listed] = {}
    unreadable: list[str] = []
    query = with_query(endpoint.url, modified_after=f"{after:%Y-%m-%dT%H:%M:%SZ}", orderby="id", order="asc")
    async for answer, listing in _pages(fetch, run, query):
        if date is None and answer.date is not None:
            date, skew = answer.date, answer.date - clock()
        edited |= {post.id: post for post in listing.posts}
        unreadable += listing.unreadable
    async for answer, listing in _pages(fetch, run, with_query(endpoint.url, orderby="date", order="desc")):
        total = total_of(answer) if total is None else total
        newest |= {post.id: post for post in listing.posts}
        unreadable += listing.unreadable
        if listing.posts and (listing.posts[-1].published_at or after) < after:
            break
    if not newest and endpoint.total and not (may_be_empty and total == 0):
        raise PollError("not_data", f"an empty list, although the site had {endpoint.total} posts", url=endpoint.url)
    return Moved(
        edited=tuple(edited.values()),
        newest=tuple(newest.values()),
        unreadable=tuple(unreadable),
        date=date,
        skew=skew,
        total=total,
    )


def wanted(
    shown: Moved, last: Mapping[int, LastSighting], *, adopt_until: datetime | None, begun: datetime | None = None
) -> list[int]:
    """The ids whose content has to be read: unknown, `modified` moved, or read too soon after a save to be sure.

    `adopt_until` is set where the baseline, which has `begun` then, was limited: what it left out is not read until it
    is edited. A list of what was edited also has what was edited shortly before that, or in another zone of the site.
    """
    edited = {post.id for post in shown.edited}
    left_out = {
        post.id
        for post in (*shown.newest, *shown.edited)
        if post.id not in last and adopt_until and post.published_at and post.published_at <= adopt_until
        if post.id not in edited or (begun and post.modified_at and post.modified_at < begun)
    }
    listed = {post.id: post for post in [*shown.newest, *shown.edited] if post.id not in left_out}
    # Oldest first: what is cut short then leaves unread what is newer than all that was read, and so still news.
    oldest_first = sorted(listed.values(), key=lambda post: post.published_at or _LAST)
    return [post.id for post in oldest_first if _is_wanted(post, last.get(post.id), post.id in edited, shown.skew)]


def _is_wanted(post: Listed, seen: LastSighting | None, is_edited: bool, skew: timedelta) -> bool:
    if seen is None or seen.modified_at != post.modified_at:
        return True
    if post.modified_at is None:
        return is_edited
    return seen.last_seen_at + skew < post.modified_at + SETTLED


async def _pages(fetch: Fetch, run: Run, query: str) -> AsyncIterator[tuple[Fetched, Listing]]:
    """Page through a listing until all of it has come, by the site's total or until a page is empty.

    A server may give fewer posts a page than were asked for, so a short page ends nothing. Raises PollError for a
    site that contradicts itself.
    """
    ids: set[int] = set()
    received = 0
    for number in range(1, _MOST_PAGES + 1):
        url = with_query(query, per_page=BATCH, page=number, _fields=_LIGHT)
        try:
            answer = await read(fetch, Request(url=url, accept=JSON))
        except FetchError as error:
            if number > 1 and error_code(error.body) == "rest_post_invalid_page_number":
                return
            raise
        listing = await run(ParseListing(body=answer.body))
        total = total_of(answer)
        records = len(listing.posts) + len(listing.unreadable)
        received += records
        if not records and total is not None and total > received:
            raise PollError("not_data", f"an empty page {number}, although there are {total:,} posts", url=url)
        if number > 1 and listing.posts and ids.issuperset(post.id for post in listing.posts):
            raise PollError("not_data", f"page {number} shows the posts of the pages before it", url=url)
        ids.update(post.id for post in listing.posts)
        yield answer, listing
        # A full page ends nothing, whatever the total says.
        if not records or (total is not None and received >= total and records < BATCH):
            return
