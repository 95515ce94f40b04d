"""Which Post is meant: its id, a Change's id, `NAME:WP_ID`, a link, a guid, the beginning of a Change's id.

What the program gave out wins over what sites chose: a site that calls a guid `17` or `koreapro.org:55` must not
stand in the way of another Post.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crawler.errors import NotFound
from crawler.store.reading import Reader
from crawler.text import canonical_link

#: SQLite's integers have 64 bits.
_MOST_DIGITS = 18
_SHOWN = 10
#: Of Changes whose ids begin alike: more need not be counted.
_MOST = 1000


class Named(NamedTuple):
    """The Post that is meant, and the Change by which it was named."""

    post_id: int
    change_id: str | None = None


def named(reader: Reader, name: str) -> Named | None:
    """The Post of that name, None when there is none. Raises NotFound when several could be meant."""
    for lookup in (_by_id, _by_change, _by_wp_id, _by_key, _by_former_name, _by_change_prefix):
        found = list(dict.fromkeys(lookup(reader, name)))
        if len(found) > 1:
            raise NotFound(_ambiguous(reader, name, found))
        if found:
            return found[0]
    return None


def _by_id(reader: Reader, name: str) -> list[Named]:
    if not is_number(name):
        return []
    return [Named(row["id"]) for row in reader.execute("SELECT id FROM posts WHERE id = ?", (int(name),))]


def _by_change(reader: Reader, name: str) -> list[Named]:
    rows = reader.execute("SELECT post_id, id FROM changes WHERE id = ?", (name,))
    return [Named(row["post_id"], row["id"]) for row in rows]


def _by_wp_id(reader: Reader, name: str) -> list[Named]:
    source, _, wp_id = name.rpartition(":")
    if not source or not is_number(wp_id):
        return []
    rows = reader.execute(
        """
        SELECT k.post_id FROM sources s JOIN post_keys k ON k.source_id = s.id
         WHERE s.name = ? AND k.kind = 'wp-id' AND k.value = ?
        """,
        (source, str(int(wp_id))),
    )
    return [Named(row["post_id"]) for row in rows]


def _by_key(reader: Reader, name: str) -> list[Named]:
    """By guid or link as they are known now: a link that moved to another Post names that one."""
    rows = reader.execute(
        """
        SELECT k.post_id FROM sources s CROSS JOIN post_keys k ON k.source_id = s.id
         WHERE (k.kind = 'guid' AND k.value = :name) OR (k.kind = 'link' AND k.value IN (:name, :link))
         ORDER BY k.post_id
        """,
        {"name": name, "link": canonical_link(name)},
    )
    return [Named(row["post_id"]) for row in rows]


def _by_former_name(reader: Reader, name: str) -> list[Named]:
    """By what the Post itself last showed, where its key has been given to another since."""
    rows = reader.execute("SELECT id FROM posts WHERE link = ?1 OR guid = ?1 ORDER BY id", (name,))
    return [Named(row["id"]) for row in rows]


def _by_change_prefix(reader: Reader, name: str) -> list[Named]:
    if not name.startswith("c_") or len(name) < 3 or not name.isascii() or not name[2:].isalnum():
        return []
    # every id is made of ASCII letters and digits: "~" comes after all of them
    rows = reader.execute(
        "SELECT post_id, id FROM changes WHERE id >= ? AND id < ? ORDER BY id LIMIT ?", (name, name + "~", _MOST)
    )
    return [Named(row["post_id"], row["id"]) for row in rows]


def is_number(text: str) -> bool:
    """Is it a number that the store can hold?"""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _ambiguous(reader: Reader, name: str, found: Sequence[Named]) -> str:
    lines = [_candidate(reader, each) for each in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append("…")
    number = f"{len(found):,}" if len(found) < _MOST else f"{_MOST:,} or more"
    what = "changes" if found[0].change_id else "posts"
    return "\n  ".join([f"{name} can mean {number} {what}; name one by its id:", *lines])


def _candidate(reader: Reader, found: Named) -> str:
    row = reader.execute(
        """
        SELECT s.name, p.state, p.title, p.link, (SELECT kind FROM changes WHERE id = ?) AS kind
          FROM posts p JOIN sources s ON s.id = p.source_id WHERE p.id = ?
        """,
        (found.change_id, found.post_id),
    ).fetchone()
    known_as = found.change_id or str(found.post_id)
    return f"{known_as}  {row['name']}  {row['kind'] or row['state']}  “{row['title'] or row['link'] or 'untitled'}”"
