"""A store with a history, a config that names it, and the command line on top of both."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from crawler.cli import app, logs, program
from crawler.model import ConfiguredSource
from tests.cli.scene import record, scene

NOW = datetime(2024, 3, 10, 12, 0, tzinfo=UTC)
LINK = "https://site.example/2024/02/ties/"
FIRST = "<p>South Korea bolsters ties.</p><p>It has 12 ships.</p><p>The end.</p>"
SECOND = "<p>South Korea strengthens ties.</p><p>It has 21 ships.</p><p>The end.</p>"
THIRD = SECOND + "<p>Correction: it has 20 ships.</p>"
HOSTILE = "Red \x1b[31m alert\u202e \u009b2J"

Crawler = Callable[..., Result]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with three sources; see the times in the story below. Read it, never write to it."""
    folder = tmp_path_factory.mktemp("cli")
    with scene(folder / "crawler.db") as story:
        story.sources(
            ConfiguredSource(name="site.example", url="https://site.example/", kind="auto", groups=("papers",)),
            ConfiguredSource(name="other.gov", url="https://other.gov/", kind="auto", groups=("offices", "papers")),
            ConfiguredSource(name="asleep.example", url="https://asleep.example/", kind="feed", paused=True),
            ConfiguredSource(name="lost.example", url="https://lost.example/", kind="auto"),
        )
        for name in ("site.example", "other.gov"):
            story.discovered(name)
        story.note_error("lost.example", "dns: lost.example has no address")
        story.baseline(
            "site.example",
            "2024-03-01 10:00",
            record(55, "South Korea bolsters ties", FIRST, link=LINK),
            record(56, "=HYPERLINK(1)", link="https://site.example/sheet/"),
            record(57, "Kept as it is", "<p>Nothing happens.</p>", published="2024-01-05T08:00:00"),
        )
        story.baseline(
            "other.gov",
            "2024-03-01 10:00",
            record(
                55,
                "Of another site",
                link="https://other.gov/posts/55/",
                guid="https://other.gov/?p=55",
                author=(9, "Émile Zola"),
            ),
        )
        story.look("site.example", "2024-03-02 10:00", record(55, "South Korea bolsters ties", FIRST, link=LINK))
        # silent: `modified` stays
        story.look("site.example", "2024-03-03 10:00", record(55, "South Korea strengthens ties", SECOND, link=LINK))
        story.look(
            "site.example",
            "2024-03-05 10:00",
            record(
                55,
                "South Korea strengthens ties",
                THIRD,
                link=LINK,
                modified="2024-03-05T09:00:00",
                author=(8, "John Doe"),
                tags=((4, "defense"),),
            ),
        )
        story.look("site.example", "2024-03-06 10:00", record(58, HOSTILE, published="2024-03-06T09:00:00"))
        story.removed("site.example", "2024-03-07 10:00", 57, "deleted")
        story.failed("other.gov", "2024-03-08 10:00", "timeout: no answer within 30 s", failures=2)
    (folder / "config.yaml").write_text(
        "store: crawler.db\ntimezone: Asia/Seoul\n"
        "sources:\n  - url: https://site.example/\n    headers: {X-Key: '${MISSING_KEY}'}\n"
        "sinks:\n  - {name: log, type: jsonl, path: alerts.jsonl}\n"
    )
    return folder


@pytest.fixture(autouse=True)
def log_of_this_test_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a command sets up is for its whole process; tests that come later want to see what is logged there."""
    configure = logs.configure

    def uncached(*args: Any, **more: Any) -> None:
        configure(*args, **more)
        structlog.configure(cache_logger_on_first_use=False)

    monkeypatch.setattr(logs, "configure", uncached)
    yield
    structlog.reset_defaults()


@pytest.fixture
def crawler(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Crawler:
    """Run a command over that store on 10 March 2024, 21:00 in Seoul."""
    monkeypatch.setattr(app, "current_time", lambda: NOW)
    for module in ("covering", "options", "status"):
        monkeypatch.setattr(f"crawler.cli.{module}.current_time", lambda: NOW)
    return runner(filled / "config.yaml", monkeypatch)


def runner(config: Path, monkeypatch: pytest.MonkeyPatch) -> Crawler:
    """Run commands with this config; stdout and stderr are kept apart."""
    for name in ("CRAWLER_CONFIG", "NO_COLOR", "MISSING_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(*args: str) -> Result:
        return CliRunner().invoke(program, ["-c", os.fspath(config), *args], prog_name="crawler")

    return run
