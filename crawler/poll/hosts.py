"""Many Sources at once: a task a host, the Sources of one host one after the other, in the order of the config."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from urllib.parse import urlsplit

import structlog

from crawler.config import SourceConfig
from crawler.errors import StoreUnavailable
from crawler.model import Source
from crawler.poll.desk import Desk
from crawler.poll.source import Polled, poll_source

log = structlog.get_logger()

Pair = tuple[Source, SourceConfig]
Told = Callable[[Polled], Awaitable[None]]


def by_host(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    """The Sources in the lines that their requests will stand in."""
    hosts: dict[str, list[Pair]] = {}
    for source, config in pairs:
        hosts.setdefault(urlsplit(source.url).netloc.lower(), []).append((source, config))
    return hosts


async def poll_host(desk: Desk, pairs: Sequence[Pair], told: Told, *, forced: bool) -> None:
    """Poll the Sources of one host in turn: where two are one site, the first of the config comes first."""
    for source, config in pairs:
        await told(await _survived(desk, source, config, forced=forced))


async def _survived(desk: Desk, source: Source, config: SourceConfig, *, forced: bool) -> Polled:
    """Poll one Source. A mistake of ours costs that Source's poll, with a traceback, and no other's."""
    try:
        return await poll_source(desk, source, config, forced=forced)
    except StoreUnavailable:
        raise
    except Exception as error:
        log.exception("poll", source=source.name, status="failed")
        told = f"a mistake in crawler itself: {type(error).__name__}: {error}"
        await desk.store.postpone(source.id, told[:2000], desk.clock() + config.every)
        return Polled(source=source.name, ok=False, error=told)


async def poll_hosts(desk: Desk, pairs: Iterable[Pair], told: Told, *, concurrency: int) -> None:
    """Poll all of these Sources now, `concurrency` hosts at a time. `told` hears of each as it ends."""
    waiting = asyncio.Semaphore(concurrency)

    async def one(group: Sequence[Pair]) -> None:
        async with waiting:
            await poll_host(desk, group, told, forced=True)

    async with asyncio.TaskGroup() as tasks:
        for group in by_host(pairs).values():
            tasks.create_task(one(group))
