"""What `ignore` rules take out neither triggers nor shows; new rules and a new normaliser are silent themselves."""

from __future__ import annotations

import pytest

from crawler.text import NORMALIZER_VERSION
from tests.bench import Bench
from tests.site import Clock, Fault, Site

SOURCE = "  - url: https://example.org/\n"
RULES = """
    ignore:
      - {css: .related}
      - {regex: 'Read \\d+ times'}
      - {field: categories}
"""
#: Widgets stand around the text, as a plugin writes them.
WIDGETS = '<p>Read {n} times</p><p>{text}</p><div class="related"><p>Also in {n}: other posts</p></div>'


def page(text, n=1):
    return WIDGETS.format(text=text, n=n)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    site = Site(url="https://example.org", clock=clock)
    for number in range(3):
        clock.advance(hours=1)
        site.publish(f"Post {number}", page(f"Text of post {number}."), categories=["News"])
    clock.advance(hours=1)
    return site


def watched(folder, clock, site, rules=RULES):
    bench = Bench(folder, clock, {"example.org": site}, SOURCE + rules)
    bench.poll()
    bench.poll()
    return bench


def told(bench):
    return [(each["title"], each["fields"], each["summary"]) for each in bench.changes()]


def test_what_is_ignored_does_not_trigger(tmp_path, clock, site):
    bench = watched(tmp_path, clock, site)
    site.edit(1, content=page("Text of post 0.", n=2))
    site.edit(2, categories=["Sports"])
    bench.poll()
    assert told(bench) == []
    site.silent_edit(1, content=page("Text of post 0.", n=3))
    bench.sweep()
    assert told(bench) == []


def test_what_is_ignored_does_not_show_beside_an_edit(tmp_path, clock, site):
    bench = watched(tmp_path, clock, site)
    site.edit(1, content=page("Words of post 0.", n=2), categories=["Sports"])
    bench.poll()
    assert [each["fields"] for each in bench.changes()] == [["content"]]
    (alert,) = bench.alerts()
    assert "[-Text-]{+Words+} of post 0." in alert["data"]["diff"]
    assert "times" not in alert["data"]["diff"]
    assert bench.one("SELECT content FROM current_posts WHERE wp_id = 1") == "Words of post 0."


def test_a_rule_finds_what_the_page_shows(tmp_path, clock, site):
    seen = "<p>“Read&nbsp;{n}&nbsp;times” – don’t miss… Text of post 0.</p>"
    rule = "    ignore: [{regex: '“Read\u00a0\\d+\u00a0times” – don’t miss…'}]\n"
    site.edit(1, content=seen.format(n=1))
    bench = watched(tmp_path, clock, site, rule)
    assert bench.one("SELECT content FROM current_posts WHERE wp_id = 1") == "Text of post 0."
    site.edit(1, content=seen.format(n=2))
    bench.poll()
    assert told(bench) == []


@pytest.mark.parametrize(("before", "after"), [("", RULES), (RULES, "")], ids=["added", "taken out"])
def test_a_change_of_the_rules_is_no_change_of_the_posts(tmp_path, clock, site, before, after):
    bench = watched(tmp_path, clock, site, before)
    bench.write_config(SOURCE + after)
    bench.poll()
    bench.sweep()
    # Saved without an edit: read again, under the new rules.
    site.edit(1)
    bench.poll()
    assert told(bench) == []


@pytest.mark.parametrize(("before", "after"), [("", RULES), (RULES, "")], ids=["added", "taken out"])
def test_an_edit_that_comes_with_new_rules_shows_alone(tmp_path, clock, site, before, after):
    bench = watched(tmp_path, clock, site, before)
    bench.write_config(SOURCE + after)
    site.edit(1, content=page("Words of post 0."))
    site.silent_edit(2, content=page("Words of post 1."))
    bench.poll()
    bench.sweep()
    assert told(bench) == [
        ("Post 0", ["content"], "Text +1 −1 words"),
        ("Post 1", ["content"], "Text +1 −1 words"),
    ]


