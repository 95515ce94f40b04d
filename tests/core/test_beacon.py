"""When a feed that says that nothing moved is believed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.decide.beacon import GOOD, LIES, Trust, is_hidden, judged
from tests.core.values import NOW

READ = NOW - timedelta(hours=2)
SECOND = timedelta(seconds=1)
NO_SKEW = timedelta()

SAVES = {
    "none": ((), NO_SKEW, False),
    "between the last word and the silence": ((NOW - timedelta(hours=1),), NO_SKEW, True),
    "one of several": ((READ - SECOND, NOW - timedelta(hours=1)), NO_SKEW, True),
    "before the last word": ((READ,), NO_SKEW, False),
    "while a cache may keep the old word": ((NOW - timedelta(seconds=119),), NO_SKEW, False),
    "just before that": ((NOW - timedelta(seconds=120),), NO_SKEW, True),
    "after the silence": ((NOW + SECOND,), NO_SKEW, False),
    "before the last word, by a clock that is ahead": ((READ + SECOND,), timedelta(minutes=1), False),
    "long before the silence, by a clock that is ahead": ((NOW,), timedelta(minutes=3), True),
}


@pytest.mark.parametrize("name", SAVES)
def test_a_silence_hides_a_save(name):
    saves, skew, expected = SAVES[name]
    assert is_hidden(saves, read_at=READ, asked_at=NOW, skew=skew) is expected


def test_a_feed_that_was_never_read_hides_nothing():
    assert not is_hidden([NOW - timedelta(hours=1)], read_at=None, asked_at=NOW, skew=NO_SKEW)


LATE = Trust(missed=LIES, distrusted_at=NOW - GOOD)
LATELY = Trust(missed=LIES, distrusted_at=NOW - GOOD + SECOND)

ANSWERS = {
    "silence that hides nothing": (Trust(missed=1), False, False, Trust(missed=1)),
    "the first lie": (Trust(), False, True, Trust(missed=1)),
    "the last one that is borne": (Trust(missed=LIES - 1), False, True, Trust(missed=LIES, distrusted_at=NOW)),
    "another one": (LATELY, False, True, Trust(missed=LIES + 1, distrusted_at=NOW)),
    "a word in between": (Trust(missed=LIES - 1), True, False, Trust()),
    "a word too soon": (LATELY, True, False, LATELY),
    "a word after good days": (LATE, True, False, Trust()),
    "silence after good days": (LATE, False, False, LATE),
    "a clock that was put back": (Trust(missed=3, distrusted_at=NOW + SECOND), True, False, Trust()),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_changes_how_far_it_is_believed(name):
    before, moved, hides, after = ANSWERS[name]
    assert judged(before, moved=moved, hides=hides, now=NOW) == after
