"""The metrics of CONTRACT 7 against what the store itself says, after real polls of a real bench."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.config.result import BackupConfig
from crawler.daemon.exposing import exposition
from crawler.daemon.metrics import BUCKETS, SILENT_SECONDS, Metrics
from crawler.model import ChangePlan, Endpoint, Walk
from crawler.model.plan import RemovalPlan, Suspicion
from crawler.store import SqliteStore, measuring
from crawler.store.reading import reading
from tests.bench import Bench, settle
from tests.daemon.scraping import of, samples, scraped
from tests.site import Clock, Fault, Site
from tests.store.builders import NOW, edit, entry, keys, new_post, plan, poll, sighting, site, state

CONTRACT = {
    "crawler_polls": ("counter", {"kind", "outcome"}),
    "crawler_poll_seconds": ("histogram", set()),
    "crawler_sources": ("gauge", {"state"}),
    "crawler_schedule_lag_seconds": ("gauge", set()),
    "crawler_sweep_age_seconds_max": ("gauge", set()),
    "crawler_changes": ("counter", {"kind"}),
    "crawler_alerts": ("gauge", {"sink", "state"}),
    "crawler_alert_oldest_pending_seconds": ("gauge", {"sink"}),
    "crawler_store_bytes": ("gauge", {"part"}),
    "crawler_backup_timestamp_seconds": ("gauge", set()),
    "crawler_children_killed": ("counter", {"reason"}),
    "crawler_build_info": ("gauge", {"version", "schema"}),
}


@pytest.fixture
def clock():
    return Clock(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))


@pytest.fixture
def metrics(tmp_path, clock):
    seconds = lambda: clock().timestamp()  # noqa: E731
    return Metrics(tmp_path / "crawler.db", version="0.1.0", clock=clock, monotonic=seconds)


@pytest.fixture
def counting(monkeypatch, metrics):
    """Every Plan that a store takes is told to the metrics, as the daemon does."""
    commit = SqliteStore.commit

    async def told(self, plan):
        await commit(self, plan)
        metrics.committed(plan)

    monkeypatch.setattr(SqliteStore, "commit", told)


@pytest.fixture
def bench(tmp_path, clock, counting):
    """A site of 250 posts, whose archive is three pages, and a plain feed."""
    big = Site(url="https://big.org", clock=clock)
    for number in range(250):
        big.publish(f"Post {number}", f"<p>Text {number}.</p>")
    small = Site(url="https://small.org", clock=clock)
    small.publish("One", "<p>One.</p>")
    settle(clock)
    sources = "  - url: https://big.org/\n  - {url: 'https://small.org/feed/', kind: feed}"
    return Bench(tmp_path, clock, {"big.org": big, "small.org": small}, sources)


def an_eventful_day(bench):
    """A baseline of several pages, quiet polls, edits, a failure in the middle of a poll, a dead host, a recovery."""
    big = bench.sites["big.org"]
    bench.poll()
    bench.poll()
    bench.poll()
    for number in list(big.posts)[:120]:
        big.edit(number, content=f"<p>Edited {number}.</p>")
    settle(bench.clock)
    bench.poll()
    for number in list(big.posts)[:120]:
        big.edit(number, content=f"<p>Edited again {number}.</p>")
    settle(bench.clock)
    big.fail("*include=*", Fault(status=500), times=None)
    bench.poll()
    big.heal()
    bench.poll()
    big.delete(200)
    big.trash(201)
    settle(bench.clock)
    bench.sweep()
    bench.sweep()
    bench.poll()
    bench.sites["small.org"].fail("*", Fault(status=503), times=None)
    bench.poll()
    bench.poll()
    bench.clock.advance(seconds=SILENT_SECONDS)


def test_polls_changes_and_alerts_are_as_many_as_the_store_has(bench, metrics):
    an_eventful_day(bench)
    found = scraped(metrics)
    polls = bench.rows("SELECT kind, outcome, sum(repeats) AS n FROM polls GROUP BY kind, outcome")
    assert {row["outcome"] for row in polls} == {"changed", "unchanged", "not_modified", "failed"}
    assert {row["kind"] for row in polls} == {"baseline", "poll", "sweep"}
    counted = of(found, "crawler_polls_total")
    stored = {(row["kind"], row["outcome"]): row["n"] for row in polls}
    assert {key: n for key, n in counted.items() if key[0] != "sweep"} == {
        key: n for key, n in stored.items() if key[0] != "sweep"
    }
    # A sweep that began quietly shares its row with the quiet one before it, and what it then finds is both's.
    assert sum(counted.values()) == sum(stored.values())
    assert found["crawler_poll_seconds_count",] == bench.one("SELECT sum(repeats) FROM polls")
    changes = bench.rows("SELECT kind, count(*) AS n FROM changes GROUP BY kind")
    assert {row["kind"] for row in changes} == {"edited", "deleted", "unpublished"}
    assert of(found, "crawler_changes_total") == {(row["kind"],): row["n"] for row in changes}
    alerts = bench.rows("SELECT sink, state, count(*) AS n FROM alerts GROUP BY sink, state")
    assert alerts
    assert of(found, "crawler_alerts") == {(row["sink"], row["state"]): row["n"] for row in alerts}
    states = bench.rows("SELECT state, count(*) AS n FROM sources GROUP BY state")
    assert of(found, "crawler_sources") == {(row["state"],): row["n"] for row in states}


def test_every_name_and_label_is_the_contracts(bench, metrics):
    metrics.follow(bench.config)
    metrics.backup = lambda: NOW
    bench.poll()
    found = {}
    for family in text_string_to_metric_families(exposition(metrics).decode()):
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        found[family.name] = (family.type, labels)
        assert family.documentation
        assert "big.org" not in str(family)
    assert found == CONTRACT


def test_every_label_is_there_from_the_start_so_that_rates_begin_at_zero(metrics, tmp_path):
    with SqliteStore(metrics.store):
        found = scraped(metrics)
    assert found["crawler_polls_total", "poll", "failed"] == 0
    assert found["crawler_changes_total", "deleted"] == 0
    assert found["crawler_children_killed_total", "memory"] == 0
    assert found["crawler_sources", "failing"] == 0


def endpoint_of(store):
    async def make():
        await store.sync([entry()], ["log"], NOW)
        await store.register(store.sources()[0], site(), NOW)

    asyncio.run(make())
    (found,) = store.endpoints(store.sources()[0].id)
    return found


@pytest.fixture
def endpoint():
    return Endpoint(
        id=7, source_id=1, kind="rest", url="", host="", type="posts", rank=1, validators=None, body_hash=None,
        watermark=None, total=None, next_poll_at=None, last_try_at=None, last_ok_at=None, read_at=None,
        last_status=None, failures=0, last_error=None,
    )  # fmt: skip


def unfinished(endpoint):
    return state(endpoint.id, last_ok_at=NOW - timedelta(hours=1))


def more(record):
    return replace(record, continues=True)


@pytest.mark.parametrize(
    ("records", "counted"),
    [
        (["changed+", "unchanged"], {("poll", "changed"): 1}),
        (["unchanged+", "changed+", "unchanged"], {("poll", "changed"): 1}),
        (["unchanged+", "unchanged"], {("poll", "unchanged"): 1}),
        (["changed+", "failed"], {("poll", "failed"): 1}),
        (["failed"], {("poll", "failed"): 1}),
        (["not_modified"], {("poll", "not_modified"): 1}),
        (["changed+"], {}),
    ],
)
def test_a_poll_of_several_plans_counts_once_when_it_is_over(metrics, endpoint, records, counted):
    for number, word in enumerate(records):
        record = replace(poll(word.removesuffix("+")), continues=number > 0, duration_ms=1000 * (number + 1))
        end = unfinished(endpoint) if word.endswith("+") else state(endpoint.id)
        metrics.committed(plan(endpoint, record=record, endpoint_state=end))
    counts = metrics.counts()
    assert {key: number for key, number in counts.polls.items() if number} == counted
    assert counts.poll_seconds == (len(records) if counted else 0)


def test_a_poll_that_was_cut_off_counts_when_the_next_one_begins(metrics, endpoint):
    metrics.committed(plan(endpoint, record=poll("changed"), endpoint_state=unfinished(endpoint)))
    metrics.committed(plan(endpoint, record=poll("not_modified")))
    polls = metrics.counts().polls
    assert (polls["poll", "changed"], polls["poll", "not_modified"]) == (1, 1)


def test_what_never_says_that_it_is_over_counts_after_a_minute_of_silence(metrics, endpoint, clock):
    """So do sweeps and looks at suspects, whose Plans leave the endpoint as it was."""
    for number, word in enumerate(["unchanged", "changed", "unchanged"]):
        record = replace(poll(word, kind="sweep"), continues=number > 0)
        metrics.committed(plan(endpoint, record=record, endpoint_state=None))
        clock.advance(seconds=SILENT_SECONDS - 1)
        assert sum(metrics.counts().polls.values()) == 0
    clock.advance(seconds=1)
    for _ in range(2):
        assert {key: number for key, number in metrics.counts().polls.items() if number} == {("sweep", "changed"): 1}


def test_a_poll_that_sets_off_a_search_is_over_all_the_same(metrics, endpoint):
    search = Walk(endpoint_id=endpoint.id, kind="light", started_at=NOW)
    metrics.committed(plan(endpoint, record=poll("unchanged"), walk=search))
    assert metrics.counts().polls["poll", "unchanged"] == 1


def test_a_removal_is_a_change_too(metrics, endpoint):
    gone = ChangePlan(kind="deleted", silent=None, old=None, old_seen_at=NOW, fields=())
    removal = RemovalPlan(post_id=1, state="deleted", change=gone)
    metrics.committed(plan(endpoint, suspicion=Suspicion(removals=(removal,))))
    assert metrics.counts().changes["deleted"] == 1


def test_a_walk_is_one_poll_however_many_pages_it_has(metrics, endpoint):
    for page in range(1, 31):
        walk = Walk(endpoint_id=endpoint.id, kind="baseline", started_at=NOW, done=page == 30)
        record = replace(poll("changed", kind="baseline"), continues=page > 1, duration_ms=1000 * page)
        metrics.committed(plan(endpoint, record=record, walk=walk))
    counts = metrics.counts()
    assert counts.polls["baseline", "changed"] == sum(counts.polls.values()) == 1
    assert counts.poll_seconds == 30


@pytest.mark.parametrize(("ms", "bound"), [(0, 0.05), (50, 0.05), (51, 0.1), (29_999, 30.0), (7_200_001, float("inf"))])
def test_a_poll_is_counted_in_every_bucket_that_it_fits_in(metrics, endpoint, ms, bound):
    metrics.committed(plan(endpoint, record=replace(poll("unchanged"), duration_ms=ms)))
    counts = metrics.counts()
    assert [upper for upper, _ in counts.poll_buckets] == [*BUCKETS, float("inf")]
    assert [number for _, number in counts.poll_buckets] == [int(upper >= bound) for upper, _ in counts.poll_buckets]


def test_killed_children_are_told(metrics):
    with SqliteStore(metrics.store):
        metrics.child_killed("memory")
        metrics.child_killed("memory")
        found = scraped(metrics)
        assert of(found, "crawler_children_killed_total") == {("memory",): 2}


def test_a_backup_is_told_once_there_is_one(metrics):
    with SqliteStore(metrics.store):
        assert ("crawler_backup_timestamp_seconds",) not in scraped(metrics)
        metrics.backup = lambda: NOW
        assert scraped(metrics)["crawler_backup_timestamp_seconds",] == NOW.timestamp()


def test_the_backup_is_looked_for_where_the_config_puts_it(bench, metrics, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "crawler-20261101T120000Z.db").touch()
    (folder / "crawler-20261102T120000Z.db").touch()
    backup = BackupConfig(to=folder, every=timedelta(days=1), keep=7)
    metrics.follow(replace(bench.config, backup=backup))
    assert metrics.backup() == datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
    metrics.follow(replace(bench.config, backup=None))
    assert metrics.backup() is None


def test_backups_that_cannot_be_looked_for_cost_their_own_number_only(metrics):
    def fails():
        raise PermissionError(13, "Permission denied")

    metrics.backup = fails
    with SqliteStore(metrics.store):
        found = scraped(metrics)
    assert ("crawler_backup_timestamp_seconds",) not in found
    assert found["crawler_sources", "active"] == 0


def test_the_build_names_the_schema_that_the_store_has(metrics):
    with SqliteStore(metrics.store):
        ((schema, version),) = of(scraped(metrics), "crawler_build_info")
    with closing(sqlite3.connect(metrics.store)) as store:
        (last,) = store.execute("SELECT name FROM _sqlite_migrations ORDER BY id DESC LIMIT 1").fetchone()
    assert (schema, version) == (last, "0.1.0")


def test_what_waits_longest_is_told_by_sink_and_nothing_where_nothing_waits(bench, metrics, tmp_path):
    bench.poll()
    metrics.follow(bench.config)
    (tmp_path / "alerts.jsonl").unlink(missing_ok=True)
    (tmp_path / "alerts.jsonl").mkdir()
    bench.sites["big.org"].edit(1, title="To be told")
    settle(bench.clock)
    bench.poll()
    found = scraped(metrics)
    since = datetime.fromisoformat(bench.one("SELECT detected_at FROM changes"))
    bench.clock.advance(minutes=90)
    found = scraped(metrics)
    assert found["crawler_alerts", "log", "pending"] == 1
    assert found["crawler_alert_oldest_pending_seconds", "log"] == (bench.clock() - since).total_seconds() >= 5400
    assert found["crawler_alert_oldest_pending_seconds", "out"] == 0
    bench.clock.now -= timedelta(days=300)
    assert scraped(metrics)["crawler_alert_oldest_pending_seconds", "log"] == 0


def test_the_lag_is_that_of_what_has_waited_longest_for_its_poll(bench, metrics):
    bench.poll()
    assert scraped(metrics)["crawler_schedule_lag_seconds",] == 0
    due = datetime.fromisoformat(bench.one("SELECT min(next_poll_at) FROM endpoints"))
    bench.clock.advance(hours=3)
    assert scraped(metrics)["crawler_schedule_lag_seconds",] == (bench.clock() - due).total_seconds() > 9000
    with closing(sqlite3.connect(metrics.store)) as store, store:
        store.execute("UPDATE sources SET state = 'paused'")
    assert scraped(metrics)["crawler_schedule_lag_seconds",] == 0


def test_the_oldest_sweep_counts_and_a_site_that_is_never_swept_does_not(bench, metrics):
    bench.poll()
    assert bench.one("SELECT baseline_at FROM sources WHERE name = 'big.org'")
    baseline = datetime.fromisoformat(bench.one("SELECT baseline_at FROM sources WHERE name = 'big.org'"))
    assert scraped(metrics)["crawler_sweep_age_seconds_max",] == (bench.clock() - baseline).total_seconds()
    with closing(sqlite3.connect(metrics.store)) as store, store:
        store.execute("UPDATE sources SET last_sweep_at = '2026-11-23T12:20:00Z' WHERE name = 'big.org'")
    swept = datetime(2026, 11, 23, 12, 20, tzinfo=UTC)
    assert scraped(metrics)["crawler_sweep_age_seconds_max",] == max(0.0, (bench.clock() - swept).total_seconds())
    metrics.never_swept = frozenset({"big.org"})
    assert ("crawler_sweep_age_seconds_max",) not in scraped(metrics)


def test_follow_takes_sinks_and_what_is_never_swept_from_the_config(bench, metrics):
    config = bench.config
    metrics.follow(replace(config, sources=(replace(config.sources[0], sweep=None), config.sources[1])))
    assert metrics.sinks == ("log", "out")
    assert "big.org" in metrics.never_swept


def test_sizes_are_those_of_the_files_and_their_free_pages(bench, metrics, tmp_path):
    bench.poll()
    with SqliteStore(metrics.store) as store:
        asyncio.run(store.keep_lines({}))
        found = of(scraped(metrics), "crawler_store_bytes")
        assert found["db",] == (tmp_path / "crawler.db").stat().st_size
        assert found.get(("wal",), 0) == (tmp_path / "crawler.db-wal").stat().st_size > 0
        free = bench.one("PRAGMA freelist_count") * bench.one("PRAGMA page_size")
        assert found.get(("free",), 0) == free


def test_a_store_that_cannot_be_read_leaves_out_its_own_numbers_only(metrics, endpoint):
    metrics.committed(plan(endpoint, record=poll("failed")))
    found = scraped(metrics)
    assert found["crawler_polls_total", "poll", "failed"] == 1
    assert ("crawler_sources", "active") not in found


def test_scrapes_while_a_writer_writes_are_whole_and_hold_up_neither(metrics):
    """The numbers of one scrape belong to one moment: each edit makes a Change and two Alerts in one transaction."""
    texts, done = [], threading.Event()

    def scrape():
        while not done.is_set():
            texts.append(exposition(metrics).decode())

    with SqliteStore(metrics.store) as store:
        endpoint = endpoint_of(store)
        readers = [threading.Thread(target=scrape) for _ in range(2)]
        for reader in readers:
            reader.start()

        async def write():
            await store.commit(plan(endpoint, new_post(sighting(1))))
            for number in range(150):
                seen = sighting(1, title=f"Edited {number}")
                known = store.known(endpoint.source_id, endpoint.id, keys(seen))
                (post,) = known.posts.values()
                change = edit(post, seen, change_id=f"c_{number:04}", sinks=("log", "out"))
                told = plan(endpoint, change)
                await store.commit(told)
                metrics.committed(told)

        begun = time.monotonic()
        asyncio.run(write())
        assert time.monotonic() - begun < 30
        done.set()
        for reader in readers:
            reader.join()
        texts.append(exposition(metrics).decode())
    assert len(texts) > 3
    for text in texts:
        found = of(samples(text), "crawler_alerts")
        assert found.get(("log", "pending"), 0) == found.get(("out", "pending"), 0)
    last = samples(texts[-1])
    assert last["crawler_alerts", "log", "pending"] == last["crawler_changes_total", "edited"] == 150


def test_a_scrape_reads_few_pages_however_many_posts_there_are(metrics):
    """Not a plan of SQLite's may walk through posts, revisions, originals or Changes."""
    with SqliteStore(metrics.store):
        asked = []
        with reading(metrics.store) as reader:
            reader.set_trace_callback(asked.append)
            reader.execute("SELECT 1")
            measuring._oldest_pending(reader, ["log"])
            measuring._oldest_sweep(reader, ["a"])
            measuring._oldest_due(reader, NOW)
            measuring._alerts(reader)
            measuring._bytes(reader, metrics.store)
            reader.set_trace_callback(None)
            plans = [
                row["detail"]
                for statement in asked
                if statement.lstrip().startswith("SELECT")
                for row in reader.execute(f"EXPLAIN QUERY PLAN {statement}")
            ]
    assert any("USING INDEX alerts_by_state" in detail or "alerts_pending" in detail for detail in plans)
    for table in ("posts", "revisions", "originals", "changes", "c", "n"):
        assert not [detail for detail in plans if detail.split()[:2] == ["SCAN", table]], plans
