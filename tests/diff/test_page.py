"""The page of a diff: nothing of the texts acts, no change is missing, and it reads well in browsers and in mails."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.diff import Heading, Section, html, words
from crawler.render.look import DARK, LIGHT

HEADING = Heading("koreapro.org · “Ties”", ("Revision 1: seen 2023-05-09 08:00 KST",), "https://koreapro.org/a?b=1&c=2")


class Page(HTMLParser):
    """The elements of a page with their attributes, and its words by the elements around them."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self._open = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        if self._open:
            self.texts.append((tuple(self._open), data))

    def text(self, name):
        """All text in elements of this name, at whatever depth."""
        return "\n".join(data for opened, data in self.texts if name in [tag for tag, _ in opened])

    def just_in(self, *names):
        """The texts that stand in such an element themselves."""
        return [data for opened, data in self.texts if opened[-1][0] in names]

    def all(self, *names):
        return [attributes for tag, attributes in self.elements if tag in names]


def page(old, new, heading=HEADING):
    return Page(html(heading, "Text +1 −1 words", [Section("Text", old, new)]))


def style(attributes):
    return dict(each.split(":", 1) for each in attributes["style"].split(";"))


HOSTILE = '<script>alert(1)</script> <img src=x onerror=y> "&amp;" \'</p></style></title>\x1b'
TAGS = {"html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "p", "del", "ins", "a", "span"}


def test_nothing_of_the_texts_is_markup():
    texts = Section("Text", f"{HOSTILE} a\n\nmoves\n\nb c d", f"{HOSTILE} b\n\nb c d\n\nmoves")
    terms = Section(HOSTILE, removed=[HOSTILE], added=[HOSTILE])
    heading = Heading(HOSTILE, (HOSTILE,), "https://example.org/?'&")
    made = html(heading, HOSTILE, [texts, terms])
    assert "\x1b" not in made
    found = Page(made)
    assert {tag for tag, _ in found.elements} == TAGS
    names = {name for _, attributes in found.elements for name in attributes}
    assert names == {"charset", "name", "content", "http-equiv", "class", "title", "dir", "style", "href", "rel"}


def test_the_page_loads_nothing_and_a_browser_would_not_let_it():
    made = html(HEADING, "", [Section("Text", "a", "b")])
    assert not re.search(r"url\(|@import|src=|<script|<link", made)
    (policy,) = (each["content"] for each in Page(made).all("meta") if "http-equiv" in each)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


@pytest.mark.parametrize(
    ("link", "href"),
    [
        ("https://koreapro.org/a?b=1&c=2", "https://koreapro.org/a?b=1&c=2"),
        ("HTTP://koreapro.org/", "HTTP://koreapro.org/"),
        ("javascript:alert(1)//https://", None),
        ("data:text/html,x", None),
        ("https://koreapro.org/\x1b", None),
        (f"https://koreapro.org/{HOSTILE}", None),
        ("/a", None),
        ("", None),
    ],
)
def test_the_post_is_linked_where_its_link_leads_to_a_page(link, href):
    found = page("a", "b", Heading("Title", ("Revision 1: seen at noon",), link))
    assert [each["href"] for each in found.all("a")] == ([href] if href else [])
    assert link.replace("\x1b", "\\x1b") in found.text("p") and "Revision 1: seen at noon" in found.text("p")


def test_a_link_shows_what_would_turn_it_round():
    assert r"https://a.org/\u202egnp" in page("a", "b", Heading("T", (), "https://a.org/\u202egnp")).text("a")


def luminance(colour):
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """As WCAG 2 defines it: 4.5 is the least for words (AA), 7 the better one (AAA)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_words_stand_out_from_their_ground_on_light_and_dark_screens():
    for colours in (LIGHT, DARK):
        assert {kind for kind, each in colours.items() if contrast(each.words, each.ground) >= 7} == set(colours)
    # the kinds are told from one another and from the page, too
    assert all(len({each.ground for each in colours.values()}) == 3 for colours in (LIGHT, DARK))


def test_what_is_shown_faintly_is_readable_on_light_and_dark_screens():
    stays = "".join(f"\n\n{number}" for number in range(9))
    made = html(HEADING, "", [Section("Text", f"a{stays}", f"b{stays}")])
    faint = {float(each) for each in re.findall(r"opacity:([\d.]+)", made)}
    assert faint and "<details>" in made
    for ink, ground in ((0x00, 0xFF), (0xFF, 0x12)):  # what browsers take where a page says nothing
        for opacity in faint:
            mixed = round(ink * opacity + ground * (1 - opacity))
            assert contrast(f"#{mixed:02x}" + f"{mixed:02x}" * 2, f"#{ground:02x}" + f"{ground:02x}" * 2) >= 4.5


STAYS = "\n\n".join(f"{word} stays where it is" for word in ("One", "Two", "Three"))
OLD = f"the old word\n\nit moves as it is\n\nthe long one that moves and is edited at 12\n\n{STAYS}"
NEW = f"the new word\n\n{STAYS}\n\nthe long one that moves and is edited at 21\n\nit moves as it is"


def test_a_mail_that_keeps_inline_styles_only_has_colours_and_lines():
    """A style sheet that is kept changes colours on dark screens, by the classes, and nothing else."""
    found = page("the old word", "the new word")
    (removed,), (added,) = found.all("del"), found.all("ins")
    assert style(removed)["text-decoration"] == "line-through" and style(added)["text-decoration"] == "underline"
    for kind, mark in (("removed", removed), ("added", added)):
        assert (style(mark)["color"], style(mark)["background"]) == LIGHT[kind]
        assert (mark["class"], mark["title"]) == (kind, kind)
        assert "padding" in style(mark)  # 12 and 21 are not 1221
    (sheet,) = found.just_in("style")
    for kind, each in DARK.items():
        assert f".{kind}{{background:{each.ground}!important;color:{each.words}!important}}" in sheet
    assert ("color-scheme", "light dark") in [(each.get("name"), each.get("content")) for each in found.all("meta")]


def test_moved_paragraphs_say_so_in_words_and_show_their_edits():
    found = page(OLD, NEW)
    moved = [each for each in found.all("p") if each.get("class") == "moved"]
    assert len(moved) == 4
    assert all((style(each)["color"], style(each)["background"]) == LIGHT["moved"] for each in moved)
    assert sorted(found.just_in("span")) == ["Moved away from here:"] * 2 + ["Moved here:"] * 2
    away = ["it moves as it is", "the long one that moves and is edited at 12"]
    assert sorted(found.just_in("del")) == sorted(["12", *away, "old"])
    assert found.just_in("ins") == ["new", "21"]
    # moved is not removed
    assert [each["class"] for each in found.all("del") if "class" in each] == ["removed"] * 2
    assert {style(each)["text-decoration"] for each in found.all("del")} == {"line-through"}


WORD = st.sampled_from(["a", "b", "c", "the", "東", "京", "<x>", "&", "12"])
BLOCK = st.lists(WORD, min_size=1, max_size=8).map(" ".join)
BLOCKS = st.lists(st.sampled_from(["a b", "the 東", "c", "one long block of many words"]) | BLOCK, max_size=9)
TEXT = BLOCKS.map("\n\n".join)


@settings(deadline=None)
@given(TEXT, TEXT)
def test_without_what_is_struck_out_the_page_has_the_new_text(old, new):
    found = Page(html(Heading("h"), "s", [Section("Text", old, new)]))
    inside = [({tag for tag, _ in opened}, data) for opened, data in found.texts]
    shown = "".join(data for tags, data in inside if "p" in tags and not tags & {"del", "span"}).removeprefix("s")
    assert "".join(shown.replace("¶", "").split()) == "".join(new.split())


def test_long_stretches_without_changes_are_folded_and_still_there():
    stays = [f"Paragraph {number}." for number in range(40)]
    old = "\n\n".join(["first", *stays, "last"])
    found = page(old, old.replace("first", "First").replace("last", "Last"))
    assert found.just_in("summary") == ["38 unchanged paragraphs"]
    folded = found.text("details")
    assert "Paragraph 0." not in folded and "Paragraph 39." not in folded
    assert all(f"Paragraph {number}." in folded for number in range(1, 39))
    for count, folds in ((4, 0), (5, 1)):  # one on each side stands open, and two are not worth it
        few = "\n\n".join(["first", *stays[:count], "last"])
        assert len(page(few, few.replace("first", "First").replace("last", "Last")).all("details")) == folds
    assert page(old, old).just_in("summary") == ["41 unchanged paragraphs"]


def test_each_of_300_hunks_is_shown():
    old = "\n\n".join(f"Sentence {number} has the old word.\n\nNo. {number} stays." for number in range(300))
    found = page(old, old.replace("old", "new"))
    assert len(found.all("ins")) == len(found.all("del")) == 300


def test_code_keeps_its_lines_and_letters_of_one_width():
    found = page("def x():\n    return 12\n\nwords", "def x():\n    return 21\n\nwords")
    code, text = [style(each) for each in found.all("p") if "white-space" in each["style"]]
    assert code["white-space"] == text["white-space"] == "pre-wrap"
    assert "monospace" in code["font-family"] and "font-family" not in text


def test_no_word_is_wider_than_a_telephone():
    """Broken anywhere where there is no other way, in the heading too: what is set around all is for all."""
    found = page("a", "b")
    (around,) = found.all("div")
    assert style(around)["overflow-wrap"] == "anywhere"
    assert "white-space" not in style(around) and not any(
        "nowrap" in each.get("style", "") for _, each in found.elements
    )


def test_each_passage_runs_its_own_way():
    """A heading with the text of others in it, a paragraph, and what was put into one."""
    for texts in ((f"שלום {HOSTILE}", "a"), (OLD, NEW)):
        passages = page(*texts).all("p", "h1", "del", "ins")
        assert passages and all(each.get("dir") == "auto" for each in passages)


def test_the_page_of_texts_in_which_nothing_changed_says_no_more():
    found = page("a b\n\nc", "a b\n\nc")
    assert not found.all("ins", "del")
    assert words("a b c") == words(found.text("p").split("words")[1])
