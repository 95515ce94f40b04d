"""Text that changes at every look: what is the same place, when it is told, how often it alerts, which rule helps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from ruamel.yaml import YAML

from crawler.decide.restless import DAILY, changed, is_same, limited, rests
from crawler.diff.places import places
from crawler.model import ChangePlan, Comparison, IgnoreRule, Place
from crawler.parse.original import seal
from crawler.parse.proposal import propose, regex
from crawler.text import canonical_text
from tests.core.values import NOW, SAVED

TEXT = "The minister said that talks go on.\n\n{}\n\nReaders write to the editors every day."
SAME = {
    "a counter in a line": [TEXT.format(f"Read {n} times today.") for n in (9, 10, 123)],
    "two counters": [TEXT.format(f"Read {n} times by {m} people today.") for n, m in ((1, 1), (2, 3), (3, 4), (4, 9))],
    "a quote that is a block of its own": [
        TEXT.format(quote) for quote in ("Be bold.", "Know thyself, friend.", "Go!")
    ],
    "a counter at the very end": [f"Some words of text.\n\nViews: {n}" for n in (1, 2, 3)],
    "a number at the very beginning": [f"{n} views\n\nSome words of text." for n in (1, 2, 3)],
    "related posts that come and go": [TEXT.format("Related: " + more) for more in ("A, B", "C", "D, E and F")],
}
ELSEWHERE = {
    "three paragraphs": [
        "\n\n".join(f"{word} stands in part {part}." for part, word in enumerate(words))
        for words in (("One", "two", "six"), ("No", "two", "six"), ("No", "ten", "six"), ("No", "ten", "four"))
    ],
    "three words of a sentence": [
        "The old minister said on Monday that the long talks would surely go on",
        "The new minister said on Monday that the long talks would surely go on",
        "The new minister said on Friday that the long talks would surely go on",
        "The new minister said on Friday that the long talks would surely end soon",
    ],
    "paragraphs that are added at the end": [
        "\n\n".join(f"Part {n} {n}a {n}b." for n in range(m)) for m in (2, 3, 4, 5)
    ],
    "paragraphs that are added in front": [
        "\n\n".join(f"Part {n} {n}a {n}b." for n in reversed(range(m))) for m in (2, 3, 4, 5)
    ],
}


def looks(texts):
    """How many looks in a row have changed the text at the same place."""
    state = None
    for before, after in pairwise(texts):
        state = changed(state, places(before, after), SAVED, NOW)
    return state.looks


@pytest.mark.parametrize("case", SAME)
def test_the_same_place_is_known_by_the_words_around(case):
    assert looks(SAME[case]) == len(SAME[case]) - 1


@pytest.mark.parametrize("case", ELSEWHERE)
def test_edits_in_different_places_are_not_restless(case):
    assert looks(ELSEWHERE[case]) == 1


def test_equal_texts_differ_nowhere_and_a_new_text_at_no_place():
    assert places("One two.", "One two.") == ()
    many = [" ".join(f"w{n} {'x' * (n % 2) or odd}" for n in range(90)) for odd in ("y", "z")]
    assert places(*many) == ()


def test_a_place_without_words_around_is_no_place():
    assert not is_same(Place(), Place())
    assert not is_same(Place(before=("a",)), Place(after=("b",)))


HERE = (Place(before=("Read",), after=("times",), old="1", new="2"),)


def state(times, **more):
    found = None
    for _ in range(times):
        found = changed(found, HERE, SAVED, NOW)
    return replace(found, **more)


def test_the_third_look_running_is_told_and_none_after_it():
    assert [state(times).told_at for times in (1, 2, 3)] == [None, None, NOW]
    later = changed(state(3), (), SAVED, NOW + timedelta(hours=1))
    assert (later.told_at, later.untold) == (NOW, 1)


def test_it_begins_anew_where_modified_moved_or_a_look_showed_no_change():
    assert changed(state(2), HERE, NOW, NOW).looks == 1
    assert rests(state(2), SAVED)
    assert not rests(state(3), SAVED)
    assert rests(state(3), NOW)
    assert not rests(None, SAVED)


CHANGE = ChangePlan(
    kind="edited",
    silent=True,
    old=None,
    old_seen_at=None,
    fields=("content",),
    sinks=("log",),
    comparison=Comparison(summary="text +1 −1 words"),
)
#: (Changes since the last Alert, hours since it): (is it one, what its summary says first)
ALERTS = {
    (0, 0): (True, "text"),
    (1, 1): (False, "text"),
    (9, 23.9): (False, "text"),
    (1, 24): (True, "text"),
    (2, 24): (True, "1 more edit since the last alert; text"),
    (9, 30): (True, "8 more edits since the last alert; text"),
    (2, -5): (True, "1 more edit since the last alert; text"),
}


@pytest.mark.parametrize("case", ALERTS)
def test_it_alerts_at_most_once_a_day_and_says_how_many_came_between(case):
    untold, hours = case
    alerts, summary = ALERTS[case]
    change, after = limited(CHANGE, state(3, untold=untold, alerted_at=NOW - hours * (DAILY / 24)), NOW)
    assert (bool(change.sinks), change.comparison.summary.startswith(summary)) == (alerts, True)
    if untold:
        assert after.untold == (0 if alerts else untold)


def test_what_no_sink_takes_does_not_count_as_the_alert_of_a_day():
    before = state(3, untold=2, alerted_at=NOW - DAILY)
    unwanted = replace(CHANGE, sinks=())
    assert limited(unwanted, before, NOW) == (unwanted, before)


def test_before_it_is_told_every_change_alerts():
    assert limited(CHANGE, state(2), NOW)[0] == CHANGE


P = "<p>The minister said that talks go on, and that nobody will leave before they are at their end.</p>"
#: the HTML before and after, the rule
RULES = {
    "by its class": (
        [f"{P}<div class='wp-block-group view-count'>Read {n} times today.</div>{P}" for n in (9, 10)],
        "- {css: '.view-count'}",
    ),
    "by the words around": (
        [f"{P}<p>Read {n} times today.</p>{P}" for n in (9, 10)],
        r"- {regex: 'Read\s*\d[\d.,]*\s*times\s+today\.'}",
    ),
    "not by a class around all of it": (
        [f"<div class='story'>{P}<p>It's read {n} times.</p>{P}</div>" for n in (9, 10)],
        r"- {regex: 'It''s\s+read\s*\d[\d.,]*\s*times\.'}",
    ),
    "by what is no number": (
        [f"{P}<p>Today we say: {quote} That is all.</p>" for quote in ("Be bold.", "Know [it].")],
        r"- {regex: 'Today\s+we\s+say:\s*.{0,40}?\s*That\s+is\s+all\.'}",
    ),
}


@pytest.mark.parametrize("case", RULES)
def test_the_proposed_rule_is_yaml_to_paste_and_takes_it_out(case):
    html, expected = RULES[case]
    texts = [canonical_text(each) for each in html]
    (place,) = places(*texts)
    original = seal({"content": {"rendered": html[1]}}).compressed()
    assert propose(original, place) == expected
    (rule,) = YAML(typ="safe").load(expected)
    left = [canonical_text(each, (IgnoreRule(**rule),)) for each in html]
    assert left[0] == left[1]
    assert "minister" in left[0]


def test_where_nothing_stands_around_in_its_block_there_is_no_rule():
    assert regex(Place(before=("go", "on.", "¶"), after=("¶", "Readers"), old="A b", new="C d")) is None
