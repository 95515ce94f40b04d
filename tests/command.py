"""The real command in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any

SECONDS = 60


class Command:
    """`Command(folder, sources)` writes a config; `command("poll")` runs it there and returns what came of it."""

    def __init__(self, folder: Path, sources: str, **more: str) -> None:
        self.folder = folder
        lines = [
            "store: crawler.db",
            "fetch: {allow_private: [127.0.0.0/8]}",
            "defaults: {per_host_delay: 0s, timeout: 10s}",
            "sinks:",
            "  - {name: log, type: jsonl, path: alerts.jsonl, when: {kinds: [published, edited]}}",
            "  - {name: out, type: stdout, when: {kinds: [published, edited]}}",
            "sources:",
            sources,
            *(f"{key}: {value}" for key, value in more.items()),
        ]
        (folder / "config.yaml").write_text("\n".join(lines) + "\n")

    def argv(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "crawler", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONWARNINGS": "error", "TZ": "UTC", "CRAWLER_CONFIG": "config.yaml"}

    def __call__(self, *arguments: str, argv: Sequence[str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv or self.argv(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *arguments: str, stderr: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.argv(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=stderr,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{self.folder / 'crawler.db'}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    def one(self, sql: str) -> Any:
        return next(iter(self.rows(sql)[0].values()))

    def changes(self) -> list[dict[str, Any]]:
        rows = self.rows("SELECT * FROM recent_changes ORDER BY detected_at, rowid")
        return [{**row, "fields": json.loads(row["fields"])} for row in rows]

    def alerts(self) -> list[dict[str, Any]]:
        path = self.folder / "alerts.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
