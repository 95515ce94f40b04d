"""Two states of a Post: fields, counts, the summary line, notes and patterns."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.decide import differing
from crawler.diff import compare
from crawler.diff.notes import came_with_note
from crawler.model import COMPARED, FieldDiff, Fields, Ref
from crawler.text import canonical_text

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
    "crossed out": (
        {"content": OLD.content.replace("It cost", "<del> It cost </del>")},
        "Text: words crossed out, or no longer",
    ),
    "a cell": ({"content": OLD.content.replace("It cost", "It | cost")}, "Text: bars between cells"),
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
    "markup in code": ("<li>12</li>\n<li>5</li>", "<li>21</li>\n<li>5</li>", "12 → 21"),
}


@pytest.mark.parametrize(("old", "new", "told"), FIGURES.values(), ids=FIGURES.keys())
def test_figures_stand_as_printed(old, new, told):
    summary = compare(Fields(content=old), Fields(content=new), ["content"]).summary
    assert summary.split("; ")[-1] == f"figure {told}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a link </archive/2024-05-01/p17> here", "a link </archive/2024-05-02/p18> here"),
        ("<image:/uploads/2024/01/quay-1> The quay", "<image:/uploads/2024/02/quay-2> The quay"),
        ("see https://example.org/17 there", "see https://example.org/18 there"),
        ("a link <//example.org/17> 5 here", "a link <//example.org/18> 5 here"),
    ],
)
def test_numbers_in_addresses_are_no_figures(old, new):
    assert compare(Fields(content=old), Fields(content=new), ["content"]).summary == "Text +1 −1 words"


def test_no_figure_of_a_block_that_moved_was_changed():
    rows = ["Seoul | 12 | 3.5 %", "Busan | 21 | 5.3 %", "Daegu | 34 | 7.1 %", "Ulsan | 55 | 9.2 %", "Jeju | 7 | 1.1 %"]
    order = [0, 2, 1, 4, 3]
    found = compare(
        Fields(content="\n\n".join(rows)), Fields(content="\n\n".join(rows[at] for at in order)), ["content"]
    )
    assert found.summary == "2 paragraphs moved"


def test_of_a_passage_written_anew_no_figure_is_told():
    old, new = "A 12 b. " + "old words " * 30, "C 21 d. " + "new parts " * 30
    assert "figure" not in compare(Fields(content=old), Fields(content=new), ["content"]).summary


def test_another_person_or_term_of_the_same_name_is_told_by_its_id():
    assert edited(author=Ref(id=2, name="Alice")).summary == "Author: Alice (#1) → Alice (#2)"
    found = edited(categories=(Ref(id=1, name="News"), Ref(id=3, name="Asia"))).fields[0]
    assert (found.removed, found.added) == (("Asia (#2)",), ("Asia (#3)",))


def test_a_note_in_a_text_that_is_not_compared_does_not_count():
    note = Fields(title="b", content="a\n\nCorrection: It cost 12.")
    assert not compare(Fields(title="a", content="a"), note, ["title"]).noted
    assert compare(Fields(title="a", content="a"), note, ["title", "content"]).noted


DATES = {
    "a day": ("It opens on 9 May 2023.", "It opens on 10 May 2023.", "9 May 2023 → 10 May 2023"),
    "a month first": ("On May 9, 2023 it was", "On June 9, 2023 it was", "May 9, 2023 → June 9, 2023"),
    "a weekday": ("It meets on Monday.", "It meets on Tuesday.", "Monday → Tuesday"),
    "digits": ("by 2023-05-09 at last", "by 2023-06-09 at last", "2023-05-09 → 2023-06-09"),
    "german": ("Am 9. Mai 2023 kam", "Am 9. Juni 2023 kam", "9. Mai 2023 → 9. Juni 2023"),
    "french": ("le 9 mai 2023 à", "le 9 juin 2023 à", "9 mai 2023 → 9 juin 2023"),
    "spanish": ("el 9 de mayo de 2023 a", "el 9 de junio de 2023 a", "9 de mayo de 2023 → 9 de junio de 2023"),
    "slashes": ("by 12/5/2023 at last", "by 12/6/2023 at last", "12/5/2023 → 12/6/2023"),
    "full stops": ("bis 12.5.2023 so", "bis 12.6.2023 so", "12.5.2023 → 12.6.2023"),
    "korean": ("그는 2023년 5월 9일 도착", "그는 2023년 5월 10일 도착", "2023년 5월 9일 → 2023년 5월 10일"),
    "japanese": ("会談は2023年5月9日に", "会談は2023年5月8日に", "2023年5月9日 → 2023年5月8日"),
    "a korean weekday": ("회의는 월요일 열린다", "회의는 화요일 열린다", "월요일 → 화요일"),
}


@pytest.mark.parametrize(("old", "new", "told"), DATES.values(), ids=DATES.keys())
def test_a_changed_date_is_told_as_a_date(old, new, told):
    summary = compare(Fields(content=old), Fields(content=new), ["content"]).summary
    assert summary.split("; ")[1:] == [f"date {told}"]


QUOTES = {
    "reworded": (
        'He said, "We will never leave the town."',
        'He said, "We will not leave the town."',
        "quote changed: “We will never leave the town.” → “We will not leave the town.”",
    ),
    "gone": ('He left. "It is over," he said.', "He left.", "quote removed: “It is over,”"),
    "new": ("He left.", 'He left. "It is over," he said.', "quote added: “It is over,”"),
    "one reworded and one gone": (
        '"It is never over," he said. "I shall go home now," she said.',
        '"It is not over," he said.',
        "quote changed: “It is never over,” → “It is not over,”; quote removed: “I shall go home now,”",
    ),
    "japanese": ("首相は「増税する」と", "首相は「増税しない」と", "quote changed: “増税する” → “増税しない”"),
}


@pytest.mark.parametrize(("old", "new", "told"), QUOTES.values(), ids=QUOTES.keys())
def test_what_was_done_to_a_quotation_is_told_word_for_word(old, new, told):
    assert told in compare(Fields(content=old), Fields(content=new), ["content"]).summary


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"It is over," he said.', '"It is over," she said.'),
        ('"It is over," he said.', '"It is over", he then said.'),
        ('A 5" gun and a 6" gun.', 'A 5" cannon and a 6" gun.'),
        ('He said: "it is over" and left.', 'He said and left: "It is over."'),
        ('"An open quote of many words', '"An open quote of some words'),
        ('First.\n\n"It is over," he said.\n\nLast one.', '"It is over," he said.\n\nFirst.\n\nLast.'),
    ],
)
def test_a_quotation_that_stays_is_not_told(old, new):
    assert "quote" not in compare(Fields(content=old), Fields(content=new), ["content"]).summary


NAMES = st.sampled_from(["", "News", "news", "A b", "[-x-]"])
REFS = st.builds(Ref, id=st.none() | st.integers(0, 3), name=NAMES)
TERMS = st.lists(REFS, max_size=3).map(tuple)
PIECES = st.sampled_from(
    ["a", "b", "東", "京", "<//x.org/a>", "<//x.org/b>", "<image:/p>", "<image:/q>", "\n", "  x", "[-", "-]", "{+", "¶",
     "กิ", "ก", "12", '"a', "--"]
)  # fmt: skip
TEXTS = st.lists(st.lists(PIECES, min_size=1, max_size=5).map(" ".join), max_size=4).map("\n\n".join)
STATES = st.builds(
    Fields,
    title=TEXTS,
    content=TEXTS,
    excerpt=TEXTS,
    link=st.sampled_from(["https://a.org/", "https://a.org/b", "http://b.org/"]),
    author=REFS,
    published_at=st.sampled_from([datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC)]),
    categories=TERMS,
    tags=TERMS,
    featured_image=REFS,
)


@given(STATES, STATES)
def test_every_field_that_differs_shows_how(old, new):
    names = differing(old, new)
    found = compare(old, new, names)
    sections = found.diff.split("\n\n") if found.diff else []
    assert len(sections) == len(found.fields) == len(names) and bool(found.summary) == bool(names)
    for section, field in zip(sections, found.fields, strict=True):
        assert any(mark in section for mark in ("[-", "{+", "(moved)")), field
        assert "[--]" not in section and "{++}" not in section
        pair = re.fullmatch(r"[^:]*: \[-(.*)-\]\{\+(.*)\+\}", section)
        assert pair is None or field.name in ("title", "content", "excerpt") or pair[1] != pair[2]


NOTES = {
    "An earlier version of this article named the wrong minister.": True,
    "In einer früheren Fassung dieses Artikels stand 12.": True,
    "An earlier train was on time.": False,
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


def test_a_note_with_half_of_the_words_of_any_old_note_is_no_new_one():
    """Also where a rarer word of it stands in another one."""
    other, old = "Update: alone x y z u v w", "Correction: b c d e"
    assert not came_with_note(f"{other}\n\n{old}\n\n{old} g", "Update: alone b c d e f")
    assert not came_with_note("Update: lost", "Update: won")
    assert came_with_note("Update: lost", "Update: now won")


def test_a_live_blog_of_notes_is_not_compared_note_by_note(monkeypatch):
    compared = []

    class Counted(frozenset):
        def __and__(self, other):
            compared.append(other)
            return self.intersection(other)

    monkeypatch.setattr("crawler.diff.notes.frozenset", Counted, raising=False)
    updates = [f"Update: a{at} b{at} c{at}" for at in range(500)]
    reworded = [f"{update} d{at}" for at, update in enumerate(updates)]
    assert not came_with_note("\n\n".join(updates), "\n\n".join(reworded))
    assert 500 <= len(compared) <= 1000
    assert came_with_note("\n\n".join(updates), "\n\n".join((*reworded, "Update: x y z")))
    assert len(compared) <= 3000


def test_patterns_are_looked_for_in_the_changed_words_only():
    new = Fields(title="t", content="The envoy spoke of sanctions. Nothing else changed here.")
    old = Fields(title="t", content="The envoy spoke of tariffs. Nothing else changed here.")
    patterns = ("(?i)SANCTION", "tariff", "envoy", "^here")
    assert compare(old, new, ["content"], patterns).matched == ("(?i)SANCTION", "tariff")


def test_patterns_find_what_a_page_shows():
    new = Fields(title="t", content=canonical_text("<p>“Sanctions”&nbsp;– don’t…</p>"))
    patterns = ("“Sanctions”", "[‘’]t…", "s”\u00a0–", "(?<=’)t", "„Tariffs“", r"(?<=t…)\Z")
    assert compare(Fields(title="t", content="Then."), new, ["content"], patterns).matched == patterns[:4]


def test_fields_and_sections_stand_in_reading_order():
    changes = {"tags": (Ref(name="[-x-]"),), "author": Ref(id=2, name="Bob\n\nX"), "content": "c", "title": "t"}
    found = edited(**changes)
    assert [field.name for field in found.fields] == ["title", "author", "tags", "content"]
    sections = found.diff.split("\n\n")
    assert [section.partition(" ")[0] for section in sections[1:3]] == ["Author:", "Tags:"]
    assert len(sections) == 4
    assert (found.fields[2].added, found.fields[2].removed) == (("[-x-]",), ())
    assert (found.fields[3].old, found.fields[3].new) == (None, None)


def test_a_post_that_told_nothing_before_is_all_new():
    found = compare(Fields(), Fields(title="a b", content="c"), ["title", "content"])
    assert (found.words_added, found.words_removed, found.diff) == (3, 0, "{+a b+}\n\n{+c+}")


MANY = 20_000
PARAGRAPHS = [" ".join(f"w{i}" for i in range(start, start + 50)) for start in range(0, MANY, 50)]
LARGE = {
    "a word in each paragraph": (PARAGRAPHS, [text.replace("0 ", "0x ", 1) for text in PARAGRAPHS]),
    "figures everywhere": ([f"a {i} b c d e" for i in range(4000)], [f"a {i + 1} b c d e" for i in range(4000)]),
    "paragraphs the other way round": (PARAGRAPHS, PARAGRAPHS[::-1]),
    "quotes everywhere": (
        [f'he said "{i} b" then' for i in range(4000)],
        [f'he said "{i} c" then' for i in range(4000)],
    ),
    "one word again and again": (["a " * MANY], ["a b " * (MANY // 2)]),
    "updates everywhere": (
        [f"Update: a{i % 30} b{i} it ended" for i in range(4000)],
        [f"Update: a{i % 30} b{i} it ended now" for i in range(4000)],
    ),
    "rows of figures in another order": (
        [f"{i * 7919 % 4000} | {i} | {i + 1}" for i in range(4000)],
        [f"{i} | {i * 4679 % 4000} | {i * 4679 % 4000 + 1}" for i in range(4000)],
    ),
    "open brackets": (["[- " * MANY], ["{+ " * MANY]),
}


@pytest.mark.parametrize(("old", "new"), LARGE.values(), ids=LARGE.keys())
def test_large_texts_take_no_time_to_speak_of(old, new):
    begun = time.process_time()
    for between in ("\n\n", " "):
        compare(Fields(content=between.join(old)), Fields(content=between.join(new)), ["content"], ("(?i)sanction",))
    # A tenth of a second each on an idle machine; a mistake that makes the time grow with the square takes many.
    assert time.process_time() - begun < 5
