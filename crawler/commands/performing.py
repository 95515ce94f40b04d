"""What a daemon can be asked to do: each command's function, by the errand's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from crawler.commands.polling import Tell, named, poll_now
from crawler.commands.retrying import retry_alerts
from crawler.commands.sweeping import sweep_now
from crawler.commands.turns import Turns
from crawler.errors import ErrandError, NotFound
from crawler.watch import Watch


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """What else goes on in the daemon that does a command's work."""

    hosts: Turns
    sinks: Turns
    #: the daemon is about to end, and nothing more is to be begun
    stopping: Callable[[], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Poll:
    """`poll [NAME…] [--due]`."""

    names: tuple[str, ...]
    due: bool

    async def perform(self, watch: Watch, tell: Tell, beside: Beside) -> int:
        _refuse_unknown(watch, self.names)
        return await poll_now(
            watch, self.names, self.due, tell, hosts=beside.hosts, sinks=beside.sinks, stopping=beside.stopping
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """`sweep [NAME…] [--accept-removals]`."""

    names: tuple[str, ...]
    accept_removals: bool

    async def perform(self, watch: Watch, tell: Tell, beside: Beside) -> int:
        _refuse_unknown(watch, self.names)
        return await sweep_now(
            watch,
            self.names,
            accept_removals=self.accept_removals,
            tell=tell,
            hosts=beside.hosts,
            sinks=beside.sinks,
            stopping=beside.stopping,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryAlerts:
    """`alerts retry [ID…]`."""

    ids: tuple[int, ...]

    async def perform(self, watch: Watch, tell: Tell, beside: Beside) -> int:
        return await retry_alerts(watch, self.ids, tell, sinks=beside.sinks)


ERRANDS: dict[str, type[Poll] | type[Sweep] | type[RetryAlerts]] = {
    "poll": Poll,
    "sweep": Sweep,
    "alerts retry": RetryAlerts,
}


async def perform(watch: Watch, what: str, arguments: Mapping[str, Any], tell: Tell, beside: Beside) -> int:
    """Do what a command asks for, and return its exit code. Raises CrawlerError."""
    try:
        errand = msgspec.convert(dict(arguments), ERRANDS[what])
    except (KeyError, msgspec.ValidationError) as error:
        told = f"the daemon does not understand `{what}` as this command says it; restart it after an upgrade"
        raise ErrandError(told) from error
    return await errand.perform(watch, tell, beside)


def _refuse_unknown(watch: Watch, names: Sequence[str]) -> None:
    """Raise NotFound for a name that is no Source's; it may stand in a config that the daemon has not read yet."""
    try:
        named(watch, names)
    except NotFound as error:
        raise NotFound(f"{error}; the daemon goes by the config as it read it last, and SIGHUP reloads it") from error
