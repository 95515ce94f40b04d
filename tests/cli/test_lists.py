"""`posts` and `changes`: formats, limits, times, conditions."""

import csv
import io
import json

import pytest

from tests.cli.conftest import LINK


def rows(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [5, 4, 2, 1, 3]),
        (("--limit", "2"), [5, 4]),
        (("--limit", "0"), [5, 4, 2, 1, 3]),
        (("--since", "2024-03-01"), [5]),
        (("--since", "4d"), []),
        (("--since", "5d"), [5]),
        (("--since", "1000d"), [5, 4, 2, 1, 3]),
        (("--until", "2024-02-01"), [3]),
        (("--until", "2024-02-20T17:00"), [3]),  # eight o'clock in UTC is 17:00 in Seoul; before means before
        (("--until", "2024-02-20T17:01"), [4, 2, 1, 3]),
        (("--since", "2024-02-20T08:00:00Z", "--until", "2024-02-20T09:00+01:00"), []),
        (("--since", "2024-02-20T08:00:00Z", "--until", "2024-02-20T09:00:01+01:00"), [4, 2, 1]),
        (("--source", "other.gov"), [4]),
        (("--source", "*.gov"), [4]),
        (("--source", "other.gov", "--source", "site.example"), [5, 4, 2, 1, 3]),
        (("--source", "asleep.example"), []),
        (("--group", "offices"), [4]),
        (("--group", "papers"), [5, 4, 2, 1, 3]),
        (("--group", "offices", "--source", "site.example"), []),
    ],
)
def test_posts_are_narrowed_by(crawler, options, expected):
    assert [row["id"] for row in rows(crawler("posts", "--format", "json", *options))] == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["deleted", "published", "edited 3", "edited 2"]),
        (("--kind", "edited"), ["edited 3", "edited 2"]),
        (("--kind", "deleted", "--kind", "published"), ["deleted", "published"]),
        (("--silent",), ["edited 2"]),
        (("--field", "title"), ["edited 2"]),
        (("--field", "tags", "--field", "title"), ["edited 3", "edited 2"]),
        (("--field", "link"), []),
        (("--author", "doe"), ["edited 3"]),
        (("--author", "%"), []),
        (("--min-words", "6"), ["edited 2"]),
        (("--match", "strengthens"), ["edited 2"]),
        (("--match", "bolsters"), ["edited 2"]),
        (("--match", "(?i)CORRECTION"), ["edited 3"]),
        (("--match", "Correction:\u00a0it"), ["edited 3"]),
        (("--match", "ships"), ["edited 3"]),  # kept in the other one: changed text only
        (("--match", "Jane"), []),  # an author is no text
        (("--match", "^South"), []),
        (("--since", "2024-03-06"), ["deleted", "published"]),
        (("--until", "2024-03-05"), ["edited 2"]),
        (("--source", "other.gov"), []),
        (("--limit", "1"), ["deleted"]),
    ],
)
def test_changes_are_narrowed_by(crawler, options, expected):
    found = rows(crawler("changes", "--format", "json", *options))
    told = [row["kind"] + (f" {row['new_revision']}" if row["kind"] == "edited" else "") for row in found]
    assert told == expected


def test_an_author_is_found_in_any_case_of_any_alphabet(crawler, filled):
    assert rows(crawler("changes", "--format", "json", "--author", "ÉMILE")) == []
    from crawler.store import queries
    from crawler.store.reading import reading
    from crawler.store.selecting import ChangesWanted

    with reading(filled / "crawler.db") as reader:
        assert reader.execute("SELECT casefold('Émile') = casefold('ÉMILE')").fetchone()[0] == 1
        assert queries.count_changes(reader, ChangesWanted(author="JANE")) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("posts", "--limit", "2"), "2 of 5"),
        (("posts", "--limit", "5"), ""),
        (("posts", "--limit", "1", "--source", "site.example"), "1 of 4"),
        (("changes", "--limit", "3"), "3 of 4"),
        (("changes", "--limit", "1", "--match", "."), "1, and there are more"),
        (("changes", "--limit", "2", "--match", "."), ""),
        (("status", "--limit", "1"), "1 of 4"),
        (("status", "--limit", "1", "--bad"), "1 of 2"),
        (("log", "1", "--limit", "2"), "2 of 5"),
    ],
)
@pytest.mark.parametrize("format_", ["table", "json", "jsonl", "csv"])
def test_what_a_limit_cut_off_is_told_on_stderr(crawler, arguments, said, format_):
    result = crawler(*arguments, "--format", format_)
    assert result.exit_code == 0
    assert result.stderr.strip() == said


