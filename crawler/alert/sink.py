"""The Sink seam: where Alerts go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Sink(Protocol):
    """One place that takes Alerts.

    `send` returns once the Sink has the alert for good, with a short reply to remember or None. It raises SinkError
    (and nothing else) when it was not taken. An alert may come again after a crash: `data.id` tells a repeat.
    """

    name: str
    #: whether the alert is to carry the old and new content in full
    full_text: bool

    async def send(self, payload: Mapping[str, Any]) -> str | None:
        """Deliver one alert object, as `render.alert` makes it."""

    async def reached(self) -> str:
        """Where alerts would go, for people; nothing is sent. Raises SinkError where none would be taken."""
