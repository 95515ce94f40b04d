"""Two states of a Post: fields, counts, the summary line, notes and patterns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.diff import compare
from crawler.model import COMPARED, FieldDiff, Fields, Ref

OLD = Fields(
    title="South Korea bolsters defense ties",
    content="The minister met 12 envoys.\n\nIt cost $1,200 million.",
    excerpt="",
    link="https://example.org/a/",
    author=Ref(id=1, name="Alice"),
    published_at=datetime(2023, 5, 8, 23, 0, 24, tzinfo=UTC),
    categories=(Ref(id=1, name="News"), Ref(id=2, name="Asia")),
    tags=(),
    featured_image=Ref(id=0, name=""),
)


def edited(**changes):
    values = {name: getattr(OLD, name) for name in COMPARED}
    new = Fields(**{**values, **changes})
    return compare(OLD, new, tuple(changes))


def test_an_edit_of_title_and_text_is_told_field_by_field():
    title = "South Korea strengthens defense ties"
    found = edited(title=title, content="The defense minister met 21 envoys again.\n\nIt cost $1,200 million.")
    assert found.summary == "Title: bolsters → strengthens; text +4 −2 words; figure 12 → 21"
    assert found.fields == (
        FieldDiff(name="title", old=OLD.title, new=title, words_added=1, words_removed=1),
        FieldDiff(name="content", words_added=4, words_removed=2),
    )
    assert (found.words_added, found.words_removed) == (5, 3)
    assert found.diff == (
        "South Korea [-bolsters-]{+strengthens+} defense ties\n\n"
        "The [-minister met 12 envoys.-]{+defense minister met 21 envoys again.+}"
    )


SUMMARIES = {
    "a word more in the title": ({"title": "South Korea bolsters its defense ties"}, "Title: +its"),
    "a title rewritten": ({"title": "An entirely different title of many more words than that"}, "Title +10 −5 words"),
    "text only": ({"content": OLD.content + " Then it ended."}, "Text +3 −0 words"),
    "paragraphs moved": ({"content": "It cost $1,200 million.\n\nThe minister met 12 envoys."}, "1 paragraph moved"),
    "a division": ({"content": OLD.content.replace("\n\n", " ")}, "Text: paragraphs divided differently"),
    "a figure with currency and unit": (
        {"content": OLD.content.replace("1,200", "1,500")},
        "Text +1 −1 words; figure $1,200 million → $1,500 million",
    ),
    "an excerpt": ({"excerpt": "By hand"}, "Excerpt +2 −0 words"),
    "the author": ({"author": Ref(id=2, name="Bob")}, "Author: Alice → Bob"),
    "the author, no name told": ({"author": Ref(id=2)}, "Author: Alice → #2"),
    "the link": ({"link": "https://example.org/b/"}, "Link: https://example.org/a/ → https://example.org/b/"),
    "the date": (
        {"published_at": datetime(2024, 1, 1, tzinfo=UTC)},
        "Published: 2023-05-08T23:00:24Z → 2024-01-01T00:00:00Z",
    ),
    "terms": ({"categories": (Ref(id=1, name="News"), Ref(id=3, name="World"))}, "Categories +World −Asia"),
    "a picture": ({"featured_image": Ref(id=4, name="https://example.org/a.jpg")}, "Featured image added"),
}


@pytest.mark.parametrize(("changes", "line"), SUMMARIES.values(), ids=SUMMARIES.keys())
def test_the_summary_says_it_in_a_line(changes, line):
    assert edited(**changes).summary == line


FIGURES = {
    "plain": ("met 12 envoys", "met 21 envoys", "12 → 21"),
    "at the end": ("It was 12.", "It was 21.", "12 → 21"),
    "separators": ("paid 1,200.50 in all", "paid 1,300.50 in all", "1,200.50 → 1,300.50"),
    "separated by spaces": ("some 1 200 000 people", "some 1 300 000 people", "1 200 000 → 1 300 000"),
    "sign and per cent": ("fell −5.3 % then", "fell +5.3 % then", "−5.3 % → +5.3 %"),
    "currency": ("cost €3.5bn then", "cost €5.3bn then", "€3.5bn → €5.3bn"),
    "unit": ("ran 5 km there", "ran 7 km there", "5 km → 7 km"),
    "korean unit": ("약 30만명이 모였다", "약 20만명이 모였다", "30만명 → 20만명"),
    "japanese unit": ("予算は3兆円です", "予算は5兆円です", "3兆円 → 5兆円"),
    "time": ("at 14:30 sharp", "at 15:30 sharp", "14:30 → 15:30"),
}


@pytest.mark.parametrize(("old", "new", "told"), FIGURES.values(), ids=FIGURES.keys())
def test_figures_stand_as_printed(old, new, told):
    summary = compare(Fields(content=old), Fields(content=new), ["content"]).summary
    assert summary.split("; ")[-1] == f"figure {told}"


NOTES = {
    "Correction: An earlier version named the wrong minister.": True,
    "UPDATE — The ministry has since replied.": True,
    "[Update, 9 May] The ministry has since replied.": True,
    "Updated May 9 to include the ministry's comment.": True,
    "Editor's note: the figures were wrong.": True,
    "Korrektur: In einer früheren Fassung stand 12.": True,
    "Aktualisierung, 9. Mai: Das Ministerium antwortete.": True,
    "Mise à jour : le ministère a répondu.": True,
    "Corrección: una versión anterior decía 12.": True,
    "정정: 이전 기사에서 장관의 이름이 잘못되었습니다.": True,
    "【訂正】初出時、大臣の名前に誤りがありました。": True,
    "Updated: May 9, 2023, 3:15 p.m. KST": False,
    "Update 14:30": False,
    "Aktualisiert am 9. Mai 2023 um 14:30 Uhr": False,
    "更新:2023年5月9日 14時30分": False,
    "업데이트: 2023년 5월 9일 오후 3:15": False,
    "Updates to the law were passed.": False,
    "修正案が可決された。": False,
    "The correction came late.": False,
}


@pytest.mark.parametrize(("paragraph", "noted"), NOTES.items())
def test_a_note_begins_with_a_word_of_correction_and_goes_on(paragraph, noted):
    assert edited(content=f"{OLD.content}\n\n{paragraph}").noted is noted


def test_an_old_note_is_no_new_one():
    note = "Correction: An earlier version of this text named the wrong minister."
    before = Fields(content=f"a b c\n\n{note}")
    assert not compare(before, Fields(content=f"{note}\n\na b c d"), ["content"]).noted
    assert not compare(before, Fields(content=f"a b c\n\n{note[:-1]}, twice."), ["content"]).noted
    assert compare(before, Fields(content=f"a b c\n\n{note}\n\nCorrection: It cost 12."), ["content"]).noted


def test_patterns_are_looked_for_in_the_changed_words_only():
    new = Fields(title="t", content="The envoy spoke of sanctions. Nothing else changed here.")
    old = Fields(title="t", content="The envoy spoke of tariffs. Nothing else changed here.")
    patterns = ("(?i)SANCTION", "tariff", "envoy", "^here")
    assert compare(old, new, ["content"], patterns).matched == ("(?i)SANCTION", "tariff")


def test_fields_and_sections_stand_in_reading_order():
    changes = {"tags": (Ref(name="[-x-]"),), "author": Ref(id=2, name="Bob\n\nX"), "content": "c", "title": "t"}
    found = edited(**changes)
    assert [field.name for field in found.fields] == ["title", "content", "author", "tags"]
    sections = found.diff.split("\n\n")
    assert [section.partition(" ")[0] for section in sections[2:]] == ["Author:", "Tags:"]
    assert len(sections) == 4
    assert (found.fields[1].old, found.fields[1].new) == (None, None)
    assert (found.fields[3].added, found.fields[3].removed) == (("[-x-]",), ())


def test_a_post_that_told_nothing_before_is_all_new():
    found = compare(Fields(), Fields(title="a b", content="c"), ["title", "content"])
    assert (found.words_added, found.words_removed, found.diff) == (3, 0, "{+a b+}\n\n{+c+}")
