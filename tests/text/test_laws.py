"""Laws of canonical text: how HTML is written never matters, the same HTML always gives the same text, none is lost."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.text import canonical_text, canonical_title, undivided
from crawler.text.addresses import address, picture_address
from crawler.text.characters import fold

WORDS = st.text(st.sampled_from("abcéñßжあ한ü0129'\"&<>–.,!-"), min_size=1, max_size=6)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(("href", "src", "alt", "title", "id", "class", "style", "loading", "data-x")),
    st.text(st.sampled_from("abc/:.&?=é\"'"), max_size=8),
)
TAGS = ("p", "h2", "li", "a", "em", "strong", "span", "img", "blockquote", "td")
#: (tag, attributes, words) one behind the other
DOCUMENTS = st.lists(st.tuples(st.sampled_from(TAGS), ATTRIBUTES, st.lists(WORDS, min_size=1)), min_size=1, max_size=5)


def spelled(text: str, dice: Random) -> str:
    """The text with its characters as themselves or as one of their entities."""
    return "".join(
        dice.choice([f"&#{ord(char)};", f"&#x{ord(char):X};", html.escape(char)]) if char != " " else char
        for char in text
    )


def written(document, dice: Random) -> str:
    """The document as HTML: order of attributes, entities, quotes and white space as the dice fall."""
    done = []
    for tag, attributes, words in document:
        pairs = list(attributes.items())
        dice.shuffle(pairs)
        space = dice.choice([" ", "\n", "  \t"])
        quote = dice.choice("'\"")
        inner = "".join(f"{space}{name}={quote}{spelled(value, dice)}{quote}" for name, value in pairs)
        gap = dice.choice([" ", "\n", " \r\n\t "])
        text = gap.join(spelled(word, dice) for word in words)
        done.append(f"<{tag}{inner}>{text}{gap}</{tag}>" if tag != "img" else f"<img{inner}{space}/>{text}{gap}")
    return dice.choice(["", "\n"]).join(done)


@settings(max_examples=300)
@given(DOCUMENTS, st.integers(0, 999))
def test_attribute_order_entity_spelling_and_white_space_never_matter(document, seed):
    one, other = (written(document, Random(each)) for each in (seed, seed + 1))
    assert canonical_text(one) == canonical_text(other)


TAG_SOUP = """
    <p> </p> <div> </div> <b> </i> <a_href=/x> </a> <ul><li> <table> <tr> <td> </table> <pre> </pre> <code> </code>
    <br> <img_src=/a.jpg_alt=x> <form> <noscript> <button> <svg> <video> </body> <sarcasm> <p/> <a_b=' <h2_ </ <! <?
    < > & &amp &#x110000; -- “ «_ _» _
"""
SOUP = st.lists(
    st.sampled_from([part.replace("_", " ") for part in TAG_SOUP.split()])
    | st.sampled_from("\0\ud800\uffff\u202e\u200d\x1b")
    | st.text(max_size=3),
    max_size=25,
)


@settings(max_examples=500)
@given(SOUP)
def test_no_soup_of_tags_breaks_it_and_text_behind_it_is_there(soup):
    # An unfinished tag, attribute or comment takes all up to its end: close whatever may be open.
    closed = "".join(soup) + "' '>\" \">--></a></pre></code></button></form></noscript></svg></video></table>"
    text = canonical_text(closed + "<p>after the end</p>")
    assert text.endswith("after the end")
    assert not any(char in text for char in "\0\x1b\u202e\ud800\uffff")


@settings(max_examples=300)
@given(st.text())
def test_what_was_folded_is_folded(text):
    once = fold(text)
    assert fold(once) == once


@settings(max_examples=300)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<>"), min_size=1)))
def test_the_text_of_a_text_is_that_text(paragraphs):
    text = canonical_text("".join(f"<p>{html.escape(each)}</p>" for each in paragraphs))
    again = canonical_text("".join(f"<p>{html.escape(each)}</p>" for each in text.split("\n\n")))
    assert again == text and undivided(undivided(text)) == undivided(text)


@given(st.text())
def test_a_title_is_one_line_of_what_can_be_seen(text):
    title = canonical_title(text)
    assert "\n" not in title and title == title.strip() and "\0" not in title


@settings(max_examples=300)
@given(st.text(st.sampled_from("htps:/.?#&=abcAB%2f é-3x00.jpgwebp_")))
def test_addresses_stay_what_they_are_and_are_one_word(url):
    for canonical in (address, picture_address):
        once = canonical(url)
        assert canonical(once) == once or once.startswith("//") is False
        assert not any(char.isspace() or char in "<>" for char in once)


PAGES = [
    '<p>It’s “so” — 4x4… <a href="HTTPS://Example.org/İ/ı?b=1&a=2">İstanbul ısı</a> ſs ﬁ</p><pre>a\tb</pre>',
    "<div>" * 3000 + "deep" + "</div>" * 3000,
    '<p><img src="/a-1x1.jpg" alt="é"> 雨。</p><ul><li>1,5</li></ul>&#99999999999;',
]
PROGRAM = """
import json, locale, sys
locale.setlocale(locale.LC_ALL, "")
from crawler.text import canonical_text
print(json.dumps([canonical_text(page) for page in json.load(sys.stdin)]))
"""


@pytest.mark.parametrize("seed", ["1", "4711"])
def test_a_text_depends_on_its_html_alone(seed):
    texts = [canonical_text(page) for page in PAGES]
    assert [canonical_text(page) for page in reversed(PAGES)] == texts[::-1]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(PAGES),
        env={"PYTHONHASHSEED": seed, "LC_ALL": "C.UTF-8", "TZ": "Asia/Seoul"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == texts
