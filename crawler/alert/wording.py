"""The words of a Sink for people: those of its template, or the standard ones where that fails."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from crawler.errors import CrawlerError, ParseError
from crawler.render import Words, worded
from crawler.tasks import RenderTemplate

log = structlog.get_logger()

#: Has a template rendered in a child process. Raises CrawlerError.
Render = Callable[[RenderTemplate], Awaitable[Words]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A template as it was read, and what renders it."""

    path: Path
    source: str
    render: Render

    async def words(self, payload: Mapping[str, Any], zone: ZoneInfo) -> Words:
        """The template's words for an alert. Raises CrawlerError, ParseError where the template is to blame."""
        # Only ASCII: half a character, which no UTF-8 can carry, goes through as an escape.
        return await self.render(RenderTemplate(source=self.source, payload=json.dumps(payload), zone=zone.key))


class Wording:
    """Puts alerts into words. A mistake in the template costs its words and no alert; each is logged once."""

    def __init__(self, sink: str, zone: ZoneInfo, template: Template | None = None) -> None:
        self._sink, self._zone, self._template = sink, zone, template
        self._told: set[str] = set()

    async def __call__(self, payload: Mapping[str, Any]) -> Words:
        """The words for an alert; never fails."""
        if self._template is None:
            return worded(payload, self._zone)
        try:
            return await self._template.words(payload, self._zone)
        except CrawlerError as error:
            self._tell(self._template, error)
        return worded(payload, self._zone)

    def _tell(self, template: Template, error: CrawlerError) -> None:
        what = str(error)
        if what not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(what)
            log.error("template", sink=self._sink, status="failed", path=str(template.path), error=what)
        if isinstance(error, ParseError) and error.reason == "too_large":
            # It ran into the limits. Tried with each alert, it would take the child processes from the polls.
            self._template = None
            log.error("template", sink=self._sink, status="not used until it is loaded again", path=str(template.path))


#: An error may quote the alert, and then each is another one.
_MOST_TOLD = 20
