"""The alert object of a digest: many Changes told as one, the same in every sink that speaks JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crawler.model import DigestView
from crawler.render.alert import MOST_ALERT, VERSION, bounded, size, time_text
from crawler.render.headline import done
from crawler.render.inert import one_line

#: Changes that a digest shows; of all of them it has the ids.
MOST_SHOWN = 100
#: So many have room in any digest: people see a line of each.
_SURELY_SHOWN = 30
#: In bytes. One Change may not fill the whole digest, and is cut no shorter than this for others.
_MOST_CHANGE, _LEAST_CHANGE = 16 * 1024, 3 * 1024
#: What stands between them, and around all.
_SEPARATORS = 512


def digest(view: DigestView, alerts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The object for `view`. `alerts`: those of its Changes, in order; no more of them are made than are shown."""
    source = view.source
    data: dict[str, Any] = {
        "version": VERSION,
        "id": view.id,
        "reason": view.reason,
        "kind": view.kinds[0][0] if len(view.kinds) == 1 else None,
        "fields": list(view.fields),
        "source": None if source is None else {"name": source.name, "url": source.url, "groups": list(source.groups)},
        "since": time_text(view.since),
        "until": time_text(view.until),
        "count": len(view.ids),
        "summary": _summary(view),
        "changes": [],
        "ids": list(view.ids),
    }
    data["changes"] = list(_shown(alerts, MOST_ALERT - _SEPARATORS - size(data)))
    return {"type": "digest", "timestamp": time_text(view.until), "data": data}


def _summary(view: DigestView) -> str:
    """`koreapro.org · 1,204 posts: link edited`, `12 sources · 40 changes: 36 edited, 4 deleted`."""
    where = one_line(view.source.name) if view.source is not None else f"{view.sources:,} sources"
    count = len(view.ids)
    if view.reason == "group":
        ((kind, _),) = view.kinds
        return f"{where} · {count:,} posts: {done(kind, view.fields)}"
    more = "more " if view.reason == "storm" else ""
    what = ", ".join(f"{number:,} {done(kind, ())}" for kind, number in view.kinds)
    return f"{where} · {count:,} {more}change{'s' if count != 1 else ''}: {what}"


def _shown(alerts: Iterable[Mapping[str, Any]], room: int) -> Iterator[Mapping[str, Any]]:
    """The first ones, as many as there is room for."""
    for number, alert in enumerate(alerts):
        share = room // max(1, _SURELY_SHOWN - number)
        data = bounded(dict(alert), min(_MOST_CHANGE, max(_LEAST_CHANGE, share)))["data"]
        room -= size(data) + len(", ")
        if number and room < 0:
            return
        yield data
        if number + 1 == MOST_SHOWN:
            return
