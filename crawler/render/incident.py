"""The text of a Notice about polls that fail, for people: what happened, what is done about it, what one can do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from crawler.errors import Reason
from crawler.model import Trouble
from crawler.render.inert import one_line

_LONGEST_ERROR = 300

#: Each reason in words, and what the operator can do.
_REASONS: dict[Reason | None, tuple[str, str]] = {
    "dns": ("its name has no address", "Is the name written right, and does the domain still exist?"),
    "connect": ("nobody answers at its address", "Does a browser open it? If so, it may block this machine."),
    "tls": ("its certificate or encryption is not in order", "Does a browser accept it? Its owner can renew it."),
    "timeout": ("it does not answer in time", "Does it open in a browser? `timeout` can give it longer."),
    "http_4xx": ("it refuses the request", "Does it open in a browser? If it wants a login, add one; if it has moved,"
                                           " write the new url."),
    "http_5xx": ("it has trouble of its own", "Wait, or write to its owner."),
    "rate_limited": ("it wants to be asked less often", "Give it a longer `every` or `per_host_delay`."),
    "truncated": ("its answers break off", "Wait, or write to its owner."),
    "not_data": ("it answers with something else than posts", "Does it open in a browser? A login or a bot check may"
                                                              " stand before it, or it has moved: `crawler discover`."),
    "too_large": ("its answers are too large", "`fetch: {max_body: …}` can allow more."),
    "robots": ("its robots.txt does not allow it to be read", "`robots: false` reads it all the same."),
    "refused": ("its address is not allowed to be asked", "`fetch: {allow_private: […]}` allows networks of yours."),
    "protocol": ("it does not speak HTTP as it should", "Does it open in a browser? Its owner can mend it."),
    None: ("a mistake in crawler itself", "Please report it, with the log."),
}  # fmt: skip


def failing(url: str, trouble: Trouble, since: datetime, polls: int) -> str:
    """A Source of which nothing can be read any more."""
    return lines(
        f"Nothing of it could be read since {moment(since)}, {polls} polls in a row: {_why(trouble)}",
        "It is asked again, ever more rarely but at least once a day; its posts stay as they are.",
        f"{_REASONS[trouble.reason][1]} {one_line(url)}",
    )


def gone(url: str, since: datetime, polls: int) -> str:
    """A Source whose server says that it is gone for good."""
    return lines(
        f"Its server says that it is gone for good (HTTP 410), since {moment(since)}, {polls} polls in a row.",
        "It is still asked once a day; its posts stay as they are.",
        f"If it has moved, write its new url; if not, take it out of `sources`. {one_line(url)}",
    )


def blind(types: Sequence[str], trouble: Trouble, since: datetime, *, only_feed: bool) -> str:
    """A Source of which REST collections cannot be read while the rest works; `only_feed`: that is all of the rest."""
    seen = "the rest of it works"
    if only_feed and "posts" in types:
        seen = "its feed stands in: new posts are still seen, and edits of those that it shows; other edits are not"
    return lines(
        f"Its REST API ({one_line(', '.join(types))}) could not be read since {moment(since)}: {_why(trouble)}",
        f"It is asked again, mostly once an hour; {seen}. What could not be seen meanwhile is told once it can be read"
        " again, but of several edits only what they came to.",
        _REASONS[trouble.reason][1],
    )


def recovered(since: datetime | None, now: datetime, *, what: str = "It") -> str:
    """What had been told to fail works again."""
    lasted = f"; it could not since {moment(since)}" if since is not None else ""
    return lines(
        f"{what} can be read again since {moment(now)}{lasted}.",
        "What can still be seen of that time is told now. What was edited twice, or published and deleted again, is"
        " not: `crawler coverage` lists such gaps.",
    )


def network_down(since: datetime, sources: int) -> str:
    """Nothing at all could be read: most likely our own network."""
    return lines(
        f"Not one source could be read since {moment(since)}; {sources:,} were tried, on several hosts.",
        "All are asked again, ever more rarely but at least once a day; their posts stay as they are.",
        "Most likely this machine has no network, no name server or a proxy in its way.",
    )


def network_up(since: datetime, now: datetime, source: str) -> str:
    """Something could be read again."""
    return lines(
        f"Sources can be read again since {moment(now)} ({one_line(source)} was the first); none could since"
        f" {moment(since)}.",
        "Those that still cannot be read are told of one by one.",
    )


def _why(trouble: Trouble) -> str:
    error = one_line(trouble.error, _LONGEST_ERROR).rstrip(".")
    return f"{_REASONS[trouble.reason][0]} ({error})." if error else f"{_REASONS[trouble.reason][0]}."


def moment(at: datetime) -> str:
    """`2026-11-23 03:15 UTC`: the text is kept, and read in any zone."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def lines(*told: str) -> str:
    """The lines of a text as one."""
    return "\n".join(told)
