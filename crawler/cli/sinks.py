"""Makes the Sinks of a config, with what they hold open for as long as they are used."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from crawler.alert import JsonlSink, Sink, StdoutSink
from crawler.cli.colours import paint
from crawler.config import Config, SinkConfig


@asynccontextmanager
async def opened_sinks(config: Config, wanted: Sequence[SinkConfig]) -> AsyncIterator[tuple[Sink, ...]]:
    """The Sinks that the config describes; what they hold is closed at the end."""
    async with AsyncExitStack() as stack:
        yield tuple([await _opened(sink, config, stack) for sink in wanted])


async def _opened(sink: SinkConfig, config: Config, stack: AsyncExitStack) -> Sink:
    if sink.type == "jsonl":
        return JsonlSink(sink.name, sink.path or Path("alerts.jsonl"), full_text=sink.full_text)
    return StdoutSink(sink.name, zone=config.timezone, paint=paint(sys.stdout))
