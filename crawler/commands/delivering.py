"""Delivering for a command: every due Alert is tried once, each Sink in its turn."""

from __future__ import annotations

import asyncio

from crawler.alert import Sink, deliver
from crawler.commands.turns import Turns
from crawler.route import notified, paces
from crawler.watch import Watch


async def deliver_now(watch: Watch, sinks: Turns) -> int:
    """Try every due Alert once. Returns how many Sinks failed."""

    async def to(sink: Sink) -> int:
        # Two deliveries to one Sink at once would read the same Alerts, and send them twice.
        async with sinks(sink.name):
            return await deliver_to(watch, sink)

    return sum(await asyncio.gather(*(to(sink) for sink in watch.sinks)))


async def deliver_to(watch: Watch, sink: Sink) -> int:
    """Try every due Alert of a Sink once, until its Watch is over. Returns 1 where it failed, else 0."""
    routes = watch.desk.routes
    return await deliver(
        watch.store,
        [sink],
        watch.desk.clock,
        notified=notified(routes),
        paces=paces(routes),
        goes_on=lambda: not watch.over.is_set(),
    )
