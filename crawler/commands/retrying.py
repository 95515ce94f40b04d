"""`alerts retry`: Alerts that were not taken are tried again at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from crawler.commands.delivering import deliver_now
from crawler.commands.polling import Tell, counted, exit_code
from crawler.commands.turns import Turns
from crawler.model import AlertState
from crawler.watch import Watch


async def retry_alerts(watch: Watch, ids: Sequence[int], tell: Tell, *, sinks: Turns) -> int:
    """Try these Alerts (none named: all that are pending or dead) once, now. Returns the exit code.

    Raises NotFound for an id that is no Alert's, before anything is done.
    """
    names, now = [sink.name for sink in watch.sinks], watch.desk.clock()
    made_due = set(await watch.store.retry(ids, names, now))
    meant = sorted({*ids, *made_due})
    if not meant:
        tell("nothing to retry: no alert is pending or dead")
    await deliver_now(watch, sinks)
    outcomes = watch.store.alert_states(meant)
    for alert in outcomes:
        if alert.id not in made_due:
            tell(f"alert {alert.id} to {alert.sink}: {_why_not(alert)}")
    for alerts in _together(alert for alert in outcomes if alert.id in made_due):
        first = alerts[0]
        name = f"alert {first.id}"
        if first.digest_id is not None:
            name = f"digest {first.digest_id} of {counted(len(alerts), 'alert')}"
        tell(f"{name} to {first.sink}: {_outcome(first, now)}")
    return exit_code([alert.state == "delivered" for alert in outcomes])


def _together(outcomes: Iterable[AlertState]) -> list[list[AlertState]]:
    """The Alerts of a digest, which fare alike, together, and each other one on its own."""
    found: dict[tuple[str, str], list[AlertState]] = {}
    for alert in outcomes:
        found.setdefault((alert.digest_id or str(alert.id), alert.sink), []).append(alert)
    return list(found.values())


def _outcome(alert: AlertState, now: datetime) -> str:
    """What came of an Alert that was made due now."""
    if alert.state == "delivered":
        return "delivered"
    if alert.state == "dead":
        return f"failed for good: {alert.last_error}"
    if alert.next_attempt_at is not None and alert.next_attempt_at > now:
        return f"failed: {alert.last_error}; tried again at {alert.next_attempt_at:%Y-%m-%dT%H:%M:%SZ}"
    return "waits for its turn, behind one that failed or for the end of the poll that found it"


def _why_not(alert: AlertState) -> str:
    """Why an Alert was not made due."""
    if alert.state == "delivered":
        return "was delivered before"
    if alert.state == "cancelled":
        return "was cancelled, because its sink or its source has left the config"
    return "not tried: the config has no sink of that name"
