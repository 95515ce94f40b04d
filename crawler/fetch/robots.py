"""robots.txt: whether a walk through a whole site is welcome. Nothing is remembered here."""

from __future__ import annotations

import httpx
from protego import Protego

from crawler.errors import FetchError
from crawler.fetch.access import parse_url
from crawler.model import Fetch, NotModified, Request

#: What stands beyond is not read, as with the large search engines.
_MOST_READ = 512 * 1024


async def allowed(fetch: Fetch, url: str, user_agent: str) -> bool:
    """Whether the robots.txt of `url`'s host lets `user_agent` fetch it. One request.

    A 4xx answer means that there are no rules. Raises FetchError when the rules exist, perhaps, but cannot be read.
    """
    target = parse_url(url)
    try:
        answer = await fetch(Request(url=_robots_url(target), accept="text/plain, */*;q=0.5"))
    except FetchError as error:
        if error.reason == "http_4xx":
            return True
        raise
    if isinstance(answer, NotModified):  # not asked for
        return True
    text = answer.body[:_MOST_READ].decode("utf-8-sig", errors="replace")
    return bool(Protego.parse(text).can_fetch(str(target), _product(user_agent)))


def _robots_url(target: httpx.URL) -> str:
    return str(target.copy_with(raw_path=b"/robots.txt", fragment=None))


def _product(user_agent: str) -> str:
    """`crawler` of `crawler/1.0 (+mailto:…)`: names in the comment are none of ours, but would match rules."""
    return user_agent.split("/", 1)[0].strip() or user_agent
