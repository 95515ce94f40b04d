"""When a Post counts as gone: never because it is missing, always by what the site says of it, twice.

missing from a complete sweep ──> suspect ──> look ──> shown ........ cleared (read as in any poll)
                                                  └──> nothing ...... asked again, ever later
                                                  └──> gone ─ confirm ─> again gone, the same way: removed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.model import Gone, Suspect

#: More than this part of a Source's Posts gone at once, and at least so many: it is the site that has changed.
MANY = 0.2
AT_LEAST = 5
#: So many complete sweeps that miss the same Posts say that they are gone all the same.
AGREE = 3
#: An unpublished Post is asked for again after these many days, and from then on as often as the last of them says.
DAYS = (1, 2, 4, 8, 16, 30)
#: After a look that showed nothing; doubled with each of them in a row.
TROUBLE = timedelta(minutes=15)
_LONGEST = timedelta(hours=24)
#: A listing that shows fewer posts than its own total says is no evidence; so many may go while it is read.
_SLACK = 5
_SLACK_PART = 0.01
#: What is known of a fresh suspect.
NOT_SHOWN = "the site does not list it any more"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a look at a suspect came to: it as it is from now on, and how the Post is proven to be gone, if it is."""

    suspect: Suspect
    #: this look proves it
    gone: Gone | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Conclusion:
    """What a complete sweep means for the Posts that it did not show."""

    suspects: tuple[Suspect, ...] = ()
    #: too many at once: the Source is `suspect`
    is_too_much: bool = False


def found_gone(suspect: Suspect, kind: Gone, evidence: str, *, now: datetime, confirm: timedelta) -> Verdict:
    """A look showed that the Post is gone. It counts once two looks, `confirm` apart, have shown the same kind."""
    again = suspect.kind == kind and suspect.first_at <= now
    since = suspect.first_at if again else now
    checks = suspect.checks + 1 if again else 1
    looked = replace(suspect, kind=kind, evidence=evidence, checks=checks, trouble=0, first_at=since)
    if suspect.state == kind:
        return Verdict(suspect=replace(looked, next_check_at=_asked_again(since, now)))
    if not again or now < since + confirm:
        return Verdict(suspect=replace(looked, next_check_at=since + confirm))
    settled = replace(looked, state=kind, checks=0, sweeps=0, first_at=now, next_check_at=_asked_again(now, now))
    return Verdict(suspect=settled, gone=kind)


def found_nothing(suspect: Suspect, evidence: str, *, now: datetime, wait: float | None = None) -> Suspect:
    """A look that was no evidence: nothing is known that was not before, and it is asked again, ever later."""
    step = min(TROUBLE * 2 ** min(suspect.trouble, 10), _LONGEST)
    asked = timedelta(seconds=min(wait or 0.0, _LONGEST.total_seconds()))
    return replace(suspect, evidence=evidence, trouble=suspect.trouble + 1, next_check_at=now + max(step, asked))


def is_too_much(missing: int, posts: int) -> bool:
    """Whether so many of a Source's Posts cannot be taken for gone."""
    return missing >= AT_LEAST and missing > posts * MANY


def is_whole(shown: int, total: int | None) -> bool:
    """Whether a walk that ended showed as many posts as the site said it has."""
    return total is None or shown >= total - _SLACK - total * _SLACK_PART


def _asked_again(since: datetime, now: datetime) -> datetime:
    """When a Post that has been unpublished since then is asked for again."""
    ahead = [since + timedelta(days=days) for days in DAYS]
    return next((moment for moment in ahead if moment > now), now + timedelta(days=DAYS[-1]))


def concluded(
    missing: Sequence[Suspect],
    known: Mapping[int, Suspect],
    *,
    posts: int,
    unread: int,
    now: datetime,
    accept: bool = False,
    light: bool = False,
) -> Conclusion:
    """Suspect the Posts that a complete sweep did not show. `known`: those suspected already, by id.

    `posts`: public ones in all. `unread`: how many the sweep showed that could not be read. `accept`: the operator
    says that they are gone. A `light` sweep is none that can agree with others.
    """
    too_much = is_too_much(len(missing) - unread, posts) and not accept
    suspects = []
    for each in missing:
        before = known.get(each.post_id, each)
        sweeps = before.sweeps + (not light)
        held = too_much and sweeps < AGREE
        freed = before.held and not held
        due = now if before.checks == 0 or freed else before.next_check_at
        words = before.evidence or NOT_SHOWN
        suspects.append(replace(before, sweeps=sweeps, held=held, next_check_at=due, evidence=words))
    # Unpublished ones are asked for at each sweep, too; where they stand in their series of days stays.
    asked_too = [replace(each, next_check_at=now) for each in known.values() if each.state == "unpublished"]
    return Conclusion(
        suspects=(*suspects, *([] if light else asked_too)), is_too_much=any(each.held for each in suspects)
    )
