"""The HTML part of a mail: the text of its plain part, line for line, with marks that are seen on any screen."""

from __future__ import annotations

import lxml.html
import pytest

from crawler.render import as_html
from crawler.render.look import DARK, LIGHT

BODY = """\
  seen 17:00 KST; revision 1 → 2
  Title   South Korea [-bolsters-]{+strengthens+} ties
  Text    +2 −2 words: It has [-12-]{+21+} <b>ships</b>.

          def x():
              return {+1+}
  https://koreapro.org/a   crawler diff c_9f2b"""


def lines(body=BODY):
    (around,) = lxml.html.fromstring(as_html("A title", body)).xpath("//body/div")
    return around, list(around)


def style(element):
    return dict(each.split(":", 1) for each in element.get("style", "").split(";"))


def indent(line):
    return float(style(line).get("padding-inline-start", "0em").removesuffix("em"))


def test_each_line_is_a_line_and_none_is_between_them():
    """White space counts within a line, and not between two: else there would be an empty one each time."""
    around, (title, *shown) = lines()
    assert title.text == "A title"
    assert [line.text_content() for line in shown] == [line.strip() for line in BODY.split("\n")]
    assert "white-space" not in style(around)
    assert {style(line)["white-space"] for line in shown} == {"pre-wrap"}


def test_what_goes_on_in_another_row_stays_behind_its_indent():
    _, (_, *shown) = lines()
    depths = [indent(line) for line in shown]
    assert depths[0] == depths[1] == depths[2] == depths[-1] > depths[3] == 0
    assert 0 < depths[0] < depths[4] < depths[5]
    # on a telephone there are 20 em in all
    _, (_, deep) = lines(" " * 400 + "words")
    assert depths[5] <= indent(deep) <= 6


def test_a_line_from_right_to_left_begins_on_the_right():
    """The isolate around it comes before its white space, as in a terminal."""
    for body in ("\u2068  שלום\u2069", "  \u2068שלום\u2069"):
        _, (_, line) = lines(body)
        assert line.get("dir") == "auto" and indent(line) > 0
        assert line.text_content() == "\u2068שלום\u2069"


@pytest.mark.parametrize(("tag", "kind", "line"), [("del", "removed", "line-through"), ("ins", "added", "underline")])
def test_marks_have_colours_and_a_line_without_any_style_sheet(tag, kind, line):
    page = lxml.html.fromstring(as_html("t", BODY))
    marks = page.xpath(f"//{tag}")
    assert marks
    for mark in marks:
        assert (style(mark)["color"], style(mark)["background"]) == LIGHT[kind]
        assert style(mark)["text-decoration"] == line
        assert mark.get("class") == kind
    (sheet,) = page.xpath("//style/text()")
    assert f".{kind}{{background:{DARK[kind].ground}!important;color:{DARK[kind].words}!important}}" in sheet


def test_long_words_break_and_nothing_is_fetched():
    around, _ = lines()
    assert style(around)["overflow-wrap"] == "anywhere"
    page = lxml.html.fromstring(as_html("<img src=x>", '<script>x</script> <a href="https://x">x</a>'))
    assert not page.xpath("//@src | //@href | //script | //link | //img")
