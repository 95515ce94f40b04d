"""`sweep`: one full sweep of the named Sources now, delivering like `poll`; by the command itself or by the daemon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from crawler.commands.polling import Tell, counted, named, poll_now
from crawler.commands.turns import Turns
from crawler.model import Suspect
from crawler.poll.hosts import never
from crawler.watch import Watch

#: Of one Source's suspects; the rest is counted.
_SHOWN = 10


async def sweep_now(
    watch: Watch,
    names: Sequence[str],
    *,
    accept_removals: bool,
    tell: Tell,
    hosts: Turns,
    sinks: Turns,
    stopping: Callable[[], bool] = never,
) -> int:
    """Poll these Sources (none named: all) and read all of their posts again. Returns the exit code.

    `accept_removals`: posts that are not listed any more are looked at however many they are. Raises as `poll_now`.
    """
    desk = replace(watch.desk, sweeping="accept" if accept_removals else "now")
    sweeping = replace(watch, desk=desk)
    code = await poll_now(sweeping, names, False, tell, hosts=hosts, sinks=sinks, stopping=stopping)
    for source in named(watch, names):
        for line in _suspected(
            watch, source.name, [*watch.store.suspects(source.id), *watch.store.feed_suspects(source.id)]
        ):
            tell(line)
    return code


def _suspected(watch: Watch, name: str, suspects: Sequence[Suspect]) -> list[str]:
    """What may be gone of a Source, and when that will be known; unpublished posts are known to be."""
    open_ones = [each for each in suspects if each.state in ("public", "protected")]
    held = [each for each in open_ones if each.held]
    looked_at = [each for each in open_ones if not each.held]
    lines = [_line(watch, name, each) for each in looked_at[:_SHOWN]]
    if len(looked_at) > _SHOWN:
        lines.append(f"{name}: {counted(len(looked_at) - _SHOWN, 'more suspect')}")
    if held:
        lines.append(
            f"{name}: {counted(len(held), 'post')} not listed any more, too many at once: nothing is reported until "
            "three sweeps agree; if they are gone, --accept-removals says so"
        )
    return lines


def _line(watch: Watch, name: str, suspect: Suspect) -> str:
    what = f"“{suspect.title}”" if suspect.title else suspect.link or f"post {suspect.wp_id}"
    kind = f"{suspect.kind}?" if suspect.kind else "gone?"
    at = suspect.next_check_at.astimezone(watch.config.timezone)
    return f"{name}: {kind} {what}: {suspect.evidence}; looked at again {at:%Y-%m-%d %H:%M %Z}"
