"""Canonical text of whole pages, without what ignore rules name; and nothing hostile loses or stops it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from crawler.model import IgnoreRule
from crawler.text import canonical_text

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "corpus").glob("*.html"))
#: NAME.1.html, NAME.2.html …: one text as two looks, two endpoints or two plugins show it
SAME = [
    list(files) for _, files in groupby(sorted((HERE / "same").glob("*.html")), lambda path: path.name.split(".")[0])
]


@pytest.mark.parametrize("page", CORPUS, ids=lambda page: page.stem)
def test_html_gives_the_text_beside_it(page):
    assert canonical_text(page.read_text()) + "\n" == page.with_suffix(".txt").read_text()


@pytest.mark.parametrize("pages", SAME, ids=lambda pages: pages[0].name.split(".")[0])
def test_one_text_shown_in_several_ways_stays_one_text(pages):
    sources = {page.read_text() for page in pages}
    assert len(sources) > 1 and len({canonical_text(source) for source in sources}) == 1


RULES = {
    "elements": (IgnoreRule(css=".related, .survey"), '<p>a</p><div class="related"><p>x</p></div>b', "a\n\nb"),
    "an element inside a line": (IgnoreRule(css="span.views"), '<p>a <span class="views">9</span> b</p>', "a b"),
    "part of a line": (IgnoreRule(regex=r"Read \d+ times\.?"), "<p>Text. Read 17 times.</p>", "Text."),
    "a whole block": (IgnoreRule(regex=r"^Read .*"), "<p>a</p><p>Read 17 times</p><p>b</p>", "a\n\nb"),
    "the end of a line of code": (IgnoreRule(regex=r"#.*"), "<pre>a = 1  # 9\nb = 2</pre>", "a = 1\nb = 2"),
    "a whole line of code": (IgnoreRule(regex=r"(?m)^# .*"), "<pre>a = 1\n# 9\nb = 2</pre>", "a = 1\n \nb = 2"),
    "another field": (IgnoreRule(field="categories"), "<p>a</p>", "a"),
}


@pytest.mark.parametrize(("rule", "html", "text"), RULES.values(), ids=RULES.keys())
def test_rules_take_out(rule, html, text):
    assert canonical_text(html, (rule,)) == text


END = "<p>after the end</p>"
MANY = 100_000
HOSTILE = {
    "deep": "<div>" * MANY + "inner" + "</div>" * MANY + END,
    "deep and bold": "<b>" * MANY + "inner" + END,
    "deep tables": "<table><tr><td>" * 20_000 + END,
    "deep links": "<a href='//a.org/x'>t" * 20_000 + END,
    "just deep enough": "<div>" * 300 + "inner" + "</div>" * 300 + END,
    "paragraphs never closed": "<p>x" * MANY + END,
    "closing tags": "</div>" * MANY + END,
    "less-than signs": "<" * MANY + END,
    "unfinished tags": "<a " * MANY + END,
    "unfinished attributes": '<a b="' * MANY + END,
    "a hundred thousand attributes": "<a " + " ".join(f'a{i}="x"' for i in range(MANY)) + ">t</a>" + END,
    "end of document": "</body></html>" + END,
    "combining marks": "a" + "\u0301" * MANY + "\u0323" * MANY + END,
    "joiners": "\u200d" * MANY + END,
    "white space": " " * 1_000_000 + END,
    "pictures": "<img src='//a.org/a-1x1.jpg' alt=x>" * 20_000 + END,
    "hyphens": "- " * MANY + END,
    "NUL and controls": "a\0b\x01\x1b[31m" + END,
    "half a character": "\ud800" + END,
    "numbers of no character": "&#99999999999;&#x110000;&#0;" + END,
    "another encoding": "<?xml version='1.0' encoding='utf-7'?><meta charset='latin1'>" + END,
    "a form never closed": "<form><div>" + END,
    "a button never closed": "<button>" + END,
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_html_loses_no_text_and_does_not_hang(html):
    assert canonical_text(html).endswith("after the end")


@pytest.mark.parametrize("html", ["", "  \n", "<!-- x -->", "<!--" * MANY, "<script>x", "<p></p>", "\0"])
def test_nothing_gives_no_text(html):
    assert canonical_text(html) == ""


def test_text_of_a_post_has_no_character_that_acts_on_a_terminal():
    text = canonical_text("<p>\x1b[31mred\x07 \u202eback\u2066</p><pre>\x1b]0;x\x07</pre>")
    assert text == "[31mred back\n\n]0;x"
