"""The metrics of CONTRACT 7 in Prometheus' text format. Needs prometheus-client, which the extra `metrics` brings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from math import isinf

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from crawler.daemon.metrics import Counts, Metrics
from crawler.errors import StoreError
from crawler.store.measuring import Measures, measure, schema

log = structlog.get_logger()

ALERT_STATES = ("pending", "delivered", "dead", "cancelled")
SOURCE_STATES = ("active", "paused", "failing", "suspect", "gone", "removed", "duplicate")


def exposition(metrics: Metrics) -> bytes:
    """One scrape: what was counted, and what the store holds at this moment."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(metrics))
    return generate_latest(registry)


class _Scrape(Collector):
    """Makes the numbers anew each time, so that none is told that the store no longer says."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield _info(self._metrics.version)
        yield from _counted(self._metrics.counts())
        yield from _backup(self._metrics)
        try:
            now = self._metrics.clock()
            found = measure(self._metrics.store, now, never_swept=self._metrics.never_swept)
        except StoreError as error:
            # What was counted is told all the same; a gap in the others is what a monitoring system can see.
            log.warning("metrics", status="store not read", error=str(error))
        else:
            yield from _measured(found, self._metrics.sinks, now)


def _info(version: str) -> Metric:
    info = GaugeMetricFamily(
        "crawler_build_info",
        "The running version and its store's schema; always 1.",
        labels=("version", "schema"),
    )
    info.add_metric((version, schema()), 1)
    return info


def _counted(counts: Counts) -> Iterator[Metric]:
    polls = CounterMetricFamily(
        "crawler_polls", "Polls of endpoints, by their kind and what came of them.", labels=("kind", "outcome")
    )
    for (kind, outcome), number in counts.polls.items():
        polls.add_metric((kind, outcome), number)
    yield polls
    seconds = HistogramMetricFamily("crawler_poll_seconds", "How long polls took, from first request to commit.")
    buckets = [("+Inf" if isinf(bound) else str(bound), number) for bound, number in counts.poll_buckets]
    seconds.add_metric((), buckets, counts.poll_seconds)
    yield seconds
    changes = CounterMetricFamily("crawler_changes", "Changes found, by their kind.", labels=("kind",))
    for kind, number in counts.changes.items():
        changes.add_metric((kind,), number)
    yield changes
    killed = CounterMetricFamily(
        "crawler_children_killed", "Child processes that had to be ended, by what for.", labels=("reason",)
    )
    for reason, number in counts.killed.items():
        killed.add_metric((reason,), number)
    yield killed


def _backup(metrics: Metrics) -> Iterator[Metric]:
    try:
        made = metrics.backup()
    except OSError as error:
        log.warning("metrics", status="backups not read", error=str(error))
        return
    if made is not None:
        yield GaugeMetricFamily(
            "crawler_backup_timestamp_seconds", "When the last good backup was made.", made.timestamp()
        )


def _measured(found: Measures, sinks: tuple[str, ...], now: datetime) -> Iterator[Metric]:
    sources = GaugeMetricFamily("crawler_sources", "Sources, by their state.", labels=("state",))
    for state in SOURCE_STATES:
        sources.add_metric((state,), found.sources.get(state, 0))
    yield sources
    lag = 0 if found.oldest_due is None else _age(found.oldest_due, now)
    yield GaugeMetricFamily("crawler_schedule_lag_seconds", "How long the most overdue endpoint has been due.", lag)
    if found.oldest_sweep is not None:
        yield GaugeMetricFamily(
            "crawler_sweep_age_seconds_max",
            "Age of the last full reading, of the site where it is the oldest.",
            _age(found.oldest_sweep, now),
        )
    alerts = GaugeMetricFamily("crawler_alerts", "Alerts in the outbox, by sink and state.", labels=("sink", "state"))
    named = dict.fromkeys((*sinks, *(sink for sink, _ in found.alerts)))
    for sink in named:
        for state in ALERT_STATES:
            alerts.add_metric((sink, state), found.alerts.get((sink, state), 0))
    yield alerts
    oldest = GaugeMetricFamily(
        "crawler_alert_oldest_pending_seconds",
        "Age of what has been waiting longest for a sink; 0 where nothing waits.",
        labels=("sink",),
    )
    for sink in named:
        since = found.oldest_pending.get(sink)
        oldest.add_metric((sink,), 0 if since is None else _age(since, now))
    yield oldest
    size = GaugeMetricFamily(
        "crawler_store_bytes", "Size of the store: db, its journal wal, and what is free within db.", labels=("part",)
    )
    for part, number in found.bytes.items():
        size.add_metric((part,), number)
    yield size


def _age(since: datetime, now: datetime) -> float:
    # never negative: the clock may have been put back
    return max(0.0, (now - since).total_seconds())
