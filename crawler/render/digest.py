"""The alert object of a digest: many Changes of one kind told as one, the same in every sink that speaks JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crawler.model import DigestView
from crawler.render.alert import MOST_ALERT, VERSION, bounded, size, time_text
from crawler.render.headline import done
from crawler.render.inert import one_line

#: Changes that a digest shows; of all of them it has the ids.
MOST_SHOWN = 100
#: In bytes. One Change may not fill the whole digest, and some are shown however many ids there are.
_MOST_CHANGE = 16 * 1024
_LEAST_SHOWN = 64 * 1024


def digest(view: DigestView, alerts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The object for `view`. `alerts`: those of its Changes, in order; no more of them are made than are shown."""
    data: dict[str, Any] = {
        "version": VERSION,
        "id": view.id,
        "reason": view.reason,
        "kind": view.kind,
        "fields": list(view.fields),
        "source": {"name": view.source.name, "url": view.source.url, "groups": list(view.source.groups)},
        "since": time_text(view.since),
        "until": time_text(view.until),
        "count": len(view.ids),
        "summary": _summary(view),
        "changes": [],
        "ids": list(view.ids),
    }
    data["changes"] = list(_shown(alerts, max(_LEAST_SHOWN, MOST_ALERT - size(data))))
    return {"type": "digest", "timestamp": time_text(view.until), "data": data}


def _summary(view: DigestView) -> str:
    """`koreapro.org · 1,204 posts: link edited`."""
    return f"{one_line(view.source.name)} · {len(view.ids):,} posts: {done(view.kind, view.fields)}"


def _shown(alerts: Iterable[Mapping[str, Any]], room: int) -> Iterator[Mapping[str, Any]]:
    """The first ones, as many as there is room for."""
    for number, alert in enumerate(alerts):
        data = bounded(dict(alert), _MOST_CHANGE)["data"]
        room -= size(data)
        if number and room < 0:
            return
        yield data
        if number + 1 == MOST_SHOWN:
            return
