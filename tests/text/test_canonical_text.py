"""Canonical text: what counts changes it, what does not leaves it alone, and nothing hostile loses or stops it."""

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


IMAGE = '<img src="https://example.org/wp-content/uploads/2024/01/port{}" alt="Port"{}>'
NOISE = {
    "curly and straight quotes": ("<p>“It’s”</p>", '<p>"It\'s"</p>'),
    "entities": ("<p>&#8217;s &amp; caf&eacute;</p>", "<p>’s &#038; café</p>"),
    "dashes": ("<p>a -- b — c – d - e</p>", "<p>a – b – c – d – e</p>"),
    "ellipsis": ("<p>so… on</p>", "<p>so... on</p>"),
    "composed and decomposed": ("<p>e\u0301</p>", "<p>é</p>"),
    "no-break space": ("<p>10&nbsp;km</p>", "<p>10 km</p>"),
    "white space and line ends": ("<p>a\r\n  b\tc</p>\n\n\n<p>d</p>", "<p>a b c</p><p>d</p>"),
    "soft hyphen, zero width, direction": ("<p>so\u00adft\u200b \u200fx\ufeff</p>", "<p>soft x</p>"),
    "emoji as picture and number": ('<p><img class="emoji" alt="🎉" src="a.png"></p>', "<p>&#x1f389;</p>"),
    "ids, classes and styles": ('<p id="x1" class="a" style="b" data-nonce="c">t</p>', "<p>t</p>"),
    "heading level": ("<h2>t</h2>", "<h3>t</h3>"),
    "bold and italic": ("<p><b>t</b> <i>u</i></p>", "<p><strong>t</strong> u</p>"),
    "type of list": ("<ul><li>t</li></ul>", "<ol><li>t</li></ol>"),
    "comments": ("<p>t<!-- cached 12:00 --></p>", "<p>t</p>"),
    "scripts and forms": ('<p>t</p><script>1</script><form><input name="n" value="1"></form>', "<p>t</p>"),
    "http and https": ('<a href="http://a.org/x">t</a>', '<a href="https://a.org/x/">t</a>'),
    "tracking": ('<a href="//a.org/x?utm_medium=b&id=1&fbclid=2">t</a>', '<a href="//a.org/x?id=1">t</a>'),
    "escapes in addresses": ('<a href="//a.org/%ec%84%9c">t</a>', '<a href="//a.org/%EC%84%9C">t</a>'),
    "lazy loading": (IMAGE.format(".jpg", ' loading="lazy" decoding="async"'), IMAGE.format(".jpg", "")),
    "priorities and sizes": (IMAGE.format(".jpg", ' fetchpriority="high" srcset="a 1w"'), IMAGE.format(".jpg", "")),
    "size variants": (IMAGE.format("-300x200.jpg", ""), IMAGE.format("-scaled.jpg", ' width="9"')),
    "webp twins": (IMAGE.format(".jpg.webp", ""), IMAGE.format(".webp", "")),
    "versions of pictures": (IMAGE.format(".jpg?ver=12", ""), IMAGE.format(".jpg", "")),
    "delivery network": (
        '<img src="https://i2.wp.com/example.org/wp-content/uploads/a.jpg?w=300" alt="">',
        '<img src="https://example.org/wp-content/uploads/a.jpg">',
    ),
    "placeholder of lazy loading": (
        '<img src="data:image/gif;base64,R0" data-lazy-src="/a.jpg">',
        '<img src="/a.jpg">',
    ),
    "counter of players": ('<audio src="/a.mp3?_=1"></audio>', '<audio src="/a.mp3?_=2"></audio>'),
    "secret of embeds": ('<iframe src="//a.org/embed/#?secret=a"></iframe>', '<iframe src="//a.org/embed/"></iframe>'),
    "feed footer": ('<p>t</p><p>The post <a href="/x">T</a> appeared first on <a href="/">S</a>.</p>', "<p>t</p>"),
    "german feed footer": ('<p>t</p><p>Der Beitrag <a href="/x">T</a> erschien zuerst auf S.</p>', "<p>t</p>"),
    "paragraphs by line breaks": ("a<br><br>b", "<p>a</p><p>b</p>"),
}


@pytest.mark.parametrize("pair", NOISE.values(), ids=NOISE.keys())
def test_noise_does_not_count(pair):
    one, other = map(canonical_text, pair)
    assert one == other != ""


EDITS = {
    "a word": ("<p>twelve tanks</p>", "<p>twenty tanks</p>"),
    "a figure": ("<p>12</p>", "<p>21</p>"),
    "a sign": ("<p>rose −5 %</p>", "<p>rose +5 %</p>"),
    "a hyphen that joins": ("<p>re-sign</p>", "<p>resign</p>"),
    "a target": ('<a href="//a.org/x">t</a>', '<a href="//a.org/y">t</a>'),
    "a fragment of a target": ('<a href="//a.org/x#one">t</a>', '<a href="//a.org/x#two">t</a>'),
    "a query of a target": ('<a href="//a.org/x?id=1">t</a>', '<a href="//a.org/x?id=2">t</a>'),
    "a picture": ('<img src="/a.jpg">', '<img src="/b.jpg">'),
    "an alternative text": ('<img src="/a.jpg" alt="x">', '<img src="/a.jpg" alt="y">'),
    "a caption": ("<figure><figcaption>x</figcaption></figure>", "<figure><figcaption>y</figcaption></figure>"),
    "an embed": ('<iframe src="//a.org/1"></iframe>', '<iframe src="//a.org/2"></iframe>'),
    "a film": ('<video src="//a.org/1.mp4"></video>', '<video src="//a.org/2.mp4"></video>'),
    "the order": ("<p>a</p><p>b</p>", "<p>b</p><p>a</p>"),
    "a division": ("<p>a b</p>", "<p>a</p><p>b</p>"),
    "a cell": ("<table><tr><td>1<td>2</table>", "<table><tr><td>1<td>3</table>"),
    "white space in code": ("<pre>a  b</pre>", "<pre>a b</pre>"),
    "quotes in code": ("<pre>“a”</pre>", '<pre>"a"</pre>'),
    "letter case": ("<p>Us</p>", "<p>US</p>"),
}


@pytest.mark.parametrize("pair", EDITS.values(), ids=EDITS.keys())
def test_edits_count(pair):
    one, other = map(canonical_text, pair)
    assert one != other


RULES = {
    "elements": (IgnoreRule(css=".related, .survey"), '<p>a</p><div class="related"><p>x</p></div>b', "a\n\nb"),
    "an element inside a line": (IgnoreRule(css="span.views"), '<p>a <span class="views">9</span> b</p>', "a b"),
    "part of a line": (IgnoreRule(regex=r"Read \d+ times\.?"), "<p>Text. Read 17 times.</p>", "Text."),
    "a whole block": (IgnoreRule(regex=r"^Read .*"), "<p>a</p><p>Read 17 times</p><p>b</p>", "a\n\nb"),
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
