"""What Prometheus' own tool says of the metrics, and of the alert rules that the README proposes."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from crawler.daemon.exposing import exposition
from crawler.daemon.metrics import Metrics
from crawler.store import SqliteStore
from tests.store.builders import NOW, edit, entry, keys, new_post, plan, sighting, site

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.fixture(scope="module")
def promtool():
    """Prometheus' checks, or a skip that says where they would come from (in CI: a failure)."""
    program = shutil.which("promtool")
    if program is None and os.environ.get("CI") != "true":
        pytest.skip("no promtool on this machine: apt install prometheus")
    assert program is not None, "CI has to have promtool"

    def run(*arguments, text=None):
        return subprocess.run(
            [program, *arguments], input=text, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def shown(tmp_path):
    """A scrape with a sample of everything."""
    metrics = Metrics(tmp_path / "crawler.db", version="0.1.0")
    metrics.backup = lambda: NOW
    with SqliteStore(metrics.store) as store:

        async def fill():
            await store.sync([entry()], ["log"], NOW)
            await store.register(store.sources()[0], site(), NOW)
            (endpoint,) = store.endpoints(store.sources()[0].id)
            first, second = sighting(1), sighting(1, title="Edited")
            await store.commit(plan(endpoint, new_post(first)))
            (post,) = store.known(endpoint.source_id, endpoint.id, keys(first)).posts.values()
            told = plan(endpoint, edit(post, second, change_id="c_1", sinks=["log"]))
            await store.commit(told)
            metrics.committed(told)

        asyncio.run(fill())
        metrics.child_killed("memory")
        yield exposition(metrics).decode()


def test_promtool_has_nothing_to_say_of_the_metrics(promtool, shown):
    assert 'crawler_alerts{sink="log",state="pending"} 1.0' in shown
    done = promtool("check", "metrics", text=shown)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def rules():
    """The README's block of alert rules."""
    return textwrap.dedent(re.search(r"```yaml\n(groups:\n.*?)```", README, flags=re.DOTALL)[1])


def test_the_alert_rules_of_the_readme_are_valid(promtool, tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(rules())
    done = promtool("check", "rules", os.fspath(path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_speaks_of_no_metric_that_is_not_there(shown):
    names = set(re.findall(r"^# TYPE (\w+)", shown, flags=re.MULTILINE)) | {"crawler_sweep_age_seconds_max"}
    named = set(re.findall(r"\bcrawler_\w+", README))
    assert named - {f"crawler_poll_seconds_{part}" for part in ("bucket", "sum", "count")} <= names
    assert names <= named
