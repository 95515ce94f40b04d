"""Notices by the real command, which is started anew for each poll and killed in between."""

from __future__ import annotations

import json
import time

import pytest

from tests.command import Command
from tests.site import Fault, Site, serve

pytestmark = pytest.mark.process


def told(command):
    return [each["type"] for each in command.alerts() if not each["type"].startswith("post.")]


def test_starts_and_kills_in_between_neither_repeat_nor_lose_a_notice(tmp_path):
    site = Site()
    site.publish("A post", "<p>Some words.</p>")
    with serve(site) as url:
        command = Command(tmp_path, f"  - url: {url}/", log="{format: json}")
        config = tmp_path / "config.yaml"
        config.write_text(config.read_text().replace("path: alerts.jsonl,", "path: alerts.jsonl, notices: true,"))
        assert command("poll").returncode == 0
        site.fail("*", Fault(status=503), times=None)
        for number in range(4):
            running = command.start("poll")
            time.sleep(0.3 * number)  # wherever it is by then
            running.kill()
            running.communicate()
        for _ in range(4):
            assert command("poll").returncode == 1
        assert told(command) == ["source.failing"]
        assert command.one("SELECT state FROM sources") == "failing"
        site.heal()
        result = command("poll")
        assert result.returncode == 0
        (line,) = [
            each for each in map(json.loads, filter(_is_json, result.stderr.splitlines())) if each["event"] == "poll"
        ]
        assert (line["level"], line["status"], line["reason"], line["error"]) == ("info", "recovered", None, None)
        assert command("poll").returncode == 0
        assert told(command) == ["source.failing", "source.recovered"]


def _is_json(line):
    return line.startswith("{")
