"""The alert object of a Notice: the same in every sink that speaks JSON."""

from __future__ import annotations

from typing import Any

from crawler.model import NoticeView
from crawler.render.alert import time_text


def notice(view: NoticeView) -> dict[str, Any]:
    """The object for `view`: the same in every sink that speaks JSON."""
    source = view.source
    told = None if source is None else {"name": source.name, "url": source.url, "groups": list(source.groups)}
    data = {"id": view.id, "kind": view.kind, "at": time_text(view.at), "source": told, "text": view.text}
    return {
        "type": f"{'program' if source is None else 'source'}.{view.kind}",
        "timestamp": time_text(view.at),
        "data": data,
    }
