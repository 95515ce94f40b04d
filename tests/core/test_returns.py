"""Returns to the state just left: which are held, when they are told after all, and when it is said that they go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.decide import decide
from crawler.decide.returns import CALM, FLAPPING, is_flapping, wished_since
from crawler.model import Flips, Held, Left, Ref
from tests.core.test_laws import LAW, Watch, store  # noqa: F401 (a fixture)
from tests.core.values import NOW, READ, SAVED, known, known_post, look, page, sighting

HOUR = timedelta(hours=1)
OLD = sighting(1, modified=SAVED - HOUR)
NEW = sighting(1, content="Other words of text.")
LEFT = Left(text_hash=OLD.text_hash, modified_at=SAVED - HOUR)


def post(shown=NEW, **more):
    """The Post in its newer state, after it left the older one."""
    return known_post(1, shown, **({"left": LEFT, "previous_change": "c_1"} | more))


def told(shown, known_as=None, **circumstances):
    """(the Change that is written, the Flips that are)."""
    decision = decide(look(**circumstances), known(known_as or post()), page(shown))
    changes = [plan.change for plan in decision.posts if plan.change is not None]
    if 1 in decision.flips and decision.flips[1].held is not None:
        assert decision.seen == (1,)
        assert decision.posts == ()
    return (changes[0].kind if changes else None), decision.flips.get(1)


def back(modified, **more):
    return sighting(1, modified=modified, **more)


@pytest.mark.parametrize("modified", [SAVED - HOUR, SAVED, None, SAVED - timedelta(days=900)])
def test_a_return_whose_modified_has_not_moved_forward_is_held(modified):
    kind, flips = told(back(modified))
    assert kind is None
    assert flips.held == Held(text_hash=OLD.text_hash, left_at=READ, last_at=NOW)


TOLD_AT_ONCE = {
    "it was saved since": (back(SAVED + timedelta(seconds=1)), {}),
    "it is a third state": (back(SAVED, content="Quite another text."), {}),
    "the state before that": (back(SAVED), {"left": replace(LEFT, text_hash="another")}),
    "nothing was left": (back(SAVED), {"left": None}),
    "that state was protected": (back(SAVED), {"left": replace(LEFT, state="protected")}),
}


@pytest.mark.parametrize("case", TOLD_AT_ONCE)
def test_any_other_edit_is_told_at_once(case):
    shown, more = TOLD_AT_ONCE[case]
    assert told(shown, post(**more)) == ("edited", None)


EDITS = {
    "title": "A headline",
    "link": "https://example.org/elsewhere/",
    "author": Ref(id=8, name="John Doe"),
    "tags": (Ref(id=9, name="Budget"),),
    "published_at": NOW - timedelta(days=3),
    "featured_image": Ref(id=77),
}


@pytest.mark.parametrize("field", EDITS)
def test_a_return_is_held_whichever_field_went_back(field):
    newer = sighting(1, **{field: EDITS[field]})
    assert told(sighting(1), post(newer))[0] is None


def test_a_return_to_what_was_known_before_modified_went_back_is_held_too():
    """The older state was believed in the end; then the newer one is shown again, saved no later than it was before."""
    again = post(OLD, left=Left(text_hash=NEW.text_hash, modified_at=SAVED))
    assert told(NEW, again)[0] is None
    assert told(replace(NEW, modified_at=SAVED + HOUR, raw_hash="x"), again)[0] == "edited"


def looked(*ages, shown=OLD):
    """What is known after a return was shown so many seconds ago, the looks since then counted."""
    last, *_ = reversed(ages)
    held = Held(text_hash=shown.text_hash, left_at=READ, last_at=NOW - timedelta(seconds=last), looks=len(ages) - 1)
    return post(flips=Flips(held=held))


def test_two_further_looks_that_agree_make_it_a_change():
    kind, flips = told(OLD, looked(900))
    assert (kind, flips.held.looks, flips.held.left_at, flips.held.last_at) == (None, 1, READ, NOW)
    kind, flips = told(OLD, looked(1800, 900))
    assert (kind, flips) == ("edited", Flips())


def test_a_sweep_right_behind_a_poll_is_no_look_of_its_own():
    before = looked(1800, 5)
    assert told(OLD, before) == (None, before.flips)


def test_a_clock_that_was_put_back_does_not_stop_the_count():
    assert told(OLD, looked(1800, -86400))[0] == "edited"


def test_another_return_begins_anew():
    assert told(OLD, looked(1800, 900, shown=NEW))[1].held.looks == 0


@pytest.mark.parametrize("shown", [NEW, replace(NEW, raw_hash="another nonce")])
def test_the_newer_state_drops_it(shown):
    assert told(shown, looked(900)) == (None, Flips(dropped=1, dropped_at=NOW))


def test_a_third_state_is_told_and_counts_as_no_flip():
    assert told(back(SAVED, content="Third."), looked(900)) == ("edited", Flips())


@pytest.mark.parametrize(("before", "days", "dropped"), [(1, 1, 2), (2, 2.9, 3), (2, 3, 1), (2, -1, 1)])
def test_returns_in_a_row_are_counted_until_it_settles(before, days, dropped):
    flips = replace(looked(900).flips, dropped=before, dropped_at=NOW - timedelta(days=days), told_at=None)
    assert told(NEW, post(flips=flips))[1] == Flips(dropped=dropped, dropped_at=NOW)


def test_it_is_told_once_and_again_only_after_it_has_settled():
    flips = Flips(dropped=FLAPPING, dropped_at=NOW)
    assert is_flapping(flips)
    assert not is_flapping(replace(flips, dropped=FLAPPING - 1))
    assert not is_flapping(replace(flips, told_at=NOW))
    again = replace(looked(900).flips, dropped=9, dropped_at=NOW - CALM, told_at=NOW - CALM)
    assert told(NEW, post(flips=again))[1].told_at is None


def test_a_page_that_was_opened_or_hidden_flips_likewise():
    hidden = post(sighting(1, protected=True), latest=known_post(1, OLD).latest)
    assert told(OLD, hidden)[1].held.state == "public"
    opened = post(NEW, left=Left(text_hash=None, state="protected"))
    assert told(sighting(1, protected=True), opened)[1].held.state == "protected"
    assert told(sighting(1, protected=True, modified=SAVED + HOUR), opened)[0] == "protected"


@pytest.mark.parametrize(("every", "wait"), [(timedelta(minutes=15), 1), (timedelta(days=30), 150)])
def test_it_is_asked_for_again_for_a_while(every, wait):
    assert wished_since(NOW, every) == NOW - timedelta(days=wait)


#: which of two caches answers: the one with the newer copy, or the one with the older
answers = st.lists(st.booleans(), max_size=12)


@LAW
@given(shown=answers, last=st.booleans(), dated=st.booleans())
def test_whichever_cache_answers_the_truth_is_told_in_the_end(store, shown, last, dated):  # noqa: F811
    """A state is told once three looks running have shown it, whatever was shown before, and no sooner."""
    site = Watch(store)
    copies = {
        False: sighting(1, modified=SAVED - HOUR if dated else None),
        True: sighting(1, modified=SAVED if dated else None, content="Other words of text."),
    }
    site.look(page(copies[False]), kind="baseline")
    site.look(page(copies[True]))
    looks = [True, *shown, last, last, last]
    for each in looks[1:]:
        site.look(page(copies[each]))
    ((content,),) = site.rows("(SELECT content FROM revisions WHERE id = latest_revision_id)", "posts")
    assert content == copies[last].fields.content
    assert len(site.rows("c.id", "changes")) == 1 + _believed(looks)


def _believed(looks):
    """How often looks have shown the other state three times running."""
    current, running, believed = looks[0], 0, 0
    for each in looks[1:]:
        running = running + 1 if each != current else 0
        if running == 3:
            current, running, believed = each, 0, believed + 1
    return believed
