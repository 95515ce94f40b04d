"""The Watch in use, and its swap for another when the config is read again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from crawler.config import Config
from crawler.errors import ConfigError, Problem
from crawler.watch import Equip, Opened, Watch, configured

#: Tasks that work with a Watch.
Users = Iterable[asyncio.Task[None]]


class Watches:
    """Holds the Watch in use. One that was swapped is closed when the polls that use it have ended."""

    def __init__(self, parts: Opened, equip: Equip) -> None:
        self._parts, self._equip = parts, equip
        self._open: tuple[Watch, AbstractAsyncContextManager[Watch]] | None = None
        self._closings: set[asyncio.Task[None]] = set()

    @property
    def current(self) -> Watch:
        """The Watch in use; there is one after the first `use`."""
        if self._open is None:
            raise RuntimeError("no config is in use yet")
        return self._open[0]

    async def use(self, config: Config, now: datetime, *, users: Callable[[], Users] = list) -> None:
        """Use this config from now on: the store in line with it, the Watch swapped whole.

        `users`: asked at the swap for the tasks that still work with the old one. Raises ConfigError or StoreError, and
        then the old one stays.
        """
        old = self._open
        if old is not None:
            _refuse_what_needs_a_restart(old[0].config, config)
        opening = self._equip(config)
        watch = await opening.__aenter__()
        try:
            sinks = [sink.name for sink in config.sinks]
            await self._parts.store.sync(configured(config), sinks, now, reloading=old is not None)
        except BaseException:
            await opening.__aexit__(None, None, None)
            raise
        self._open = watch, opening
        if old is not None:
            old[0].over.set()
            # Only now: the store may have been slow to take it, and polls were begun with the old one meanwhile.
            closing = asyncio.create_task(_close_after(old[1], list(users())))
            self._closings.add(closing)
            closing.add_done_callback(self._closings.discard)

    async def close(self) -> None:
        """Close all of them; nobody may use them any more."""
        for closing in list(self._closings):
            await closing
        if self._open is not None:
            await self._open[1].__aexit__(None, None, None)
            self._open = None


async def _close_after(old: AbstractAsyncContextManager[Watch], users: list[asyncio.Task[None]]) -> None:
    if users:
        await asyncio.wait(users)
    await old.__aexit__(None, None, None)


def _refuse_what_needs_a_restart(old: Config, new: Config) -> None:
    if new.store != old.store:
        text = f"is {new.store} now, and another store needs a restart; the running one goes on with {old.store}"
        raise ConfigError([Problem(str(new.path), None, "store", text)])
