"""Many Sources at once: a task a host, the Sources of one host one after the other, in the order of the config."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from urllib.parse import urlsplit

import structlog

from crawler.config import SourceConfig
from crawler.errors import StoreConflict, StoreError, StoreRefused, StoreUnavailable
from crawler.model import Source, Trouble
from crawler.poll.desk import Desk
from crawler.poll.polled import Polled, report
from crawler.poll.source import poll_source
from crawler.route import notified

log = structlog.get_logger()

Pair = tuple[Source, SourceConfig]
Told = Callable[[Polled], Awaitable[None]]
#: Held while a host is polled, so that nobody else polls it meanwhile; given the host's name.
Turn = Callable[[str], AbstractAsyncContextManager[None]]


def nobody_else(_host: str) -> AbstractAsyncContextManager[None]:
    """The Turn where nobody else polls."""
    return nullcontext()


def never() -> bool:
    """Nothing stops this before it is done."""
    return False


def by_host(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    """The Sources in the lines that their requests will stand in."""
    hosts: dict[str, list[Pair]] = {}
    for source, config in pairs:
        hosts.setdefault(urlsplit(source.url).netloc.lower(), []).append((source, config))
    return hosts


async def poll_host(
    desk: Desk, pairs: Sequence[Pair], told: Told, *, forced: bool, stopping: Callable[[], bool]
) -> None:
    """Poll the Sources of one host in turn: where two are one site, the first of the config comes first.

    Once `stopping` says so, none is begun any more.
    """
    for source, config in pairs:
        if stopping():
            return
        await told(await _survived(desk, source, config, forced=forced))


async def _survived(desk: Desk, source: Source, config: SourceConfig, *, forced: bool) -> Polled:
    """Poll one Source. A mistake of ours costs that Source's poll, with a traceback, and no other's."""
    started = desk.clock()
    try:
        return await _looked(desk, source, config, forced=forced)
    except (StoreUnavailable, StoreRefused):
        raise
    except StoreConflict as error:
        mistake, told = None, str(error)
    except Exception as error:
        mistake, told = error, f"a mistake in crawler itself: {type(error).__name__}: {error}"
    polled = Polled(source=source.name, ok=False, error=told)
    now = desk.clock()
    report(polled, now - started, mistake=mistake)
    await desk.store.postpone(source.id, told[:2000], now + config.every)
    await desk.store.conclude(source.id, Trouble(whole=True, reason=None, error=told), now, notified(desk.routes))
    return polled


async def _looked(desk: Desk, source: Source, config: SourceConfig, *, forced: bool) -> Polled:
    """Poll one Source, and once more where the store has moved meanwhile: the second look is decided on what it has."""
    try:
        return await poll_source(desk, source, config, forced=forced)
    except StoreConflict as error:
        log.warning("conflict", source=source.name, error=str(error))
        return await poll_source(desk, source, config, forced=forced)


async def poll_hosts(
    desk: Desk,
    pairs: Iterable[Pair],
    told: Told,
    *,
    concurrency: int,
    turn: Turn = nobody_else,
    stopping: Callable[[], bool] = never,
) -> None:
    """Poll all of these Sources now, `concurrency` hosts at a time. `told` hears of each as it ends.

    Once `stopping` says so, none is begun any more. A StoreError ends all of it, and is raised as it is.
    """
    waiting = asyncio.Semaphore(concurrency)

    async def one(host: str, group: Sequence[Pair]) -> None:
        async with waiting, turn(host):
            # What was found out about them while they waited for their turn counts.
            now = [(desk.store.source(source.id), config) for source, config in group]
            await poll_host(desk, now, told, forced=True, stopping=stopping)

    try:
        async with asyncio.TaskGroup() as tasks:
            for host, group in by_host(pairs).items():
                tasks.create_task(one(host, group))
    except ExceptionGroup as errors:
        # All that wrote have the same to tell, so one of them tells it.
        trouble = errors.subgroup(StoreError) or errors
        raise _first(trouble) from errors


def _first(errors: BaseException) -> BaseException:
    return _first(errors.exceptions[0]) if isinstance(errors, BaseExceptionGroup) else errors
