"""Tries a source's `ignore` rules on what it shows now and on what is stored of it; writes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from crawler.cli.compose import Progress
from crawler.config import SourceConfig
from crawler.decide import differing
from crawler.endpoints.asking import Run, read
from crawler.endpoints.collection import content_request
from crawler.endpoints.discovery import discover
from crawler.endpoints.feed import ACCEPT
from crawler.errors import NotFound
from crawler.model import EndpointSeed, Fetch, Fields, IgnoreRule, Page, Request
from crawler.poll.rederiving import derived
from crawler.store import rederiving
from crawler.store.reading import Reader
from crawler.store.rederiving import Edit
from crawler.tasks import Compare, ParseFeed, ParsePosts, Task

#: Of a site, the newest posts: as many as a feed shows.
POSTS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """A post as it is now, and what the rules do to it."""

    title: str
    #: what they take out, as wdiff; "" for nothing
    diff: str
    #: the rules that take something out of it when they are alone
    hit: tuple[IgnoreRule, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What the rules do to a source as it is now."""

    posts: tuple[Tried, ...]
    #: a line for each post that cannot be read with the rules, and can without
    unreadable: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedEdit:
    """A stored edit under today's rules."""

    id: str
    detected_at: str
    title: str
    summary: str
    #: nothing of it counts
    is_silenced: bool


async def now(fetch: Fetch, run: Run, source: SourceConfig) -> Trial:
    """Read the newest posts of a source and try its rules on them. Raises PollError or DiscoveryError."""
    found = await discover(fetch, run, source.url, kind=source.kind, types=source.types)
    endpoint = min(found.endpoints, key=lambda each: each.rank)
    request = content_request(endpoint.url, per_page=POSTS) if endpoint.kind == "rest" else None
    answer = await read(fetch, request or Request(url=endpoint.url, accept=ACCEPT))
    pages = [
        await run(_task(endpoint, answer.body, answer.headers.get("content-type"), rules))
        for rules in ((), source.ignore, *((rule,) for rule in source.ignore))
    ]
    bare, ruled, *_ = pages
    return Trial(
        posts=await _tried(run, source.ignore, *(_texts(page) for page in pages)),
        unreadable=tuple(line for line in ruled.unreadable if line not in bare.unreadable),
    )


def _task(endpoint: EndpointSeed, body: bytes, content_type: str | None, rules: Sequence[IgnoreRule]) -> Task[Page]:
    if endpoint.kind == "rest":
        return ParsePosts(body=body, rules=tuple(rules))
    return ParseFeed(body=body, url=endpoint.url, content_type=content_type, rules=tuple(rules))


def _texts(page: Page) -> dict[str, Fields]:
    """What stands in each post, by its raw hash: rules do not move that."""
    return {each.raw_hash: each.fields for each in page.sightings if each.fields is not None}


async def _tried(
    run: Run, rules: Sequence[IgnoreRule], bare: dict[str, Fields], ruled: dict[str, Fields], *alone: dict[str, Fields]
) -> tuple[Tried, ...]:
    made = []
    for key, before in bare.items():
        after = ruled.get(key, before)
        diff = ""
        if _text(before) != _text(after):
            names = tuple(name for name in ("content", "excerpt") if getattr(before, name) != getattr(after, name))
            diff = (await run(Compare(old=before, new=after, fields=names))).diff
        hit = tuple(
            rule for rule, found in zip(rules, alone, strict=True) if _text(found.get(key, before)) != _text(before)
        )
        made.append(Tried(title=before.title or before.link or "", diff=diff, hit=hit))
    return tuple(made)


def _text(fields: Fields) -> tuple[str | None, str | None]:
    return fields.content, fields.excerpt


async def history(reader: Reader, run: Run, source: SourceConfig, progress: Progress) -> AsyncIterator[TriedEdit]:
    """The stored edits of a source, newest first, each as it would be under today's rules. Raises NotFound."""
    total = rederiving.count_edits(reader, source.name)
    if total is None:
        raise NotFound(f"the store knows no source called {source.name}")
    ignored = frozenset(rule.field for rule in source.ignore if rule.field is not None)
    for done, edit in enumerate(rederiving.edits(reader, source.name), start=1):
        old, new = await _both(run, edit, source.ignore)
        yield TriedEdit(
            id=edit.id,
            detected_at=edit.detected_at,
            title=edit.title or "",
            summary=edit.summary,
            is_silenced=not differing(old, new, ignored),
        )
        progress(source.name, done, total)


async def _both(run: Run, edit: Edit, rules: tuple[IgnoreRule, ...]) -> tuple[Fields, Fields]:
    """The two sides of an edit as they read today; as stored where the original of one is not kept any more."""
    sides = {number: original for number, (original, _) in enumerate(edit.sides) if original is not None}
    found = await derived(run, sides, rules) if len(sides) == len(edit.sides) else {}
    if len(found) < len(edit.sides):
        return edit.sides[0][1], edit.sides[1][1]
    return found[0].fields, found[1].fields
