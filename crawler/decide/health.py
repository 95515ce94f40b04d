"""What polls that fail, and polls that work again, mean for a Source: its next state, and whether anybody is told.

Whoever watches wants to hear of an incident once: when it has lasted for a while, and when it is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from crawler.model import Endpoint

#: Failed polls in a row before anybody is told: one or two are any site's bad minute.
TELL_AFTER = 3
#: Polls in a row at which REST says that it is closed before the feed takes over.
CLOSED_AFTER = 2
#: Statuses by which a site says that its REST API is not for us.
CLOSED = (401, 403, 404)
#: Hosts that must fail together before our own network is taken for the reason.
NETWORK_HOSTS = 2
#: However often it is to be polled, a look that comes a few minutes late is no sign that nobody looked: a host has
#: one line for all its Sources.
LATENESS = timedelta(minutes=5)

#: `up`: a Source was read since this one fails, or it fails alone. `down`: all that was tried failed. `told`: so it
#: is, and a Notice has said so.
Network = Literal["up", "down", "told"]
Told = Literal["failing", "gone", "network", "recovered"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How a Source is doing."""

    state: str
    #: polls in a row of which nothing could be read
    failures: int
    failing_since: datetime | None
    #: a Notice has said that it fails
    is_told: bool

    @property
    def is_fine(self) -> bool:
        """Whether a poll that works changes nothing."""
        return not self.failures and not self.is_told and self.state not in ("failing", "gone")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one poll makes of it."""

    health: Health
    #: the kind of the Notice that is due; `network` is about all Sources
    notice: Told | None = None


def failed(was: Health, now: datetime, *, is_gone: bool, network: Network) -> Verdict:
    """A poll of which nothing could be read. `is_gone`: whatever can be asked has answered 410, `TELL_AFTER` times."""
    health = replace(was, failures=was.failures + 1, failing_since=was.failing_since or now)
    if health.failures < TELL_AFTER:
        return Verdict(health=health)
    health = replace(health, state=_failing(was.state, is_gone=is_gone))
    if is_gone:
        if was.is_told and was.state not in ("active", "failing"):
            return Verdict(health=health)
        return Verdict(health=replace(health, is_told=True), notice="gone")
    if was.is_told or network == "told":
        return Verdict(health=health)
    if network == "down":
        return Verdict(health=health, notice="network")
    return Verdict(health=replace(health, is_told=True), notice="failing")


def worked(was: Health) -> Verdict:
    """A poll of which something could be read."""
    state = "active" if was.state in ("failing", "gone") else was.state
    health = Health(state=state, failures=0, failing_since=None, is_told=False)
    return Verdict(health=health, notice="recovered" if was.is_told else None)


def network(*, is_told: bool, anything_read: bool, hosts: int) -> Network:
    """What is the matter with the network, from what was tried since a Source began to fail.

    `anything_read`: of any Source. `hosts`: of the Sources that fail and nobody was told of.
    """
    if is_told:
        return "told"
    return "down" if not anything_read and hosts >= NETWORK_HOSTS else "up"


def is_blind(failures: int) -> bool:
    """Whether a REST collection has failed for so long, beside something that works, that no edit in it is seen."""
    return failures >= TELL_AFTER


def is_out(endpoint: Endpoint) -> bool:
    """Whether a REST collection has failed so often that the feed takes over from it, until it can be read again.

    A single failure is any site's bad minute, and to take over costs looks at posts that are compared with less. What
    is closed says so each time, so that two such answers are enough; timeouts and the like pass in an hour or so.
    """
    return endpoint.failures >= (CLOSED_AFTER if is_closed(endpoint) else TELL_AFTER)


def is_closed(endpoint: Endpoint) -> bool:
    """Whether a REST collection says that it is not for us."""
    return (endpoint.last_error or "").startswith("http_4xx") and endpoint.last_status in CLOSED


def was_missed(last: datetime, expected: datetime, now: datetime) -> bool:
    """Whether a look comes so late that nobody can have been looking: twice the time it should have taken."""
    return now - last > max(2 * (expected - last), LATENESS)


def _failing(state: str, *, is_gone: bool) -> str:
    if state in ("active", "failing"):
        return "gone" if is_gone else "failing"
    return state  # once gone, any other trouble is no news; `suspect` has a reason of its own
