"""`check` for what only shows when a Sink is made: addresses that apprise reads, and templates."""

from __future__ import annotations

from contextlib import AsyncExitStack

from crawler.cli.app import current_time
from crawler.cli.sinks import opened_sinks
from crawler.cli.templates import template_of, tried
from crawler.config import Config, SinkConfig
from crawler.errors import ConfigError, Problem


async def rehearse(config: Config) -> None:
    """Make each Sink and try its template with samples; nothing is sent. Raises ConfigError with every mistake."""
    problems: list[Problem] = []
    for sink in config.sinks:
        try:
            await _rehearse(sink, config)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)


async def _rehearse(sink: SinkConfig, config: Config) -> None:
    async with opened_sinks(config, [sink]), AsyncExitStack() as stack:
        template = await template_of(sink, config, stack) if sink.is_for_people else None
        if template is not None:
            await tried(template, sink, config, current_time())
