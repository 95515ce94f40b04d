"""What the watching parts work with: the process's own parts, and what one config makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from crawler.alert import Sink
from crawler.config import Config, SourceConfig
from crawler.endpoints.asking import Run
from crawler.fetch import HostLines
from crawler.model import ConfiguredSource, Fetch, Source
from crawler.poll import Desk
from crawler.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What lives as long as the process."""

    store: Store
    #: in a child process
    run: Run
    lines: HostLines


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """What one config makes of it; a reload swaps it whole."""

    config: Config
    store: Store
    desk: Desk
    sinks: tuple[Sink, ...]
    #: by name
    configs: Mapping[str, SourceConfig]
    #: asks the address of the config's `heartbeat`
    heartbeat: Fetch | None = None
    #: set when another one has taken its place, and its Sinks may be wrong by now, or when the end is near
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def pairs(self, sources: Iterable[Source]) -> list[tuple[Source, SourceConfig]]:
        """These Sources with what the config says of them; removed ones and duplicates are left out."""
        return [
            (source, self.configs[source.name])
            for source in sources
            if source.name in self.configs and source.state not in ("removed", "duplicate")
        ]


#: Makes a Watch of a config; it is open inside `async with`.
Equip = Callable[[Config], AbstractAsyncContextManager[Watch]]


def configured(config: Config) -> list[ConfiguredSource]:
    """The config's Sources as the store is told of them."""
    return [
        ConfiguredSource(
            name=each.name, url=each.url, kind=each.kind, groups=each.groups, paused=each.paused, every=each.every
        )
        for each in config.sources
    ]
