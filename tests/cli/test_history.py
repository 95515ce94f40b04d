"""`log`, `show` and `diff`: what became of one post."""

import csv
import io
import json
import os
import shutil
import subprocess

import pytest

from crawler.model import ConfiguredSource
from tests.cli.conftest import FIRST, LINK, runner
from tests.cli.scene import record, scene


def test_log_tells_revisions_and_changes_newest_first(crawler):
    lines = crawler("log", "1").stdout.splitlines()
    assert lines[:2] == ["site.example · post 1 · public · “South Korea strengthens ties”", LINK]
    told = [" ".join(line.split()[:3]) for line in lines if line.startswith(("change", "revision"))]
    assert [each.split()[0] for each in told] == ["change", "revision", "change", "revision", "revision"]
    assert told[1::2][0] == "revision 3 edit"
    assert told[-1] == "revision 1 baseline"
    assert "    revision 1 → 2; the old state was last seen 2024-03-02 19:00; +3 −3 words" in lines
    assert "    Title: bolsters → strengthens; text +2 −2 words; figure 12 → 21" in lines
    assert "edited, silent 2024-03-03 19:00 KST" in crawler("log", "1").stdout


def test_log_of_a_removed_post_ends_with_its_removal(crawler):
    lines = crawler("log", "3").stdout.splitlines()
    assert "post 3 · deleted" in lines[0]
    assert "deleted 2024-03-07 19:00 KST" in lines[3]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["change", "revision", "change", "revision", "revision"]),
        (("--limit", "1"), ["change"]),
        (("--since", "2024-03-05"), ["change", "revision"]),
        (("--until", "2024-03-02"), ["revision"]),
    ],
)
def test_log_for_programs(crawler, options, expected):
    rows = json.loads(crawler("log", "1", "--format", "json", *options).stdout)
    assert [row["what"] for row in rows] == expected


def test_log_rows_have_the_public_columns(crawler):
    change, revision, *_ = json.loads(crawler("log", "1", "--format", "json").stdout)
    assert change["fields"] == ["author", "tags", "content"]
    assert revision["tags"] == [{"id": 4, "name": "defense"}]
    assert revision["number"] == 3
    assert "author_id" not in revision
    rows = list(csv.DictReader(io.StringIO(crawler("log", "1", "--format", "csv").stdout)))
    assert [row["what"] for row in rows] == ["change", "revision", "change", "revision", "revision"]
    assert set(change) | set(revision) == set(rows[0])


def test_show_prints_title_and_text_and_nothing_else(crawler):
    result = crawler("show", "1@1")
    assert result.stdout == "South Korea bolsters ties\n\nSouth Korea bolsters ties.\n\nIt has 12 ships.\n\nThe end.\n"
    assert result.stderr == ""


def test_show_tells_the_rest_on_stderr_when_asked_to_say_more(crawler):
    result = crawler("-v", "show", "1")
    assert result.stdout.startswith("South Korea strengthens ties\n\n")
    assert "site.example · post 1 · public · revision 3 of 3" in result.stderr
    assert "edit, seen 2024-03-05 19:00 KST to 2024-03-05 19:00" in result.stderr
    assert "Modified at: 2024-03-05 18:00 KST" in result.stderr
    assert "Author: John Doe\n" in result.stderr
    assert "Tags: defense\n" in result.stderr


def test_show_gives_the_html_as_it_was_received(crawler):
    assert crawler("show", "1@1", "--html").stdout == FIRST + "\n"


def test_show_as_json_has_the_public_columns_of_revisions(crawler):
    shown = json.loads(crawler("show", "1@2", "--format", "json").stdout)
    assert (shown["number"], shown["cause"], shown["source"]) == (2, "edit", "site.example")
    assert shown["observed_at"] == "2024-03-03T10:00:00Z"
    assert shown["categories"] == [{"id": 3, "name": "News"}]
    assert shown["superseded_at"] == "2024-03-05T10:00:00Z"


def test_html_and_json_exclude_each_other(crawler):
    assert crawler("show", "1", "--html", "--format", "json").exit_code == 2


def test_a_post_that_was_always_protected_says_that_no_text_was_told(tmp_path, filled, monkeypatch):
    shutil.copy(filled / "config.yaml", tmp_path)
    with scene(tmp_path / "crawler.db") as story:
        story.sources(ConfiguredSource(name="site.example", url="https://site.example/", kind="auto"))
        story.discovered("site.example")
        story.baseline("site.example", "2024-03-01 10:00", record(1, "Secret", protected=True))
    run = runner(tmp_path / "config.yaml", monkeypatch)
    result = run("show", "1")
    assert (result.exit_code, result.stdout) == (0, "Secret\n")
    assert "no text was told" in result.stderr
    assert run("show", "1", "--html").stdout.strip() == ""


