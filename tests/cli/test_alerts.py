"""`alerts`: the outbox as a list, what is tried again, and a test of a sink."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from crawler.errors import NotFound
from crawler.model import ConfiguredSource, Refusal
from crawler.render import for_people
from crawler.render.samples import samples, trial
from crawler.store import SqliteStore
from tests.cli.conftest import NOW, runner
from tests.cli.scene import at, record, scene

#: a time that does not come while the tests run, and that no wrong clock could have told
LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=20)
IN_SEOUL = LATER + timedelta(hours=9)
TITLES = ("First", "Second", "Third", "Fourth")


@pytest.fixture
def outbox(tmp_path):
    """Four Alerts: 1 delivered, 2 dead, 3 to be tried again, 4 not yet tried, of another source."""
    with scene(tmp_path / "crawler.db") as story:
        story.sources(
            ConfiguredSource(name="site.example", url="https://site.example/", kind="auto", groups=("papers",)),
            ConfiguredSource(name="other.gov", url="https://other.gov/", kind="auto"),
        )
        for name in ("site.example", "other.gov"):
            story.discovered(name)
            story.baseline(name, "2024-03-01 10:00", record(1))
        for number, title in enumerate(TITLES, 1):
            name = "other.gov" if title == "Fourth" else "site.example"
            link = f"https://{name}/posts/{number}0/"
            story.look(name, f"2024-03-0{number + 1} 10:00", record(number * 10, title, link=link, guid=link))
        store = story.store
        asyncio.run(store.refused(2, Refusal(error="400 Bad Request", permanent=True), at("2024-03-02 10:00")))
        asyncio.run(store.delivered(1, at("2024-03-02 10:01"), "202 Accepted"))
        late = Refusal(error="timeout: no answer within 15 s", wait=7200)
        asyncio.run(store.refused(3, late, LATER - timedelta(hours=2)))
    (tmp_path / "config.yaml").write_text(
        "store: crawler.db\ntimezone: Asia/Seoul\n"
        "sources:\n  - {name: site.example, url: 'https://site.example/'}\n"
        "  - {name: other.gov, url: 'https://other.gov/'}\n"
        "sinks:\n  - {name: log, type: jsonl, path: alerts.jsonl}\n  - {name: out, type: stdout}\n"
    )
    return tmp_path


@pytest.fixture
def crawler(outbox, monkeypatch):
    for module in ("options", "alerts"):
        monkeypatch.setattr(f"crawler.cli.{module}.current_time", lambda: NOW)
    return runner(outbox / "config.yaml", monkeypatch)


def rows(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [4, 3, 2, 1]),
        (("--failed",), [3, 2]),
        (("--sink", "log"), [4, 3, 2, 1]),
        (("--sink", "out"), []),
        (("--sink", "out", "--sink", "log", "--failed"), [3, 2]),
        (("--source", "other.gov"), [4]),
        (("--source", "*.example", "--failed"), [3, 2]),
        (("--group", "papers"), [3, 2, 1]),
        (("--since", "2024-03-04"), [4, 3]),
        (("--until", "2024-03-03"), [1]),
        (("--limit", "1"), [4]),
        (("--limit", "0"), [4, 3, 2, 1]),
    ],
)
def test_the_outbox_is_narrowed_by(crawler, options, expected):
    assert [row["id"] for row in rows(crawler("alerts", "--format", "json", *options))] == expected


def test_each_row_says_what_to_whom_and_how_it_went(crawler):
    found = {row["id"]: row for row in rows(crawler("alerts", "--format", "json"))}
    assert found[1] | {"change_id": ""} == {
        "id": 1,
        "state": "delivered",
        "sink": "log",
        "kind": "published",
        "source": "site.example",
        "title": "First",
        "at": "2024-03-02T10:00:00Z",
        "change_id": "",
        "notice_id": None,
        "digest_id": None,
        "attempts": 1,
        "next_attempt_at": None,
        "last_error": None,
        "delivered_at": "2024-03-02T10:01:00Z",
        "reply": "202 Accepted",
        "held_until": None,
        "held_by": None,
    }
    assert [(found[number]["state"], found[number]["attempts"]) for number in (2, 3, 4)] == [
        ("dead", 1),
        ("pending", 1),
        ("pending", 0),
    ]
    assert found[3]["next_attempt_at"] == f"{LATER:%Y-%m-%dT%H:%M:%SZ}"


def test_the_table_has_the_clock_of_the_config_and_nothing_to_come_for_the_dead(crawler):
    third, second, _ = crawler("alerts", "--failed").stdout.splitlines()[1:]
    assert " ".join(third.split()) == (
        f"3 pending log published site.example Third 1 {IN_SEOUL:%Y-%m-%d %H:%M} timeout: no answer within 15 s"
    )
    assert " ".join(second.split()) == "2 dead log published site.example Second 1 400 Bad Request"


def test_all_formats_tell_the_same_and_what_was_cut_off(crawler):
    as_json = rows(crawler("alerts", "--format", "json"))
    assert [json.loads(line) for line in crawler("alerts", "--format", "jsonl").stdout.splitlines()] == as_json
    as_csv = list(csv.DictReader(io.StringIO(crawler("alerts", "--format", "csv").stdout)))
    assert [list(row) for row in as_csv] == [list(row) for row in as_json]
    assert crawler("alerts", "--limit", "3").stderr == "3 of 4\n"
    assert crawler("alerts", "--sink", "out").stderr == "nothing found\n"


def test_all_that_is_pending_or_dead_is_tried_again_at_once(crawler, outbox):
    done = crawler("alerts", "retry")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [f"alert {number} to log: delivered" for number in (2, 3, 4)]
    told = [json.loads(line)["data"]["post"]["title"] for line in (outbox / "alerts.jsonl").read_text().splitlines()]
    assert told == ["Second", "Third", "Fourth"]
    assert crawler("alerts", "retry").stdout == "nothing to retry: no alert is pending or dead\n"


def test_of_named_ones_only_these_are_made_due(crawler):
    done = crawler("alerts", "retry", "2", "1")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == ["alert 1 to log: was delivered before", "alert 2 to log: delivered"]
    found = {row["id"]: row for row in rows(crawler("alerts", "--format", "json"))}
    # The fourth was due anyway; the third waits for its time.
    assert [found[number]["state"] for number in (2, 3, 4)] == ["delivered", "pending", "delivered"]
    assert found[3]["next_attempt_at"] == f"{LATER:%Y-%m-%dT%H:%M:%SZ}"


def test_what_fails_again_says_why_and_the_dead_begin_anew(crawler, outbox):
    (outbox / "alerts.jsonl").mkdir()
    done = crawler("alerts", "retry")
    assert done.exit_code == 1
    first, second, third = done.stdout.splitlines()
    assert first.startswith("alert 2 to log: failed: ")
    assert "; tried again at " in first
    # One that is to be tried again ends the delivery, so that the order is kept.
    assert (second, third) == (
        "alert 3 to log: waits for its turn, behind one that failed or for the end of the poll that found it",
        "alert 4 to log: waits for its turn, behind one that failed or for the end of the poll that found it",
    )
    found = {row["id"]: row for row in rows(crawler("alerts", "--format", "json"))}
    assert (found[2]["state"], found[2]["attempts"]) == ("pending", 1)


def test_an_unknown_one_is_an_error_before_anything_is_tried(crawler, outbox):
    done = crawler("alerts", "retry", "2", "77", "78")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: there is no alert 77, 78; `crawler alerts` lists them\n"
    assert not (outbox / "alerts.jsonl").exists()
    assert crawler("alerts", "retry", "x").exit_code == 2


def test_alerts_to_a_sink_that_has_left_the_config_are_not_tried(crawler, outbox):
    config = outbox / "config.yaml"
    config.write_text(config.read_text().replace("  - {name: log, type: jsonl, path: alerts.jsonl}\n", ""))
    done = crawler("alerts", "retry", "2", "3")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "alert 2 to log: not tried: the config has no sink of that name",
        "alert 3 to log: was cancelled, because its sink or its source has left the config",
    ]
    assert crawler("alerts", "retry").stdout == "nothing to retry: no alert is pending or dead\n"


def test_retry_makes_no_store(crawler, outbox):
    for path in outbox.glob("crawler.db*"):
        path.unlink()
    done = crawler("alerts", "retry")
    assert done.exit_code == 1
    assert "no store yet" in done.stderr
    assert not (outbox / "crawler.db").exists()


def test_a_dead_one_keeps_its_attempts_until_it_is_retried(outbox):
    with scene(outbox / "crawler.db") as story:
        assert [alert.attempts for alert in story.store.alert_states([1, 2, 3])] == [1, 1, 1]
        assert asyncio.run(story.store.retry([2, 3], ["log"], NOW)) == [2, 3]
        assert [(alert.state, alert.attempts) for alert in story.store.alert_states([2, 3])] == [
            ("pending", 0),
            ("pending", 1),
        ]
        with pytest.raises(NotFound):
            asyncio.run(story.store.retry([4, 99], ["log"], NOW + timedelta(days=1)))
        assert asyncio.run(story.store.retry([], ["other"], NOW)) == []


def test_a_sink_is_tried_with_a_test_and_nothing_is_stored(crawler, outbox):
    (outbox / "crawler.db").unlink()
    for _ in range(2):
        done = crawler("alerts", "test", "log")
        assert (done.exit_code, done.stdout) == (0, "log: test taken\n"), done.stderr
    one, two = map(json.loads, (outbox / "alerts.jsonl").read_text().splitlines())
    assert (one["type"], one["timestamp"]) == ("test", "2024-03-10T12:00:00Z")
    assert one["data"]["sink"] == "log"
    assert one["data"]["id"] != two["data"]["id"]
    assert not (outbox / "crawler.db").exists()


def test_with_samples_there_is_one_of_each_type(crawler, outbox):
    done = crawler("alerts", "test", "log", "--samples")
    assert done.exit_code == 0, done.stderr
    payloads = [json.loads(line) for line in (outbox / "alerts.jsonl").read_text().splitlines()]
    types = [payload["type"] for payload in payloads]
    kinds = ("published", "edited", "protected", "unpublished", "deleted", "restored")
    assert types == [
        "test",
        *(f"post.{kind}" for kind in kinds),
        "digest",
        "digest",
        "source.failing",
        "program.disk_full",
    ]
    assert len({payload["data"]["id"] for payload in payloads}) == len(payloads)
    assert done.stdout.splitlines() == [f"log: {type_} taken" for type_ in types]


@pytest.mark.parametrize("payload", [trial("t", "log", NOW), *samples("s", NOW)], ids=lambda payload: payload["type"])
def test_people_can_read_each_of_them(payload):
    subject, *lines = for_people(payload, zone=NOW.tzinfo).splitlines()
    assert subject.startswith(("crawler · ", "sample.example · ", "2 sources · "))
    assert lines


def test_a_sink_that_fails_says_why(crawler, outbox):
    (outbox / "alerts.jsonl").mkdir()
    done = crawler("alerts", "test", "log")
    assert done.exit_code == 1
    assert done.stdout.startswith("log: test failed: ")
    assert "Is a directory" in done.stdout


@pytest.mark.parametrize(
    ("name", "said"), [("lgo", "did you mean 'log'?"), ("newsroom", "there are log, out"), ("", "there are log, out")]
)
def test_a_sink_that_is_none_is_an_error_with_the_nearest_name(crawler, name, said):
    done = crawler("alerts", "test", name)
    assert done.exit_code == 1
    assert f"no sink is called {name!r}; {said}" in done.stderr


def test_a_sink_that_rests_is_named_with_until_when_and_why(crawler, outbox):
    told = f"log rests until {IN_SEOUL:%Y-%m-%d %H:%M}, it failed once: timeout: no answer within 15 s"
    assert told in crawler("alerts").stdout
    assert told in crawler("alerts", "--sink", "log").stdout
    assert told not in crawler("alerts", "--sink", "out").stdout
    assert told not in crawler("alerts", "--format", "csv").stdout
    with SqliteStore(outbox / "crawler.db") as store:
        asyncio.run(store.retry([3], ["log"], NOW))
    assert "rests until" not in crawler("alerts").stdout
