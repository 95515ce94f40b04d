"""Completing Changes: their ids, "back to revision N", notes, and the Sinks that take them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.decide import complete, decide
from crawler.model import Comparison, Route, RouteMatch
from tests.core.values import NOW, known, known_post, look, page, sighting, source

EVERYTHING = (Route(sink="log"),)
NOTHING_FOUND = Comparison()


def completed(shown, *posts, found=NOTHING_FOUND, routes=EVERYTHING, **circumstances):
    """The Changes of a page, completed."""
    circumstances = look(**circumstances)
    there = known(*posts)
    decision = decide(circumstances, there, page(*(shown if isinstance(shown, list) else [shown])))
    wanted = [plan for plan in decision.posts if plan.change is not None]
    plans = complete(circumstances, there, decision.posts, [found] * len(wanted), routes)
    assert [replace(plan, change=None) for plan in plans] == [replace(plan, change=None) for plan in decision.posts]
    return [plan.change for plan in plans if plan.change is not None]


def change_of(*arguments, **more):
    (change,) = completed(*arguments, **more)
    return change


def test_comparisons_go_to_the_changes_in_order():
    shown = [sighting(1, title="X"), sighting(2, modified=NOW), sighting(3, title="Y")]
    there = known(known_post(1), known_post(2), known_post(3))
    decision = decide(look(), there, page(*shown))
    plans = complete(look(), there, decision.posts, [Comparison(summary="first"), Comparison(summary="third")], ())
    assert [plan.change and plan.change.comparison.summary for plan in plans] == ["first", None, "third"]


# ids


def test_a_change_keeps_its_id_over_versions():
    """The recipe must never change: receivers tell repeats by it, also after a restored backup."""
    assert change_of(sighting(1, title="X"), known_post(1)).id == "c_3528f429bc5754db0edf368b"


def test_detecting_a_change_again_gives_the_same_id():
    first = change_of(sighting(1, title="X"), known_post(1))
    later = look(now=NOW + timedelta(days=1)).now
    again = change_of(
        sighting(1, title="X"),
        known_post(1),
        now=later,
        source=source(name="renamed", id=9),
        found=Comparison(summary="said otherwise"),
        routes=(),
    )
    assert again.id == first.id


def test_no_two_changes_share_an_id():
    edit = sighting(1, title="X")
    post = known_post(1)
    numbered = replace(post, latest=replace(post.latest, number=2))
    ids = {
        "an edit": change_of(edit, post).id,
        "another edit": change_of(sighting(1, title="Y"), post).id,
        "another post": change_of(sighting(2, title="X"), known_post(2)).id,
        "another source": change_of(edit, post, source=source(url="https://example.net/")).id,
        "the same edit from another revision": change_of(edit, numbered).id,
        "the same edit from other words": change_of(edit, known_post(1, sighting(1, title="Z"))).id,
        "the same edit after another change": change_of(edit, replace(post, previous_change="c_1")).id,
        "the same again after a third": change_of(edit, replace(post, previous_change="c_2")).id,
        "published": change_of(edit).id,
        "protected": change_of(sighting(1, protected=True), post).id,
        "protected again": change_of(sighting(1, protected=True), replace(post, previous_change="c_1")).id,
        "restored": change_of(edit, replace(post, state="protected")).id,
    }
    assert len(set(ids.values())) == len(ids)
    assert all(each.startswith("c_") and len(each) == 26 for each in ids.values())


def test_a_post_goes_by_its_strongest_key():
    """The same Change has the same id whichever of the weaker keys stand beside it."""
    whole = change_of(sighting(1, title="X"), known_post(1)).id
    assert change_of(sighting(1, title="X", guid="other"), known_post(1)).id == whole
    assert change_of(sighting(1, title="X", wp_id=None), known_post(1)).id == whole
    feed = known_post(1, sighting(1, wp_id=None))
    by_guid = change_of(sighting(1, wp_id=None, title="X"), feed).id
    assert by_guid != whole
    assert change_of(sighting(1, wp_id=None, guid=None, title="X"), feed).id == by_guid
    linked = known_post(1, sighting(1, wp_id=None, guid=None))
    by_link = change_of(sighting(1, wp_id=None, guid=None, title="X"), linked).id
    assert by_link not in (whole, by_guid)
    elsewhere = {
        change_of(sighting(number, wp_id=None, guid=None, title="X", link=f"https://example.org/{number}/")).id
        for number in (1, 2)
    }
    assert len(elsewhere) == 2


# words about it


@pytest.mark.parametrize(
    ("summary", "expected"),
    [("Title: X → A", "back to revision 3; Title: X → A"), ("", "back to revision 3")],
)
def test_an_edit_back_to_an_earlier_revision_says_so(summary, expected):
    shown = sighting(1)
    post = known_post(1, sighting(1, title="X"), earlier={shown.text_hash: 3, "another": 1})
    assert change_of(shown, post, found=Comparison(summary=summary)).comparison.summary == expected


def test_other_edits_and_kinds_do_not_say_so():
    shown = sighting(1)
    found = Comparison(summary="So.")
    edited = known_post(1, sighting(1, title="X"), earlier={"another": 1})
    restored = known_post(1, sighting(1, title="X"), earlier={shown.text_hash: 3}, state="protected")
    for post in (edited, restored):
        assert change_of(shown, post, found=found).comparison.summary == "So."


@pytest.mark.parametrize("noted", [True, False])
def test_only_edits_are_noted_or_not(noted):
    found = Comparison(noted=noted)
    assert change_of(sighting(1, title="X"), known_post(1), found=found).noted is noted
    for shown, posts in (
        (sighting(1), ()),
        (sighting(1, protected=True), (known_post(1),)),
        (sighting(1, title="X"), (known_post(1, state="protected"),)),
    ):
        assert change_of(shown, *posts, found=found).noted is None


# routes


def test_each_route_that_takes_a_change_gets_it_once():
    routes = (
        Route(sink="all"),
        Route(sink="edits", when=(RouteMatch(kinds=("edited",)), RouteMatch(fields=("title",)))),
        Route(sink="removals", when=(RouteMatch(kinds=("deleted",)),)),
        Route(sink="tax", when=(RouteMatch(match="tax"),)),
        Route(sink="noted", when=(RouteMatch(noted=True),)),
    )
    found = Comparison(matched=("tax",), noted=True)
    change = change_of(sighting(1, title="X"), known_post(1), routes=routes, found=found)
    assert change.sinks == ("all", "edits", "tax", "noted")
    assert change_of(sighting(1), routes=routes).sinks == ("all",)


HOUR = timedelta(hours=1)
LATE_ONLY = (Route(sink="log", when=(RouteMatch(after_publication=HOUR),)),)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (NOW - 2 * HOUR, NOW - 2 * HOUR, ("log",)),
        (NOW - HOUR / 2, NOW - HOUR / 2, ()),
        (NOW - 2 * HOUR, NOW - HOUR / 2, ("log",)),
        (NOW - HOUR / 2, NOW - 2 * HOUR, ("log",)),
        (NOW - HOUR / 2, None, ()),
        (None, NOW - HOUR / 2, ()),
        (None, None, ("log",)),
    ],
    ids=["old", "young", "dated anew", "dated back", "date no longer told", "date told now", "no date"],
)
def test_an_edit_counts_from_the_earliest_publication(before, after, expected):
    post = known_post(1, sighting(1, published_at=before))
    shown = sighting(1, title="X", published_at=after)
    assert change_of(shown, post, routes=LATE_ONLY).sinks == expected
