"""When all Sources fail at once: one Notice about the network instead of one about each of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from crawler.decide import health
from crawler.decide.health import Network
from crawler.render import incident as words
from crawler.store import noticing
from crawler.store.rows import sure, text

#: In `meta`: since when nothing at all can be read, from the Notice of it until the first success.
KEY = "network_down_since"

_ALIKE = """
  FROM sources
 WHERE failing_since IS NOT NULL AND told_at IS NULL AND failed_at >= :since
   AND state NOT IN ('paused', 'removed', 'duplicate') AND id <> :id
"""


def network(connection: sqlite3.Connection, source: sqlite3.Row, since: datetime, now: datetime) -> Network:
    """What was seen of all Sources since this one fails. One that was told of already proves nothing more."""
    is_told = connection.execute("SELECT 1 FROM meta WHERE key = ?", (KEY,)).fetchone() is not None
    if is_told:
        return "told"
    asked = {"since": text(since), "now": text(now), "id": source["id"]}
    read = connection.execute(
        "SELECT 1 FROM endpoints WHERE last_ok_at BETWEEN :since AND :now AND source_id <> :id LIMIT 1", asked
    ).fetchone()
    hosts = {_host(source["url"])}
    if read is None:
        for (url,) in connection.execute(f"SELECT url {_ALIKE}", asked):
            hosts.add(_host(url))
            if len(hosts) >= health.NETWORK_HOSTS:
                break
    return health.network(is_told=False, anything_read=read is not None, hosts=len(hosts))


def begin(
    connection: sqlite3.Connection, source: sqlite3.Row, since: datetime, now: datetime, sinks: Sequence[str]
) -> None:
    """Tell that nothing can be read; no Source is told of by itself until something can."""
    (others,) = connection.execute(
        f"SELECT count(*) {_ALIKE}",
        {"since": text(since), "id": source["id"]},
    ).fetchone()
    connection.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (KEY, text(since)))
    noticing.write(connection, "network", None, words.network_down(since, others + 1), now, sinks, since=since)


def end(connection: sqlite3.Connection, down_since: str, source: str, now: datetime, sinks: Sequence[str]) -> None:
    """Tell that something can be read again."""
    since = sure(down_since)
    connection.execute("DELETE FROM meta WHERE key = ?", (KEY,))
    noticing.write(connection, "recovered", None, words.network_up(since, now, source), now, sinks, since=since)


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
