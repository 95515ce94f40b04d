"""The forms of a text diff: what is dropped or kept gives either text; `patch` agrees; nothing hostile gets out."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.diff import as_json, as_operations, operations, spans, unified, wdiff, words
from crawler.diff.forms import wdiff_in_short

WORD = st.sampled_from(["a", "b", "c", "the", "x,", "東", "京", "。", "-", "+", "[", "[-", "-]", "{+", "+}", "[--]"])
BLOCK = st.lists(WORD, min_size=1, max_size=8).map(" ".join)
#: Some blocks stand in both texts.
BLOCKS = st.lists(st.sampled_from(["a b", "the 東", "c", "x, - +"]) | BLOCK, max_size=6)
TEXT = BLOCKS.map("\n\n".join)


def without(style, text):
    return words("".join(part for kind, part in spans(text) if kind != style).replace("¶", ""))


@given(TEXT, TEXT)
def test_wdiff_without_additions_is_the_old_text_and_without_removals_the_new(old, new):
    text = wdiff(old, new)
    assert without("added", text) == words(old)
    assert without("removed", text) == words(new)


SHOWN = {
    "a word": (
        "South Korea bolsters ties",
        "South Korea strengthens ties",
        "South Korea [-bolsters-]{+strengthens+} ties",
    ),
    "a word more": ("a b", "a x b", "a {+x+} b"),
    "a division": ("a b c. d e f", "a b c.\n\nd e f", "a b c. {+¶+}\nd e f"),
    "a join": ("a b c.\n\nd e f", "a b c. d e f", "a b c. [-¶-] d e f"),
    "a paragraph": ("a\n\nb\n\nc", "a\n\nc", "a\n[-b-]\nc"),
    "a moved paragraph": ("a\n\nb\n\nc", "b\n\nc\n\na", "[-a-]\nb\nc\n{+a+}"),
    "characters": ("今日は雨", "明日は雨", "[-今-]{+明+}日は雨"),
    "markers in the text": ("a [-b-] c", "a [-x-] c", "a [-[\u2060-b-\u2060]-]{+[\u2060-x-\u2060]+} c"),
    "equal texts": ("a\n\nb", "a\n\nb", "a\nb"),
    "no text": ("", "", ""),
}


@pytest.mark.parametrize(("old", "new", "text"), SHOWN.values(), ids=SHOWN.keys())
def test_wdiff_reads_as_people_expect(old, new, text):
    assert wdiff(old, new) == text


def short(old, new):
    return wdiff_in_short(operations(old, new)).split("\n")


def test_in_short_only_changed_blocks_stand():
    old = "a b c\n\nsame\n\nthe old end\n\nit moves"
    new = "it moves\n\na B c\n\nsame\n\nthe new end"
    assert short(old, new) == ["(moved) it moves", "a [-b-]{+B+} c", "--", "the [-old-]{+new+} end"]


def test_signs_in_a_moved_block_are_no_marks():
    moved, stays = "It {+moves+} as [-it-] is", "one that stays\n\nanother that stays"
    (line,) = short(f"{moved}\n\n{stays}", f"{stays}\n\n{moved}")
    assert line.replace("\u2060", "") == f"(moved) {moved}"
    assert [style for style, _ in spans(line)] == ["kept"]


NUMBERS = " ".join(map(str, range(100, 200)))
CONTEXT = {
    "its sentence": (
        "It is one. Two is x here. It is three.",
        "It is one. Two is y here. It is three.",
        "… Two is [-x-]{+y+} here. …",
    ),
    "the sentences of two changes": (
        "A is red. B is the second. Of all letters! C is red. D is too.",
        "A is blue. B is the second. Of all letters! C is blue. D is too.",
        "A is [-red.-]{+blue.+} … C is [-red.-]{+blue.+} …",
    ),
    "a new sentence": (
        "He came on Monday. He went.",
        "He came on Monday. Nobody knew. He went.",
        "He came on Monday. {+Nobody knew.+} …",
    ),
    "a sentence that goes on after what went": (
        "A is red and B goes on. End of it.",
        "A is blue. and B goes on. End of it.",
        "A is [-red-]{+blue.+} and B goes on. …",
    ),
    "a long sentence cut": (
        f"{NUMBERS} x {NUMBERS}",
        f"{NUMBERS} y {NUMBERS}",
        f"… {' '.join(NUMBERS.split()[-40:])} [-x-]{{+y+}} {' '.join(NUMBERS.split()[:40])} …",
    ),
    "no sentence at a title or an initial": (
        "Then Mr. J. Smith of the U.S. Senate was x today. It ends.",
        "Then Mr. J. Smith of the U.S. Senate was y today. It ends.",
        "Then Mr. J. Smith of the U.S. Senate was [-x-]{+y+} today. …",
    ),
    "a link behind the sentence": (
        "See x there. <//x.org/a> Then it ends.",
        "See y there. <//x.org/a> Then it ends.",
        "See [-x-]{+y+} there. <//x.org/a> …",
    ),
    "a japanese sentence": (
        "前の文。今日は雨です。次の文。",
        "前の文。今日は雪です。次の文。",
        "…今日は[-雨-]{+雪+}です。…",
    ),
}


@pytest.mark.parametrize(("old", "new", "shown"), CONTEXT.values(), ids=CONTEXT.keys())
def test_around_a_change_stands(old, new, shown):
    assert short(old, new) == [shown]


SPACE = {
    "indentation": ("if a:\n    b", "if a:\n  b", "if a:[-⏎····b-]{+⏎··b+}"),
    "a line end": ("a\nb", "a b", "a[-⏎b-]{+·b+}"),
    "a space": ("a  b", "a b", "a[-··b-]{+·b+}"),
    "paragraphs alone": ("a b\n\nc", "a b c", "a b [-¶-] c"),
    "paragraphs beside words": ("a b\n\nc d e f", "a b c d e x", "a b c d e [-f-]{+x+}"),
}


@pytest.mark.parametrize(("old", "new", "shown"), SPACE.values(), ids=SPACE.keys())
def test_what_cannot_be_seen_is_shown_by_signs(old, new, shown):
    assert short(old, new) == [shown]


@given(TEXT, TEXT)
def test_json_operations_spell_out_both_texts(old, new):
    steps = as_operations(old, new)
    assert ("".join(step["old"] for step in steps), "".join(step["new"] for step in steps)) == (old, new)
    assert all(step["kind"] == "equal" for step in steps) == (old == new)


def test_spans_survive_cut_and_hostile_text():
    assert spans("a [-b-]{+c+} d [-cut") == [("kept", "a "), ("removed", "b"), ("added", "c"), ("kept", " d [-cut")]
    assert spans("[-" * 50_000) == [("kept", "[-" * 50_000)]


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
@settings(max_examples=40, deadline=None)
@given(TEXT, TEXT)
def test_patch_makes_the_new_text_of_the_old_one(tmp_path_factory, old, new):
    folder = tmp_path_factory.mktemp("patch")
    (folder / "text").write_text(old + "\n" if old else "")
    (folder / "diff").write_text(unified(old, new, "post"))
    if old != new:
        subprocess.run(["patch", "-s", "text", "diff"], cwd=folder, check=True, capture_output=True)
        patched = (folder / "text").read_text() if (folder / "text").exists() else ""
        assert patched == (new + "\n" if new else "")


def test_unified_diffs_have_hunks_with_context():
    old = "\n\n".join("abcdefgh")
    new = old.replace("b", "B").replace("h", "H")
    assert unified(old, new, "post\n17") == (
        "--- a/post 17\n+++ b/post 17\n@@ -1,6 +1,6 @@\n a\n \n-b\n+B\n \n c\n \n@@ -12,4 +12,4 @@\n \n g\n \n-h\n+H\n"
    )
    assert unified(old, old, "post") == ""


def test_json_has_the_pieces_of_each_line():
    told = as_json("a b\n\nc", "a x\n\nc")
    assert json.loads(json.dumps(told)) == [
        {
            "changed": True,
            "pieces": [
                {"style": "kept", "text": "a"},
                {"style": "kept", "text": " "},
                {"style": "removed", "text": "b"},
                {"style": "added", "text": "x"},
            ],
        },
        {"changed": False, "pieces": [{"style": "kept", "text": "c"}]},
    ]
