"""What all polls share: the store, the network, the child processes, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from crawler.config import SourceConfig
from crawler.endpoints.asking import Run
from crawler.model import Fetch, Route
from crawler.store import Store

Clock = Callable[[], datetime]
#: When sweeps are done: as the config says, or now; and then perhaps believing whatever is missing to be gone.
Sweeping = Literal["due", "now", "accept"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The parts that every poll shares."""

    store: Store
    fetch_for: Callable[[SourceConfig], Fetch]
    #: in a child process
    run: Run
    routes: tuple[Route, ...]
    clock: Clock
    user_agent: str
    #: told (source name, posts read, posts in all or None) after each page of a walk
    progress: Callable[[str, int, int | None], None]
    sweeping: Sweeping = "due"
