"""When Alerts wait for more of their kind, and what a digest is called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawler.decide.grouping import MANY, PATIENCE, Occasion, digest_id, is_bulk, waits

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTES = {kind: patience // timedelta(minutes=1) for kind, patience in PATIENCE.items()}

WAITING = {
    "a poll under way": ({"kind": "poll", "is_read_on": True}, 1, True),
    "one that lasts too long": ({"kind": "poll", "is_read_on": True}, MINUTES["poll"], False),
    "one that has ended": ({"kind": "poll", "is_read_on": False}, 0, False),
    "a sweep under way": ({"is_read_on": True}, MINUTES["poll"] + 1, True),
    "one that goes on for hours": ({"is_read_on": True}, MINUTES["sweep"], False),
    "a removal, and there may be very many": ({"removed": 1, "suspected": MANY}, 1, True),
    "very many, and there may be one more": ({"removed": MANY, "suspected": 1}, 1, True),
    "very many, and that was all": ({"removed": 2 * MANY, "suspected": 0}, 1, False),
    "a few, and there may be some more": ({"removed": 1, "suspected": MANY - 1}, 1, False),
    "very many, and the rest takes too long": ({"removed": 1, "suspected": MANY}, MINUTES["sweep"], False),
    "found in the future, by a clock that was wrong": ({"is_read_on": True}, -1, False),
}


@pytest.mark.parametrize("what", WAITING)
def test_alerts_wait_while_more_may_come_but_not_for_ever(what):
    told, minutes, expected = WAITING[what]
    occasion = Occasion(**({"kind": "sweep", "is_read_on": False, "since": NOW} | told))
    assert waits(occasion, NOW + timedelta(minutes=minutes)) is expected


def test_more_than_fifty_are_many():
    assert [is_bulk(count) for count in (0, 50, 51, 10_000)] == [False, False, True, True]


def test_a_digest_is_named_by_its_members_in_any_order():
    assert digest_id(["c_1", "c_2"]) == digest_id(["c_2", "c_1"])
    assert len({digest_id(["c_1", "c_2"]), digest_id(["c_1"]), digest_id(["c_1c_2"])}) == 3
    assert digest_id(["c_1"]).startswith("d_")
