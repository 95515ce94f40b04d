"""The keys of a source, of a group and of `defaults`, with their defaults."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from crawler.config import values as v
from crawler.config.keys import Keys, key
from crawler.config.reads import choice, lasting


class Ignore(Keys):
    """What does not count: exactly one of the three."""

    css: v.Css | None = key(None, "elements taken out of the content")
    regex: v.IgnoredRegex | None = key(None, "text taken out of the content, also part of a line")
    field: v.Field | None = key(None, "a field that does not count at all")

    @model_validator(mode="after")
    def _exactly_one(self) -> Ignore:
        if len(self.model_fields_set) != 1:
            raise ValueError("needs exactly one of css, regex or field; write one line for each")
        return self


class Defaults(Keys):
    """Keys of `defaults`, of a group and of a source."""

    every: Annotated[timedelta, lasting("60s", "30d")] = key("15m", "time from poll to poll")
    sweep: Annotated[timedelta | None, lasting("60s", "365d", never="never")] = key(
        "24h", "time from sweep to sweep, a full re-reading, or never"
    )
    confirm: Annotated[timedelta, lasting("0s", "30d")] = key(
        "10m", "a removal is reported after a second look this much later"
    )
    types: tuple[v.Name, ...] = key(
        ("posts",), "REST collections: posts, pages, or a custom type's rest_base", min_length=1
    )
    baseline: v.Baseline = key("all", "all, a number of the newest posts, or an age (90d)")
    ignore: tuple[Ignore, ...] = key((), "what does not count; groups and sources add to it")
    timeout: Annotated[timedelta, lasting("1s", "10m")] = key("30s", "one request, everything included")
    per_host_delay: Annotated[timedelta, lasting("0s", "1h")] = key("1s", "between two requests to one host")
    robots: v.Flag = key(True, "obey robots.txt for sweeps and baselines")
    paused: v.Flag = key(False, "keep it, but do not look")


class SourceKeys(Defaults):
    """Keys of every source, whether it is written here or in an OPML file."""

    kind: Annotated[Literal["auto", "wordpress", "feed"], choice("auto", "wordpress", "feed")] = key("auto")
    groups: tuple[v.Text, ...] = key((), "names of groups; the first that has a key gives it")
    username: v.Text | None = key(None, "of a WordPress application password")
    password: v.SecretText | None = None
    headers: dict[v.HeaderName, v.HeaderValue] = key({}, "sent to the configured origin only")


class SiteKeys(SourceKeys):
    """A site or a feed."""

    url: v.SiteUrl
    name: v.Text | None = key(None, "default: host and path of the URL")


class OpmlKeys(SourceKeys):
    """Every feed of an OPML file; its folders become groups."""

    opml: v.Path
    kind: Annotated[Literal["auto", "wordpress", "feed"], choice("auto", "wordpress", "feed")] = key("feed")


class IncludeKeys(Keys):
    """Files with lists of sources."""

    include: v.Path = Field(description="a glob")
