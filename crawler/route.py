"""Which Sinks take a Change: the config's `when`, decided when the Change is committed."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase

from crawler.model import ChangePlan, Route, RouteMatch, Source
from crawler.model.pace import Pace


def takes(route: Route, change: ChangePlan, source: Source, published_at: datetime | None, now: datetime) -> bool:
    """Whether any map of the route's `when` holds for the Change."""
    return any(_holds(match, change, source, published_at, now) for match in route.when)


def notified(routes: tuple[Route, ...]) -> tuple[str, ...]:
    """The names of the Sinks that take Notices."""
    return tuple(route.sink for route in routes if route.notices)


def paces(routes: tuple[Route, ...]) -> dict[str, Pace]:
    """When each Sink is told, by name."""
    return {route.sink: route.pace for route in routes}


def patterns(routes: tuple[Route, ...]) -> tuple[str, ...]:
    """The `match` patterns of all routes; they are searched in a child process, under its limits."""
    return tuple({match.match: None for route in routes for match in route.when if match.match is not None})


def _holds(match: RouteMatch, change: ChangePlan, source: Source, published_at: datetime | None, now: datetime) -> bool:
    """Whether every condition that is set holds."""
    found = change.comparison
    return (
        (match.kinds is None or change.kind in match.kinds)
        and (match.sources is None or any(fnmatchcase(source.name, glob) for glob in match.sources))
        and (match.groups is None or not set(match.groups).isdisjoint(source.groups))
        and (match.fields is None or not set(match.fields).isdisjoint(change.fields))
        and (match.min_words is None or found.words_added + found.words_removed >= match.min_words)
        and (match.match is None or match.match in found.matched)
        and (match.silent is None or bool(change.silent) == match.silent)
        and (match.noted is None or bool(change.noted) == match.noted)
        and _late_enough(match, change, published_at, now)
    )


def _late_enough(match: RouteMatch, change: ChangePlan, published_at: datetime | None, now: datetime) -> bool:
    """Edits earlier than `after_publication` do not alert; other kinds, and posts without a date, do."""
    if match.after_publication is None or change.kind != "edited" or published_at is None:
        return True
    return now - published_at >= match.after_publication
