"""The configuration as the program uses it: frozen, complete, every path absolute, every secret hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from crawler.config.scalars import Listen, Quiet
from crawler.model import IgnoreRule, Retained, Route, RouteMatch
from crawler.model.pace import Pace

Network = IPv4Network | IPv6Network
#: One for all: a hundred thousand empty mappings of their own are six megabytes.
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """Keys that were written together, and where: what `check --print` needs to say where a value came from."""

    file: str
    lines: Mapping[str, int]
    #: `defaults`, `groups.uk-papers`; "" for the section itself
    label: str = ""
    #: values with references in them, and `ignore`, as they were written
    written: Mapping[str, object] = field(default_factory=lambda: NOTHING)
    #: groups that are folders of an OPML file
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceConfig:
    """A Source to watch, with everything that groups and defaults say of it."""

    name: str
    #: without user, password and fragment
    url: str
    kind: Literal["auto", "wordpress", "feed"]
    groups: tuple[str, ...]
    every: timedelta
    #: None: never
    sweep: timedelta | None
    confirm: timedelta
    types: tuple[str, ...]
    #: all, a number of the newest posts, or an age
    baseline: Literal["all"] | int | timedelta
    #: the default's, then the groups', then its own
    ignore: tuple[IgnoreRule, ...]
    timeout: timedelta
    per_host_delay: timedelta
    robots: bool
    paused: bool
    username: str | None
    password: SecretStr | None
    headers: Mapping[str, SecretStr]
    #: nearest first
    layers: tuple[Layer, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SinkConfig:
    """Where Alerts go. Keys that a type does not have are empty."""

    name: str
    type: str
    notices: bool
    full_text: bool
    #: any of them suffices
    when: tuple[RouteMatch, ...]
    digest: timedelta | None
    quiet: Quiet | None
    storm: int | None
    template: Path | None
    path: Path | None = None
    #: of a webhook or of apprise
    url: SecretStr | None = None
    #: each signs; more than one while rotating
    secret: tuple[SecretStr, ...] = ()
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    allow_private: tuple[Network, ...] = ()
    #: a program and its arguments
    run: tuple[str, ...] = ()
    #: what the references in it stand for
    hidden: tuple[SecretStr, ...] = ()
    entries: int | None = None
    layer: Layer | None = field(default=None, repr=False, compare=False)

    @property
    def is_for_people(self) -> bool:
        """Whether it takes words, which can be a template's."""
        return self.type in ("stdout", "apprise")

    def pace(self, zone: ZoneInfo) -> Pace:
        """When it is told; its quiet hours are those of the zone."""
        return Pace(digest=self.digest, quiet=self.quiet, zone=zone if self.quiet else UTC, storm=self.storm)


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchConfig:
    """How sites are asked."""

    concurrency: int
    #: bytes, after decompression
    max_body: int
    allow_private: tuple[Network, ...]
    proxy: SecretStr | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionConfig:
    """How long things are kept; None: forever."""

    polls: timedelta | None
    alerts: timedelta | None
    revisions: timedelta | None
    originals: timedelta | None

    def retained(self) -> Retained:
        """As the store is told."""
        return Retained(polls=self.polls, alerts=self.alerts, revisions=self.revisions, originals=self.originals)


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsConfig:
    """Where Prometheus asks."""

    listen: Listen


@dataclass(frozen=True, kw_only=True, slots=True)
class WebConfig:
    """The web page; `url` is what its links begin with."""

    listen: Listen
    token: SecretStr | None
    url: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupConfig:
    """Copies of the store, in the folder `to`."""

    to: Path
    every: timedelta
    keep: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HeartbeatConfig:
    """An address to ask regularly."""

    url: SecretStr
    every: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class LogConfig:
    """The log on standard error."""

    level: str
    format: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Everything that one `config.yaml` and the files it names say."""

    path: Path
    store: Path
    contact: str | None
    timezone: ZoneInfo
    sources: tuple[SourceConfig, ...]
    sinks: tuple[SinkConfig, ...]
    fetch: FetchConfig
    retention: RetentionConfig
    metrics: MetricsConfig | None
    web: WebConfig | None
    backup: BackupConfig | None
    heartbeat: HeartbeatConfig | None
    log: LogConfig
    #: by section, "" for the top of the file
    layers: Mapping[str, Layer] = field(default_factory=dict, repr=False, compare=False)

    def routes(self) -> tuple[Route, ...]:
        """Which Sink takes what and when, in the order of the file."""
        return tuple(
            Route(sink=sink.name, when=sink.when, notices=sink.notices, pace=sink.pace(self.timezone))
            for sink in self.sinks
        )
