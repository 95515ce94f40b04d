"""`alerts` where many go out as one, and what a monitoring system is told of them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.model import Refusal
from crawler.store import SqliteStore
from crawler.store.measuring import measure
from crawler.store.rows import text
from tests.alert.test_digests import BULK, Sink, Story, delivered
from tests.cli.conftest import runner
from tests.store.builders import NOW


@pytest.fixture
def folder(tmp_path):
    """Two sinks to which a digest is dead, and an alert on its own that is pending."""
    with SqliteStore(tmp_path / "crawler.db") as store:
        story = Story(store, ["log", "out"])
        story.edits(range(1, BULK + 1))
        for name in story.sinks:
            sink = Sink(name)
            (digest,) = asyncio.run(store.pending(name, NOW, 10))
            assert not sink.payloads
            asyncio.run(store.refused(digest.id, Refusal(error="400 Bad Request", permanent=True), NOW))
        story.edits([1], "C", sinks=["log"])
    (tmp_path / "config.yaml").write_text(
        "store: crawler.db\nsources:\n  - {name: example.org, url: 'https://example.org/'}\n"
        "sinks:\n  - {name: log, type: jsonl, path: alerts.jsonl}\n  - {name: out, type: stdout}\n"
    )
    return tmp_path


@pytest.fixture
def crawler(folder, monkeypatch):
    return runner(folder / "config.yaml", monkeypatch)


def test_the_list_has_a_row_for_each_and_shows_which_go_out_together(crawler):
    found = json.loads(crawler("alerts", "--sink", "log", "--limit", "0", "--format", "json").stdout)
    assert len(found) == BULK + 1
    assert [row["digest_id"] is None for row in found] == [True] + [False] * BULK
    assert len({row["digest_id"] for row in found}) == 2
    table = crawler("alerts", "--sink", "log", "--limit", "2").stdout.splitlines()
    assert "digest" in table[0]
    assert found[1]["digest_id"][:8] in table[2]


def test_a_digest_is_retried_as_a_whole_and_told_of_in_one_line(crawler, folder):
    rows = json.loads(crawler("alerts", "--sink", "log", "--limit", "0", "--format", "json").stdout)
    done = crawler("alerts", "retry", str(rows[7]["id"]))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [f"digest {rows[7]['digest_id']} of {BULK} alerts to log: delivered"]
    # Whether the one behind it is due by now is a matter of the machine's clock.
    digest = json.loads((folder / "alerts.jsonl").read_text().splitlines()[0])
    assert (digest["type"], digest["data"]["count"]) == ("digest", BULK)
    again = crawler("alerts", "retry")
    assert f"digest {rows[7]['digest_id']} of {BULK} alerts to out: delivered" in again.stdout
    assert f"example.org · {BULK} posts: title edited" in again.stdout
    assert crawler("alerts", "retry", str(rows[7]["id"])).stdout == (
        f"alert {rows[7]['id']} to log: was delivered before\n"
    )


def test_each_of_its_alerts_counts(folder):
    path = folder / "crawler.db"
    assert measure(path, NOW, never_swept=()).alerts == {
        ("log", "dead"): BULK,
        ("log", "pending"): 1,
        ("out", "dead"): BULK,
    }
    with SqliteStore(path) as store:
        asyncio.run(store.retry([], ["log"], NOW + timedelta(hours=1)))
        assert measure(path, NOW, never_swept=()).oldest_pending == {"log": NOW}
        delivered(store, Sink("log"), after=timedelta(hours=1))
    assert measure(path, NOW, never_swept=()).alerts[("log", "delivered")] == BULK + 1


def test_what_is_held_back_says_until_when_and_by_which_key(folder, monkeypatch):
    # Of the digest's time there is nothing to be seen: it waits for another attempt, or for somebody.
    config = (folder / "config.yaml").read_text()
    held = config.replace("jsonl, path", "jsonl, digest: 30d, path").replace("store:", "timezone: Asia/Seoul\nstore:")
    (folder / "config.yaml").write_text(held)
    crawler = runner(folder / "config.yaml", monkeypatch)
    with SqliteStore(folder / "crawler.db") as store:
        now = datetime.now(UTC).replace(microsecond=0)
        store._connection.execute("UPDATE changes SET detected_at = ? WHERE id = 'c_00001C'", (text(now),))
        store._connection.commit()
    rows = json.loads(crawler("alerts", "--limit", "2", "--format", "json").stdout)
    until = text(now + timedelta(days=30))
    assert [(row["held_until"], row["held_by"]) for row in rows] == [(until, "digest"), (None, None)]
    head, waits, _ = crawler("alerts", "--limit", "2").stdout.splitlines()
    assert "held by" in head
    local = (now + timedelta(days=30)).astimezone(ZoneInfo("Asia/Seoul"))
    assert f"{local:%Y-%m-%d %H:%M}  digest" in waits
    asked = crawler("alerts", "retry", str(rows[0]["id"]))
    assert "of 1 alert to log: delivered" in asked.stdout
    assert json.loads((folder / "alerts.jsonl").read_text())["data"]["reason"] == "schedule"
