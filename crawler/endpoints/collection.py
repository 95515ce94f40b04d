"""A WordPress REST collection: how it is asked, and what its headers say.

The queries of this and the next modules (`listing`, `content`, `walk`) and their reasons were measured on WordPress
6.1.9 and 7.1: `orderby=modified` drops posts whose times tie, `modified_after` is exclusive and compares site-local
seconds unless the time ends in `Z`, a scheduled post goes live with an old `modified`, `include=` gives 10 a page
unless told otherwise, an offset beyond the end answers 200 with an empty list and a total of 0.
"""

from __future__ import annotations

from crawler.endpoints.asking import with_query
from crawler.model import Fetched, Request

#: Posts in a request: more ids than this in `include=` need a second page, whose Link header breaks nginx.
BATCH = 100
JSON = "application/json"

#: No archive has more posts; a header that says so is damaged.
_MOST_POSTS = 1_000_000_000
_KEPT = (
    "id,date,date_gmt,modified_gmt,guid,link,type,title,content,excerpt,author,featured_media,categories,tags,"
    "_links,_embedded"
)
_NAMES = "author,wp:term,wp:featuredmedia"


def content_request(url: str, **parameters: str | int) -> Request:
    """Ask for whole posts, with the names of their authors, terms and pictures."""
    return Request(url=with_query(url, **parameters, _embed=_NAMES, _fields=_KEPT), accept=JSON)


def light_request(url: str, **parameters: str | int) -> Request:
    """Ask for posts with no more than a walk goes by."""
    return Request(url=with_query(url, **parameters, _fields="id,date"), accept=JSON)


def single_request(url: str, number: int) -> Request:
    """Ask for one post by its id, whole; `status` tells those who may read drafts that it is one."""
    return Request(url=with_query(f"{url}/{number}", _embed=_NAMES, _fields=f"{_KEPT},status"), accept=JSON)


def total_of(answer: Fetched) -> int | None:
    """X-WP-Total: how many posts the query has on all its pages; None when not told."""
    told = answer.headers.get("x-wp-total", "")
    if not (told.isascii() and told.isdigit() and len(told) <= len(str(_MOST_POSTS))):
        return None
    return int(told)
