"""Makes the Sinks of a config, with what they hold open for as long as they are used."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from crawler.alert import JsonlSink, Sink, StdoutSink
from crawler.alert.wording import Template
from crawler.cli.colours import paint
from crawler.cli.machines import atom, command, webhook
from crawler.cli.templates import missing, mistake, template_of
from crawler.config import Config, SinkConfig


@asynccontextmanager
async def opened_sinks(config: Config, wanted: Sequence[SinkConfig]) -> AsyncIterator[tuple[Sink, ...]]:
    """The Sinks that the config describes; what they hold is closed at the end."""
    async with AsyncExitStack() as stack:
        yield tuple([await _opened(sink, config, stack) for sink in wanted])


async def _opened(sink: SinkConfig, config: Config, stack: AsyncExitStack) -> Sink:
    if sink.type == "jsonl":
        return JsonlSink(sink.name, sink.path or Path("alerts.jsonl"), full_text=sink.full_text)
    if sink.type == "webhook":
        return await webhook(sink, config, stack)
    if sink.type == "command":
        return command(sink, config)
    if sink.type == "atom":
        return atom(sink, config)
    template = await template_of(sink, config, stack)
    if sink.type == "apprise":
        return await asyncio.to_thread(_apprise, sink, config, template)  # it loads a thousand modules
    return StdoutSink(sink.name, zone=config.timezone, template=template, paint=paint(sys.stdout))


def _apprise(sink: SinkConfig, config: Config, template: Template | None) -> Sink:
    """Loaded only where it is asked for, because its library is an extra."""
    if find_spec("apprise") is None:
        raise mistake(sink, config, "type", missing("apprise", "apprise"))
    made: Any = import_module("crawler.alert.apprise").AppriseSink
    url = sink.url.get_secret_value() if sink.url is not None else ""
    try:
        opened: Sink = made(sink.name, url, zone=config.timezone, template=template)
    except ValueError as error:
        raise mistake(sink, config, "url", str(error)) from None
    return opened
