"""The text of a Notice about a Sink, for people: what happened, what is done about it, what one can do."""

from __future__ import annotations

from datetime import datetime

from crawler.render.incident import lines, moment
from crawler.render.inert import one_line

_LONGEST_ERROR = 300


def takes_nothing(sink: str, since: datetime, dead: int, error: str) -> str:
    """A Sink that has taken nothing for days, or refuses everything."""
    return lines(
        f"The sink {one_line(sink)} has taken nothing since {moment(since)}: {one_line(error, _LONGEST_ERROR)}",
        f"{_given_up(dead)}; others follow as they grow too old. It is still tried, at least every two hours.",
        "When it works again, `crawler alerts retry` sends what was given up.",
    )


def refuses(sink: str, dead: int, error: str) -> str:
    """A Sink that takes other Alerts, but not this one."""
    return lines(
        f"The sink {one_line(sink)} did not take an alert: {one_line(error, _LONGEST_ERROR)}",
        f"{_given_up(dead)}. The others go on; if it happens again, that is not told before tomorrow.",
        "`crawler alerts --failed` lists them, `crawler alerts retry` tries them again.",
    )


def takes_again(sink: str, told_at: datetime, now: datetime) -> str:
    """A Sink that was told of as dead."""
    return lines(
        f"The sink {one_line(sink)} takes alerts again since {moment(now)}; that it did not was told at"
        f" {moment(told_at)}.",
        "`crawler alerts --failed` lists what it has missed, `crawler alerts retry` sends that.",
    )


def _given_up(dead: int) -> str:
    return "An alert was given up" if dead == 1 else f"{dead:,} alerts were given up"
