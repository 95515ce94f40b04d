"""What every command shares: which config, which store, which time zone, what time it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from crawler import config as configuration
from crawler.config import Config
from crawler.store.reading import Reader, reading

DEFAULT_CONFIG = "config.yaml"


def current_time() -> datetime:
    """The time that durations such as `--since 2d` count back from."""
    return datetime.now(UTC)


@dataclass
class App:
    """The command line's context; nothing is read before it is asked for."""

    path: Path = field(default_factory=lambda: Path(os.environ.get("CRAWLER_CONFIG") or DEFAULT_CONFIG))
    verbose: bool = False

    def config(self) -> Config:
        """The whole configuration, every reference resolved. Raises ConfigError."""
        return configuration.load(self.path, env=os.environ)

    @cached_property
    def reading_config(self) -> Config:
        """The configuration for commands that only read the store: secrets may be missing."""
        return configuration.load(self.path, env=os.environ, require_references=False)

    @property
    def zone(self) -> ZoneInfo:
        """For people: tables, and times that were typed."""
        return self.reading_config.timezone

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """The store, for reading only."""
        with reading(self.reading_config.store) as reader:
            yield reader


pass_app = click.make_pass_decorator(App, ensure=True)
