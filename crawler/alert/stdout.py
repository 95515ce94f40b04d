"""The `stdout` Sink: a readable diff, for people at a terminal and for the journal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any, TextIO

from crawler.errors import SinkError
from crawler.render import for_people


class StdoutSink:
    """Writes each alert as text and an empty line. `paint` may colour the text for a terminal."""

    full_text = False

    def __init__(
        self, name: str, *, zone: tzinfo, out: TextIO | None = None, paint: Callable[[str], str] = str
    ) -> None:
        self.name = name
        self._zone, self._out, self._paint = zone, out, paint

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        """Print one alert. Raises SinkError when nobody reads any more."""
        out = self._out or sys.stdout
        try:
            out.write(self._paint(for_people(payload, zone=self._zone)) + "\n\n")
            out.flush()
        except (OSError, ValueError) as error:
            raise SinkError(f"standard output: {error}") from error
        return None
