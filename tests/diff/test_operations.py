"""From one text to another in operations: laws that hold for any two texts, and what people would call the edit."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.diff import operations
from crawler.diff.operations import text_diff
from crawler.text import join

WORD = st.sampled_from(["a", "b", "c", "the", "x,", "東", "京", "。", "12", "[-", "-]", "{+", "+}", "<//x.org/a>"])
BLOCK = st.lists(WORD, min_size=1, max_size=8).map(" ".join)
TEXT = st.lists(BLOCK, max_size=6).map("\n\n".join)


@given(TEXT, TEXT)
def test_the_operations_rebuild_both_texts(old, new):
    steps = operations(old, new)
    if old == new:
        assert steps == []
    else:
        assert join(token for op in steps for token in op.old) == old
        assert join(token for op in steps for token in op.new) == new


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_strings_are_rebuilt(old, new):
    steps = operations(old, new)
    assert old == new or join(token for op in steps for token in op.new) == new


@given(st.lists(BLOCK, min_size=2, max_size=6, unique=True), st.randoms())
def test_paragraphs_in_another_order_are_no_words(blocks, random):
    shuffled = random.sample(blocks, len(blocks))
    diff = text_diff("\n\n".join(blocks), "\n\n".join(shuffled))
    assert (diff.words_added, diff.words_removed) == (0, 0)
    assert bool(diff.moved) == (blocks != shuffled)


@given(TEXT, TEXT)
def test_there_and_back_are_the_same_number_of_words(old, new):
    there, back = text_diff(old, new), text_diff(new, old)
    assert (there.words_added - there.words_removed) == (back.words_removed - back.words_added)


def test_the_marks_of_what_is_crossed_out_are_no_words():
    diff = text_diff("It rose 12 points.", "It rose <del> 12 </del> 21 points.")
    assert (diff.words_added, diff.words_removed) == (1, 0)


LONG = "It was a long day for the people of the port and of the town"
EDITS = {
    "a word replaced": ("a b c", "a x c", (1, 1, 0)),
    "a word added": ("a b", "a x b", (1, 0, 0)),
    "a paragraph added": ("a b", "a b\n\nc d e", (3, 0, 0)),
    "a paragraph added at the top": ("a b", "c d e\n\na b", (3, 0, 0)),
    "a paragraph divided": ("a b c. d e f", "a b c.\n\nd e f", (0, 0, 0)),
    "two paragraphs joined": ("a b c.\n\nd e f", "a b c. d e f", (0, 0, 0)),
    "a paragraph moved": ("a b\n\nc d\n\ne f", "c d\n\ne f\n\na b", (0, 0, 1)),
    "a paragraph moved past edited ones": (
        f"top\n\nsecond\n\n{LONG} today\n\n{LONG} 12",
        f"top\n\n{LONG} now\n\n{LONG} 21\n\nsecond",
        (2, 2, 1),
    ),
    "characters": ("東京は雨です", "東京は雪です", (1, 1, 0)),
    "a target": ("see it <//x.org/a> there", "see it <//x.org/b> there", (1, 1, 0)),
    "a link added": ("see it there", "see it <//x.org/b> there", (1, 0, 0)),
    "everything": ("", "a b c", (3, 0, 0)),
    "nothing left": ("a b c", "", (0, 3, 0)),
}


@pytest.mark.parametrize(("old", "new", "counts"), EDITS.values(), ids=EDITS.keys())
def test_edits_are_counted_as_people_would(old, new, counts):
    diff = text_diff(old, new)
    assert (diff.words_added, diff.words_removed, diff.moved) == counts


def kinds(old, new):
    return [op.kind for op in operations(old, new)]


APART = {
    "one word": ("a b c d e", "a X c Y e", ["equal", "replaced", "equal"]),
    "two words": ("a b c d e f", "a X c d Y f", ["equal", "replaced", "equal"]),
    "three words": ("a b c d e f g", "a X c d e Y g", ["equal", "replaced", "equal", "replaced", "equal"]),
    "two words that came": ("a b c d", "a X b c Y d", ["equal", "replaced", "equal"]),
    "one word and another paragraph": (
        "a b c\n\nd e",
        "a X c\n\nY e",
        ["equal", "replaced", "equal", "replaced", "equal"],
    ),
    "three characters of long changes": ("東京大学山川空海", "西東北南山川空地天人風", ["replaced"]),
    "three characters of short changes": ("東山川空京", "西山川空南", ["replaced", "equal", "replaced"]),
}


@pytest.mark.parametrize(("old", "new", "steps"), APART.values(), ids=APART.keys())
def test_changes_are_one_where_they_are_apart_by(old, new, steps):
    assert kinds(old, new) == steps


@pytest.mark.parametrize(("old", "new"), [("กิน", "กัน"), ("กัน", "กน"), ("น้ำ", "นำ"), ("xกิ", "xกัน")])
def test_no_letter_is_parted_from_its_marks(old, new):
    for op in operations(old, new):
        for side in (op.old, op.new):
            assert not side or (category(side[0][0]) != "Mn" and side[0] != "ำ")


def test_long_edits_around_a_stray_word_become_one():
    assert kinds("a b c of d e f", "1 2 3 of 4 5 6") == ["replaced"]


MANY = 20_000
NUMBERED = [f"w{i}" for i in range(MANY)]
WORST = {
    "one word": (["a"] * MANY, ["a"] * (MANY - 1), (0, 1)),
    "one word against two": (["a"] * MANY, ["a", "b"] * (MANY // 2), (MANY // 2, MANY // 2)),
    "unlike words": (NUMBERED, [f"x{i}" for i in range(MANY)], (MANY, MANY)),
    "two halves exchanged": (NUMBERED, NUMBERED[MANY // 2 :] + NUMBERED[: MANY // 2], (MANY // 2, MANY // 2)),
}


@pytest.mark.parametrize(("old", "new", "counts"), WORST.values(), ids=WORST.keys())
def test_the_worst_texts_are_compared_word_by_word(old, new, counts):
    diff = text_diff(" ".join(old), " ".join(new))
    assert (diff.words_added, diff.words_removed) == counts


def test_beyond_the_limit_a_gap_is_replaced_as_a_whole():
    ahead, behind = ["a"] * 10, ["z"] * 10
    middle = ["b", "c"] * 20_000
    diff = text_diff(" ".join(ahead + middle + behind), " ".join([*ahead, "c", *middle[::-1], *behind]))
    assert [op.kind for op in diff.operations] == ["equal", "replaced", "equal"]
    assert diff.words_removed == len(middle)
