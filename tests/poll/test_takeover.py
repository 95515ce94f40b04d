"""REST is closed or broken, and the feed takes over: the switch is no Change, an edit during it exactly one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.bench import Bench
from tests.poll.test_bulk import rename
from tests.site import Clock, Fault, Site

SOURCE = "  - url: https://example.org/"
REST = "/wp-json/wp/v2/posts*"
#: How REST can be out: what it answers, and how many polls it takes until the feed takes over.
OUT = {
    "closed by a plugin": (Fault(status=401, body=b'{"code":"rest_login_required"}'), 2),
    "forbidden": (Fault(status=403), 2),
    "taken away": (Fault(status=404, body=b'{"code":"rest_no_route"}'), 2),
    "in trouble": (Fault(status=503), 3),
    "rate-limited": (Fault(status=429), 3),
    "too slow": (Fault(hang=60), 3),
    "a page instead": (Fault(body=b"<html>Please log in</html>"), 3),
}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    """30 posts of which the feed shows 10; one in three says otherwise in the feed than in REST."""
    site = Site(url="https://example.org", clock=clock)
    for number in range(30):
        clock.advance(hours=1)
        tags = ["Budget"] if number % 3 == 0 else []
        text = f"<p>Text of post {number}, first words.</p>"
        site.publish(f"Post {number}", text, categories=["News"], tags=tags)
    clock.advance(hours=1)
    return site


@pytest.fixture
def bench(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    bench.poll()
    return bench


def close(bench, site, *, fault=OUT["closed by a plugin"][0], polls=3):
    """REST is asked once an hour where the feed signals nothing."""
    site.fail(REST, fault, times=None)
    for _ in range(polls):
        bench.poll(minutes=70)


def reopen(bench, site, *, feed=True):
    """`feed` False: it goes on failing until REST has been read."""
    site.faults = [fault for fault in site.faults if fault[0] != REST and not feed]
    bench.poll(minutes=70)
    site.heal()
    for _ in range(3):
        bench.poll(minutes=70)
    bench.sweep()


def told(bench):
    return [(each["kind"], each["title"], tuple(each["fields"])) for each in bench.changes()]


@pytest.mark.parametrize("how", OUT)
def test_the_switch_and_the_return_are_no_change(bench, site, how):
    fault, polls = OUT[how]
    close(bench, site, fault=fault, polls=polls + 3)
    assert bench.changes() == []
    reopen(bench, site)
    assert bench.changes() == []
    assert bench.rows("SELECT DISTINCT cause FROM revisions") == [{"cause": "baseline"}]


@pytest.mark.parametrize("how", OUT)
def test_an_edit_while_rest_is_out_is_told_once_and_at_once(bench, site, how):
    fault, polls = OUT[how]
    close(bench, site, fault=fault, polls=polls)
    site.edit(30, content="<p>Text of post 29, other words.</p>")
    bench.poll()
    once = [("edited", "Post 29", ("content",))]
    assert told(bench) == once
    bench.poll()
    reopen(bench, site)
    assert told(bench) == once
    causes = bench.rows("SELECT cause FROM revisions WHERE post_id = (SELECT id FROM posts WHERE wp_id = 30)")
    assert [each["cause"] for each in causes] == ["baseline", "edit", "upgrade"]
    # REST is the one that counts again.
    site.edit(30, content="<p>Text of post 29, third words.</p>")
    bench.poll()
    assert told(bench) == once * 2


def test_it_takes_two_polls_that_find_it_closed_and_three_that_fail(bench, site):
    for fault, polls in OUT.values():
        site.fail(REST, fault, times=None)
        text = f"<p>Text after {polls} polls of {bench.clock()}.</p>"
        site.edit(30, content=text)
        before = len(bench.changes())
        counts = [len(bench.changes()) - before for _ in range(polls + 1) if bench.poll()]
        assert counts == [0] * polls + [1]
        site.heal()
        bench.poll()
        bench.poll(minutes=120)


def test_an_edit_on_the_way_out_is_not_lost(bench, site):
    """It shows in the feed before the feed has taken over."""
    close(bench, site, polls=1)
    site.edit(30, title="Edited on the way")
    for _ in range(3):
        bench.poll()
    assert told(bench) == [("edited", "Edited on the way", ("title",))]
    reopen(bench, site)
    assert len(bench.changes()) == 1


def test_an_edit_that_rest_has_told_is_not_told_by_the_feed(bench, site):
    """A cache keeps the feed as it was, and lets go when REST is closed."""
    kept = site.respond("GET", "/feed/").body
    site.fail("/feed/*", Fault(body=kept), times=None)
    site.edit(30, content="<p>Text of post 29, other words.</p>")
    bench.poll(minutes=70)
    assert told(bench) == [("edited", "Post 29", ("content",))]
    site.heal()
    close(bench, site, polls=4)
    reopen(bench, site)
    assert len(bench.changes()) == 1


def test_what_the_feed_cannot_see_is_told_once_when_rest_is_back(bench, site):
    close(bench, site)
    site.edit(3, content="<p>Far outside the window.</p>")
    site.edit(29, title="Another title", content="<p>And other words.</p>")
    bench.poll()
    assert told(bench) == [("edited", "Another title", ("title", "content"))]
    site.edit(28, image="https://example.org/a.jpg")
    bench.poll()
    reopen(bench, site)
    more = [("edited", "Post 2", ("content",)), ("edited", "Post 27", ("featured_image",))]
    assert sorted(told(bench)[1:]) == sorted(more)


def test_of_several_edits_each_is_told_once(bench, site):
    close(bench, site)
    for number in range(4):
        site.edit(30, content=f"<p>Text number {number}.</p>")
        bench.poll()
    assert len(bench.changes()) == 4
    # This one comes when nobody can see it but REST.
    site.fail("/feed/*", Fault(status=500), times=None)
    bench.poll()
    site.edit(30, content="<p>The last text.</p>")
    reopen(bench, site, feed=False)
    assert [each["fields"] for each in bench.changes()] == [["content"]] * 5
    assert "last" in bench.changes()[-1]["diff"]


HIDDEN = {
    "other words": ({"content": "<p>Third words, which nobody saw.</p>"}, ("content",)),
    "another title": ({"title": "Another title"}, ("title",)),
    "put back": ({"content": "<p>Text of post 29, first words.</p>"}, ("content",)),
    "only saved": ({}, None),
    "a term": ({"tags": ["Defence"]}, ("tags",)),
}


@pytest.mark.parametrize("how", HIDDEN)
def test_an_edit_behind_a_copy_of_the_feed_that_a_cache_kept_is_told_once_when_rest_is_back(bench, site, how):
    edit, fields = HIDDEN[how]
    close(bench, site)
    site.edit(30, content="<p>Text of post 29, second words.</p>")
    bench.poll()
    first = [("edited", "Post 29", ("content",))]
    assert told(bench) == first
    kept = site.respond("GET", "/feed/").body
    site.fail("/feed/*", Fault(body=kept), times=None)
    bench.clock.advance(hours=1)
    site.edit(30, **edit)
    for _ in range(3):
        bench.poll(minutes=70)
    assert told(bench) == first
    reopen(bench, site, feed=False)
    assert [each["fields"] for each in bench.changes()[1:]] == ([list(fields)] if fields else [])


def test_a_copy_that_says_how_old_it_is_does_not_bring_back_what_was_edited(closed, site):
    kept = site.respond("GET", "/feed/").body
    site.edit(30, title="Another title")
    closed.poll()
    once = [("edited", "Another title", ("title",))]
    assert told(closed) == once
    before = closed.one("SELECT body_hash FROM endpoints")
    site.fail("/feed/*", Fault(body=kept, headers={"Age": "3600", "ETag": '"old"'}), times=None)
    for _ in range(2):
        closed.poll()
    assert told(closed) == once
    assert closed.one("SELECT body_hash FROM endpoints") == before
    site.heal()
    site.edit(30, title="A third title")
    closed.poll()
    assert told(closed) == [*once, ("edited", "A third title", ("title",))]


def test_what_was_edited_and_put_back_is_told_twice(bench, site):
    close(bench, site)
    old = site.posts[30].title
    site.edit(30, title="For an hour only")
    bench.poll()
    site.fail("/feed/*", Fault(status=500), times=None)
    bench.poll()
    site.edit(30, title=old)
    reopen(bench, site, feed=False)
    assert [each["fields"] for each in bench.changes()] == [["title"], ["title"]]
    assert "back to revision 1" in bench.changes()[-1]["summary"]
    assert bench.one("SELECT title FROM current_posts WHERE wp_id = 30") == old


def test_terms_are_told_as_the_feed_shows_them_and_not_again(bench, site):
    close(bench, site)
    site.edit(30, tags=["Defence"])
    bench.poll()
    assert told(bench) == [("edited", "Post 29", ("categories",))]
    reopen(bench, site)
    assert len(bench.changes()) == 1


RENAMES = {
    "an author": ("author", "author", "admin", "Alice Roe"),
    "a category": ("category", "categories", "News", "Latest"),
}


@pytest.mark.parametrize(("kind", "name", "old", "new"), RENAMES.values(), ids=RENAMES)
def test_a_new_name_of_an_author_or_a_term_is_no_change(bench, site, kind, name, old, new):
    """A feed tells names and no ids, by which REST would know them again."""
    close(bench, site)
    rename(site, kind, name, old, new)
    # Of a text that was edited, too, the name is no edit.
    site.edit(30, title="Another title")
    bench.poll()
    once = [("edited", "Another title", ("title",))]
    assert told(bench) == once
    reopen(bench, site)
    assert told(bench) == once


def test_another_author_is_told_at_once_where_the_old_one_still_writes(bench, site):
    close(bench, site)
    site.edit(30, author="bob")
    bench.poll()
    once = [("edited", "Post 29", ("author",))]
    assert told(bench) == once
    reopen(bench, site)
    assert told(bench) == once


def test_another_author_of_all_posts_that_the_feed_shows_is_told_when_rest_is_back(bench, site):
    close(bench, site)
    for number in range(21, 31):
        site.edit(number, author="bob")
    bench.poll()
    assert told(bench) == []
    reopen(bench, site)
    assert [each["fields"] for each in bench.changes()] == [["author"]] * 10


def test_a_post_published_while_rest_is_out_is_published_once(bench, site, clock):
    close(bench, site)
    clock.advance(minutes=1)
    new = site.publish("News of the day", "<p>News.</p>", categories=["News"], tags=["Budget"])
    bench.poll()
    assert told(bench) == [("published", "News of the day", ())]
    site.edit(new.id, content="<p>News, and more of it.</p>")
    bench.poll()
    reopen(bench, site)
    assert told(bench) == [("published", "News of the day", ()), ("edited", "News of the day", ("content",))]
    assert bench.one("SELECT count(*) FROM posts") == 31
    assert bench.one("SELECT wp_id FROM posts WHERE title = 'News of the day'") == new.id
    site.edit(new.id, tags=["Defence"])
    bench.poll()
    assert told(bench)[2:] == [("edited", "News of the day", ("tags",))]


def test_one_published_between_two_looks_that_rest_shows_first_is_published_once(bench, site, clock):
    close(bench, site)
    clock.advance(minutes=1)
    site.fail("/feed/*", Fault(status=500), times=None)
    site.publish("News of the day", "<p>News.</p>")
    reopen(bench, site)
    assert told(bench) == [("published", "News of the day", ())]


def test_what_the_feed_shows_besides_the_watched_posts_is_not_new_because_rest_is_closed(tmp_path, site, clock):
    """Some sites put other types into their feed."""
    hidden = site.publish("A podcast", "<p>Listen.</p>")
    clock.advance(minutes=30)
    hidden_type, hidden.type = hidden.type, "podcast"
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 30
    hidden.type = hidden_type
    close(bench, site, polls=4)
    assert bench.changes() == []


def test_a_password_put_on_meanwhile_is_told_once(bench, site):
    close(bench, site)
    site.edit(30, password="secret")
    bench.poll()
    assert told(bench) == [("protected", "Post 29", ())]
    reopen(bench, site)
    assert len(bench.changes()) == 1
    site.edit(30, password="")
    bench.poll()
    assert [each["kind"] for each in bench.changes()] == ["protected", "restored"]


def test_a_post_that_rest_knows_to_be_gone_does_not_come_back_by_an_old_copy_of_the_feed(tmp_path, clock, site):
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - {url: 'https://example.org/', confirm: 0s}")
    bench.poll()
    bench.poll()
    kept = site.respond("GET", "/feed/").body
    site.trash(30)
    bench.sweep()
    bench.poll()
    assert [each["kind"] for each in bench.changes()] == ["unpublished"]
    site.fail("/feed/*", Fault(body=kept + b"<!-- from a cache -->"), times=None)
    close(bench, site, polls=4)
    assert len(bench.changes()) == 1


def test_summaries_tell_an_edit_of_the_text_once(bench, site):
    site.full_text = False
    long = " ".join(f"word{number}" for number in range(99))
    site.edit(30, content=f"<p>{long}</p>")
    site.edit(1, title="So that the feed is read again")
    bench.poll()
    count = len(bench.changes())
    close(bench, site)
    site.edit(30, content=f"<p>Other words and {long}</p>")
    bench.poll()
    assert told(bench)[count:] == [("edited", "Post 29", ("excerpt",))]
    reopen(bench, site)
    assert len(bench.changes()) == count + 1
    assert bench.one("SELECT content FROM current_posts WHERE wp_id = 30").startswith("Other words")


def test_closed_rest_is_asked_once_an_hour(bench, site, clock):
    close(bench, site, polls=4)
    site.requests.clear()
    bench.write_config(SOURCE)
    due = bench.one("SELECT next_poll_at FROM endpoints WHERE kind = 'rest'")
    assert (due > f"{clock():%Y-%m-%dT%H:%M:%SZ}") and bench.one(
        "SELECT (julianday(next_poll_at) - julianday(last_try_at)) * 24 FROM endpoints WHERE kind = 'rest'"
    ) < 1.1


def test_coverage_and_status_say_so(bench, site):
    site.fail(REST, OUT["closed by a plugin"][0], times=None)
    for _ in range(25):
        bench.poll()
    (gap,) = bench.rows("SELECT * FROM coverage WHERE sees = 'edits' AND watched = 0")
    assert gap["reason"] == "rest_closed"
    new = bench.rows("SELECT * FROM coverage WHERE sees = 'new'")
    assert [each["watched"] for each in new] == [1]
    assert "401" in bench.one("SELECT last_error FROM endpoints WHERE kind = 'rest'")
    assert bench.one("SELECT state FROM sources") == "active"
    site.heal()
    for _ in range(6):
        bench.poll()
    edits = bench.rows("SELECT * FROM coverage WHERE sees = 'edits' ORDER BY from_at")
    assert [each["watched"] for each in edits] == [1, 0, 1]


def everything(bench, site):
    return sorted(each["title"] for each in bench.rows("SELECT title FROM posts")) == sorted(
        post.title for post in site.public("post")
    )


@pytest.fixture
def closed(tmp_path, clock, site):
    """REST was closed from the start."""
    site.rest = False
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    return bench


def test_a_site_that_is_closed_from_the_start_is_read_through_the_pages_of_its_feed(closed, site):
    assert closed.one("SELECT kind FROM sources") == "feed"
    assert closed.changes() == []
    assert closed.rows("SELECT DISTINCT cause FROM revisions") == [{"cause": "baseline"}]
    assert everything(closed, site)
    site.requests.clear()
    closed.poll()
    assert [each.status for each in site.requests] == [304]
    site.edit(30, title="Another title")
    closed.poll()
    assert told(closed) == [("edited", "Another title", ("title",))]


def test_the_pages_of_a_feed_go_on_where_they_were_cut_short(tmp_path, clock, site):
    site.rest = False
    site.fail("/feed/?paged=3", Fault(status=503), times=2)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 20
    site.requests.clear()
    bench.poll()
    bench.poll()
    assert everything(bench, site)
    assert "/feed/?paged=2" not in [each.path for each in site.requests]
    assert bench.changes() == []


@pytest.mark.parametrize(("baseline", "posts"), [("5", 10), ("15", 20), ("90d", 30), ("15h", 20), ("all", 30)])
def test_the_pages_of_a_feed_end_where_the_config_says(tmp_path, clock, site, baseline, posts):
    site.rest = False
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE + f"\n    baseline: {baseline}")
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == posts


def test_a_feed_that_knows_no_pages_is_asked_for_one_only(tmp_path, clock, site):
    site.rest = False
    site.fail("/feed/?paged=*", Fault(body=site.respond("GET", "/feed/").body), times=None)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    bench.poll()
    assert bench.one("SELECT count(*) FROM posts") == 10
    assert sum("paged" in each.path for each in site.requests) == 1


def test_rest_that_opens_later_is_found_and_goes_on_with_the_history(closed, site, clock):
    closed.poll()
    site.edit(30, title="Told by the feed")
    closed.poll()
    site.rest = True
    closed.poll(minutes=60)
    assert closed.one("SELECT count(*) FROM endpoints WHERE kind = 'rest'") == 0
    clock.advance(hours=24)
    site.publish("Just now", "<p>News.</p>")
    clock.advance(minutes=5)
    for _ in range(3):
        closed.poll()
    assert closed.one("SELECT kind FROM sources") == "wordpress"
    before = [("edited", "Told by the feed", ("title",)), ("published", "Just now", ())]
    assert told(closed) == before
    assert closed.one("SELECT count(*) FROM posts") == 31
    assert closed.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 0
    site.edit(3, tags=["Defence"])
    closed.poll(minutes=70)
    assert told(closed)[2:] == [("edited", "Post 2", ("tags",))]
    closed.sweep()
    assert len(closed.changes()) == 3


@pytest.mark.parametrize(("posts", "feed"), [(1, True), (1, False), (15, True), (15, False)])
def test_what_was_published_when_rest_opens_is_published_once_whoever_shows_it(closed, site, clock, posts, feed):
    """The feed shows ten, or cannot be read just now."""
    closed.poll()
    site.rest = True
    clock.advance(hours=23)
    for number in range(posts):
        clock.advance(minutes=1)
        site.publish(f"News {number}", "<p>News.</p>")
    site.publish("From the archive", "<p>Old.</p>", date=clock() - timedelta(days=400))
    site.publish("Imprint", "<p>A page.</p>", type="page")
    clock.advance(hours=1)
    closed.write_config(SOURCE + "\n    types: [posts, pages]")
    if not feed:
        site.fail("/feed/*", Fault(status=503), times=None)
    closed.poll()
    site.heal()
    for _ in range(3):
        closed.poll(minutes=70)
    closed.sweep()
    news = sorted(("published", f"News {number}", ()) for number in range(posts))
    assert sorted(told(closed)) == news
    assert closed.one("SELECT count(*) FROM posts") == 30 + posts + 2
    assert closed.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 0


def test_rest_whose_archive_cannot_be_read_yet_leaves_the_feed_at_work(closed, site, clock):
    closed.poll()
    site.rest = True
    site.fail(REST, Fault(status=503), times=None)
    clock.advance(hours=24)
    for number in range(6):
        site.edit(30, title=f"Edit {number}")
        closed.poll(minutes=70)
    assert [each["title"] for each in closed.changes()] == [f"Edit {number}" for number in range(6)]
    site.heal()
    closed.poll(minutes=70)
    assert len(closed.changes()) == 6
    assert closed.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 0


def test_a_new_site_whose_posts_cannot_be_read_is_read_by_its_feed(tmp_path, clock, site):
    site.fail(REST, Fault(status=401), times=None)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    for _ in range(4):
        bench.poll(minutes=70)
    assert bench.changes() == []
    assert everything(bench, site)
    site.edit(30, title="Another title")
    bench.poll()
    assert told(bench) == [("edited", "Another title", ("title",))]
    reopen(bench, site)
    assert len(bench.changes()) == 1
    assert bench.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 0


def test_a_plain_feed_is_not_looked_at_for_rest(tmp_path, clock, site):
    site.rest = False
    bench = Bench(tmp_path, clock, {"example.org": site}, "  - url: https://example.org/feed/")
    for _ in range(3):
        bench.poll(minutes=60 * 24)
    assert {each.path.split("?")[0] for each in site.requests} <= {"/feed/", "/robots.txt"}


ME = "/wp-json/wp/v2/users/me*"
LOGIN = SOURCE + "\n    username: editor\n    password: ${file:password}"
WRONG = Fault(status=401, body=b'{"code":"rest_not_logged_in"}', headers={"Content-Type": "application/json"})


@pytest.fixture
def logged_in(tmp_path, clock, site):
    (tmp_path / "password").write_text("abcd efgh")
    return Bench(tmp_path, clock, {"example.org": site}, LOGIN)


def test_a_password_that_is_not_accepted_is_an_error_until_it_is(logged_in, site):
    site.fail(ME, WRONG, times=None)
    for _ in range(2):
        (polled,) = logged_in.poll()
        assert polled.ok
        assert "the application password of editor is not accepted" in polled.error
    assert "not accepted" in logged_in.one("SELECT login_error FROM sources")
    assert logged_in.one("SELECT count(*) FROM posts") == 30
    site.heal()
    site.fail(ME, Fault(status=200, body=b'{"id":1}'), times=None)
    (polled,) = logged_in.poll()
    assert polled.error is None
    site.requests.clear()
    for _ in range(5):
        logged_in.poll()
    assert not any("users/me" in each.path for each in site.requests)
    logged_in.poll(minutes=60 * 24)
    assert sum("users/me" in each.path for each in site.requests) == 1
    assert not any("context=edit" in each.path for each in site.requests)


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(status=404), Fault(status=403), Fault(hang=60)])
def test_a_site_that_does_not_tell_says_nothing_of_the_password(logged_in, site, fault):
    site.fail(ME, fault, times=None)
    (polled,) = logged_in.poll()
    assert polled.error is None


def test_without_a_password_nothing_is_asked_and_no_error_stays(logged_in, site):
    site.fail(ME, WRONG, times=None)
    logged_in.poll()
    logged_in.write_config(SOURCE)
    (polled,) = logged_in.poll()
    assert polled.error is None
    assert logged_in.one("SELECT login_error FROM sources") is None


MAINTENANCE = Fault(status=503, body=b"<h1>Briefly unavailable</h1>", headers={"Retry-After": "600"})
#: What may stand before every look for hours: where, and what comes instead.
TROUBLE = {
    "an update in progress": ("*", MAINTENANCE),
    "notices where the posts should be": ("/wp-json/*", Fault(body=b"<b>Notice</b>: Undefined index in <b>x.php</b>")),
    "too many requests": ("*", Fault(status=429, headers={"Retry-After": "60"})),
    "pages that take too long": ("/wp-json/*per_page=100*", Fault(hang=60)),
    "a database error": ("*", Fault(status=500, body=b"Error establishing a database connection")),
    "half of each answer": ("*", Fault(cut=40)),
    "an empty feed and a closed API": ("/wp-json/*", Fault(status=401)),
}


@pytest.mark.parametrize("how", TROUBLE)
def test_trouble_for_hours_tells_nothing_false_and_loses_no_edit(bench, site, how):
    pattern, fault = TROUBLE[how]
    site.fail(pattern, fault, times=None)
    if how.startswith("an empty feed"):
        empty = site.respond("GET", "/feed/?paged=99").body
        site.fail("/feed/*", Fault(body=empty), times=None)
    for _ in range(5):
        bench.poll(minutes=70)
    assert bench.changes() == []
    site.edit(30, title="Edited in the middle of it")
    site.edit(3, title="Edited far outside the feed")
    for _ in range(3):
        bench.poll(minutes=70)
    site.heal()
    for _ in range(3):
        bench.poll(minutes=70)
    bench.sweep()
    edits = [
        ("edited", "Edited far outside the feed", ("title",)),
        ("edited", "Edited in the middle of it", ("title",)),
    ]
    assert sorted(told(bench)) == edits
    assert bench.rows("SELECT * FROM suspects") == []


def test_a_page_that_is_too_much_for_the_site_is_halved_in_the_baseline(tmp_path, clock, site):
    site.fail("/wp-json/*per_page=100*_embed*", Fault(hang=60), times=None)
    bench = Bench(tmp_path, clock, {"example.org": site}, SOURCE)
    bench.poll()
    assert everything(bench, site)
    assert bench.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 0


WORDPRESS = SOURCE + "\n    kind: wordpress"


@pytest.fixture
def said(tmp_path, clock, site):
    """The config says that it is a WordPress; REST was closed from the start."""
    site.rest = False
    bench = Bench(tmp_path, clock, {"example.org": site}, WORDPRESS)
    (polled,) = bench.poll()
    assert polled.ok
    return bench


def test_a_wordpress_whose_api_is_closed_from_the_start_is_read_by_its_feed_at_once(said, site):
    assert everything(said, site)
    assert said.changes() == []
    assert "401" in said.one("SELECT last_error FROM endpoints WHERE kind = 'rest'")
    site.edit(30, title="Told by the feed")
    said.poll()
    assert told(said) == [("edited", "Told by the feed", ("title",))]
    said.poll(minutes=70)
    assert said.one("SELECT state FROM sources") == "active"
    (gap,) = said.rows("SELECT * FROM coverage WHERE sees = 'edits' AND NOT watched")
    assert (gap["reason"], gap["to_at"]) == ("rest_closed", None)


def test_a_wordpress_goes_over_to_its_api_within_the_hour_when_it_opens(said, site, clock):
    site.edit(30, title="Told by the feed")
    said.poll()
    site.rest = True
    for _ in range(3):
        said.poll(minutes=70)
    assert told(said) == [("edited", "Told by the feed", ("title",))]
    assert said.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 0
    site.edit(3, tags=["Defence"])
    said.poll(minutes=70)
    assert told(said)[1:] == [("edited", "Post 2", ("tags",))]
    assert said.one("SELECT watched FROM coverage WHERE sees = 'edits' ORDER BY from_at DESC, watched DESC") == 1


def test_an_api_that_opens_elsewhere_than_it_was_supposed_is_found_within_a_day(tmp_path, clock, site):
    site.pretty, site.rest = False, False
    site.fail("/", Fault(status=200, body=b"<html><link rel='alternate' type='application/rss+xml' href='/?feed=rss2'></html>", headers={"Link": "", "Content-Type": "text/html"}), times=None)  # fmt: skip  # noqa: E501
    bench = Bench(tmp_path, clock, {"example.org": site}, WORDPRESS)
    for _ in range(4):
        bench.poll(minutes=70)
    assert bench.one("SELECT url FROM endpoints WHERE kind = 'rest'") == "https://example.org/wp-json/wp/v2/posts"
    assert bench.one("SELECT count(*) FROM posts") == 30
    site.rest = True
    for _ in range(3):
        bench.poll(minutes=60 * 24)
    assert "rest_route" in bench.one("SELECT url FROM endpoints WHERE kind = 'rest' AND retired_at IS NULL")
    assert bench.one("SELECT count(*) FROM posts WHERE wp_id IS NULL") == 0
    assert bench.changes() == []


def test_what_is_no_wordpress_and_has_no_feed_stays_an_error(tmp_path, clock, site):
    site.fail("*", Fault(body=b"<html>Hello</html>", headers={"Content-Type": "text/html"}), times=None)
    bench = Bench(tmp_path, clock, {"example.org": site}, WORDPRESS)
    (polled,) = bench.poll()
    assert (polled.ok, bench.one("SELECT count(*) FROM endpoints")) == (False, 0)
