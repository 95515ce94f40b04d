"""Posts that flip between two states: what is held of them, and which are to be read again. Decides nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

from crawler.model import Flips, Held, Left
from crawler.store.posting import insert
from crawler.store.rows import json_text, moment, sure, text

#: More are not read at one poll; the others wait for the next one.
_MOST = 100


def flips(connection: sqlite3.Connection, post_ids: Iterable[int], endpoint_id: int) -> dict[int, Flips]:
    """What is known of the returns of these Posts, as the Endpoint shows them; of most there are none."""
    rows = connection.execute(
        """
        SELECT f.* FROM json_each(?) j CROSS JOIN flips f ON f.post_id = j.value AND f.endpoint_id = ?
        """,
        (json_text(list(post_ids)), endpoint_id),
    )
    return {row["post_id"]: _flips(row) for row in rows}


def left(connection: sqlite3.Connection, post_id: int, latest: sqlite3.Row) -> Left | None:
    """The state that the Post was in before the latest one; `latest` is a row of its Revision, `state` beside it."""
    kinds = [
        kind
        for (kind,) in connection.execute(
            "SELECT kind FROM changes WHERE post_id = ? ORDER BY seq DESC LIMIT 2", (post_id,)
        )
    ]
    if latest["state"] == "protected":
        hidden = kinds[:1] == ["protected"]
        return Left(text_hash=latest["content_hash"], modified_at=moment(latest["modified_at"])) if hidden else None
    if kinds == ["restored", "protected"]:
        return Left(text_hash=None, state="protected")
    row = connection.execute(
        "SELECT content_hash, modified_at FROM revisions WHERE post_id = ? AND number = ? AND endpoint_id = ?",
        (post_id, latest["number"] - 1, latest["endpoint_id"]),
    ).fetchone()
    if row is None or kinds[:1] != ["edited"] or latest["cause"] != "edit":
        return None
    return Left(text_hash=row["content_hash"], modified_at=moment(row["modified_at"]))


def wished(connection: sqlite3.Connection, endpoint_id: int, since: datetime) -> list[int | None]:
    """The WordPress ids, where there are any, of Posts with a return that is held, those that wait longest in front."""
    rows = connection.execute(
        """
        SELECT p.wp_id FROM flips f JOIN posts p ON p.id = f.post_id AND p.state IN ('public', 'protected')
         WHERE f.endpoint_id = ? AND f.text_hash IS NOT NULL AND f.last_at > ? ORDER BY f.last_at, f.post_id LIMIT ?
        """,
        (endpoint_id, text(since), _MOST),
    )
    return [row["wp_id"] for row in rows]


def is_told(connection: sqlite3.Connection, source_id: int, since: datetime) -> bool:
    """Whether it was told of a Post of the Source that it flips, and one of those has flipped since then."""
    row = connection.execute(
        """
        SELECT 1 FROM endpoints e JOIN flips f ON f.endpoint_id = e.id
         WHERE e.source_id = ? AND f.told_at IS NOT NULL AND f.dropped_at > ? LIMIT 1
        """,
        (source_id, text(since)),
    ).fetchone()
    return row is not None


def write(connection: sqlite3.Connection, endpoint_id: int, changed: Mapping[int, Flips]) -> None:
    """Write these Posts' Flips in place of those before."""
    rows = [_row(post_id, endpoint_id, each) for post_id, each in changed.items()]
    if rows:
        replace = ", ".join(f"{name} = excluded.{name}" for name in rows[0] if not name.endswith("_id"))
        insert(connection, "flips", rows, clause=f"ON CONFLICT (post_id, endpoint_id) DO UPDATE SET {replace}")


def forget(connection: sqlite3.Connection, post_ids: Iterable[int]) -> None:
    """Forget what is held of Posts that are gone."""
    connection.executemany("DELETE FROM flips WHERE post_id = ?", [(post_id,) for post_id in post_ids])


def _row(post_id: int, endpoint_id: int, flips: Flips) -> dict[str, object]:
    held = flips.held
    return {
        "post_id": post_id,
        "endpoint_id": endpoint_id,
        "text_hash": held and held.text_hash,
        "state": held and held.state,
        "left_at": text(held.left_at) if held else None,
        "looks": held.looks if held else 0,
        "last_at": text(held.last_at) if held else None,
        "dropped": flips.dropped,
        "dropped_at": text(flips.dropped_at),
        "told_at": text(flips.told_at),
    }


def _flips(row: sqlite3.Row) -> Flips:
    held = None
    if row["text_hash"] is not None:
        held = Held(
            text_hash=row["text_hash"],
            state=row["state"],
            left_at=sure(row["left_at"]),
            last_at=sure(row["last_at"]),
            looks=row["looks"],
        )
    return Flips(
        held=held,
        dropped=row["dropped"],
        dropped_at=moment(row["dropped_at"]),
        told_at=moment(row["told_at"]),
    )
