"""`preview`: what `ignore` rules take out of a site's posts as they are now, and of the history."""

from __future__ import annotations

import pytest

from tests.command import Command
from tests.process.daemons import small_site

pytestmark = pytest.mark.process
RULES = (
    "    ignore:\n      - {css: .related}\n      - {regex: 'Read \\d+ times'}\n      - {regex: nowhere}\n"
    "      - {field: categories}\n"
)
PAGE = '<p>Read {n} times</p><p>{text}</p><div class="related"><p>Also: others, {n}</p></div>'


@pytest.fixture
def site():
    with small_site(3) as site:
        for number in (1, 2, 3):
            site.edit(number, content=PAGE.format(n=1, text=f"Text {number}."))
        yield site


def command(folder, site, rules=RULES):
    return Command(folder, f"  - name: site\n    url: {site.url}/\n{rules}")


def test_what_the_rules_take_out_now_is_shown_and_nothing_is_stored(tmp_path, site):
    site.edit(3, content="<p>Nothing of the kind.</p>")
    done = command(tmp_path, site)("preview", "site")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("“Post") == 2
    assert "[-Read 1 times-]" in done.stdout
    assert "[-Also: others, 1-]" in done.stdout
    assert done.stdout.splitlines()[-4:] == [
        "{css: .related}: takes something out of 2 of 3 posts",
        "{regex: 'Read \\d+ times'}: takes something out of 2 of 3 posts",
        "{regex: nowhere}: takes something out of 0 of 3 posts",
        "{field: categories}: does not count",
    ]
    assert not (tmp_path / "crawler.db").exists()


def test_a_rule_that_takes_too_long_on_a_post_is_told(tmp_path, site):
    site.edit(2, content=f"<p>{'a' * 60}b</p>")
    done = command(tmp_path, site, "    ignore:\n      - {regex: '(a|aa)+$'}\n")("preview", "site")
    assert done.returncode == 0, done.stderr
    assert "Warning: post 2: the ignore rule '(a|aa)+$' takes too long on it; make it simpler" in done.stderr


def test_edits_that_would_not_have_been_alerts_are_listed(tmp_path, site):
    bare = command(tmp_path, site, "")
    assert bare("poll").returncode == 0
    site.edit(1, content=PAGE.format(n=2, text="Text 1."))
    site.edit(2, content=PAGE.format(n=2, text="Words 2."))
    site.edit(3, categories=["Sports"])
    assert bare("poll").returncode == 0
    before = bare.rows("SELECT * FROM revisions")
    assert len(bare.changes()) == 3
    done = command(tmp_path, site)("preview", "site", "--against-history")
    assert done.returncode == 0, done.stderr
    assert sorted(part.split("“")[1].split("”")[0] for part in done.stdout.splitlines()) == ["Post 0", "Post 2"]
    assert "2 of 3 edits would not have been alerts" in done.stderr
    assert bare.rows("SELECT * FROM revisions") == before


@pytest.mark.parametrize("arguments", [("preview", "nobody"), ("preview", "nobody", "--against-history")])
def test_a_name_that_no_source_has_is_told(tmp_path, site, arguments):
    done = command(tmp_path, site)(*arguments)
    assert done.returncode == 1
    assert "no source is called nobody" in done.stderr


def test_history_before_there_is_a_store_is_told(tmp_path, site):
    done = command(tmp_path, site)("preview", "site", "--against-history")
    assert done.returncode == 1
    assert "crawler.db" in done.stderr


def test_a_diff_says_that_its_sides_were_read_by_different_rules(tmp_path, site):
    assert command(tmp_path, site, "")("poll").returncode == 0
    ruled = command(tmp_path, site)
    site.edit(2, content=PAGE.format(n=2, text="Words 2."))
    assert ruled("poll").returncode == 0
    (change,) = ruled.changes()
    before = ruled("diff", change["id"])
    assert "`crawler reprocess site` reads them alike" in before.stderr
    assert "times" in before.stdout
    assert ruled("reprocess", "site").returncode == 0
    after = ruled("diff", change["id"])
    assert after.stderr == ""
    assert "times" not in after.stdout and "{+Words+}" in after.stdout
