"""The end of what is under way: awaited for a while, then cut short. A poll that is cancelled is dropped whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


async def ended(tasks: Iterable[asyncio.Task[None]], *, deadline: float, hurry: asyncio.Event) -> None:
    """Wait until these have ended; cancel what has not by the deadline (of the loop's clock), or on `hurry`."""
    left = list(tasks)
    if not left:
        return
    seconds = max(0.0, deadline - asyncio.get_running_loop().time())
    everything = asyncio.ensure_future(asyncio.wait(left))
    hurried = asyncio.ensure_future(hurry.wait())
    await asyncio.wait((everything, hurried), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await everything
    hurried.cancel()
