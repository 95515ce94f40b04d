"""A Change as the alert object and as text for people; whatever a site writes stays inert and within bounds."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.diff import compare
from crawler.model import ChangeView, FieldDiff, Fields, PostView, Ref, RevisionView
from crawler.render import alert, for_people, inert, one_line

SEOUL = ZoneInfo("Asia/Seoul")
TITLE = "South Korea strengthens defense ties"


def at(hour, minute=0, day=9):
    return datetime(2023, 5, day, hour, minute, 24, tzinfo=UTC)


OLD = Fields(title="South Korea bolsters defense ties", content="The minister met 12 envoys.\n\nThen he left.")
NEW = Fields(title=TITLE, content="The minister met 21 envoys.\n\nThen he left at last.")
EDIT = compare(OLD, NEW, ["title", "content"])
POST = PostView(
    id=17,
    wp_id=2200955,
    guid="https://koreapro.org/?p=2200955",
    type="post",
    state="public",
    link="https://koreapro.org/2023/05/ties/",
    title=TITLE,
    author="Alice",
    categories=("News",),
    tags=(),
    published_at=at(23, day=8),
    modified_at=at(7, 59),
)
CHANGE = ChangeView(
    id="c_9f2b0011223344aa",
    kind="edited",
    silent=False,
    noted=False,
    detected_at=at(8),
    old_seen_at=at(7, 45),
    source_name="koreapro.org",
    source_url="https://koreapro.org/",
    source_timezone="Asia/Seoul",
    groups=("asia",),
    post=POST,
    old=RevisionView(number=1, observed_at=at(1), modified_at=at(0), hash="aa", content=OLD.content),
    new=RevisionView(number=2, observed_at=at(8), modified_at=at(7, 59), hash="bb", content=NEW.content),
    fields=EDIT.fields,
    words_added=EDIT.words_added,
    words_removed=EDIT.words_removed,
    summary=EDIT.summary,
    diff=EDIT.diff,
)


def changed(**changes):
    return dataclasses.replace(CHANGE, **changes)


def titled(title):
    return changed(post=dataclasses.replace(POST, title=title))


KEYS = """
    version id kind silent noted detected_at old_seen_at source post revision fields words_added words_removed
    headline summary diff truncated url
