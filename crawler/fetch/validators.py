"""What an answer gives to ask "has it changed?" with next time, as far as it can be trusted."""

from __future__ import annotations

from datetime import datetime, timedelta

from crawler.fetch.dates import http_date
from crawler.model import Fetched, Validators

#: A server must not make us send back long things.
_LONGEST = 1024
#: Two saves within one second share a Last-Modified: one that is this young may yet be shared.
_SETTLED = timedelta(seconds=5)


def validators_of(fetched: Fetched, *, now_date: datetime) -> Validators:
    """The validators to keep from an answer; `now_date` stands in where it has no Date of its own.

    An ETag loses its `W/`: nginx adds it when it compresses, and WordPress knows it without only.
    """
    modified_text = sendable(fetched.headers.get("last-modified"))
    modified = http_date(modified_text)
    if modified is not None and modified > (fetched.date or now_date) - _SETTLED:
        # A post dated 2099 freezes the validators of a whole site, so nothing is kept.
        return Validators()
    etag = sendable(fetched.headers.get("etag"))
    if etag is not None:
        etag = etag.removeprefix("W/").removeprefix("w/") or None
    return Validators(etag=etag, last_modified=modified_text if modified is not None else None)


def sendable(value: str | None) -> str | None:
    """`value` if it can be sent back in a header: printable ASCII, not empty, at most 1 kB."""
    value = (value or "").strip()
    if not value or len(value) > _LONGEST or not value.isascii() or not value.isprintable():
        return None
    return value
