"""The line that the service manager shows: what is watched, and what is in the way."""

from __future__ import annotations

from crawler.commands.polling import counted
from crawler.store import Store

#: Not looked at, so not watched.
_ASIDE = ("removed", "duplicate", "paused")


def status_line(store: Store, *, blocked: str | None, is_full: bool) -> str:
    """`watching 212 sources, 3 failing; 2 alerts pending`."""
    if blocked is not None:
        return f"paused: {blocked}"
    states, pending = store.summary()
    watched = sum(number for state, number in states.items() if state not in _ASIDE)
    parts = [f"watching {counted(watched, 'source')}"]
    parts += [f"{states[state]:,} {state}" for state in ("failing", "suspect", "gone") if state in states]
    full = "; paused: the disk is full" if is_full else ""
    return f"{', '.join(parts)}; {counted(pending, 'alert')} pending{full}"
