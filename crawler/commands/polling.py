"""`poll`: one poll of the named Sources now, its Alerts delivered; by the command itself or by the daemon for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crawler.commands.delivering import deliver_now
from crawler.commands.turns import Turns
from crawler.errors import ErrandError, NotFound
from crawler.model import Source
from crawler.poll import Polled, poll_hosts
from crawler.poll.hosts import never
from crawler.watch import Watch

#: Says a line to whoever gave the command.
Tell = Callable[[str], None]


async def poll_now(
    watch: Watch,
    names: Sequence[str],
    due: bool,
    tell: Tell,
    *,
    hosts: Turns,
    sinks: Turns,
    stopping: Callable[[], bool] = never,
) -> int:
    """Poll these Sources (none named: all) and try each due Alert once. Returns the exit code.

    `due`: only those that are due. Raises NotFound for a name that is no Source's, before anything is done, and
    ErrandError when `stopping` kept some from being polled.
    """
    outcomes: list[Polled] = []
    failed_sinks = 0

    async def told(polled: Polled) -> None:
        nonlocal failed_sinks
        outcomes.append(polled)
        tell(outcome_line(polled))
        if polled.changes:
            failed_sinks = max(failed_sinks, await deliver_now(watch, sinks))

    pairs = watch.pairs(named(watch, names, due=due))
    if not pairs:
        tell(_nothing(watch, due=due))
    concurrency = watch.config.fetch.concurrency
    await poll_hosts(watch.desk, pairs, told, concurrency=concurrency, turn=hosts, stopping=stopping)
    if len(outcomes) < len(pairs):
        raise ErrandError(f"the daemon was stopped when {len(outcomes):,} of {len(pairs):,} sources had been polled")
    # A sink that has failed before is not asked again so soon: what it cost then counts.
    failed_sinks = max(failed_sinks, await deliver_now(watch, sinks))
    # Whoever asks for a sweep wants to know that it failed; behind a poll it goes on by itself.
    swept = watch.desk.sweeping != "due"
    fine = [polled.ok and not (swept and polled.sweep_error) for polled in outcomes]
    return exit_code(fine, failed_sinks)


def named(watch: Watch, names: Sequence[str], *, due: bool = False) -> list[Source]:
    """The Sources meant: paused ones only when they are named. Raises NotFound for a name that is no Source's."""
    sources = watch.store.due(watch.desk.clock()) if due else watch.store.sources()
    if not names:
        return [source for source in sources if source.state != "paused"]
    known = {source.name for source in watch.store.sources() if source.state != "removed"}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise NotFound(f"no source is called {', '.join(unknown)}; `crawler status` lists them")
    return [source for source in sources if source.name in names]


def outcome_line(polled: Polled) -> str:
    """What came of one Source, for people."""
    if polled.duplicate_of is not None:
        return f"{polled.source}: the same site as {polled.duplicate_of}, which watches it"
    if not polled.ok:
        return f"{polled.source}: failed, {polled.reason}: {polled.error}"
    parts = [counted(polled.baseline, "post") + " read"] if polled.baseline else []
    parts += [counted(polled.swept, "post") + " swept"] if polled.swept else []
    parts += [counted(polled.changes, "change"), counted(polled.requests, "request")]
    if polled.error is not None:
        parts.append(f"but {polled.reason}: {polled.error}")
    if polled.sweep_error is not None:
        parts.append(f"but its sweep could not go on: {polled.sweep_error}")
    return f"{polled.source}: {', '.join(parts)}"


def exit_code(outcomes: Sequence[bool], failed_sinks: int = 0) -> int:
    """0 fine; 3 something failed and something else did not; 1 all failed."""
    if all(outcomes) and not failed_sinks:
        return 0
    return 3 if any(outcomes) else 1


def counted(number: int, noun: str) -> str:
    """`1 post`, `1,200 posts`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _nothing(watch: Watch, *, due: bool) -> str:
    """Why there is nothing to poll."""
    paused = sum(source.state == "paused" for source in watch.store.sources())
    if due:
        return "nothing to poll: no source is due"
    if paused:
        return f"nothing to poll: {counted(paused, 'source')} {'is' if paused == 1 else 'are'} paused"
    return "nothing to poll: the config has no sources"