"""
POST_KEYS = "id wp_id guid type state link title author categories tags published_at modified_at"


def test_the_alert_has_the_keys_of_the_contract_in_their_order():
    payload = alert(CHANGE, url="https://crawler.example.org/changes/c_9f2b0011223344aa")
    assert list(payload) == ["type", "timestamp", "data"]
    data = payload["data"]
    assert list(data) == KEYS.split()
    assert list(data["post"]) == POST_KEYS.split()
    assert list(data["revision"]["new"]) == ["number", "observed_at", "modified_at", "hash"]
    assert json.loads(json.dumps(payload)) == payload


def test_the_alert_tells_the_change():
    payload = alert(CHANGE)
    data = payload["data"]
    assert (payload["type"], payload["timestamp"]) == ("post.edited", "2023-05-09T08:00:24Z")
    assert data["source"] == {"name": "koreapro.org", "url": "https://koreapro.org/", "groups": ["asia"]}
    assert data["headline"] == f"koreapro.org · title and text edited · “{TITLE}”"
    assert data["summary"] == "Title: bolsters → strengthens; text +4 −2 words; figure 12 → 21"
    assert data["fields"] == [
        {"name": "title", "old": OLD.title, "new": NEW.title, "words_added": 1, "words_removed": 1},
        {"name": "content", "old": None, "new": None, "words_added": 4, "words_removed": 2},
    ]
    assert (data["old_seen_at"], data["truncated"], data["url"]) == ("2023-05-09T07:45:24Z", False, None)


def test_the_whole_text_is_told_only_where_it_is_wanted():
    told = alert(CHANGE, full_text=True)["data"]["fields"][1]
    assert (told["old"], told["new"]) == (OLD.content, NEW.content)


def test_terms_are_told_as_added_and_removed():
    view = changed(fields=(FieldDiff(name="tags", added=("defense",), removed=()),))
    assert alert(view)["data"]["fields"] == [{"name": "tags", "added": ["defense"], "removed": []}]


HEADLINES = {
    "one field": ({"fields": EDIT.fields[:1]}, "title edited"),
    "three fields": (
        {"fields": (*EDIT.fields, FieldDiff(name="featured_image"))},
        "title, text and featured image edited",
    ),
    "silent": ({"silent": True}, "title and text silently edited"),
    "published": ({"kind": "published", "fields": (), "silent": None}, "published"),
    "deleted": ({"kind": "deleted", "fields": (), "silent": None}, "deleted"),
    "unpublished": ({"kind": "unpublished", "fields": (), "silent": None}, "unpublished"),
    "protected": ({"kind": "protected", "fields": (), "silent": None}, "put behind a password"),
    "restored": ({"kind": "restored", "silent": None}, "public again, title and text edited"),
}


@pytest.mark.parametrize(("changes", "what"), HEADLINES.values(), ids=HEADLINES.keys())
def test_the_headline_says_what_happened(changes, what):
    assert alert(changed(**changes))["data"]["headline"] == f"koreapro.org · {what} · “{TITLE}”"


def test_a_post_without_title_is_named_by_its_link():
    assert alert(titled(""))["data"]["headline"].endswith("· https://koreapro.org/2023/05/ties/")


def size(value):
    return len(json.dumps(value, ensure_ascii=False).encode())


@pytest.mark.parametrize("letter", ["x", "é", "서", "🎉", '"'])
def test_a_long_diff_is_cut_on_a_character(letter):
    data = alert(changed(diff=letter * 100_000))["data"]
    assert data["truncated"] and set(data["diff"]) == {letter}
    assert 64 * 1024 - 4 < len(data["diff"].encode()) <= 64 * 1024


def test_a_diff_is_measured_in_bytes():
    assert alert(changed(diff="x" * 64 * 1024))["data"]["truncated"] is False
    assert alert(changed(diff="é" * 40 * 1024))["data"]["truncated"] is True


def test_whole_texts_that_are_cut_say_so():
    new = dataclasses.replace(CHANGE.new, content="word " * 60_000)
    assert alert(changed(new=new))["data"]["truncated"] is False
    assert alert(changed(new=new), full_text=True)["data"]["truncated"] is True


def test_of_many_names_some_are_told_where_not_all_fit():
    view = changed(fields=(FieldDiff(name="tags", added=tuple(f"tag {i}" for i in range(50_000)), removed=()),))
    (tags,) = alert(view)["data"]["fields"]
    assert tags["added"] == [f"tag {i}" for i in range(100)]


@pytest.mark.parametrize("letter", ["x", "서", '"', "\x01"])
def test_the_whole_alert_is_bounded(letter):
    long = letter * 400_000
    view = changed(
        diff=long,
        summary=long,
        old=dataclasses.replace(CHANGE.old, content=long),
        new=dataclasses.replace(CHANGE.new, content=long),
        post=dataclasses.replace(POST, title=long, author=long, tags=("tag",) * 500),
        fields=(*EDIT.fields, FieldDiff(name="tags", added=(long,) * 5, removed=())),
    )
    payload = alert(view, full_text=True)
    assert size(payload) <= 256 * 1024 and payload["data"]["truncated"]
    assert payload["data"]["id"] == CHANGE.id and list(payload["data"]) == list(alert(CHANGE)["data"])


def test_people_read_the_contract_s_form():
    assert for_people(alert(CHANGE), zone=SEOUL).split("\n") == [
        f"koreapro.org · title and text edited · “{TITLE}”",
        "  seen 17:00 KST, 9 h after publication; the old text was last seen 16:45; revision 1 → 2;"
        " modified date moved",
        "  Title  South Korea [-bolsters-]{+strengthens+} defense ties",
        "  Text   +4 −2 words: The minister met [-12-]{+21+} envoys.",
        "         Then he [-left.-]{+left at last.+}",
        "  https://koreapro.org/2023/05/ties/   crawler diff c_9f2b00112233",
    ]


def test_what_is_dated_ahead_has_no_age():
    post = dataclasses.replace(POST, published_at=at(23, day=10))
    assert "after publication" not in for_people(alert(changed(post=post)), zone=SEOUL)


def test_a_note_that_came_with_the_edit_is_named():
    second = for_people(alert(changed(noted=True)), zone=SEOUL).split("\n")[1]
    assert second.endswith("; modified date moved; with a correction or update note")


def test_a_diff_that_was_cut_says_so():
    text = for_people(alert(changed(diff=f"{EDIT.diff}\n{'word ' * 20_000}")), zone=SEOUL)
    assert text.split("\n")[-2].strip() == "the rest was cut: too long for an alert"


def test_other_days_are_named():
    text = for_people(alert(changed(old_seen_at=at(7, day=8))), zone=SEOUL, now=at(8, day=10))
    assert "seen 2023-05-09 17:00 KST" in text and "last seen 2023-05-08 16:00" in text


def test_a_removal_is_told_without_a_diff():
    view = changed(
        kind="deleted", silent=None, noted=None, new=None, fields=(), diff="", words_added=0, words_removed=0
    )
    assert for_people(alert(view), zone=SEOUL).split("\n") == [
        f"koreapro.org · deleted · “{TITLE}”",
        "  seen 17:00 KST, 9 h after publication; before that it was last seen 16:45; revision 1",
        "  https://koreapro.org/2023/05/ties/   crawler log c_9f2b00112233",
    ]


def test_a_silent_edit_says_that_the_date_did_not_move():
    view = changed(silent=True, new=dataclasses.replace(CHANGE.new, modified_at=CHANGE.old.modified_at))
    assert "; modified date did not move" in for_people(alert(view), zone=SEOUL)


def test_at_most_thirty_lines_of_text_are_shown():
    old = "\n\n".join(f"word{i} old" if i % 2 else f"same{i}" for i in range(80))
    edit = compare(Fields(content=old), Fields(content=old.replace("old", "new")), ["content"])
    text = for_people(alert(changed(fields=edit.fields, diff=edit.diff)), zone=SEOUL).split("\n")
    assert len(text) == 2 + 30 + 1 + 1 and text[-2].strip() == "25 more hunks"


def of_text(old, new):
    """The lines of the text's diff, for people."""
    edit = compare(Fields(content=old), Fields(content=new), ["content"])
    view = changed(fields=edit.fields, words_added=edit.words_added, words_removed=edit.words_removed, diff=edit.diff)
    return for_people(alert(view), zone=SEOUL).split("\n")[2:-1]


