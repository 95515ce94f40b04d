"""A title and what stands below it: an alert in the words that people read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, NamedTuple

from crawler.render.people import for_people


class Words(NamedTuple):
    """What people are told: one line, and the lines below it. Both are inert."""

    title: str
    body: str

    def __str__(self) -> str:
        return f"{self.title}\n{self.body}" if self.body else self.title


def worded(payload: Mapping[str, Any], zone: tzinfo) -> Words:
    """The standard words for an alert object."""
    title, _, body = for_people(payload, zone=zone).partition("\n")
    return Words(title, body)
