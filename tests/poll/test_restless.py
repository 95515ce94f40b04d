"""A counter in a post: one Notice with a rule, at most one alert a day until `modified` moves, all Changes kept."""

from __future__ import annotations

import pytest

from tests.poll.watched import watched
from tests.site import Clock


class Counter:
    def __init__(self, bench):
        self.bench, self.site, self.views = bench, bench.sites["example.org"], 0
        self.site.edit(2, content=self.text())
        bench.poll()
        bench.poll(minutes=60)

    def text(self):
        self.views += 1
        return f"<p>The minister said that talks go on.</p><p class='view-count'>Read {self.views} times today.</p>"

    def look(self, times=1, *, minutes=60):
        for _ in range(times):
            self.site.silent_edit(2, content=self.text())
            self.bench.sweep(minutes=minutes)

    def alerts(self):
        return [
            each["data"] for each in self.bench.alerts() if each["type"] == "post.edited" and each["data"]["silent"]
        ]

    def edits(self):
        return [each for each in self.bench.changes() if each["silent"]]


@pytest.fixture
def counter(tmp_path):
    return Counter(watched(tmp_path, Clock()))


def test_text_that_changes_at_every_look_is_told_once_and_alerts_once_a_day(counter):
    counter.look(2)
    assert counter.bench.notices() == []
    counter.look()
    assert counter.bench.told() == [("restless", "example.org")]
    assert "- {css: '.view-count'}" in counter.bench.text("restless")
    assert len(counter.alerts()) == 3
    counter.look(23)
    assert (len(counter.alerts()), len(counter.edits())) == (3, 26)
    counter.look()
    assert len(counter.edits()) == 27
    assert counter.alerts()[3:][0]["summary"].startswith("23 more edits since the last alert; ")
    counter.look()
    assert len(counter.alerts()) == 4
    assert len(counter.bench.told()) == 1
    assert counter.bench.one("SELECT revisions FROM posts WHERE wp_id = 2") == 1 + 28


def test_a_saved_edit_is_told_at_once_and_ends_it(counter):
    counter.look(4)
    told = len(counter.bench.alerts())
    counter.site.edit(2, content="<p>Quite another text.</p>")
    counter.bench.poll()
    assert len(counter.bench.alerts()) == told + 1
    assert counter.bench.one("SELECT count(*) FROM restless") == 0
    counter.look(2)
    assert len(counter.alerts()) == 3 + 2


def test_a_look_that_shows_no_change_begins_it_anew(counter):
    for _ in range(2):
        counter.look(2)
        counter.bench.sweep(minutes=60)
    assert counter.bench.notices() == []
    assert len(counter.alerts()) == 4


def test_silent_edits_in_different_places_stay_alerts(counter):
    words = ["One", "two", "three", "four.", "Five", "six", "seven", "eight.", "Nine", "ten", "eleven", "twelve."]
    for place in (1, 5, 9, 3, 7):
        words[place] = "edited"
        counter.site.silent_edit(2, content=f"<p>{' '.join(words)}</p>")
        counter.bench.sweep(minutes=60)
    assert counter.bench.notices() == []
    assert len(counter.alerts()) == 5


def test_a_post_that_goes_is_told_although_it_is_restless(counter):
    counter.look(4)
    counter.site.delete(2)
    for _ in range(3):
        counter.bench.sweep(minutes=60)
    assert counter.bench.alerts()[-1]["type"] == "post.deleted"
