"""The application password of a Source, tried once a day: a wrong one is an error, although posts can still be read."""

from __future__ import annotations

from datetime import timedelta

from crawler.endpoints import login
from crawler.errors import FetchError
from crawler.poll.site import DAILY
from crawler.poll.visit import Visit
from crawler.schedule import HOURLY


async def trouble(visit: Visit, *, forced: bool) -> str | None:
    """What is the matter with the password, by a look that is due now or by the last one.

    `visit` is to one of the Source's collections. Trouble of another kind says nothing: it is tried again.
    """
    source, username, store = visit.source, visit.config.username, visit.desk.store
    if username is None:
        if source.login_at is not None:
            await store.keep_login(source.id, None, None)
        return None
    now = visit.desk.clock()
    wait = DAILY if source.login_error is None else timedelta() if forced else HOURLY
    if source.login_at is not None and source.login_at <= now < source.login_at + wait:
        return source.login_error
    error = None
    try:
        await login.check(visit.fetch, visit.endpoint, username)
    except FetchError as found:
        if not login.is_refusal(found):
            return source.login_error
        error = str(found)
    await store.keep_login(source.id, now, error)
    return error
