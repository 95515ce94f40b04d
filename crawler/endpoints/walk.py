"""The walk through a whole REST collection, newest first, resumable after every page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from crawler.endpoints.asking import LESS_MAY_HELP, Run, read, read_less
from crawler.endpoints.collection import BATCH, content_request, light_request, total_of
from crawler.endpoints.content import IN_A_ROW
from crawler.errors import PollError
from crawler.model import Endpoint, Fetch, Fetched, IgnoreRule, Page, Request, Walk
from crawler.tasks import ParsePosts

#: An empty page in the middle of an archive is asked for again at so many polls before it is taken for the end.
PATIENCE = 3
_EMPTY = "an empty"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One page of a walk, and where the walk stands after it; how many were new is for the store to say."""

    page: Page
    walk: Walk
    date: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Got:
    """A page as it came: for how many posts it was asked, and a line for each post that was stepped over."""

    answer: Fetched
    size: int
    skipped: tuple[str, ...] = ()


async def step(
    fetch: Fetch,
    run: Run,
    endpoint: Endpoint,
    walk: Walk,
    *,
    rules: tuple[IgnoreRule, ...] = (),
    known: frozenset[str] = frozenset(),
    most: int | None = None,
    after: datetime | None = None,
) -> Step:
    """Read the next page of a walk, newest first; at most `most` posts, published after `after`.

    A keyset by date: what is published, removed or edited meanwhile shifts nothing. `before` is the last post's own
    second + 1, so posts of that second come again; an offset is used only inside a second that fills a page.
    `known`: raw hashes of posts that need not be derived again. A light walk asks for ids and dates only.
    `after` without a zone is a time by the site's own clock. Raises PollError, also for a site that contradicts itself:
    then nothing is known of where its archive ends.
    """
    got = await _fetched(fetch, endpoint, walk, min(BATCH, most or BATCH), after)
    page = await run(ParsePosts(body=got.answer.body, rules=rules, known=known))
    left = total_of(got.answer)
    is_given_up = _check(endpoint, walk, page, left, is_limited=after is not None)
    page = replace(page, unreadable=(*got.skipped, *page.unreadable))
    behind = walk.offset + page.records + len(got.skipped)
    # A full page never ends a walk, whatever the total says; without a total only an empty page does.
    done = page.records == 0 or (left is not None and behind >= left and page.records < got.size)
    onward = replace(walk, total=walk.total or left, done=done)
    if is_given_up:
        # As many as the site says, or nobody knows how many.
        onward = replace(onward, unread=walk.unread + max(1, (left or 0) - walk.offset))
    if page.last_date is not None and page.last_date != walk.cursor:
        one_second = page.first_date == page.last_date
        onward = replace(onward, cursor=page.last_date, offset=page.records if one_second else 0)
    else:
        onward = replace(onward, offset=behind)
    return Step(page=page, walk=onward, date=got.answer.date)


def _check(endpoint: Endpoint, walk: Walk, page: Page, left: int | None, *, is_limited: bool) -> bool:
    """Refuse a page that cannot be the next one of this walk. Returns whether it is taken for the end all the same.

    `is_limited`: all that the site has may be older than what is asked for.
    """
    trouble = None
    if page.records == 0:
        begun = walk.cursor is not None
        if left is not None and left > walk.offset:
            trouble = f"{_EMPTY} page, although {left:,} posts are left"
        elif not begun and endpoint.total and not is_limited:
            trouble = f"{_EMPTY} list, although the site had {endpoint.total:,} posts"
        elif begun and not walk.offset:
            trouble = f"{_EMPTY} page, although the last post read should come again"
    elif walk.cursor is not None and page.first_date is not None and page.first_date > walk.cursor:
        trouble = "posts that are newer than asked for: the site, or a cache before it, ignores `before`"
    elif left is not None and walk.offset >= max(left, 1):
        trouble = "the same posts again: the site, or a cache before it, ignores `offset`"
    if trouble is None:
        return False
    was_empty = (endpoint.last_error or "").startswith(f"not_data: {_EMPTY}")
    if page.records == 0 and walk.kind == "baseline" and was_empty and endpoint.failures >= PATIENCE:
        return True
    raise PollError("not_data", trouble, url=endpoint.url)


async def _fetched(fetch: Fetch, endpoint: Endpoint, walk: Walk, most: int, after: datetime | None) -> _Got:
    """Fetch the walk's next page, and step over posts that cannot be had alone when one behind them can."""

    def request(size: int, offset: int = walk.offset) -> Request:
        bounds: dict[str, str | int] = {"offset": offset} if offset else {}
        if walk.cursor is not None:
            before = datetime.fromisoformat(walk.cursor) + timedelta(seconds=1)
            bounds["before"] = f"{before:%Y-%m-%dT%H:%M:%S}"
        if after is not None:
            bounds["after"] = _time(after)
        if walk.kind != "baseline":
            # Its first page has the address of every sweep's: a cache that kept an old one would bring back the dead.
            # WordPress ignores what it does not know, and jQuery asks by this name for an answer that is not cached.
            bounds["_"] = int(walk.started_at.timestamp())
        ask = light_request if walk.kind == "light" else content_request
        return ask(endpoint.url, orderby="date", order="desc", per_page=size, **bounds)

    try:
        answer, size = await read_less(fetch, request, most)
    except PollError as error:
        if error.reason not in LESS_MAY_HELP:
            raise
        failure = error
    else:
        return _Got(answer=answer, size=size)
    place = f"the post after {walk.cursor or 'the start'}"
    for skipped in range(1, IN_A_ROW + 1):
        try:
            answer = await read(fetch, request(1, walk.offset + skipped))
        except PollError:
            continue
        # The server works: was it the post, or only the moment?
        try:
            return _Got(answer=await read(fetch, request(1)), size=1)
        except PollError:
            return _Got(answer=answer, size=1, skipped=(f"{place}: {failure}",) * skipped)
    raise failure


def _time(moment: datetime) -> str:
    """As WordPress takes it: without a zone it is the site's own time, in which its posts are dated."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}" if moment.tzinfo is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
