"""When a Post counts as gone: two looks that agree, `confirm` apart; what is no evidence; how many are too many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.decide import complete_removal
from crawler.decide.removal import concluded, found_gone, found_nothing, is_too_much, is_whole
from crawler.model import Route, RouteMatch, Suspect
from tests.core.values import READ, known_post, look

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CONFIRM = timedelta(minutes=10)


def suspect(number=1, **more):
    values = {
        "post_id": number,
        "wp_id": number,
        "endpoint_id": 5,
        "link": f"https://example.org/{number}/",
        "is_replaced": False,
        "title": "A title",
        "state": "public",
        "evidence": "",
        "first_at": NOW,
        "next_check_at": NOW,
    }
    return Suspect(**(values | more))


def looks(*seen, confirm=CONFIRM, state="public"):
    """What came of looks at these (minutes, kind): the kinds that were proven, and when the next look is wanted."""
    each, proven = suspect(state=state), []
    for minutes, kind in seen:
        now = NOW + minutes * MINUTE
        if kind is None:
            each = found_nothing(each, "trouble", now=now)
            continue
        verdict = found_gone(each, kind, "said", now=now, confirm=confirm)
        each = verdict.suspect
        proven.append(verdict.gone)
    return proven, each


CASES = {
    "one look proves nothing": ([(0, "deleted")], [None], 10),
    "a second one too early": ([(0, "deleted"), (9, "deleted")], [None, None], 10),
    "two, ten minutes apart": ([(0, "unpublished"), (10, "unpublished")], [None, "unpublished"], 10 + 1440),
    "a third one after an early one": (
        [(0, "deleted"), (5, "deleted"), (12, "deleted")],
        [None, None, "deleted"],
        None,
    ),
    "two kinds": ([(0, "unpublished"), (10, "deleted")], [None, None], 20),
    "two kinds, then the second again": (
        [(0, "unpublished"), (10, "deleted"), (20, "deleted")],
        [None, None, "deleted"],
        None,
    ),
    "there and back": ([(0, "unpublished"), (10, "deleted"), (20, "unpublished")], [None, None, None], 30),
    "trouble in between is no evidence for or against": (
        [(0, "deleted"), (10, None), (30, "deleted")],
        [None, "deleted"],
        None,
    ),
    "a clock that was put back": ([(0, "deleted"), (-60, "deleted")], [None, None], -50),
}


@pytest.mark.parametrize(("seen", "proven", "next_look"), CASES.values(), ids=CASES)
def test_two_looks_must_agree(seen, proven, next_look):
    found, each = looks(*seen)
    assert found == proven
    if next_look is not None:
        assert each.next_check_at == NOW + next_look * MINUTE


def test_with_no_time_to_confirm_the_next_look_decides():
    assert looks((0, "deleted"), (0, "deleted"), confirm=timedelta())[0] == [None, "deleted"]


def test_an_unpublished_post_is_asked_for_after_1_2_4_8_16_30_days_and_then_monthly():
    _, each = looks((0, "unpublished"), (10, "unpublished"))
    begun, days = each.first_at, []
    for _ in range(8):
        days.append((each.next_check_at - begun).days)
        verdict = found_gone(each, "unpublished", "said", now=each.next_check_at, confirm=CONFIRM)
        assert verdict.gone is None
        each = verdict.suspect
    assert days == [1, 2, 4, 8, 16, 30, 60, 90]


def test_an_unpublished_post_is_deleted_by_two_looks_too():
    _, each = looks((0, "unpublished"), (10, "unpublished"))
    first = found_gone(each, "deleted", "said", now=NOW + timedelta(days=2), confirm=CONFIRM)
    assert first.gone is None
    assert first.suspect.next_check_at == NOW + timedelta(days=2) + CONFIRM
    second = found_gone(first.suspect, "deleted", "said", now=NOW + timedelta(days=3), confirm=CONFIRM)
    assert second.gone == "deleted"


@given(st.lists(st.sampled_from(["unpublished", "deleted", None]), max_size=12), st.data())
def test_nothing_is_removed_without_two_agreeing_looks_that_far_apart(kinds, data):
    each, at, since = suspect(), NOW, {}
    for kind in kinds:
        at += data.draw(st.integers(0, 15)) * MINUTE
        if kind is None:
            each = found_nothing(each, "trouble", now=at)
            continue
        since = {kind: since.get(kind, at)}
        verdict = found_gone(each, kind, "said", now=at, confirm=CONFIRM)
        if verdict.gone is not None:
            assert verdict.gone == kind
            assert at >= since[kind] + CONFIRM
            return
        each = verdict.suspect


def test_trouble_waits_ever_longer_but_at_most_a_day_and_as_long_as_the_site_asks():
    each, waits = suspect(), []
    for _ in range(9):
        each = found_nothing(each, "503", now=NOW)
        waits.append((each.next_check_at - NOW) / timedelta(minutes=15))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 96, 96]
    assert found_nothing(suspect(), "429", now=NOW, wait=7200).next_check_at == NOW + timedelta(hours=2)
    assert found_nothing(suspect(), "429", now=NOW, wait=1e12).next_check_at == NOW + timedelta(days=1)
    assert (each.kind, each.checks) == (None, 0)


def test_trouble_after_a_look_that_showed_something_is_a_new_one():
    each = found_nothing(found_nothing(suspect(), "503", now=NOW), "503", now=NOW)
    each = found_gone(each, "deleted", "said", now=NOW, confirm=CONFIRM).suspect
    assert found_nothing(each, "503", now=NOW).next_check_at == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("missing", "posts", "is_many"),
    [(4, 5, False), (5, 25, False), (5, 24, True), (5, 5, True), (20, 100, False), (21, 100, True), (0, 0, False)],
)
def test_more_than_a_fifth_and_at_least_five_are_too_many(missing, posts, is_many):
    assert is_too_much(missing, posts) is is_many


@pytest.mark.parametrize(
    ("shown", "total", "whole"),
    [
        (100, 100, True),
        (100, None, True),
        (95, 100, True),
        (93, 100, False),
        (9_895, 10_000, True),
        (9_890, 10_000, False),
    ],
)
def test_a_walk_is_whole_if_it_showed_about_what_the_site_said(shown, total, whole):
    assert is_whole(shown, total) is whole


def conclude(missing, known=(), *, posts=100, unread=0, **more):
    return concluded(
        missing, {each.post_id: each for each in known}, posts=posts, unread=unread, now=NOW + timedelta(days=1), **more
    )


def test_what_is_missing_is_suspected_and_looked_at_at_once():
    (each,) = conclude([suspect()]).suspects
    assert (each.held, each.sweeps, each.next_check_at) == (False, 1, NOW + timedelta(days=1))
    assert each.evidence


def test_a_look_that_is_awaited_is_not_put_off_by_a_sweep():
    due = NOW + timedelta(days=1, minutes=5)
    waiting = suspect(kind="deleted", checks=1, next_check_at=due, evidence="the site says 404")
    (each,) = conclude([suspect()], [waiting]).suspects
    assert (each.next_check_at, each.checks, each.kind, each.evidence) == (due, 1, "deleted", "the site says 404")


def test_too_many_are_held_until_three_sweeps_agree():
    missing = [suspect(number) for number in range(1, 31)]
    known = []
    for held in (True, True, False):
        conclusion = conclude(missing, known)
        known = conclusion.suspects
        assert conclusion.is_too_much is held
        assert {each.held for each in known} == {held}


def test_those_of_whom_fewer_sweeps_agree_stay_held():
    old = [replace(suspect(number), sweeps=2, held=True) for number in range(1, 31)]
    new = [suspect(number) for number in range(31, 41)]
    conclusion = conclude([*old, *new], old)
    assert [each.held for each in conclusion.suspects] == [False] * 30 + [True] * 10
    assert conclusion.is_too_much


def test_the_operator_may_free_them_and_a_light_search_counts_for_nothing():
    missing = [suspect(number) for number in range(1, 31)]
    assert not conclude(missing, accept=True).is_too_much
    held = conclude(missing).suspects
    for _ in range(5):
        held = conclude(missing, held, light=True).suspects
    assert {(each.held, each.sweeps) for each in held} == {(True, 1)}


def test_posts_that_were_shown_damaged_do_not_count_as_missing():
    missing = [suspect(number) for number in range(1, 31)]
    assert not conclude(missing, unread=15).is_too_much


def test_unpublished_posts_are_asked_for_at_each_sweep_and_keep_their_place_in_the_series():
    gone = suspect(state="unpublished", kind="unpublished", next_check_at=NOW + timedelta(days=20))
    (each,) = conclude([], [gone]).suspects
    assert each == replace(gone, next_check_at=NOW + timedelta(days=1))
    assert conclude([], [gone], light=True).suspects == ()


def test_a_removal_shows_what_was_there_and_no_text():
    removal = complete_removal(look(), known_post(7), "deleted", (), evidence="the site says so")
    change = removal.change
    assert (removal.post_id, removal.state, change.kind) == (7, "deleted", "deleted")
    assert (change.fields, change.silent, change.noted, change.old_seen_at) == ((), None, None, READ)
    assert change.old.number == 1
    assert (change.comparison.summary, change.comparison.diff) == ("the site says so", "")


def test_the_id_of_a_removal_is_always_the_same_and_never_that_of_another():
    ids = {
        complete_removal(look(), post, kind, (), evidence=words).change.id
        for words in ("401", "something else")
        for kind in ("unpublished", "deleted")
        for post in (known_post(7), known_post(8), known_post(7, previous_change="c_1"))
    }
    assert len(ids) == 6
    assert all(each.startswith("c_") for each in ids)


def test_removals_are_routed_like_all_changes():
    routes = (
        Route(sink="all"),
        Route(sink="gone", when=(RouteMatch(kinds=("deleted",)),)),
        Route(sink="edits", when=(RouteMatch(kinds=("edited",)),)),
        Route(sink="late", when=(RouteMatch(after_publication=timedelta(days=900)),)),
    )
    assert complete_removal(look(), known_post(), "deleted", routes, evidence="").change.sinks == (
        "all",
        "gone",
        "late",
    )
    assert complete_removal(look(), known_post(), "unpublished", routes, evidence="").change.sinks == ("all", "late")
