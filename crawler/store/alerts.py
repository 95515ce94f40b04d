"""The outbox as a list for people: what is told or to be told to which Sink."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.model import SinkStanding
from crawler.model.pace import DigestReason, Pace
from crawler.store import pacing
from crawler.store.queries import Row
from crawler.store.reading import Reader
from crawler.store.resting import standing
from crawler.store.rows import text
from crawler.store.selecting import Conditions, Wanted, bound, of_sources

COLUMNS = (
    "id",
    "state",
    "sink",
    "kind",
    "source",
    "title",
    "at",
    "change_id",
    "notice_id",
    "digest_id",
    "attempts",
    "next_attempt_at",
    "last_error",
    "delivered_at",
    "reply",
    "held_until",
    "held_by",
)

#: The keys of a sink, as the config names them.
_BY: dict[DigestReason, str] = {"schedule": "digest", "quiet": "quiet", "storm": "storm"}
_AT = "coalesce(c.detected_at, n.at)"
_SOURCE = "coalesce(p.source_id, n.source_id)"
_ALERTS = """
  FROM alerts a
  LEFT JOIN changes c ON c.id = a.change_id
  LEFT JOIN posts p ON p.id = c.post_id
  LEFT JOIN notices n ON n.id = a.notice_id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertsWanted(Wanted):
    """What the list of Alerts can be narrowed by. Its span is about what they tell of."""

    #: only those that were not taken: dead, or pending after an attempt
    failed: bool = False
    #: names, any of them
    sinks: tuple[str, ...] = ()


def alerts(
    reader: Reader, wanted: AlertsWanted, *, limit: int | None = None, paces: Mapping[str, Pace], now: datetime
) -> Iterator[Row]:
    """Alerts, newest first. What a Sink's pace holds back says until when and why."""
    held = {sink: pacing.held(reader, sink, pace, now) for sink, pace in paces.items()}
    conditions = _of_alerts(reader, wanted)
    rows = reader.execute(
        f"""
        SELECT a.id, a.state, a.sink, coalesce(c.kind, n.kind) AS kind, s.name AS source,
               coalesce(new.title, old.title, p.title, p.link, n.text) AS title, {_AT} AS at,
               a.change_id, a.notice_id, a.digest_id, a.attempts, a.next_attempt_at, a.last_error,
               a.delivered_at, a.reply, a.asked_at
        {_ALERTS}
          LEFT JOIN sources s ON s.id = {_SOURCE}
          LEFT JOIN revisions old ON old.id = c.old_revision_id
          LEFT JOIN revisions new ON new.id = c.new_revision_id
        {conditions.where} ORDER BY a.id DESC LIMIT ?
        """,
        (*conditions.values, bound(limit)),
    )
    for row in rows:
        hold = held[row["sink"]].of(row, now) if row["sink"] in held else None
        told = {key: row[key] for key in row.keys() if key != "asked_at"}  # noqa: SIM118 (a row has values only)
        yield told | {"held_until": text(hold.until) if hold else None, "held_by": _BY[hold.reason] if hold else None}


def count_alerts(reader: Reader, wanted: AlertsWanted) -> int:
    """How many Alerts are wanted."""
    conditions = _of_alerts(reader, wanted)
    (number,) = reader.execute(f"SELECT count(*) {_ALERTS} {conditions.where}", conditions.values).fetchone()
    return int(number)


def _of_alerts(reader: Reader, wanted: AlertsWanted) -> Conditions:
    conditions = Conditions()
    of_sources(conditions, _SOURCE, reader, wanted)
    conditions.between(_AT, wanted)
    if wanted.sinks:
        conditions.any_of("a.sink", wanted.sinks)
    if wanted.failed:
        conditions.add("(a.state = 'dead' OR a.state = 'pending' AND a.attempts > 0)")
    return conditions


def resting(reader: Reader, now: datetime, sinks: Sequence[str] = ()) -> list[SinkStanding]:
    """How the Sinks stand, all or these, that are left alone at present."""
    names = [row["sink"] for row in reader.execute("SELECT sink FROM sink_states ORDER BY sink")]
    found = (standing(reader, name) for name in names if not sinks or name in sinks)
    return [each for each in found if each.rests(now)]
