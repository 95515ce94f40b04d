"""A paragraph that went to another place and was edited there: told as moved, with only its edited words marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.diff import compare, operations, spans, wdiff, words
from crawler.diff.operations import text_diff
from crawler.diff.places import places
from crawler.model import Fields
from crawler.text import join

MET = "The minister met twelve envoys in the old town hall on Monday morning."
COST = "It cost the town two million in all, which nobody had expected then."
GREW = "Another paragraph says that trade between both grew by 12 percent last year."
RAIN = "He said it would rain for another week in the whole of the north."
SHORT = "Trade grew by 12 percent."


def compared(old, new, *patterns):
    return compare(Fields(content="\n\n".join(old)), Fields(content="\n\n".join(new)), ["content"], patterns)


MOVED = "(moved) Another paragraph says that trade between both grew by [-12-]{+15+} percent last year."
GREW_MORE = GREW.replace("12", "15")
TEXTS = {
    "up": ([MET, COST, GREW, RAIN], [GREW_MORE, MET, COST, RAIN], [MOVED], "Text +1 −1 words; 1 paragraph moved"),
    "down": ([GREW, MET, COST, RAIN], [MET, COST, RAIN, GREW_MORE], [MOVED], "Text +1 −1 words; 1 paragraph moved"),
    "past an edited one": (
        [MET, COST, GREW],
        [GREW_MORE, MET.replace("twelve", "ten"), COST],
        [MOVED, MET.replace("twelve", "[-twelve-]{+ten+}")],
        "Text +2 −2 words; 1 paragraph moved",
    ),
    "with an unedited one": (
        [MET, COST, RAIN, GREW],
        [RAIN, GREW_MORE, MET, COST],
        ["(moved) He said it would rain for another week …", MOVED],
        "Text +1 −1 words; 2 paragraphs moved",
    ),
}


@pytest.mark.parametrize(("old", "new", "shown", "told"), TEXTS.values(), ids=TEXTS.keys())
def test_only_the_edited_words_of_a_moved_paragraph_are_marked(old, new, shown, told):
    found = compared(old, new, "15", "envoys", "trade")
    assert [line for line in found.diff.split("\n") if line != "--"] == shown
    assert found.summary == f"{told}; figure 12 percent → 15 percent"
    assert found.matched == ("15",)


def test_two_like_blocks_that_move_are_each_counted():
    old = [GREW, GREW.replace("12", "13"), MET, COST, RAIN]
    new = [MET, COST, GREW_MORE, RAIN, GREW_MORE]
    found = compared(old, new)
    assert (found.words_added, found.words_removed) == (2, 2)
    assert found.diff.count("(moved) Another paragraph") == 2


APART = {
    "a short one": ([SHORT, MET, COST], [MET, COST, SHORT.replace("12", "15")]),
    "one that is half another": (
        [GREW, MET, COST],
        [MET, COST, "Another paragraph says that trade between both of them fell to nothing within the month of May."],
    ),
}


@pytest.mark.parametrize(("old", "new"), APART.values(), ids=APART.keys())
def test_a_paragraph_that_is_hardly_the_same_went_and_another_came(old, new):
    assert "(moved)" not in compared(old, new).diff


def test_the_place_of_the_edit_is_known_again():
    old, new = [MET, GREW, COST, RAIN, SHORT], [MET, COST, RAIN, GREW_MORE, SHORT]
    (place,) = places("\n\n".join(old), "\n\n".join(new))
    assert (place.old, place.new) == ("12", "15")
    assert (place.before, place.after) == (("both", "grew", "by"), ("percent", "last", "year."))


EDITED = st.tuples(st.sampled_from([MET, COST, GREW, RAIN, SHORT]), st.sampled_from(["", "12", "the", "東", "x"])).map(
    lambda each: each[0].replace(each[1], "15") if each[1] else each[0]
)
TEXT = st.lists(EDITED, max_size=6).map("\n\n".join)


@given(TEXT, TEXT)
def test_the_laws_hold_for_moved_and_edited_paragraphs(old, new):
    steps = operations(old, new)
    assert old == new or join(token for op in steps for token in op.old) == old
    assert old == new or join(token for op in steps for token in op.new) == new
    for style, text in (("added", old), ("removed", new)):
        left = "".join(part for kind, part in spans(wdiff(old, new)) if kind != style).replace("¶", "")
        assert words(left) == words(text)
    diff = text_diff(old, new)
    assert diff.words_added - diff.words_removed == len(words(new)) - len(words(old)) or diff.moved
