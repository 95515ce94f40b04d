"""What is told of an edit, from rendered HTML to the diff: the pairs of tests/corpus, as their readers expect it."""

from __future__ import annotations

import re

import pytest

from crawler.decide.fields import differing
from crawler.diff import compare
from crawler.parse.record import fields, reduced
from tests.corpus import TEXTS, load
from tests.corpus.rendering import render

PAIRS = load()
MARK = re.compile(r"\[-(.*?)-\]|\{\+(.*?)\+\}")
#: removed or added words that go on in the next line
GOES_ON = re.compile(r"-\]\s+\[-|\+\}\s+\{\+")


def state(side):
    """One side as the crawler reads it of a REST answer."""
    return fields(reduced({"id": 1, **{field: {"rendered": side[field]} for field in TEXTS}}), ())


def told(sides):
    """What a comparison of both sides says, in the words of expected.yaml."""
    old, new = map(state, sides)
    names = differing(old, new)
    if not names:
        return {"fields": []}
    comparison = compare(old, new, names)
    sections = dict(zip(names, comparison.diff.split("\n\n"), strict=True))
    return {
        "fields": list(names),
        "words": f"+{comparison.words_added} −{comparison.words_removed}",
        "noted": comparison.noted,
        "summary": comparison.summary,
        **sections,
    }


def in_one_line(section):
    return GOES_ON.sub(" ", " ".join(section.split()))


def marks(text):
    return [match.group() for match in MARK.finditer(text)]


def disagreements(expected, found):
    """Where the expectation is not met, in lines to be read by people."""
    if found["fields"] != expected["fields"]:
        yield f"fields {found['fields']}\n{found}"
        return
    for name in ("words", "noted"):
        if name in expected and found[name] != expected[name]:
            yield f"{name} {found[name]}"
    yield from (f"summary “{found['summary']}”" for each in expected.get("summary", ()) if each not in found["summary"])
    for field in expected["fields"]:
        section, hunks = in_one_line(found[field]), expected.get(field, [])
        if marks(section) != [mark for hunk in hunks for mark in marks(hunk)]:
            yield f"{field}: other words are marked\n{section}"
        at = 0
        for hunk in hunks:
            at = section.find(hunk, at)
            if at < 0:
                yield f"{field}: no “{hunk}”\n{section}"
                break


def check(pair, sides):
    assert not [f"{pair.name}: {each}" for each in disagreements(pair.expected, told(sides))]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_pair_is_told_as_its_reader_expects(pair):
    check(pair, pair.rendered())


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if not pair.expected["fields"]], ids=lambda pair: pair.name)
def test_what_is_no_change_is_none_the_other_way_round(pair):
    old, new = pair.rendered()
    check(pair, (new, old))


@pytest.mark.wordpress
def test_a_real_wordpress_renders_every_pair_so_that_the_same_is_told(wordpress):
    checked = 0
    for pair, sides in render(wordpress, PAIRS):
        check(pair, sides)
        checked += 1
    assert checked >= 60
