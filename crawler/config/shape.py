"""The whole file: its other sections, and all of it together for the JSON Schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from crawler.config import values as v
from crawler.config.keys import Keys, key
from crawler.config.reads import choice, lasting, whole
from crawler.config.sink_keys import SinkUnion, When
from crawler.config.source_keys import Defaults, Ignore, IncludeKeys, OpmlKeys, SiteKeys


class FetchKeys(Keys):
    """How sites are asked."""

    concurrency: Annotated[int, whole(1, 1000)] = key(16, "hosts at once; one request at a time to each")
    max_body: v.Size = key("20MiB", "after decompression")
    allow_private: tuple[v.Cidr, ...] = key((), "networks that hosts written in this file may be in")
    proxy: v.HiddenUrl | None = None


_Kept = Annotated[timedelta | None, lasting("1h", "36500d", never="forever")]


class RetentionKeys(Keys):
    """How long things are kept."""

    polls: _Kept = key("30d")
    alerts: _Kept = key("90d")
    revisions: _Kept = key("forever")
    originals: _Kept = key("forever")


class MetricsKeys(Keys):
    """Prometheus metrics and health."""

    listen: v.ListenAddress


class WebKeys(Keys):
    """The web page."""

    listen: v.ListenAddress
    token: v.SecretText | None = key(None, "needed where others can connect")
    url: v.PublicUrl | None = key(None, "used in links")


class BackupKeys(Keys):
    """Copies of the store."""

    to: v.Path
    every: Annotated[timedelta, lasting("1m", "365d")] = key("24h")
    keep: Annotated[int, whole(1, 10_000)] = 7


class HeartbeatKeys(Keys):
    """An address that is asked regularly, so that somebody notices when it is not."""

    url: v.HiddenUrl
    every: Annotated[timedelta, lasting("1m", "30d")] = key("5m")


class LogKeys(Keys):
    """The log on standard error."""

    level: Annotated[str, choice("debug", "info", "warning", "error")] = "info"
    format: Annotated[str, choice("text", "json")] = "text"


class HeadKeys(Keys):
    """The single values at the top of the file."""

    store: v.Path = key("crawler.db", "the SQLite file")
    contact: v.Contact | None = key(None, "goes into the User-Agent")
    timezone: v.Zone | None = key(None, "for people; default: the system's")


#: Maps inside a section, by the key that holds them.
INNER: dict[str, type[Keys]] = {"ignore": Ignore, "when": When}


class RootKeys(HeadKeys):
    """The whole file; only for its JSON Schema and the names of its keys, because sections are read one by one."""

    defaults: Defaults = Defaults()
    groups: dict[str, Defaults] = key({})
    sources: list[SiteKeys | OpmlKeys | IncludeKeys] = key([])
    sinks: list[Annotated[SinkUnion, Field(discriminator="type")]] = key([])
    fetch: FetchKeys = FetchKeys()
    retention: RetentionKeys = RetentionKeys()
    metrics: MetricsKeys | None = None
    web: WebKeys | None = None
    backup: BackupKeys | None = None
    heartbeat: HeartbeatKeys | None = None
    log: LogKeys = LogKeys()
