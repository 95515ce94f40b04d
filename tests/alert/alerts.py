"""Alert objects, and a store with Alerts that are due, with as little said as a test needs."""

from __future__ import annotations

import asyncio

from tests.store.builders import NOW, edit, entry, keys, new_post, plan, sighting, site


def payload(number=1, *, headline="example.org · title edited · “A post”", diff="[-A-]{+B+} post"):
    """The alert object of Change `c_<number>`."""
    moment = "2026-11-23T12:00:00Z"
    return {
        "type": "post.edited",
        "timestamp": moment,
        "data": {
            "version": 1,
            "id": f"c_{number}",
            "kind": "edited",
            "noted": False,
            "detected_at": moment,
            "old_seen_at": moment,
            "post": {"id": 1, "link": "https://example.org/1/", "published_at": None},
            "revision": {
                "old": {"number": 1, "modified_at": moment},
                "new": {"number": 2, "modified_at": moment},
            },
            "fields": [{"name": "title", "old": "A post", "new": "B post", "words_added": 1, "words_removed": 1}],
            "headline": headline,
            "diff": diff,
            "truncated": False,
            "url": None,
        },
    }


def prepared(store, sinks, *edits, at=NOW):
    """Posts with edits that are due for every sink: `(1, "B", "c_1")` gives post 1 the title "B" by Change c_1."""
    asyncio.run(_prepare(store, sinks, edits, at))


async def _prepare(store, sinks, edits, at):
    await store.sync([entry()], sinks, NOW)
    await store.register(store.sources()[0], site(), NOW)
    (endpoint,) = store.endpoints(store.sources()[0].id)
    for number in sorted({number for number, _, _ in edits}):
        await store.commit(plan(endpoint, new_post(sighting(number))))
    for number, title, change_id in edits:
        (post,) = store.known(endpoint.source_id, endpoint.id, keys(sighting(number))).posts.values()
        seen = sighting(number, title=title)
        await store.commit(plan(endpoint, edit(post, seen, change_id=change_id, sinks=sinks), now=at))
