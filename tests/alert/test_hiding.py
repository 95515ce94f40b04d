"""What is secret in what others say."""

from __future__ import annotations

import pytest

from crawler.alert.hiding import Hidden

HIDDEN = ("hunter2", "hunter2-and-more", "key.*", "the", "Straße 5")
SAID = {
    "no hunter2 here, HUNTER2": "no … here, …",
    "hunter2-and-more": "…",
    "key.* is no expression: keyboard": "… is no expression: keyboard",
    "the others are too short": "the others are too short",
    "": "",
}


@pytest.mark.parametrize("said", SAID)
def test_it_is_not_told_on(said):
    assert Hidden(HIDDEN).out_of(said) == SAID[said]


def test_the_longest_is_measured_as_it_is_sent():
    assert Hidden(["Straße 5", "1234567"]).most_bytes == 9
    assert Hidden(["abc"]).most_bytes == 0
