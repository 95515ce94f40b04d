"""Which Sinks take a Change: every condition of `when`, both ways."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.model import ChangePlan, Comparison, Route, RouteMatch
from crawler.route import patterns, takes
from tests.core.values import NOW, source

HOUR = timedelta(hours=1)


def change(kind="edited", *, silent=False, noted=False, fields=("title", "content"), added=2, removed=1, matched=()):
    found = Comparison(words_added=added, words_removed=removed, matched=matched)
    return ChangePlan(
        kind=kind, silent=silent, noted=noted, old=None, old_seen_at=None, fields=fields, comparison=found
    )


def is_taken(match, change, *, published_at=NOW - timedelta(days=1), **more):
    route = Route(sink="log", when=(match,))
    return takes(route, change, source(**more), published_at, NOW)


CONDITIONS = {
    "none": (RouteMatch(), change(), True),
    "none, for whatever": (RouteMatch(), change("published", silent=None, noted=None, fields=()), True),
    "its kind": (RouteMatch(kinds=("edited",)), change(), True),
    "one of its kinds": (RouteMatch(kinds=("deleted", "edited")), change(), True),
    "another kind": (RouteMatch(kinds=("deleted",)), change(), False),
    "no kind": (RouteMatch(kinds=()), change(), False),
    "its source": (RouteMatch(sources=("example.org",)), change(), True),
    "a glob": (RouteMatch(sources=("nowhere", "*.org")), change(), True),
    "another source": (RouteMatch(sources=("example.net",)), change(), False),
    "a glob that does not fit": (RouteMatch(sources=("*.gov",)), change(), False),
    "a glob is no part of a name": (RouteMatch(sources=("example",)), change(), False),
    "its group": (RouteMatch(groups=("us-papers", "uk-papers")), change(), True),
    "another group": (RouteMatch(groups=("us-papers",)), change(), False),
    "its field": (RouteMatch(fields=("content", "tags")), change(), True),
    "other fields": (RouteMatch(fields=("tags", "author")), change(), False),
    "fields, but none differ": (RouteMatch(fields=("title",)), change("deleted", fields=()), False),
    "enough words": (RouteMatch(min_words=3), change(added=2, removed=1), True),
    "too few words": (RouteMatch(min_words=4), change(added=2, removed=1), False),
    "removed words count": (RouteMatch(min_words=3), change(added=0, removed=3), True),
    "its pattern": (RouteMatch(match="tax"), change(matched=("war", "tax")), True),
    "another pattern": (RouteMatch(match="tax"), change(matched=("war",)), False),
    "silent": (RouteMatch(silent=True), change(silent=True), True),
    "silent, and it is not": (RouteMatch(silent=True), change(silent=False), False),
    "silent, and nobody knows": (RouteMatch(silent=True), change(silent=None), False),
    "not silent": (RouteMatch(silent=False), change(silent=False), True),
    "not silent, and nobody knows": (RouteMatch(silent=False), change(silent=None), True),
    "not silent, but it is": (RouteMatch(silent=False), change(silent=True), False),
    "noted": (RouteMatch(noted=True), change(noted=True), True),
    "noted, and it is not": (RouteMatch(noted=True), change(noted=False), False),
    "not noted": (RouteMatch(noted=False), change(noted=False), True),
    "not noted, but it is": (RouteMatch(noted=False), change(noted=True), False),
    "all of them": (RouteMatch(kinds=("edited",), fields=("title",), min_words=1, silent=False), change(), True),
    "all but one": (RouteMatch(kinds=("edited",), fields=("tags",), min_words=1, silent=False), change(), False),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_condition(name):
    match, what, expected = CONDITIONS[name]
    assert is_taken(match, what) is expected


@pytest.mark.parametrize(
    ("kind", "age", "expected"),
    [
        ("edited", HOUR - timedelta(seconds=1), False),
        ("edited", HOUR, True),
        ("edited", -HOUR, False),
        ("published", timedelta(), True),
        ("protected", timedelta(), True),
        ("deleted", timedelta(), True),
        ("restored", timedelta(), True),
    ],
)
def test_only_edits_soon_after_publication_are_left_out(kind, age, expected):
    assert is_taken(RouteMatch(after_publication=HOUR), change(kind), published_at=NOW - age) is expected


def test_an_edit_of_a_post_without_date_is_never_too_early():
    assert is_taken(RouteMatch(after_publication=HOUR), change(), published_at=None)


def test_a_source_without_groups_is_in_none():
    assert not is_taken(RouteMatch(groups=("uk-papers",)), change(), groups=())
    assert is_taken(RouteMatch(), change(), groups=())


@pytest.mark.parametrize(("kind", "expected"), [("edited", True), ("deleted", True), ("published", False)])
def test_any_map_of_a_list_suffices(kind, expected):
    route = Route(sink="log", when=(RouteMatch(kinds=("edited",)), RouteMatch(kinds=("deleted",))))
    assert takes(route, change(kind), source(), None, NOW) is expected


def test_a_route_without_when_takes_everything_and_one_without_maps_nothing():
    assert takes(Route(sink="log"), change("published"), source(), None, NOW)
    assert not takes(Route(sink="log", when=()), change(), source(), None, NOW)


def test_patterns_are_told_once_each_in_the_order_of_the_routes():
    routes = (
        Route(sink="a", when=(RouteMatch(match="war"), RouteMatch())),
        Route(sink="b", when=(RouteMatch(match="tax"), RouteMatch(match="war"))),
        Route(sink="c"),
    )
    assert patterns(routes) == ("war", "tax")
    assert patterns(()) == ()
