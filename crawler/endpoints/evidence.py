"""Is this post gone? What one REST collection, the others and the post's own address say of it.

Measured on WordPress 6.1.9 and 7.1: 401 `rest_forbidden` is a draft, a private, a scheduled or a trashed post, 404
`rest_post_invalid_id` one that was deleted or became another type. Every other answer is the API's trouble and says
nothing of the post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from crawler.endpoints.asking import Run, read, with_query
from crawler.endpoints.collection import JSON, single_request
from crawler.errors import FetchError, PollError
from crawler.model import Endpoint, Fetch, Gone, IgnoreRule, Page, Request, Suspect
from crawler.parse.wordpress import error_code
from crawler.tasks import ParseListing, ParsePosts, ParseStatus

#: What WordPress says, as (status, code).
_GONE: dict[tuple[int | None, str | None], Gone] = {
    (401, "rest_forbidden"): "unpublished",
    (404, "rest_post_invalid_id"): "deleted",
}
#: An application password shows these as if they were there.
_NOT_PUBLIC = frozenset({"draft", "pending", "private", "future", "trash", "auto-draft"})
_PAGE = "text/html, application/xhtml+xml, */*;q=0.5"


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What a look at one post showed."""

    #: None: nothing
    kind: Gone | Literal["public"] | None
    #: for people
    words: str
    #: of a public post: what it says, and the collection that it stands in
    page: Page | None = None
    endpoint: Endpoint | None = None
    #: the server's Date
    date: datetime | None = None
    #: why nothing was shown
    trouble: PollError | None = None


async def look(
    fetch: Fetch, run: Run, suspect: Suspect, collections: Sequence[Endpoint], *, rules: tuple[IgnoreRule, ...] = ()
) -> Evidence:
    """Ask for one post: the collection that showed it, the others, and where all say that there is none, its link."""
    ordered = sorted(collections, key=lambda each: each.id != suspect.endpoint_id)
    for endpoint in ordered:
        found = await _single(fetch, run, suspect, endpoint, rules)
        if found.kind != "deleted":
            return found
    return await _at_its_link(fetch, suspect)


async def works(fetch: Fetch, run: Run, endpoint: Endpoint, witnesses: Sequence[int]) -> PollError | None:
    """Whether the API shows single posts at all, by posts that should be there; why not otherwise.

    A site that is closed to the public may say `rest_forbidden` of every post.
    """
    trouble = PollError("not_data", "the API shows no other post either", url=endpoint.url)
    for number in witnesses:
        try:
            answer = await read(fetch, Request(url=with_query(f"{endpoint.url}/{number}", _fields="id"), accept=JSON))
            listing = await run(ParseListing(body=answer.body))
        except PollError as error:
            if _kind(error) is None:
                return error
            continue
        if [post.id for post in listing.posts] == [number]:
            return None
    return trouble


async def _single(
    fetch: Fetch, run: Run, suspect: Suspect, endpoint: Endpoint, rules: tuple[IgnoreRule, ...]
) -> Evidence:
    if suspect.wp_id is None:
        raise AssertionError("a collection is asked for what it has shown")
    try:
        answer = await read(fetch, single_request(endpoint.url, suspect.wp_id))
        page = await run(ParsePosts(body=answer.body, rules=rules))
        status = await run(ParseStatus(body=answer.body))
    except PollError as error:
        kind = _kind(error)
        if kind is None:
            return Evidence(kind=None, words=str(error), trouble=error)
        code = "401 rest_forbidden" if kind == "unpublished" else "404 rest_post_invalid_id"
        return Evidence(kind=kind, words=f"the site says {code}")
    if [sighting.wp_id for sighting in page.sightings] != [suspect.wp_id]:
        trouble = PollError("not_data", "; ".join(page.unreadable) or "the API answered with something else")
        return Evidence(kind=None, words=str(trouble), trouble=trouble)
    if status in _NOT_PUBLIC:
        return Evidence(kind="unpublished", words=f"the site says that its status is {status}")
    return Evidence(kind="public", words="the site shows it", page=page, endpoint=endpoint, date=answer.date)


def _kind(error: PollError) -> Gone | None:
    if not isinstance(error, FetchError):
        return None
    return _GONE.get((error.status, error_code(error.body)))


async def _at_its_link(fetch: Fetch, suspect: Suspect) -> Evidence:
    """No collection has it: is there still something at its address?

    Redirects are not followed: WordPress leads from the link of a deleted post to one whose slug begins alike.
    """
    words = "the site says 404 rest_post_invalid_id"
    if suspect.link is None:
        return Evidence(kind="deleted", words=words)
    try:
        await fetch(Request(url=suspect.link, accept=_PAGE, follow=False))
    except FetchError as error:
        # An address that may not be asked (a private one) cannot speak against it.
        if error.reason == "refused" or (error.status is not None and error.status < 500 and _is_final(error.status)):
            at = f", {error.status} at its link" if error.status is not None else ""
            return Evidence(kind="deleted", words=words + at)
        return Evidence(kind=None, words=str(error), trouble=error)
    if suspect.is_replaced:
        return Evidence(kind="deleted", words=f"{words}, another post stands at its link")
    trouble = PollError("not_data", f"{words}, but its link still shows a page", url=suspect.link)
    return Evidence(kind=None, words=str(trouble), trouble=trouble)


def _is_final(status: int) -> bool:
    """Whether asking later would probably give the same: not a timeout, nor too many requests."""
    return status >= 300 and status not in (304, 408, 425, 429)
