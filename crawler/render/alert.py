"""The alert object of a Change: the same in every sink that speaks JSON. Keys are only ever added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from crawler.model import ChangeView, FieldDiff, PostView, RevisionView
from crawler.render.headline import headline

VERSION = 1
#: In bytes of UTF-8. Receivers of webhooks commonly refuse more than 256 KiB.
MOST_DIFF = 64 * 1024
MOST_ALERT = 256 * 1024
#: Values are cut to these many bytes, one after the other, until the whole fits.
_CUTS = (96 * 1024, 48 * 1024, 24 * 1024, 8 * 1024, 2 * 1024, 512, 128, 32)
_MOST_NAMES = 100


def alert(view: ChangeView, *, full_text: bool = False, url: str | None = None) -> dict[str, Any]:
    """The object for `view`; with `full_text` its content field has the old and new text. `url`: the Change's page."""
    diff = _cut_text(view.diff, MOST_DIFF)
    data = {
        "version": VERSION,
        "id": view.id,
        "kind": view.kind,
        "silent": view.silent,
        "noted": view.noted,
        "detected_at": time_text(view.detected_at),
        "old_seen_at": time_text(view.old_seen_at),
        "source": {"name": view.source_name, "url": view.source_url, "groups": list(view.groups)},
        "post": _post(view.post),
        "revision": {"old": _revision(view.old), "new": _revision(view.new)},
        "fields": [_field(field, view if full_text else None) for field in view.fields],
        "words_added": view.words_added,
        "words_removed": view.words_removed,
        "headline": headline(view),
        "summary": view.summary,
        "diff": diff,
        "truncated": diff != view.diff,
        "url": url,
    }
    return bounded({"type": f"post.{view.kind}", "timestamp": time_text(view.detected_at), "data": data})


def time_text(moment: datetime | None) -> str | None:
    """UTC to the second: `2023-05-08T23:00:24Z`."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _post(post: PostView) -> dict[str, Any]:
    return {
        "id": post.id,
        "wp_id": post.wp_id,
        "guid": post.guid,
        "type": post.type,
        "state": post.state,
        "link": post.link,
        "title": post.title,
        "author": post.author,
        "categories": list(post.categories),
        "tags": list(post.tags),
        "published_at": time_text(post.published_at),
        "modified_at": time_text(post.modified_at),
    }


def _revision(revision: RevisionView | None) -> dict[str, Any] | None:
    if revision is None:
        return None
    return {
        "number": revision.number,
        "observed_at": time_text(revision.observed_at),
        "modified_at": time_text(revision.modified_at),
        "hash": revision.hash,
    }


def _field(field: FieldDiff, shown_whole: ChangeView | None) -> dict[str, Any]:
    """One changed field; `shown_whole` has the content's texts where they are wanted."""
    if field.added is not None or field.removed is not None:
        return {"name": field.name, "added": list(field.added or ()), "removed": list(field.removed or ())}
    old, new = field.old, field.new
    if field.name == "content" and shown_whole is not None:
        old = shown_whole.old.content if shown_whole.old else None
        new = shown_whole.new.content if shown_whole.new else None
    return {
        "name": field.name,
        "old": old,
        "new": new,
        "words_added": field.words_added,
        "words_removed": field.words_removed,
    }


def bounded(payload: dict[str, Any], most_bytes: int = MOST_ALERT) -> dict[str, Any]:
    """The payload, its longest values cut until all of it is small enough."""
    for most in _CUTS:
        if size(payload) <= most_bytes:
            break
        payload = _cut(payload, most)
        payload["data"]["truncated"] = True
    return payload


def size(payload: Mapping[str, Any]) -> int:
    """In bytes, as JSON."""
    return len(json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _cut(value: Any, most: int) -> Any:
    if isinstance(value, dict):
        return {key: _cut(each, most) for key, each in value.items()}
    if isinstance(value, list):
        return [_cut(each, most) for each in value[:_MOST_NAMES]]
    return _cut_text(value, most) if isinstance(value, str) else value


def _cut_text(text: str, most: int) -> str:
    """At most so many bytes, ending with a whole character."""
    if len(text) * 4 <= most:
        return text
    encoded = text.encode("utf-8", "surrogatepass")
    return text if len(encoded) <= most else encoded[:most].decode("utf-8", "ignore")
