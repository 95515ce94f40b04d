"""POST: every form, which wins over which, revisions by number and by time."""

import shutil
import sqlite3

import pytest

from tests.cli.conftest import LINK, runner
from tests.cli.scene import record, scene


def first_line(result):
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()[0]


@pytest.fixture
def change_ids(filled):
    with sqlite3.connect(filled / "crawler.db") as db:
        found = dict(db.execute("SELECT kind || coalesce(new_revision_id, ''), id FROM changes"))
    db.close()
    return found


@pytest.mark.parametrize(
    "post",
    [
        "1",
        LINK,
        LINK.replace("https:", "http:"),
        LINK.replace("https://site.example", "HTTPS://SITE.example:443"),
        "site.example/2024/02/ties/",
        "https://site.example/?p=55",
        "site.example:55",
        "site.example:055",
    ],
)
def test_a_post_is_named_by_its(crawler, post):
    assert "post 1 · public" in first_line(crawler("log", post))
    assert first_line(crawler("show", post + "@1")) == "South Korea bolsters ties"
    assert first_line(crawler("show", post)) == "South Korea strengthens ties"


def test_a_post_is_named_by_a_change_and_any_unique_beginning_of_it(crawler, change_ids):
    silent = change_ids["edited5"]
    for name in (silent, silent[:10], silent[:6]):
        assert "post 1 · public" in first_line(crawler("log", name))
        # the revision that the change led to, not the latest
        assert crawler("show", name).stdout.endswith("It has 21 ships.\n\nThe end.\n")
        assert "revision 1 → 2" in first_line(crawler("diff", name))
        assert "12 ships" in crawler("show", name + "@1").stdout


def test_the_change_that_removed_a_post_shows_its_last_text(crawler, change_ids):
    assert first_line(crawler("show", change_ids["deleted"])) == "Kept as it is"


def test_a_beginning_that_is_not_unique_lists_what_it_can_mean(filled, tmp_path, monkeypatch):
    shutil.copy(filled / "config.yaml", tmp_path)
    shutil.copy(filled / "crawler.db", tmp_path)
    db = sqlite3.connect(tmp_path / "crawler.db")
    db.execute("UPDATE changes SET id = 'c_ab' || seq WHERE kind IN ('edited', 'deleted')")
    db.commit()
    db.close()
    run = runner(tmp_path / "config.yaml", monkeypatch)
    result = run("log", "c_ab")
    assert result.exit_code == 1
    assert "Error: c_ab can mean 3 changes; name one by its id:" in result.stderr
    assert "\n  c_ab1  site.example  edited  “South Korea strengthens ties”" in result.stderr
    assert "\n  c_ab4  site.example  deleted  “Kept as it is”" in result.stderr
    assert run("log", "c_ab1").exit_code == 0


@pytest.mark.parametrize(
    "post",
    ["6", "0", "-1", "99999999999999999999999", "site.example:57:", ":55", "c_", "c_zz", "c_%", "site.example:99",
     "https://site.example/nothing/", "asleep.example:55", "", "@", "@3", "1@", "1@soon", "1@@1", "\x1b[31m"],
)  # fmt: skip
def test_what_names_nothing_is_not_found(crawler, post):
    for command in ("log", "show", "diff"):
        result = crawler(command, "--", post)
        assert result.exit_code == 1, result.stdout
        assert result.stderr.startswith("Error: ")
        assert "\x1b" not in result.stderr
        assert result.stdout == ""


@pytest.mark.parametrize("number", ["0", "4", "999999999999999999", "20240301"])
def test_a_revision_that_is_not_there_is_told_with_those_that_are(crawler, number):
    result = crawler("show", f"1@{number}")
    assert result.exit_code == 1
    assert f"post 1 has no revision {number}; it has 1 to 3" in result.stderr


