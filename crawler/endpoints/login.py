"""Whether a site takes an application password. Public questions are answered to a wrong one too, as to a stranger."""

from __future__ import annotations

from crawler.endpoints.asking import with_query
from crawler.errors import FetchError
from crawler.model import EndpointSeed, Fetch, Request
from crawler.model.known import Endpoint
from crawler.parse.wordpress import error_code


async def check(fetch: Fetch, collection: Endpoint | EndpointSeed, username: str) -> None:
    """Raise FetchError where the site does not know the user by this password: only `/users/me` tells (measured).

    Also raises one for trouble, which says nothing of the password: it has another status. A site that hides its
    users (404, or a 403 that is not WordPress' own) does not tell.
    """
    me = collection.url.removesuffix(collection.type) + "users/me"
    try:
        await fetch(Request(url=with_query(me, _fields="id"), accept="application/json"))
    except FetchError as error:
        if is_refusal(error):
            told = f"the application password of {username} is not accepted; posts are read as by a stranger"
            raise FetchError(error.reason, told, url=error.url, status=error.status, body=error.body) from None
        if error.status not in (403, 404):
            raise


def is_refusal(error: FetchError) -> bool:
    """Whether it is the password that was refused."""
    return error.status == 401 or (error.status == 403 and error_code(error.body) is not None)
