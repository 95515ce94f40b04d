"""Text that changes at the same place look after look while `modified` rests: a counter, a random quote.

    a Change at a place of the last one, `modified` as it was ── one more in a row; RESTLESS of them: one Notice
    a look without a Change, or a Change elsewhere ............ it begins anew
    `modified` moves .......................................... it is over

Every Change is stored. Once it was told, one a day is an Alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.model import ChangePlan, Place, Restless

#: Looks in a row that change a text at the same place.
RESTLESS = 3
DAILY = timedelta(hours=24)


def changed(before: Restless | None, places: Sequence[Place], modified_at: datetime, now: datetime) -> Restless:
    """After a look that showed an edit at these places, without `modified` having moved."""
    if before is None or before.modified_at != modified_at:
        return Restless(modified_at=modified_at, looks=1, places=tuple(places))
    if before.told_at is not None:
        return replace(before, untold=before.untold + 1)
    again = tuple(place for place in places if any(is_same(place, other) for other in before.places))
    if not again:
        return replace(before, looks=1, places=tuple(places))
    looks = before.looks + 1
    if looks < RESTLESS:
        return replace(before, looks=looks, places=again)
    return replace(before, looks=looks, places=again, told_at=now, alerted_at=now)


def is_same(place: Place, other: Place) -> bool:
    """Whether the same words stand around both, as far as both tell them."""
    before = min(len(place.before), len(other.before))
    after = min(len(place.after), len(other.after))
    return (
        before + after > 1
        and place.before[len(place.before) - before :] == other.before[len(other.before) - before :]
        and place.after[:after] == other.after[:after]
    )


def rests(before: Restless | None, modified_at: datetime | None) -> bool:
    """Whether a look that showed no Change ends it: one in a row is missing, or `modified` has moved."""
    return before is not None and (before.told_at is None or before.modified_at != modified_at)


def limited(change: ChangePlan, after: Restless, now: datetime) -> tuple[ChangePlan, Restless]:
    """The Change as it goes out, at most once a day, and what is known of the Post then."""
    if after.told_at is None or not after.untold or not change.sinks:
        # What no sink takes is no Alert that another one would come too soon after.
        return change, after
    if after.alerted_at is not None and timedelta(0) <= now - after.alerted_at < DAILY:
        return replace(change, sinks=()), after
    between = after.untold - 1
    if between:
        many = "1 more edit" if between == 1 else f"{between:,} more edits"
        summary = f"{many} since the last alert; {change.comparison.summary}".removesuffix("; ")
        change = replace(change, comparison=replace(change.comparison, summary=summary))
    return change, replace(after, alerted_at=now, untold=0)
