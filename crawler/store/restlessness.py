"""Posts whose text changes at every look: reading and writing what is known of them. Decides nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

import msgspec

from crawler.model import Place, Restless
from crawler.store.posting import insert
from crawler.store.rows import json_text, moment, sure, text

_places = msgspec.json.Decoder(tuple[Place, ...]).decode


def restless(connection: sqlite3.Connection, post_ids: Iterable[int], endpoint_id: int) -> dict[int, Restless]:
    """Which of these Posts do not rest, as the Endpoint shows them; most do."""
    rows = connection.execute(
        "SELECT r.* FROM json_each(?) j CROSS JOIN restless r ON r.post_id = j.value AND r.endpoint_id = ?",
        (json_text(list(post_ids)), endpoint_id),
    )
    return {
        row["post_id"]: Restless(
            modified_at=sure(row["modified_at"]),
            looks=row["looks"],
            places=_places(row["places"]),
            told_at=moment(row["told_at"]),
            alerted_at=moment(row["alerted_at"]),
            untold=row["untold"],
        )
        for row in rows
    }


def write(connection: sqlite3.Connection, endpoint_id: int, changed: Mapping[int, Restless | None]) -> None:
    """Write what is known of these Posts in place of what was; None: they rest."""
    connection.executemany(
        "DELETE FROM restless WHERE post_id = ? AND endpoint_id = ?", [(post_id, endpoint_id) for post_id in changed]
    )
    rows = [
        {
            "post_id": post_id,
            "endpoint_id": endpoint_id,
            "modified_at": text(each.modified_at),
            "looks": each.looks,
            "places": json_text(each.places),
            "told_at": text(each.told_at),
            "alerted_at": text(each.alerted_at),
            "untold": each.untold,
        }
        for post_id, each in changed.items()
        if each is not None
    ]
    insert(connection, "restless", rows)