TERMINAL = """\
site.example · post 1 · revision 1 → 3 · “South Korea strengthens ties”
Title: bolsters → strengthens; author: Jane Roe → John Doe; tags +defense; text +7 −2 words; figure 12 → 21

Title
South Korea [-bolsters-]{+strengthens+} ties

Author: [-Jane Roe-]{+John Doe+}

Tags: {+defense+}

Text
South Korea [-bolsters-]{+strengthens+} ties.
It has [-12-]{+21+} ships.
--
{+Correction: it has 20 ships.+}
"""
WDIFF = """\
South Korea [-bolsters-]{+strengthens+} ties
South Korea [-bolsters-]{+strengthens+} ties.
It has [-12-]{+21+} ships.
The end.
"""


def test_diff_tells_the_title_first_and_the_text_last(crawler):
    assert crawler("diff", "1", "1", "3").stdout == TERMINAL


def test_diff_as_wdiff_is_the_whole_text(crawler):
    assert crawler("diff", "1", "1", "2", "--format", "wdiff").stdout == WDIFF


def test_diff_as_json_holds_lines_of_pieces(crawler):
    told = json.loads(crawler("diff", "1", "1", "2", "--format", "json").stdout)
    assert (told["old_revision"], told["new_revision"], told["fields"]) == (1, 2, ["title", "content"])
    assert {"style": "added", "text": "strengthens"} in told["lines"][0]["pieces"]


def test_diff_as_html_escapes_and_tells_other_fields(crawler):
    page = crawler("diff", "1", "2", "3", "--format", "html").stdout
    assert page.startswith("<!doctype html>")
    assert ">Jane Roe</del>" in page and ">John Doe</ins>" in page
    assert "Correction" in page


def test_diff_as_html_tells_where_the_post_stands_and_the_times_of_both_revisions(crawler):
    page = crawler("diff", "1", "1", "3", "--format", "html").stdout
    assert f'<a href="{LINK}"' in page
    assert "Revision 1: seen 2024-03-01 19:00 KST to 2024-03-02 19:00 KST; modified 2024-02-20 " in page
    assert "Revision 3: seen 2024-03-05 19:00 KST; modified 2024-03-05 18:00 KST" in page


def test_a_text_that_was_not_told_before_is_none_that_came(tmp_path, filled, monkeypatch):
    shutil.copy(filled / "config.yaml", tmp_path)
    with scene(tmp_path / "crawler.db") as story:
        story.sources(ConfiguredSource(name="site.example", url="https://site.example/", kind="auto"))
        story.discovered("site.example")
        story.baseline("site.example", "2024-03-01 10:00", record(1, "A title", protected=True))
        story.look("site.example", "2024-03-02 10:00", record(1, "Another", "<p>Some text.</p>"))
    page = runner(tmp_path / "config.yaml", monkeypatch)("diff", "1", "1", "2", "--format", "html").stdout
    assert ">A title</del>" in page and ">Some text.</p>" in page


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (("1",), "2 → 3"),
        (("1", "1"), "1 → 3"),
        (("1", "1", "2"), "1 → 2"),
        (("1", "3", "1"), "3 → 1"),
        (("1@1",), "1 → 3"),
        (("1@2024-03-02",), "1 → 3"),
        (("1@1", "2"), "2 → 3"),
    ],
)
def test_which_revisions_are_compared(crawler, arguments, numbers):
    assert f"revision {numbers} · " in crawler("diff", *arguments).stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "plain", "with_exit_code"),
    [
        (("1",), 0, 1),
        (("1", "2", "2"), 0, 0),
        (("2",), 1, 2),  # one revision only
        (("1", "9"), 1, 2),
        (("nothing",), 1, 2),
        (("1", "0"), 2, 2),
    ],
)
@pytest.mark.parametrize("format_", ["terminal", "unified", "wdiff", "html", "json"])
def test_exit_codes_of_diff(crawler, arguments, plain, with_exit_code, format_):
    assert crawler("diff", *arguments, "--format", format_).exit_code == plain
    assert crawler("diff", *arguments, "--format", format_, "--exit-code").exit_code == with_exit_code


def test_a_change_without_two_revisions_says_what_to_do(crawler):
    removal = json.loads(crawler("changes", "--kind", "deleted", "--format", "json").stdout)[0]["id"]
    result = crawler("diff", removal)
    assert result.exit_code == 1
    assert f"`crawler show {removal}` shows its text" in result.stderr


@pytest.mark.skipif(shutil.which("patch") is None, reason="the program patch is not installed")
@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 3), (1, 3), (3, 1)])
def test_patch_applies_a_unified_diff_to_what_show_prints(crawler, tmp_path, old, new):
    text = tmp_path / "text"
    text.write_text(crawler("show", f"1@{old}").stdout)
    unified = crawler("diff", "1", str(old), str(new), "--format", "unified").stdout
    done = subprocess.run(["patch", os.fspath(text)], input=unified, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert text.read_text() == crawler("show", f"1@{new}").stdout


def test_what_stands_beside_the_text_is_told_before_a_unified_diff(crawler):
    lines = crawler("diff", "1", "2", "3", "--format", "unified").stdout.splitlines()
    assert lines[:4] == [
        "# Author: Jane Roe → John Doe",
        "# Tags: none → defense",
        "--- a/site.example/1",
        "+++ b/site.example/1",
    ]
