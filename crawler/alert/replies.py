"""What services answer to apprise: it would read all of an answer, be it without end, into the memory of the daemon."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import requests.sessions
from requests import Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

#: In bytes; what services say of a message has room in that many times over.
_MOST = 1024 * 1024
#: Read at a time: one that says a byte now and then comes to its end as well.
_PIECE = 1024
_SECONDS = 5.0


class _Listening(HTTPAdapter):
    """Reads the beginning of an answer. What counts is its status, which has come by then."""

    def send(self, *arguments: Any, **options: Any) -> Response:
        response = super().send(*arguments, **options)
        if not options.get("stream"):
            known: Any = response
            known._content, known._content_consumed = _beginning(response.raw), True
        return response


def _beginning(raw: Any) -> bytes:
    body, until = b"", time.monotonic() + _SECONDS
    with suppress(HTTPError, OSError):
        while len(body) < _MOST and time.monotonic() < until and (piece := raw.read(_PIECE, decode_content=True)):
            body += piece
    raw.close()
    return body


def bound() -> None:
    """Have all that apprise sends answered like this: its plugins make a session a message, which takes it from here.

    Nothing else in the program uses that library.
    """
    requests.sessions.__dict__["HTTPAdapter"] = _Listening
