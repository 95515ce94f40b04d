"""Texts that are too much for a child: it is stopped, and the edit is a Change like others, only without details."""

from __future__ import annotations

import random

import pytest

from crawler.child import Limits
from crawler.tasks import Compare, CompareMany
from crawler.workers import Workers
from tests import bench
from tests.poll.watched import watched
from tests.site import Clock


def text(seed: int) -> str:
    """20,000 words of which no two neighbours say where they belong."""
    return f"<p>{' '.join(random.Random(seed).choices('abcdefgh', k=20_000))}</p>"


@pytest.fixture
def stopped(monkeypatch):
    """What comparing children were stopped for: they have no time for such a text."""
    causes = []
    inline = bench._inline

    async def run(task):
        if not isinstance(task, (Compare, CompareMany)):
            return await inline(task)
        async with Workers(1, Limits(wall=0.02), told=causes.append) as workers:
            return await workers.run(task)

    monkeypatch.setattr(bench, "_inline", run)
    return causes


def test_an_edit_that_no_child_can_compare_is_told_all_the_same(tmp_path, stopped):
    place = watched(tmp_path, Clock())
    site = place.sites["example.org"]
    large = site.publish("Large", text(1))
    place.poll()
    site.edit(large.id, content=text(2))
    place.poll()
    (alert,) = [each["data"] for each in place.alerts() if each["type"] == "post.edited"]
    assert "wall" in stopped
    assert alert["summary"] == "too large to compare in detail"
    assert alert["diff"] == "(too large to compare in detail)"
    assert (alert["words_added"], alert["words_removed"]) == (20_000, 20_000)
    assert [field["name"] for field in alert["fields"]] == ["content"]
    assert place.rows("SELECT count(*) AS n FROM revisions WHERE number = 2")[0]["n"] == 1
    assert "+0 −0 words" not in place.out.getvalue()
    place.poll()
    assert sum(each["type"] == "post.edited" for each in place.alerts()) == 1


def test_no_condition_loses_an_edit_that_no_child_can_compare(tmp_path, stopped):
    place = watched(tmp_path, Clock())
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("when: {kinds: [", "when: {match: sanction, min_words: 9, kinds: ["))
    assert "sanction" in config.read_text()
    site = place.sites["example.org"]
    large = site.publish("Large", text(1))
    place.poll()
    site.edit(large.id, content=text(2))
    place.poll()
    assert [each["data"]["summary"] for each in place.alerts() if each["type"] == "post.edited"] == [
        "too large to compare in detail"
    ]
