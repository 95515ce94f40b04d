"""Keys that change hands: an id that came back as another post, and two Posts that turn out to be one.

The Post that is absorbed stays as a row, with its Revisions and Changes: their numbers and ids have been told.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from crawler.errors import StoreConflict
from crawler.model import Plan


def give_over(connection: sqlite3.Connection, plan: Plan, ids: Sequence[int]) -> None:
    """Free the strong keys that Posts of this Plan take from others. `ids` are those of its Posts, in order."""
    for post, post_id in zip(plan.posts, ids, strict=True):
        connection.executemany(
            "DELETE FROM post_keys WHERE source_id = ? AND kind = ? AND value = ? AND post_id <> ?",
            [(plan.source_id, key.kind, key.value, post_id) for key in post.taken],
        )
        if post.absorbs is not None:
            _absorb(connection, post_id, post.absorbs)


def _absorb(connection: sqlite3.Connection, post_id: int, absorbed: int) -> None:
    """Let a Post go on as another one, under whose name all its keys are found from now on."""
    row = connection.execute("SELECT wp_id, merged_into FROM posts WHERE id = ?", (absorbed,)).fetchone()
    if row["wp_id"] is not None or row["merged_into"] is not None:
        raise StoreConflict(f"post {absorbed} is no longer one that only a feed has shown")
    connection.execute("UPDATE post_keys SET post_id = ? WHERE post_id = ?", (post_id, absorbed))
    # What a feed last said of it is what that feed last said of the post: its next look is compared with that.
    connection.execute("UPDATE OR IGNORE sightings SET post_id = ? WHERE post_id = ?", (post_id, absorbed))
    connection.execute("DELETE FROM sightings WHERE post_id = ?", (absorbed,))
    connection.execute("DELETE FROM suspects WHERE post_id = ?", (absorbed,))
    connection.execute("DELETE FROM flips WHERE post_id = ?", (absorbed,))
    connection.execute(
        """
        UPDATE posts SET first_seen_at = min(first_seen_at, (SELECT first_seen_at FROM posts WHERE id = ?))
         WHERE id = ?
        """,
        (absorbed, post_id),
    )
    connection.execute("UPDATE posts SET state = 'deleted', merged_into = ? WHERE id = ?", (post_id, absorbed))
