"""The forms of a text diff: what is dropped or kept gives either text; `patch` agrees; nothing hostile gets out."""

from __future__ import annotations

import json
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.diff import as_json, html, operations, spans, unified, wdiff, words
from crawler.diff.forms import wdiff_in_short

WORD = st.sampled_from(["a", "b", "c", "the", "x,", "東", "京", "。", "-", "+", "[", "[-", "-]", "{+", "+}", "[--]"])
BLOCK = st.lists(WORD, min_size=1, max_size=8).map(" ".join)
TEXT = st.lists(BLOCK, max_size=6).map("\n\n".join)


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


def test_in_short_only_changes_stand_with_a_little_around_them():
    far = "one two three four five six seven eight nine ten"
    old = f"{far} red {far} {far} red {far}\n\nsame\n\nold end\n\nmoves"
    new = f"moves\n\n{far} blue {far} {far} blue {far}\n\nsame\n\nnew end"
    assert wdiff_in_short(operations(old, new)).split("\n") == [
        "(moved) moves",
        "… five six seven eight nine ten [-red-]{+blue+} one two three four five six … five six seven eight nine ten"
        " [-red-]{+blue+} one two three four five six …",
        "--",
        "[-old-]{+new+} end",
    ]


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


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        assert all(name in ("class", "charset") for name, _ in attrs)


def test_html_has_no_tag_of_the_texts():
    hostile = '<script>alert(1)</script> <img src=x onerror=y> "&amp;" \'</p>'
    page = Tags()
    page.feed(html(f"{hostile} a", f"{hostile} b"))
    assert page.seen == {"html", "head", "meta", "title", "style", "body", "p", "del", "ins"}


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
