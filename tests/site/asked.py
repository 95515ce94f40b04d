"""What a site was asked, and how an answer can go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crawler.demo.answer import HTML, Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request that a site got, and what came of it."""

    method: str
    #: path and query, as sent
    path: str
    #: names in lower case
    headers: Mapping[str, str]
    status: int
    #: bytes of body as sent, after compression
    size: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """How an answer goes wrong."""

    #: instead of the right status, with `body` (default: a line of HTML)
    status: int | None = None
    #: instead of the right body
    body: bytes | None = None
    #: besides or instead of the right ones
    headers: Mapping[str, str] | None = None
    #: the connection closes after so many bytes of body, although more were announced
    cut: int | None = None
    #: seconds before the first byte; httpx sees a timeout at once
    hang: float = 0
    #: seconds between two bytes of the body, on a real connection only
    drip: float = 0

    def spoil(self, answer: Answer) -> Answer:
        """Return the answer with this status, body and headers."""
        if self.status is not None:
            body = f"<html><body><h1>{self.status}</h1></body></html>".encode()
            answer = Answer(self.status, [("Content-Type", HTML)], body)
        if self.body is not None:
            answer = answer._replace(body=self.body)
        return answer.replacing(*(self.headers or {}).items())
