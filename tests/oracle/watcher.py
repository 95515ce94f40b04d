"""The crawler as a Story needs it: its real parts, behind the proxy, by the Story's clock; and what it told."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from crawler.cli.compose import user_agent
from crawler.config import Config
from crawler.fetch import Fetcher, HostLines
from tests.bench import Bench
from tests.oracle.editor import Clock
from tests.oracle.oracle import Change


class Watcher(Bench):
    """Every look is a process start of its own as far as memory goes: all it knows stands in the store."""

    #: Some edits are told by a feed, which does not say when a post was modified, and so not whether they are silent.
    may_be_feed = False

    def __init__(self, folder: Path, clock: Clock, site: str, proxy: str, **keys: str) -> None:
        self._site, self._proxy = urlsplit(site), proxy
        more = "".join(f", {name}: {value}" for name, value in keys.items())
        super().__init__(folder, clock, {}, f"  - {{name: site, url: '{site}/', confirm: 10m{more}}}")

    def fetcher(self, config: Config) -> Fetcher:
        return Fetcher(
            user_agent=user_agent(config),
            concurrency=4,
            max_body=config.fetch.max_body,
            allow_private=[ip_network("127.0.0.0/8")],
            # It may move from the one to the other.
            configured_hosts={(self._site.hostname, self._site.port), ("localhost", self._site.port)},
            proxy=self._proxy,
            lines=HostLines(now=self.clock),
        )

    def poll(self, *, minutes=0, sweeping="due"):
        return super().poll(minutes=minutes, sweeping=sweeping)

    def sweep(self, *, minutes=0, accept=False):
        return super().sweep(minutes=minutes, accept=accept)

    def told(self) -> dict[int, list[Change]]:
        """The Changes of each post by its WordPress id, in the order in which they were told."""
        rows = self.rows(
            "SELECT p.wp_id, c.kind, c.silent, c.fields FROM changes c JOIN posts p ON p.id = c.post_id ORDER BY c.seq"
        )
        told: dict[int, list[Change]] = {}
        for row in rows:
            silent = 0 if self.may_be_feed and row["kind"] == "edited" and row["silent"] is None else row["silent"]
            change = Change(row["kind"], tuple(sorted(json.loads(row["fields"]))), silent)
            told.setdefault(row["wp_id"], []).append(change)
        return told

    def notices(self, kind: str) -> int:
        """How many Notices of this kind there are."""
        return self.one("SELECT count(*) FROM notices WHERE kind = ?", kind)

    def posts(self) -> dict[int, tuple[object, ...]]:
        """What is public by the store."""
        rows = self.rows(
            "SELECT wp_id, state, link, published_at, modified_at FROM posts WHERE state IN ('public', 'protected')"
        )
        return {row["wp_id"]: tuple(row.values())[1:] for row in rows}