def test_both_versions_of_a_long_paragraph_are_shown():
    old, new = "old " * 300 + "end.", "new " * 300 + "stop."
    (line,) = of_text(old, new)
    assert line.endswith(f"[-{old}-]{{+{new}+}}")


def test_lines_too_long_are_cut_inside_their_passages():
    old, new = "1,000 " * 300 + "end.", "2,000 " * 300 + "stop."
    lines = of_text("\n\n".join([old] * 12), "\n\n".join([new] * 12))
    assert len(lines) == 12 and all(len(line) <= 620 for line in lines)
    for line in lines:
        removed, added = line.partition("[-")[2].split("-]{+")
        assert set(removed.split()) == {"1,000", "…", "end."} and set(added.split()) == {"2,000", "…", "stop.+}"}


def test_a_line_of_many_changes_is_cut_at_its_end():
    old = " ".join(f"a b c d {i}" for i in range(1000))
    (line,) = of_text(old, old.replace("a b", "x y"))
    assert len(line) < 6100 and line.endswith("…")


def test_the_text_comes_after_the_other_fields():
    old, new = Fields(title="a", content="b\n\nc", tags=()), Fields(title="x", content="y\n\nc", tags=(Ref(name="T"),))
    edit = compare(old, new, ["title", "content", "tags"])
    text = for_people(alert(changed(fields=edit.fields, diff=edit.diff)), zone=SEOUL).split("\n")
    assert text[2:5] == ["  Title  [-a-]{+x+}", "  Tags   {+T+}", "  Text   +1 −1 words: [-b-]{+y+}"]


def test_paragraphs_that_only_moved_are_told_without_counts():
    edit = compare(Fields(content="a b\n\nc d\n\ne f"), Fields(content="c d\n\ne f\n\na b"), ["content"])
    text = for_people(alert(changed(fields=edit.fields, diff=edit.diff)), zone=SEOUL)
    assert "  Text   (moved) a b\n" in text


