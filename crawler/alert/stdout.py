"""The `stdout` Sink: a readable diff, for people at a terminal and for the journal."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from crawler.alert.wording import Template, Wording
from crawler.alert.writing import SECONDS, Writing


class StdoutSink:
    """Writes each alert as text and an empty line. `paint` may colour the text for a terminal."""

    full_text = False

    def __init__(
        self,
        name: str,
        *,
        zone: ZoneInfo,
        template: Template | None = None,
        out: TextIO | None = None,
        paint: Callable[[str], str] = str,
        seconds: float = SECONDS,
    ) -> None:
        self.name = name
        self._wording = Wording(name, zone, template)
        self._out, self._paint = out, paint
        self._writing = Writing("standard output", seconds=seconds)

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        """Print one alert. Raises SinkError when nobody reads it, or nobody any more."""
        text = self._paint(str(await self._wording(payload))) + "\n\n"
        out = self._out or sys.stdout
        return await self._writing.do(payload["data"]["id"], lambda: _written(out, text))

    async def reached(self) -> str:
        """Nothing to try: it is this very terminal, file or pipe."""
        return "stdout"


def _written(out: TextIO, text: str) -> None:
    """Write all of it, past the stream's own buffer: at the program's end Python would wait for whoever is in that."""
    try:
        descriptor = out.fileno()
    except io.UnsupportedOperation:  # in memory
        out.write(text)
        return
    rest = memoryview(text.encode(out.encoding or "utf-8", "backslashreplace"))
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:  # whoever shares a terminal or pipe with us can have made it so
            select.select((), (descriptor,), ())
