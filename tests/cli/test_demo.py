"""The demo's parts in this process: its alerts against the log of its site, and what it says when they differ."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing

import pytest

from crawler.cli import demo
from crawler.demo.story import Chapter, Deed, opened, story
from crawler.errors import CrawlerError

JSONL = """\
  - name: log
    type: jsonl
    path: alerts.jsonl
    when: {{kinds: [published, edited, protected, unpublished, deleted, restored]}}
"""


@pytest.fixture
def performed(tmp_path, monkeypatch):
    """The demo in a folder that stays, with a second sink."""
    monkeypatch.setattr(demo, "CONFIG", demo.CONFIG.replace("log: {{level", JSONL + "log: {{level"))
    monkeypatch.setattr(demo.logs, "configure", lambda *_, **__: None)

    def perform():
        said: list[str] = []
        return asyncio.run(demo.performed(tmp_path, said.append)), said

    return perform


@pytest.mark.process
def test_its_alerts_are_equal_to_what_was_done_to_the_site(performed, tmp_path, capfd):
    deeds, said = performed()
    alerts = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    told = [(each["type"], each["data"]["post"]["title"], each["data"]["silent"]) for each in alerts]
    assert told == [(f"post.{deed.kind}", deed.title, deed.silent) for deed in deeds]
    assert [line for line in said if line in {chapter.told for chapter in story(opened())}] == [
        chapter.told for chapter in story(opened())
    ]
    # and in the store, delivered to both
    with closing(sqlite3.connect(tmp_path / "crawler.db")) as store:
        rows = store.execute("SELECT state, count(*) FROM alerts GROUP BY state").fetchall()
    assert rows == [("delivered", 2 * len(deeds))]


@pytest.mark.process
def test_a_deed_that_was_not_found_is_an_error(performed, monkeypatch, capfd):
    def another_story(_site):
        yield Chapter(told="Nothing.", looks=(), deed=Deed(kind="deleted", title="Never there"))

    monkeypatch.setattr(demo, "story", another_story)
    with pytest.raises(CrawlerError, match="is not what was done"):
        performed()


def test_the_story_has_all_that_people_are_promised():
    chapters = list(story(opened()))
    deeds = [(chapter.deed.kind, chapter.deed.silent) for chapter in chapters if chapter.deed]
    assert deeds == [("published", None), ("edited", False), ("edited", True), ("deleted", None)]
    assert [chapter for chapter in chapters if not chapter.deed], "a save that changes nothing, and no alert"
