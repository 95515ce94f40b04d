"""Which Sinks take a Change: every condition of `when`, both ways."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.model import ChangePlan, Comparison, Route, RouteMatch
from crawler.model.pace import AT_ONCE, Pace
from crawler.route import paces, patterns, takes
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


#: A Change of each kind as it is found: publications and removals have no fields, no words and neither flag.
KINDS = {
    "published": change("published", silent=None, noted=None, fields=(), added=0, removed=0),
    "edited": change(matched=("tax",)),
    "edited silently": change(silent=True, noted=True, matched=("tax",)),
    "edited, no date told": change(silent=None, matched=("tax",)),
    "edited elsewhere": change(fields=("author", "tags"), added=0, removed=0),
    "protected": change("protected", silent=None, noted=None, fields=(), added=0, removed=0),
    "protected and edited": change("protected", silent=None, noted=None, fields=("title",), matched=("tax",)),
    "unpublished": change("unpublished", silent=None, noted=None, fields=(), added=0, removed=0),
    "deleted": change("deleted", silent=None, noted=None, fields=(), added=0, removed=0),
    "restored": change("restored", silent=None, noted=None, fields=(), added=0, removed=0),
    "restored and edited": change("restored", silent=None, noted=None, matched=("tax",)),
}
EDITS = {"edited", "edited silently", "edited, no date told"}
WITH_TEXT = EDITS | {"protected and edited", "restored and edited"}
ALL = {*KINDS}
TAKEN = {
    "nothing": ({}, ALL),
    "edits": ({"kinds": ("edited",)}, EDITS | {"edited elsewhere"}),
    "removals": ({"kinds": ("unpublished", "deleted")}, {"unpublished", "deleted"}),
    "a glob": ({"sources": ("*.org",)}, ALL),
    "a group": ({"groups": ("uk-papers",)}, ALL),
    "a field": ({"fields": ("title",)}, WITH_TEXT),
    "a field that is no text": ({"fields": ("author",)}, {"edited elsewhere"}),
    "words": ({"min_words": 1}, WITH_TEXT),
    "a pattern": ({"match": "tax"}, WITH_TEXT),
    "silent": ({"silent": True}, {"edited silently"}),
    "not silent": ({"silent": False}, ALL - {"edited silently"}),
    "noted": ({"noted": True}, {"edited silently"}),
    "not noted": ({"noted": False}, ALL - {"edited silently"}),
    "soon after publication": ({"after_publication": 25 * HOUR}, ALL - EDITS - {"edited elsewhere"}),
    "later": ({"after_publication": 24 * HOUR}, ALL),
    "edits with words": ({"kinds": ("edited",), "min_words": 1, "silent": False}, EDITS - {"edited silently"}),
    "removals with words": ({"kinds": ("deleted",), "min_words": 1}, set()),
    "publications that match": ({"kinds": ("published",), "match": "tax"}, set()),
    "late silent edits of a field": (
        {"silent": True, "fields": ("content",), "after_publication": HOUR, "noted": True}, {"edited silently"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("conditions", TAKEN)
def test_which_kinds_hold_a_condition(conditions):
    told, expected = TAKEN[conditions]
    assert {kind for kind, each in KINDS.items() if is_taken(RouteMatch(**told), each)} == expected


@pytest.mark.parametrize("one", TAKEN)
def test_conditions_of_a_map_are_all_asked_and_maps_of_a_list_any(one):
    for other in TAKEN:
        (first, taken), (second, also) = TAKEN[one], TAKEN[other]
        either = Route(sink="log", when=(RouteMatch(**first), RouteMatch(**second)))
        day = NOW - timedelta(days=1)
        found = {kind for kind, each in KINDS.items() if takes(either, each, source(), day, NOW)}
        assert found == taken | also
        if not set(first) & set(second):
            both = RouteMatch(**first, **second)
            assert {kind for kind, each in KINDS.items() if is_taken(both, each)} == taken & also


def test_when_each_sink_is_told_is_said_by_name():
    hourly = Pace(digest=HOUR)
    assert paces((Route(sink="a", pace=hourly), Route(sink="b"))) == {"a": hourly, "b": AT_ONCE}