def test_a_new_normaliser_is_silent_and_an_edit_made_meanwhile_shows(tmp_path, clock, site):
    """The store is as an earlier version wrote it, which left the last word of a text away."""
    bench = watched(tmp_path, clock, site, "")
    bench.rewrite(
        "UPDATE revisions SET content = rtrim(content, 'abcdefghijklmnopqrstuvwxyz'), content_hash = 'h' || id,"
        " normalizer_version = ?, derivation = NULL",
        NORMALIZER_VERSION - 1,
    )
    bench.rewrite("UPDATE sightings SET text_hash = 'h' || post_id, derivation = NULL")
    site.edit(1)
    site.edit(2, content=page("Words of post 1."))
    bench.poll()
    bench.sweep()
    assert told(bench) == [("Post 1", ["content"], "Text +1 −1 words")]
    versions = bench.rows("SELECT number, normalizer_version AS v FROM revisions WHERE post_id = 2 ORDER BY number")
    assert [each["v"] for each in versions] == [NORMALIZER_VERSION - 1, NORMALIZER_VERSION]


def test_a_feed_that_stands_in_tells_of_edits_after_new_rules(tmp_path, clock, site):
    """Of a feed's last word only hashes are kept: they are made anew with its first answer under new rules."""
    bench = watched(tmp_path, clock, site, "")
    site.fail("/wp-json/wp/v2/posts*", Fault(status=401, body=b'{"code":"rest_login_required"}'), times=None)
    for _ in range(3):
        bench.poll(minutes=70)
    bench.write_config(SOURCE + RULES)
    site.edit(3, content=page("Words of post 2.", n=5))
    bench.poll()
    site.edit(2, content=page("Words of post 1.", n=5))
    site.edit(1, content=page("Text of post 0.", n=5))
    bench.poll()
    assert [title for title, *_ in told(bench)] == ["Post 1"]
    site.heal()
    for _ in range(3):
        bench.poll(minutes=70)
    assert sorted(title for title, *_ in told(bench)) == ["Post 1", "Post 2"]


def test_an_edit_after_new_rules_is_told_by_a_feed_that_takes_over_only_then(tmp_path, clock, site):
    """The feed had not moved when the rules came, and is read again all the same, once."""
    bench = watched(tmp_path, clock, site, "")
    bench.write_config(SOURCE + RULES)
    bench.poll()
    asked = len(site.requests)
    bench.poll()
    assert [each.status for each in site.requests[asked:]] == [304]
    site.fail("/wp-json/wp/v2/posts*", Fault(status=401, body=b'{"code":"rest_login_required"}'), times=None)
    for _ in range(3):
        bench.poll(minutes=70)
    site.edit(1, content=page("Words of post 0.", n=5))
    bench.poll()
    assert [(title, fields) for title, fields, _ in told(bench)] == [("Post 0", ["content"])]


def test_a_rule_that_does_not_end_is_named_and_costs_the_post_only(tmp_path, clock, site):
    site.publish("Post 3", f"<p>{'a' * 60}b</p>")
    bench = watched(tmp_path, clock, site, "    ignore: [{regex: '(a|aa)+$'}]\n")
    assert bench.one("SELECT count(*) FROM posts") == 3
    assert bench.one("SELECT error FROM polls WHERE error LIKE '%post 4%' LIMIT 1").endswith(
        "post 4: the ignore rule '(a|aa)+$' takes too long on it; make it simpler"
    )
    bench.write_config(SOURCE)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 4


def test_in_a_feed_such_a_rule_costs_the_post_only_too(tmp_path, clock, site):
    site.publish("Post 3", f"<p>{'a' * 60}b</p>")
    source = "  - url: https://example.org/feed/\n    kind: feed\n"
    bench = Bench(tmp_path, clock, {"example.org": site}, source + "    ignore: [{regex: '(a|aa)+$'}]\n")
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 3
    assert "post 1 of the feed: the ignore rule '(a|aa)+$' takes too long" in bench.one("SELECT error FROM polls")
    site.edit(2, content=page("Words of post 1."))
    bench.poll()
    assert [title for title, *_ in told(bench)] == ["Post 1"]


def test_an_excerpt_made_of_ignored_text_is_none(tmp_path, clock, site):
    """WordPress makes it of the words alone: the element that a rule goes by is not in it."""
    bench = watched(tmp_path, clock, site)
    assert bench.rows("SELECT DISTINCT excerpt FROM revisions") == [{"excerpt": ""}]