def test_json_has_the_columns_of_the_public_views_with_real_lists_and_flags(crawler):
    post = next(row for row in rows(crawler("posts", "--format", "json")) if row["id"] == 1)
    assert post["groups"] == ["papers"]
    assert post["link"] == LINK
    assert post["published_at"] == "2024-02-20T08:00:00Z"
    assert post["content"].endswith("\n\nCorrection: it has 20 ships.")
    silent = rows(crawler("changes", "--format", "json", "--silent"))[0]
    assert (silent["silent"], silent["noted"], silent["fields"]) == (True, False, ["title", "content"])
    published = rows(crawler("changes", "--format", "json", "--kind", "published"))[0]
    assert published["silent"] is None


def test_all_formats_tell_the_same(crawler):
    as_json = rows(crawler("posts", "--format", "json"))
    as_lines = [json.loads(line) for line in crawler("posts", "--format", "jsonl").stdout.splitlines()]
    as_csv = list(csv.DictReader(io.StringIO(crawler("posts", "--format", "csv").stdout)))
    assert as_lines == as_json
    assert [list(row) for row in as_csv] == [list(row) for row in as_json]
    assert [row["link"] for row in as_csv] == [row["link"] for row in as_json]
    assert json.loads(as_csv[0]["groups"]) == as_json[0]["groups"]


@pytest.mark.parametrize(("format_", "empty"), [("json", "[]\n"), ("jsonl", ""), ("table", "")])
def test_an_empty_list_is_empty(crawler, format_, empty):
    assert crawler("posts", "--source", "lost.example", "--format", format_).stdout == empty


def test_an_empty_csv_has_its_heading(crawler):
    assert crawler("changes", "--source", "lost.example", "--format", "csv").stdout.startswith("id,detected_at,")


def test_a_cell_that_spreadsheets_would_compute_is_quoted(crawler):
    titles = [row["title"] for row in csv.DictReader(io.StringIO(crawler("posts", "--format", "csv").stdout))]
    assert "'=HYPERLINK(1)" in titles
    titles = [row["title"] for row in rows(crawler("posts", "--format", "json"))]
    assert "=HYPERLINK(1)" in titles


def test_tables_show_times_on_the_clock_of_the_config(crawler):
    table = crawler("changes").stdout
    assert "2024-03-03 19:00  site.example  edited, silent  +3 −3  c_" in table
    assert "2024-03-05 19:00  site.example  edited, noted" in table


def test_tables_cut_nothing_off_where_no_terminal_is(crawler):
    assert "South Korea strengthens ties\n" in crawler("posts").stdout
    assert "…" not in crawler("posts").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("posts", "--since", "yesterday"), 2, "'yesterday' is neither an age such as 2d"),
        (("posts", "--until", "2024-13-01"), 2, "is neither an age"),
        (("posts", "--since", "999999d999999h"), 2, "longer ago than there are dates"),
        (("posts", "--limit", "-1"), 2, "--limit"),
        (("posts", "--limit", "99999999999999999999"), 2, "--limit"),
        (("posts", "--format", "xml"), 2, "--format"),
        (("changes", "--kind", "changed"), 2, "--kind"),
        (("changes", "--field", "text"), 2, "--field"),
        (("changes", "--match", "(a"), 2, "is no regular expression"),
        (("changes", "--follow", "--format", "json"), 2, "--format jsonl"),
        (("posts", "--source", "site.exampel"), 1, "did you mean 'site.example'?"),
        (("posts", "--source", "zzz"), 1, "`crawler status` lists the sources"),
        (("posts", "--group", "offises"), 1, "did you mean 'offices'?"),
        (("posts", "--group", "zzz"), 1, "groups: offices, papers"),
        (("changes", "--author", "\udcff"), 2, "not text in UTF-8"),
        (("chnages",), 2, "Did you mean changes?"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_message(crawler, arguments, code, said):
    result = crawler(*arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_pattern_that_takes_for_ever_is_given_up(crawler, monkeypatch):
    monkeypatch.setattr("crawler.cli.matching.SECONDS", 0.05)
    monkeypatch.setattr("crawler.cli.matching._changed_text", lambda change: ["a" * 40 + "b"])
    result = crawler("changes", "--match", "(a+)+$")
    assert result.exit_code == 1
    assert "takes too long on the text of c_" in result.stderr
