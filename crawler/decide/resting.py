"""How long a Sink is left alone that does not take Alerts, and which of them are given up.

not taken ── the Sink is in trouble ── it rests as a whole; then one Alert is tried, one that was tried least
         │                         └── after three days: what has waited that long is dead
         └── this Alert is refused ─── it is dead at once, the others go on
                                   └── several in a row: the Sink is in trouble
         └── a mistake of ours ────── it is tried again by itself; of the Sink that says nothing
taken ────── all is forgotten; where it was told that the Sink is dead, that it takes Alerts again
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from crawler.model import Refusal, SinkStanding, TriedAlert
from crawler.schedule import ATTEMPTS, next_attempt, rest

#: What has waited for so long is given up, where the Sink took nothing in all that time.
LASTING = timedelta(days=3)
#: So many refused one after the other are no matter of single Alerts.
REFUSALS = 3
#: One Alert that fails again and again may be the trouble itself: others are tried soon.
ALONE = timedelta(minutes=1)
#: That single Alerts are refused is told once in so long.
TOLD_AGAIN = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Consequence:
    """What comes of an Alert that was not taken."""

    standing: SinkStanding
    #: when it is tried again; None: it is dead
    due: datetime | None
    #: what was due by then is dead, too
    given_up: datetime | None
    #: which Notice is to be written if something died: that the Sink takes nothing, or has refused this one
    tell: Literal["down", "refused"] | None


def failed(standing: SinkStanding, alert: TriedAlert, refusal: Refusal, now: datetime) -> Consequence:
    """What comes of an Alert that was not taken."""
    due = _due(standing, alert, refusal, now)
    if not refusal.by_sink:
        return _untold(Consequence(standing=standing, due=due, given_up=None, tell="refused"), now)
    failures, since = standing.failures + 1, standing.failing_since or now
    after = replace(standing, failures=failures, failing_since=since, last_error=refusal.error)
    in_trouble = failures if not refusal.permanent else failures - REFUSALS + 1
    if in_trouble <= 0:
        return _untold(Consequence(standing=after, due=due, given_up=None, tell="refused"), now)
    until = rest(now, in_trouble, wait=refusal.wait, name=standing.sink)
    if _is_alone(standing, alert) and not refusal.wait:
        until = min(until, now + ALONE)
    is_over = now - since >= LASTING and failures > len(ATTEMPTS)
    return _untold(
        Consequence(
            standing=replace(after, until=until),
            due=due,
            given_up=now - LASTING if is_over else None,
            tell="down" if refusal.permanent or failures > alert.attempts else "refused",
        ),
        now,
    )


def _due(standing: SinkStanding, alert: TriedAlert, refusal: Refusal, now: datetime) -> datetime | None:
    """When the Alert is tried again. Where others fail too it keeps its turn: the trouble is the Sink's."""
    if refusal.permanent:
        return None
    if refusal.by_sink and not _is_alone(standing, alert):
        return alert.due_at
    is_over = alert.attempts >= len(ATTEMPTS) and now - (alert.tried_since or now) >= LASTING
    return None if is_over else next_attempt(now, alert.attempts, wait=refusal.wait, name=str(alert.id))


def _is_alone(standing: SinkStanding, alert: TriedAlert) -> bool:
    """Whether whatever the Sink did not take since it took something last was this same Alert."""
    return alert.attempts >= standing.failures


def taken(standing: SinkStanding) -> SinkStanding:
    """How the Sink stands that has taken an Alert."""
    return replace(standing, failures=0, failing_since=None, until=None, last_error=None, told_at=None)


def _untold(found: Consequence, now: datetime) -> Consequence:
    """Without the Notice, where the same has been told already."""
    standing = found.standing
    if found.tell == "down":
        since = standing.failing_since or now
        is_told = standing.told_at is not None or _is_since(standing.refusal_told_at, since)
    else:
        is_told = _is_since(standing.refusal_told_at, now - TOLD_AGAIN)
    return replace(found, tell=None) if is_told else found


def _is_since(told_at: datetime | None, since: datetime) -> bool:
    return told_at is not None and told_at >= since
