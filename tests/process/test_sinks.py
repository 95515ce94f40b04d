"""Changes of a site, told to receivers in processes of their own: each of them has everything once, in order."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from standardwebhooks import Webhook

from tests.alert.receiver import receiving
from tests.alert.strict_atom import checked
from tests.command import Command
from tests.site import Site, serve

pytestmark = pytest.mark.process

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
SINKS = """\
store: crawler.db
fetch: {{allow_private: [127.0.0.0/8]}}
defaults: {{per_host_delay: 0s, timeout: 10s}}
sources: [{{name: site, url: '{site}/'}}]
sinks:
  - {{name: log, type: jsonl, path: alerts.jsonl}}
  - {{name: hook, type: webhook, url: '{hook}/hook-key', secret: '${{SECRET}}', allow_private: [127.0.0.0/8]}}
  - {{name: program, type: command, run: [./on-change, taken.jsonl]}}
  - {{name: feed, type: atom, path: changes.xml, entries: 50}}
"""


def test_each_sink_has_each_change_once_although_the_webhook_fails_at_first(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", SECRET)
    (tmp_path / "on-change").write_text('#!/bin/sh\nexec cat >> "$1"\n')
    (tmp_path / "on-change").chmod(0o755)
    day = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    site = Site()
    for number in range(4):
        site.publish(f"Post {number}", "<p>Text.</p>", date=day.replace(tzinfo=None), modified=day)
    with serve(site) as url, receiving(tmp_path / "log", "500", "drop", f"verify {SECRET}") as receiver:
        command = Command(tmp_path, "")
        (tmp_path / "config.yaml").write_text(SINKS.format(site=url, hook=receiver.url))
        assert command("poll").returncode == 0
        for number in sorted(site.posts):
            site.edit(number, title=f"Edited {number}")
        first = command("poll")
        retried = [command("alerts", "retry") for _ in range(3)]
        told = receiver.seen()
    assert first.returncode == 3, first.stderr
    assert retried[-1].stdout == "nothing to retry: no alert is pending or dead\n"
    ids = [row["id"] for row in command.rows("SELECT id FROM changes ORDER BY seq")]
    assert len(ids) == 4
    assert [alert["data"]["id"] for alert in command.alerts()] == ids
    assert [json.loads(line) for line in (tmp_path / "taken.jsonl").read_text().splitlines()] == command.alerts()
    assert len(checked(tmp_path / "changes.xml")) == 4
    feed = feedparser.parse(io.BytesIO((tmp_path / "changes.xml").read_bytes()))
    assert not feed.bozo
    # One that was refused, the same one dropped after it was read, then everything.
    assert [each["headers"]["webhook-id"] for each in told] == [ids[0], ids[0], *ids]
    assert told[0]["body"] == told[1]["body"] == told[2]["body"]
    assert [json.loads(each["body"]) for each in told[2:]] == command.alerts()
    for each in told:
        Webhook(SECRET).verify(each["body"], each["headers"])
    assert {row["reply"] for row in command.rows("SELECT reply FROM alerts WHERE sink = 'hook'")} == {"200 verified"}
    for done in (first, *retried):
        assert "hook-key" not in done.stdout + done.stderr
