"""Two caches that answer in turn: nothing false is told, a true revert is, and what never settles is one Notice."""

from __future__ import annotations

import pytest

from tests.poll.watched import Watched
from tests.poll.watched import site as made
from tests.site import Clock

OLD, NEW = "<p>Text of post 1, first words.</p>", "<p>Text of post 1, better words.</p>"
SOURCES = {
    "REST beside a feed": "  - {url: 'https://example.org/', sweep: never}",
    "only a feed": "  - {url: 'https://example.org/feed/', kind: feed}",
}


class Cached(Watched):
    """A site whose second post stands in two copies; `show` says which of them all answers hold."""

    def begin(self, number=2):
        self.site, self.number = self.sites["example.org"], number
        self.poll()
        self.saved = {"old": self.site.posts[number].modified, "new": None}
        self.clock.advance(minutes=20)
        self.site.edit(number, content=NEW)
        self.saved["new"] = self.site.posts[number].modified
        self.poll()
        assert self.told_of() == [("edited", "")]

    def show(self, copy, *, dated=True):
        """`dated`: with the `modified` of that copy, else all of them say the newer one's."""
        modified = self.saved[copy if dated else "new"]
        self.site.silent_edit(self.number, content={"old": OLD, "new": NEW}[copy])
        post = self.site.posts[self.number]
        post.modified = post.modified_gmt = modified

    def told_of(self):
        return [
            (each["kind"], each["summary"].partition(";")[0] * ("back to" in each["summary"]))
            for each in self.changes()
        ]


def bench(tmp_path, what):
    clock = Clock()
    bench = Cached(tmp_path, clock, {"example.org": made(clock)}, SOURCES[what])
    bench.begin()
    return bench


@pytest.mark.parametrize("what", SOURCES)
def test_an_old_copy_that_is_shown_now_and_then_is_no_change(tmp_path, what):
    cached = bench(tmp_path, what)
    for copy in ("old", "new", "old", "old", "new"):
        cached.show(copy)
        cached.poll()
    assert cached.told_of() == [("edited", "")]
    assert cached.notices() == []
    assert cached.one("SELECT count(*) FROM revisions WHERE post_id = (SELECT post_id FROM changes)") == 2
    assert cached.one("SELECT dropped FROM flips") == 2


@pytest.mark.parametrize("what", SOURCES)
def test_a_true_revert_is_told_after_two_further_looks(tmp_path, what):
    cached = bench(tmp_path, what)
    cached.show("old")
    seen = cached.clock()
    for _ in range(2):
        cached.poll()
        assert len(cached.changes()) == 1
    cached.poll()
    assert cached.told_of() == [("edited", ""), ("edited", "back to revision 1")]
    change = cached.changes()[1]
    assert (change["old_revision"], change["new_revision"]) == (2, 3)
    assert change["old_seen_at"] == f"{seen:%Y-%m-%dT%H:%M:%SZ}"
    for _ in range(3):
        cached.poll()
    assert len(cached.changes()) == len([each for each in cached.alerts() if each["type"] == "post.edited"]) == 2


def test_a_silent_revert_that_a_sweep_found_is_read_again_although_the_beacon_is_silent(tmp_path):
    cached = bench(tmp_path, "REST beside a feed")
    cached.site.silent_edit(2, content=OLD)
    cached.poll(minutes=80)
    assert cached.sweep().changes == 0
    assert len(cached.changes()) == 1
    cached.site.requests.clear()
    for _ in range(2):
        cached.poll(minutes=15)
    read = [each.path for each in cached.site.requests if "include=2" in each.path]
    assert len(read) == 2
    change = cached.changes()[1]
    assert (change["kind"], change["silent"], change["summary"][:18]) == ("edited", 1, "back to revision 1")
    cached.site.requests.clear()
    cached.poll(minutes=15)
    assert [each.path for each in cached.site.requests] == ["/feed/"]


def test_an_edit_while_a_return_is_held_is_told_at_once(tmp_path):
    cached = bench(tmp_path, "REST beside a feed")
    cached.show("old")
    cached.poll()
    cached.site.edit(2, content="<p>Third words.</p>")
    cached.poll()
    assert [each["old_revision"] for each in cached.changes()] == [1, 2]
    assert cached.one("SELECT count(*) FROM flips WHERE text_hash IS NOT NULL") == 0


def test_a_post_that_goes_while_its_return_is_held_troubles_no_poll(tmp_path):
    cached = bench(tmp_path, "REST beside a feed")
    cached.show("old")
    cached.poll()
    cached.site.delete(2)
    for _ in range(2):
        assert cached.poll()[0].error is None
    for _ in range(2):
        assert cached.sweep().error is None
    assert cached.one("SELECT coalesce(max(error), '') FROM polls") == ""
    assert [each["kind"] for each in cached.changes()] == ["edited", "deleted"]
    assert cached.one("SELECT count(*) FROM flips") == 0


@pytest.mark.parametrize("dated", [True, False])
def test_what_never_settles_is_one_notice_until_it_has(tmp_path, dated):
    cached = bench(tmp_path, "REST beside a feed")

    def flip(times):
        for _ in range(times):
            for copy in ("old", "new"):
                cached.show(copy, dated=dated)
                cached.sweep(minutes=60)

    flip(2)
    assert cached.notices() == []
    flip(4)
    assert cached.notices() == [("flapping", "example.org")]
    assert cached.told() == [("flapping", "example.org")]
    assert cached.text("flapping").startswith("“Post 1” (https://example.org/")
    cached.poll(minutes=4 * 24 * 60)
    flip(2)
    assert len(cached.notices()) == 1
    flip(1)
    assert cached.told() == [("flapping", "example.org")] * 2
    assert cached.told_of() == [("edited", "")]


def test_several_posts_that_flip_are_one_notice(tmp_path):
    cached = bench(tmp_path, "REST beside a feed")
    cached.site.edit(3, content="<p>Text of post 2, better words.</p>")
    cached.poll()
    newer = {number: cached.site.posts[number].content for number in (2, 3)}
    older = {2: OLD, 3: "<p>Text of post 2, first words.</p>"}
    for _ in range(3):
        for copies in (older, newer):
            for number, content in copies.items():
                cached.site.silent_edit(number, content=content)
            cached.sweep(minutes=60)
    assert cached.notices() == [("flapping", "example.org")]
    assert "(1)" in cached.text("flapping")


def test_an_old_page_without_the_password_opens_nothing(tmp_path):
    cached = bench(tmp_path, "REST beside a feed")
    cached.site.protect(2)
    hidden = cached.site.posts[2].modified
    cached.poll()
    for _ in range(2):
        for password, modified in (("", cached.saved["new"]), ("secret", hidden)):
            cached.site.silent_edit(2, password=password)
            post = cached.site.posts[2]
            post.modified = post.modified_gmt = modified
            cached.poll()
    assert [each["kind"] for each in cached.changes()] == ["edited", "protected"]
    cached.site.protect(2, "")
    cached.poll()
    assert [each["kind"] for each in cached.changes()] == ["edited", "protected", "restored"]
