"""A real store for tests, filled the way a poll fills it: parse, decide, compare, complete, commit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.decide import Look, complete, decide, keys_to_ask
from crawler.diff import compare
from crawler.model import (
    Comparison,
    ConfiguredSource,
    Discovered,
    Endpoint,
    EndpointSeed,
    EndpointState,
    Page,
    Plan,
    PollRecord,
    PostPlan,
    Route,
    Sighting,
    Source,
    Trouble,
)
from crawler.parse.record import reduced, sighting
from crawler.store import SqliteStore

SINK = "log"


def at(text: str) -> datetime:
    """A moment in UTC: `at("2024-03-01 10:00")`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def record(
    number: int,
    title: str = "A title",
    content: str = "<p>Some text.</p>",
    *,
    link: str | None = None,
    guid: str | None = None,
    published: str = "2024-02-20T08:00:00",
    modified: str = "2024-02-20T08:00:00",
    author: tuple[int, str] = (7, "Jane Roe"),
    tags: Sequence[tuple[int, str]] = (),
    protected: bool = False,
) -> dict[str, Any]:
    """A record of a REST collection."""
    hidden = {"protected": True} if protected else {}
    return {
        "id": number,
        "date_gmt": published,
        "modified_gmt": modified,
        "link": link or f"https://site.example/posts/{number}/",
        "guid": {"rendered": guid or f"https://site.example/?p={number}"},
        "type": "post",
        "title": {"rendered": title},
        "content": {"rendered": "" if protected else content, **hidden},
        "author": author[0],
        "categories": [3],
        "tags": [tag_id for tag_id, _ in tags],
        "_embedded": {
            "author": [{"id": author[0], "name": author[1]}],
            "wp:term": [[{"id": 3, "name": "News"}], [{"id": each, "name": name} for each, name in tags]],
        },
    }


class Scene:
    """A store that is being written to."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store

    def sources(self, *entries: ConfiguredSource) -> None:
        """What the config says."""
        self._do(self.store.sync(entries, [SINK], at("2024-02-01 00:00")))

    def discovered(self, name: str) -> None:
        """A WordPress site was found there."""
        source = self.source(name)
        seed = EndpointSeed(kind="rest", url=f"{source.url}wp-json/wp/v2/posts", type="posts", rank=1)
        found = Discovered(kind="wordpress", home=source.url, title=f"The {name}", timezone="UTC", endpoints=(seed,))
        self._do(self.store.register(source, found, at("2024-02-01 00:00")))

    def baseline(self, name: str, when: str, *records: dict[str, Any]) -> None:
        """The first full reading."""
        self.look(name, when, *records, kind="baseline")

    def look(self, name: str, when: str, *records: dict[str, Any], kind: str = "poll") -> None:
        """One poll that shows these posts."""
        source, endpoint = self._watched(name)
        known = tuple(sorted(self.store.recent_hashes(endpoint.id)))
        page = Page(sightings=tuple(sighting(reduced(each), (), known) for each in records))
        look = Look(source=source, endpoint=endpoint, kind=kind, now=at(when), counts=True)  # type: ignore[arg-type]
        asked = self.store.known(source.id, endpoint.id, keys_to_ask(page))
        decision = decide(look, asked, page)
        assert not decision.unclear
        found = [_compared(post) for post in decision.posts if post.change is not None]
        posts = complete(look, asked, decision.posts, found, (Route(sink=SINK),))
        self._commit(source, endpoint, at(when), posts=posts, seen=decision.seen, kind=kind)

    def failed(self, name: str, when: str, error: str, *, failures: int = 1) -> None:
        """A poll that got no answer."""
        source, endpoint = self._watched(name)
        self._commit(source, endpoint, at(when), error=error, failures=failures)

    def removed(self, name: str, when: str, wp_id: int, kind: str) -> None:
        """A post was found to be gone."""
        source, endpoint = self._watched(name)
        shown = Sighting(wp_id=wp_id, raw_hash="gone")
        look = Look(source=source, endpoint=endpoint, kind="sweep", now=at(when), counts=True)
        asked = self.store.known(source.id, endpoint.id, keys_to_ask(Page(sightings=(shown,))))
        protected = decide(look, asked, Page(sightings=(replace(shown, protected=True, text_hash="x"),))).posts[0]
        assert protected.change is not None
        gone = replace(protected, state=kind, change=replace(protected.change, kind=kind))  # type: ignore[arg-type]
        posts = complete(look, asked, (gone,), [Comparison()], (Route(sink=SINK),))
        self._commit(source, endpoint, at(when), posts=posts)

    def source(self, name: str) -> Source:
        """The stored Source of that name."""
        return next(each for each in self.store.sources() if each.name == name)

    def note_error(self, name: str, error: str) -> None:
        """Discovery has failed three times."""
        source_id, trouble = self.source(name).id, Trouble(whole=True, reason="dns", error=error)
        self._do(self.store.postpone(source_id, error, at("2024-03-10 12:30")))
        for hour in (7, 8, 10):
            self._do(self.store.conclude(source_id, trouble, at(f"2024-03-10 {hour:02}:00"), ()))

    def _watched(self, name: str) -> tuple[Source, Endpoint]:
        source = self.source(name)
        return source, self.store.endpoints(source.id)[0]

    def _commit(
        self,
        source: Source,
        endpoint: Endpoint,
        now: datetime,
        *,
        posts: tuple[PostPlan, ...] = (),
        seen: tuple[int, ...] = (),
        kind: str = "poll",
        error: str | None = None,
        failures: int = 0,
    ) -> None:
        outcome = "failed" if error else "changed" if posts else "unchanged"
        plan = Plan(
            source_id=source.id,
            endpoint_id=endpoint.id,
            now=now,
            poll=PollRecord(kind=kind, started_at=now, duration_ms=1, outcome=outcome, error=error),  # type: ignore[arg-type]
            endpoint=EndpointState(
                endpoint_id=endpoint.id,
                rank=1,
                validators=endpoint.validators,
                body_hash=None,
                watermark=None,
                total=None,
                next_poll_at=now,
                last_try_at=now,
                last_ok_at=endpoint.last_ok_at if error else now,
                read_at=now,
                last_status=200,
                failures=failures,
                last_error=error,
                redirect_to=None,
            ),
            posts=posts,
            seen=seen,
        )
        self._do(self.store.commit(plan))

    def _do(self, work: Any) -> None:
        asyncio.run(work)


def _compared(post: PostPlan) -> Comparison:
    assert post.change is not None
    if post.change.old is None or post.revision is None:
        return Comparison()
    return compare(post.change.old.fields, post.revision.fields, post.change.fields)


@contextmanager
def scene(path: Path) -> Iterator[Scene]:
    """Open the store for writing."""
    with SqliteStore(path) as store:
        yield Scene(store)
