"""Runs the shipped command in a folder of its own and tells what it cost: CPU seconds, its children included."""

# ruff: noqa: S603 (what is run is this program)

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one run of the command took."""

    cpu: float
    wall_seconds: float
    #: of the command itself or its largest child, whichever is more
    peak_mb: float

    def __str__(self) -> str:
        return f"{self.cpu:6.2f} CPU s  {self.wall_seconds:6.2f} s  {self.peak_mb:4.0f} MB"


class Command:
    """`python -m crawler` of one checkout of the program, in one folder with a config.yaml."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.tree, self.folder = tree, folder
        folder.mkdir()

    def configure(self, sources: list[str]) -> None:
        """The defaults, and only what a benchmark on loopback needs."""
        lines = [
            "store: crawler.db",
            "fetch: {allow_private: [127.0.0.0/8]}",
            "defaults: {per_host_delay: 0s}",
            "sinks: [{name: log, type: jsonl, path: alerts.jsonl}]",
            "sources:" if sources else "sources: []",
            *(f"  - url: {url}" for url in sources),
        ]
        (self.folder / "config.yaml").write_text("\n".join(lines) + "\n")

    def run(self, *arguments: str) -> Cost:
        """Run it to its end. Raises RuntimeError, with what it said, when it fails."""
        said = self.folder / "said.txt"
        environment = {**os.environ, "PYTHONPATH": str(self.tree), "CRAWLER_CONFIG": "config.yaml"}
        with said.open("wb") as out:
            begun = os.times().elapsed
            process = subprocess.Popen(
                [sys.executable, "-m", "crawler", *arguments], cwd=self.folder, env=environment, stdout=out, stderr=out
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"the command failed with {process.returncode}:\n{said.read_text()[-3000:]}")
        wall = os.times().elapsed - begun
        return Cost(cpu=used.ru_utime + used.ru_stime, wall_seconds=wall, peak_mb=used.ru_maxrss / 1024)

    def count(self, sql: str) -> int:
        """The one number that a query of the store gives."""
        with closing(sqlite3.connect(f"file:{self.folder / 'crawler.db'}?mode=ro", uri=True)) as connection:
            (number,) = connection.execute(sql).fetchone()
        return int(number)


def expect(what: str, found: object, wanted: object) -> None:
    """Stop the benchmark when work was skipped: its figures would be worth nothing."""
    if found != wanted:
        raise RuntimeError(f"{what}: {found} instead of {wanted}")
