"""Words that came or went are shown as sentences where the words around allow it."""

from __future__ import annotations

import pytest

from crawler.diff import wdiff
from crawler.diff.sequence import Hunk
from crawler.diff.sliding import in_sentences

TEXTS = {
    "a sentence that begins as the next one": (
        "It is off. The cat sat.",
        "It is off. The dog slept. The cat sat.",
        "It is off. {+The dog slept.+} The cat sat.",
    ),
    "one that went": (
        "It is off. The dog slept. The cat sat.",
        "It is off. The cat sat.",
        "It is off. [-The dog slept.-] The cat sat.",
    ),
    "two first words alike": (
        "Off. We saw the cat. End.",
        "Off. We saw the dog. We saw the cat. End.",
        "Off. {+We saw the dog.+} We saw the cat. End.",
    ),
    "the first sentence of a block": ("x\n\nThe cat.", "x\n\nThe dog. The cat.", "x\n{+The dog.+} The cat."),
    "the first sentence of all": ("The cat.", "The dog. The cat.", "{+The dog.+} The cat."),
    "words amid a sentence stay where they are": (
        "Off. He saw a cat and a dog.",
        "Off. He saw a cat and a bird and a dog.",
        "Off. He saw a cat and a {+bird and a+} dog.",
    ),
    "not into a moved block": (
        "The whole block moves\n\nOff. One stays\n\nTwo stays too",
        "Off. One stays\n\nTwo stays too\n\nThe whole block moves",
        "[-The whole block moves-]\nOff. One stays\nTwo stays too\n{+The whole block moves+}",
    ),
}


@pytest.mark.parametrize(("old", "new", "shown"), TEXTS.values(), ids=TEXTS)
def test_a_change_begins_with_a_sentence_where_it_can(old, new, shown):
    assert wdiff(old, new) == shown


def test_no_change_slides_over_the_one_before():
    found = [Hunk(1, 2, 1, 2), Hunk(3, 3, 3, 5)]
    assert list(in_sentences(["Off.", "A", "c", "x"], ["Off.", "B", "c", "B", "c", "x"], found)) == found
