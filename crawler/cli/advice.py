"""What a survey means for who wants to watch the site: comments, and the source to paste under `sources`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from crawler.cli.first_config import entry
from crawler.cli.surveying import Survey
from crawler.commands.polling import counted
from crawler.endpoints.collection import BATCH
from crawler.errors import CrawlerError, FetchError
from crawler.render.inert import one_line
from crawler.schedule import PACED

#: What a server usually takes for a page of a hundred posts, beside the delay between two requests.
_ANSWER = timedelta(seconds=2)
_LONGEST = 400


def advised(survey: Survey, *, name: str | None) -> str:
    """The source as YAML, with what there is to say of it in comments above. `name`: where its usual one is taken."""
    lines = [*(_wordpress(survey) if survey.found.kind == "wordpress" else _feed_only(survey)), *survey.trouble]
    return _comments([_title(survey), *lines]) + entry(survey.source.url, name=name)


def refused(url: str, error: CrawlerError) -> str:
    """What is to be said of a URL where nothing can be watched, as comments."""
    lines = ["Nothing can be watched there now:", *about(url, error).splitlines()]
    if isinstance(error, FetchError) and error.status in (401, 403):
        lines.append("It asks for a login. If you have one: username and password (a WordPress application password)")
    return _comments(lines)


def about(url: str, error: CrawlerError) -> str:
    """The error, which names the URL once."""
    return str(error) if url in str(error) else f"{url}: {error}"


def _comments(lines: list[str]) -> str:
    return "".join(f"  # {one_line(line, _LONGEST)}\n" for line in lines)


def _title(survey: Survey) -> str:
    title = f"“{survey.found.title}”" if survey.found.title else survey.source.name
    return f"{title}: {'WordPress, its REST API is open' if survey.found.kind == 'wordpress' else 'a feed'}"


def _wordpress(survey: Survey) -> Iterator[str]:
    watched = {name: survey.totals.get(name) for name in survey.source.types}
    told = ", ".join(_collection(name, total) for name, total in watched.items())
    yield f"{told}, with full text; edits of any of them are seen, however old"
    if None not in watched.values():
        yield _effort(survey, sum(total or 0 for total in watched.values()), len(watched))
    if survey.allowed is not None:
        yield "robots.txt allows it" if survey.allowed else _FORBIDDEN
    if survey.found.timezone is not None:
        yield f"the site's time zone is {survey.found.timezone}"
    yield from _beacon(survey)
    others = {name: total for name, total in survey.totals.items() if name not in watched and total}
    if others:
        told = ", ".join(_collection(name, total) for name, total in others.items())
        yield f"also there: {told}; to watch them too add the key types: [{', '.join((*watched, *others))}]"


_FORBIDDEN = (
    "robots.txt does not allow its archive to be read, so it will not be; ask its owner, or add the key robots: false"
)


def _effort(survey: Survey, posts: int, collections: int) -> str:
    """What a full reading costs both sides."""
    requests = ceil(posts / BATCH) + collections  # and robots.txt, or what tells that a collection has ended
    delay = survey.source.per_host_delay
    minutes = max(1, ceil(requests * (delay + _ANSWER) / timedelta(minutes=1)))
    told = f"about {counted(requests, 'request')} and {counted(minutes, 'minute')}"
    sweep = "as long" if requests <= PACED else "as many requests, spread over its period"
    return f"first reading: {told} with a per_host_delay of {delay.total_seconds():g}s; a sweep takes {sweep}"


def _beacon(survey: Survey) -> Iterator[str]:
    feed = next((each.url for each in survey.found.endpoints if each.kind == "feed"), None)
    if feed is None:
        yield "it has no feed, so each poll takes two requests to REST"
    else:
        yield f"feed: {feed}; a poll is one request to it while nothing happens"


def _feed_only(survey: Survey) -> Iterator[str]:
    feed = next(each.url for each in survey.found.endpoints if each.kind == "feed")
    if survey.feed is not None:
        has = "full text" if survey.feed.rank == 2 else "summaries only"
        yield f"{counted(survey.feed.records, 'post')} in it, with {has}; only what stands in it can be watched"
    yield "its posts are read with each poll, in one request; there is nothing to sweep"
    if feed != survey.source.url:
        yield f"feed: {feed}"
    elif survey.found.home is not None:
        yield f"its site is {survey.found.home}; `crawler discover` that, too: its archive may be open"
    if survey.closed is not None:
        yield f"its REST API asks for a login: {survey.closed}"
        yield "if you have one: username and password (a WordPress application password)"


def _collection(name: str, total: int | None) -> str:
    if total is None:
        return f"{name} (number not told)"
    return counted(total, name[:-1]) if name in ("posts", "pages") else f"{name} ({total:,})"
