"""`alerts retry`: Alerts that were not taken are tried again at once."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.commands.delivering import deliver_now
from crawler.commands.polling import Tell, exit_code
from crawler.commands.turns import Turns
from crawler.model import AlertState
from crawler.watch import Watch


async def retry_alerts(watch: Watch, ids: Sequence[int], tell: Tell, *, sinks: Turns) -> int:
    """Try these Alerts (none named: all that are pending or dead) once, now. Returns the exit code.

    Raises NotFound for an id that is no Alert's, before anything is done.
    """
    names = [sink.name for sink in watch.sinks]
    tried = set(await watch.store.retry(ids, names, watch.desk.clock()))
    meant = sorted({*ids, *tried})
    if not meant:
        tell("nothing to retry: no alert is pending or dead")
    await deliver_now(watch, sinks)
    outcomes = watch.store.alert_states(meant)
    for alert in outcomes:
        tell(f"alert {alert.id} to {alert.sink}: {_outcome(alert, is_tried=alert.id in tried)}")
    return exit_code([alert.state == "delivered" for alert in outcomes])


def _outcome(alert: AlertState, *, is_tried: bool) -> str:
    if not is_tried:
        return {
            "delivered": "was delivered before",
            "cancelled": "was cancelled, because its sink or its source has left the config",
        }.get(alert.state, "not tried: the config has no sink of that name")
    if alert.state == "delivered":
        return "delivered"
    if alert.state == "dead":
        return f"failed for good: {alert.last_error}"
    if alert.attempts and alert.last_error and alert.next_attempt_at:
        return f"failed: {alert.last_error}; tried again at {alert.next_attempt_at:%Y-%m-%dT%H:%M:%SZ}"
    return "waits for its turn behind one that failed"
