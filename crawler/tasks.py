"""Work on untrusted bytes and texts, which is done in child processes: what is asked and what comes back.

`run_inline` does a task right here and now; `workers` has it done with limits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from crawler.model import Comparison, Fields, IgnoreRule, Listing, Page, Place
from crawler.parse.answers import Derived, PageLinks, SiteIndex
from crawler.render.words import Words

Result = TypeVar("Result")


class Task(Generic[Result]):
    """One piece of work that gives a Result."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsePosts(Task[Page]):
    """A page of a REST collection, or a single record."""

    body: bytes
    rules: tuple[IgnoreRule, ...] = ()
    #: raw hashes of posts that need not be derived again
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseListing(Task[Listing]):
    """A light listing of a REST collection."""

    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseStatus(Task[str]):
    """A single record of a REST collection: its status."""

    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseIndex(Task[SiteIndex]):
    """The root of a REST API."""

    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseTypes(Task[dict[str, str]]):
    """The post types of a site: type names by collection."""

    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseFeed(Task[Page]):
    """A feed document."""

    body: bytes
    url: str
    content_type: str | None = None
    rules: tuple[IgnoreRule, ...] = ()
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseLinks(Task[PageLinks]):
    """A page read for discovery."""

    body: bytes
    url: str
    content_type: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rederive(Task[tuple[Derived, ...]]):
    """Stored originals, under today's normaliser and these rules; answered in the same order."""

    originals: tuple[bytes, ...]
    rules: tuple[IgnoreRule, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Compare(Task[Comparison]):
    """Two states of a post."""

    old: Fields
    new: Fields
    #: those that differ
    fields: tuple[str, ...]
    #: regular expressions of sinks, to be looked for in the changed text
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FindPlaces(Task[tuple[Place, ...]]):
    """Where two texts differ."""

    old: str
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Propose(Task[str]):
    """An original, and a place of its text that changes at every look: a rule to ignore it, or nothing."""

    original: bytes
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class CompareMany(Task[tuple[Comparison, ...]]):
    """Many comparisons in one go, answered in the same order."""

    pairs: tuple[Compare, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderTemplate(Task[Words]):
    """An alert object, as JSON, in the words of a sink's template; times in a zone, by its name."""

    source: str
    payload: str
    zone: str


# Each of these imports what it needs when it is first used: a child that only reads feeds never loads the rest,
# and the process that merely hands out tasks loads none of it.


def _parse_posts(task: ParsePosts) -> Page:
    from crawler.parse import wordpress

    return wordpress.posts(task.body, rules=task.rules, known=task.known)


def _parse_listing(task: ParseListing) -> Listing:
    from crawler.parse import wordpress

    return wordpress.listing(task.body)


def _parse_status(task: ParseStatus) -> str:
    from crawler.parse import wordpress

    return wordpress.status(task.body)


def _parse_index(task: ParseIndex) -> SiteIndex:
    from crawler.parse import wordpress

    return wordpress.index(task.body)


def _parse_types(task: ParseTypes) -> dict[str, str]:
    from crawler.parse import wordpress

    return wordpress.types(task.body)


def _parse_feed(task: ParseFeed) -> Page:
    from crawler.parse import feed

    return feed.feed(task.body, url=task.url, content_type=task.content_type, rules=task.rules, known=task.known)


def _parse_links(task: ParseLinks) -> PageLinks:
    from crawler.parse import page

    return page.links(task.body, url=task.url, content_type=task.content_type)


def _rederive(task: Rederive) -> tuple[Derived, ...]:
    from crawler.parse import rederive

    return tuple(rederive.rederive(each, task.rules) for each in task.originals)


def _compare(task: Compare) -> Comparison:
    from crawler import diff

    return diff.compare(task.old, task.new, task.fields, task.patterns)


def _find_places(task: FindPlaces) -> tuple[Place, ...]:
    from crawler.diff import places

    return places.places(task.old, task.new)


def _propose(task: Propose) -> str:
    from crawler.parse import proposal

    return proposal.propose(task.original, task.place) or ""


def _compare_many(task: CompareMany) -> tuple[Comparison, ...]:
    return tuple(_compare(each) for each in task.pairs)


def _render_template(task: RenderTemplate) -> Words:
    from crawler.render import template

    return template.rendered(task.source, task.payload, task.zone)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of task: its type, its result's type, and what does it."""

    task: type[Task[Any]]
    result: Any
    run: Callable[[Any], Any]


KINDS: dict[str, Kind] = {
    kind.task.__name__: kind
    for kind in (
        Kind(task=ParsePosts, result=Page, run=_parse_posts),
        Kind(task=ParseListing, result=Listing, run=_parse_listing),
        Kind(task=ParseStatus, result=str, run=_parse_status),
        Kind(task=ParseIndex, result=SiteIndex, run=_parse_index),
        Kind(task=ParseTypes, result=dict[str, str], run=_parse_types),
        Kind(task=ParseFeed, result=Page, run=_parse_feed),
        Kind(task=ParseLinks, result=PageLinks, run=_parse_links),
        Kind(task=Rederive, result=tuple[Derived, ...], run=_rederive),
        Kind(task=Compare, result=Comparison, run=_compare),
        Kind(task=FindPlaces, result=tuple[Place, ...], run=_find_places),
        Kind(task=Propose, result=str, run=_propose),
        Kind(task=CompareMany, result=tuple[Comparison, ...], run=_compare_many),
        Kind(task=RenderTemplate, result=Words, run=_render_template),
    )
}


def run_inline(task: Task[Result]) -> Result:
    """Do the task in this process, without limits. Raises ParseError for what cannot be read."""
    result: Result = KINDS[type(task).__name__].run(task)
    return result
