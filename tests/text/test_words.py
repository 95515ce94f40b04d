"""How words are counted, and that tokens put together give the text again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.text import join, tokens, tokens_of, words

COUNTED = {
    "one, two – three": ["one,", "two", "–", "three"],
    "": [],
    "한국 국방부는": ["한국", "국방부는"],
    "東京は雨。": ["東", "京", "は", "雨。"],
    "「東」京": ["「東」", "京"],
    "ABC東京2023": ["ABC", "東", "京", "2023"],
    "ไทย": ["ไ", "ท", "ย"],
    "at https://example.org/a?b=東 now": ["at", "https://example.org/a?b=", "東", "now"],
    "see <//ja.wikipedia.org/wiki/東京> now": ["see", "<//ja.wikipedia.org/wiki/東京>", "now"],
    "me@example.org": ["me@example.org"],
    "東https://x.org「": ["東", "https://x.org「"],
    "東https://x.org/é。": ["東", "https://x.org/é。"],
}


@pytest.mark.parametrize(("text", "found"), COUNTED.items())
def test_words_are_space_separated_or_characters(text, found):
    assert words(text) == found


PIECES = st.sampled_from(
    [
        "a",
        "bc",
        "é",
        "東",
        "京。",
        "「",
        "ไ",
        "1,5",
        "<//x.org/東>",
        "<",
        ">",
        " ",
        "  ",
        "\n",
        "\u3000",
        "https://x.org",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES).map("".join))
def test_tokens_join_to_the_very_text(text):
    assert join(tokens(text)) == text


@given(st.lists(PIECES).map("".join))
def test_tokens_are_the_words_with_their_white_space(text):
    assert [word for token in tokens(text) if (word := token.strip())] == words(text)


@given(st.lists(st.lists(PIECES).map("".join), min_size=1, max_size=4))
def test_blocks_cut_at_once_have_the_tokens_of_each(blocks):
    each = [token for block in blocks for token in ("\n\n", *tokens(block))]
    assert tokens_of(blocks) == each[1:]