@pytest.mark.parametrize(
    ("moment", "number", "remark"),
    [
        ("2024-03-01T19:00", 1, "last seen before that 2024-03-01 19:00 KST, next seen after it 2024-03-02 19:00 KST"),
        ("2024-03-01T10:00:00Z", 1, "last seen before that 2024-03-01 19:00 KST"),
        ("2024-03-02", 1, "last seen before that 2024-03-01 19:00 KST, next seen after it 2024-03-02 19:00 KST"),
        ("2024-03-03", 1, "last seen before that 2024-03-02 19:00 KST, then found to be another revision 2024-03-03"),
        ("2024-03-03T19:00", 2, "last seen before that 2024-03-03 19:00 KST, then found to be another revision"),
        ("2024-03-04", 2, "last seen before that 2024-03-03 19:00 KST, then found to be another revision 2024-03-05"),
        ("2024-03-06", 3, "last seen before that 2024-03-05 19:00 KST, not seen since"),
        ("2099-01-01", 3, "last seen before that 2024-03-05 19:00 KST, not seen since"),
    ],
)
def test_a_time_behind_a_post_is_the_revision_known_then(crawler, moment, number, remark):
    result = crawler("show", "--format", "json", f"{LINK}@{moment}")
    assert f'"number": {number},' in result.stdout
    assert f"revision {number}, {remark}" in result.stderr


@pytest.mark.parametrize("moment", ["2024-03-01", "2024-03-01T18:59", "1999-12-31"])
def test_before_the_first_look_a_post_was_not_watched(crawler, moment):
    result = crawler("show", f"1@{moment}")
    assert result.exit_code == 1
    assert "post 1: not watched then; it was first seen 2024-03-01 19:00 KST" in result.stderr


def test_a_post_that_was_gone_by_then_says_so(crawler):
    result = crawler("show", "3@2024-03-09")
    assert "then found to be deleted 2024-03-07 19:00 KST" in result.stderr


@pytest.fixture
def crowded(filled, tmp_path, monkeypatch):
    """Beside the usual store's posts some whose guids and links are chosen to be mistaken for others."""
    shutil.copy(filled / "crawler.db", tmp_path)
    shutil.copy(filled / "config.yaml", tmp_path)
    with scene(tmp_path / "crawler.db") as story:
        story.look(
            "other.gov",
            "2024-03-09 10:00",
            record(90, "Guid of a number", guid="1", link="https://other.gov/90/"),
            record(91, "Guid of a name", guid="site.example:55", link="https://other.gov/91/"),
            record(92, "Guid with an at", guid="tag:other.gov@3", link="https://other.gov/92/"),
            record(93, "Guid without", guid="tag:other.gov", link="https://other.gov/93/"),
            record(94, "Same link elsewhere", guid="94", link=LINK),
            record(95, "Looks like\x1b[31m a change", guid="c_1", link="https://other.gov/95/@2024-01-01"),
        )
    return runner(tmp_path / "config.yaml", monkeypatch)


@pytest.mark.parametrize(
    ("post", "title"),
    [
        ("1", "South Korea strengthens ties"),
        ("site.example:55", "South Korea strengthens ties"),
        ("tag:other.gov@3", "Guid with an at"),
        ("tag:other.gov@1", "Guid without"),
        ("tag:other.gov", "Guid without"),
        ("94", "Same link elsewhere"),
        ("c_1", "Looks like[31m a change"),
        ("https://other.gov/95/@2024-01-01", "Looks like[31m a change"),
        ("https://other.gov/95/@2024-01-01@1", "Looks like[31m a change"),
    ],
)
def test_what_the_program_gave_out_wins_and_then_what_fits_exactly(crowded, post, title):
    assert first_line(crowded("show", post)) == title


def test_what_can_mean_several_posts_lists_them(crowded):
    result = crowded("show", LINK)
    assert result.exit_code == 1
    assert f"Error: {LINK} can mean 2 posts; name one by its id:" in result.stderr
    assert "\n  1  site.example  public  “South Korea strengthens ties”" in result.stderr
    assert "other.gov  public  “Same link elsewhere”" in result.stderr


def test_a_link_names_the_post_that_has_it_now(filled, tmp_path, monkeypatch):
    shutil.copy(filled / "crawler.db", tmp_path)
    shutil.copy(filled / "config.yaml", tmp_path)
    with scene(tmp_path / "crawler.db") as story:
        story.look("site.example", "2024-03-09 10:00", record(70, "The new one", link=LINK))
        story.look(
            "site.example", "2024-03-09 11:00", record(70, "The new one", link="https://site.example/elsewhere/")
        )
    run = runner(tmp_path / "config.yaml", monkeypatch)
    assert first_line(run("show", LINK)) == "The new one"
    assert first_line(run("show", "https://site.example/elsewhere/")) == "The new one"
    assert first_line(run("show", "https://site.example/?p=55")) == "South Korea strengthens ties"