BIDI = {
    "hebrew": ("שלום עולם", "שלום חבר", "\u2068שלום \u2068[-עולם-]\u2069\u2068{+חבר+}\u2069\u2069"),
    "arabic in english": ("He said مرحبا to us", "He said سلام to us",
                          "\u2068He said \u2068[-مرحبا-]\u2069\u2068{+سلام+}\u2069 to us\u2069"),
    "english": ("a b", "a c", "a [-b-]{+c+}"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "shown"), BIDI.values(), ids=BIDI.keys())
def test_parts_of_lines_from_right_to_left_are_isolated(old, new, shown):
    edit = compare(Fields(title=old), Fields(title=new), ["title"])
    text = for_people(alert(changed(fields=edit.fields, diff=edit.diff)), zone=SEOUL)
    assert f"  Title  {shown}\n" in text


HOSTILE = {
    "escape": ("\x1b[31mred\x1b]0;x\x07", r"\x1b[31mred\x1b]0;x\x07"),
    "direction": ("a\u202eb\u2066c\u200fd", r"a\u202eb\u2066c\u200fd"),
    "controls": ("a\x00b\x7fc\x9bd", r"a\x00b\x7fc\x9bd"),
    "carriage return": ("a\rb", r"a\x0db"),
    "odd line ends": ("a\u2028b", r"a\u2028b"),
    "hidden letters": ("a\U000e0041", r"a\U000e0041"),
    "half a character": ("a\ud800", r"a\ud800"),
    "lines and tabs stay": ("a\n\tb", "a\n\tb"),
    "emoji and scripts stay": ("👨\u200d👩 서울 café", "👨\u200d👩 서울 café"),
}


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_would_act_is_written_out(text, shown):
    assert inert(text) == shown


@given(st.text())
def test_inert_text_never_acts(text):
    shown = inert(text)
    assert not any((ord(char) < 32 and char not in "\n\t") or 127 <= ord(char) < 160 for char in shown)
    assert inert(shown) == shown
    assert "\n" not in one_line(text) and len(one_line(text)) <= 200


@pytest.mark.parametrize("title", ["a\nBcc: x@example.org", "a\r\nX", "\x1b[2J", "a\u202eb", "x" * 10_000, "a\u2028b"])
def test_hostile_titles_make_one_inert_line(title):
    view = titled(title)
    edit = compare(Fields(title="t", content="a"), Fields(title=title, content=title), ["title", "content"])
    text = for_people(alert(dataclasses.replace(view, fields=edit.fields, diff=edit.diff)), zone=SEOUL)
    assert {char for char in text if not char.isprintable()} == {"\n"}
    assert text.split("\n")[1].startswith("  seen ")
    assert max(map(len, text.split("\n"))) < 6100


def test_digests_and_notices_are_told_too():
    data = alert(CHANGE)["data"]
    digest = {
        "type": "digest",
        "timestamp": "2023-05-09T08:00:24Z",
        "data": {
            "id": "d_1",
            "reason": "storm",
            "source": None,
            "kind": None,
            "fields": [],
            "since": "2023-05-08T23:00:00Z",
            "until": "2023-05-09T08:00:24Z",
            "count": 5,
            "summary": "2 sources · 5 more changes: 5 edited",
            "changes": [data | {"detected_at": "2023-05-08T13:30:00Z"}],
            "ids": [],
        },
    }
    assert for_people(digest, zone=SEOUL).split("\n") == [
        "2 sources · 5 more changes: 5 edited",
        f"  2023-05-08 22:30  koreapro.org · title and text edited · “{TITLE}”   https://koreapro.org/2023/05/ties/",
        "  and 4 more",
        "  all changes of that time: "
        "crawler changes --since 2023-05-08T23:00:00Z --until 2023-05-09T08:00:25Z --limit 0",
    ]
    notice = {
        "type": "source.failing",
        "data": {"id": "n", "kind": "failing", "source": "koreapro.org", "text": "dns\x1b"},
    }
    assert for_people(notice, zone=SEOUL) == "koreapro.org · failing\n  dns\\x1b"
