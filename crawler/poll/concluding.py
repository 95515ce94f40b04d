"""The end of a sweep: what it did not show becomes a suspect, unless that is too much to be believed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from crawler.decide.removal import AGREE, concluded
from crawler.model import Source, SourceFacts, Suspicion, Walk
from crawler.poll.desk import Desk
from crawler.poll.judging import NOTHING
from crawler.poll.visit import Visit
from crawler.route import notified


async def conclude(visits: Sequence[Visit], walks: Sequence[Walk]) -> None:
    """Commit what a sweep did not show, and that it is complete. `walks`: those of the `visits`, at their ends."""
    desk, source = visits[0].desk, visits[0].source
    store, now = desk.store, desk.clock()
    begun = max(walk.started_at for walk in walks)
    known = {each.post_id: each for each in store.suspects(source.id)}
    # Of a collection that was not swept, as its first reading is stuck, nobody knows what it would show.
    swept = {visit.endpoint.id for visit in visits}
    conclusion = concluded(
        [each for each in store.missing(source.id, begun, now=now) if each.endpoint_id in swept],
        known,
        posts=store.public_posts(source.id),
        unread=sum(walk.unread for walk in walks),
        now=now,
        accept=desk.sweeping == "accept",
    )
    if conclusion.is_too_much and not any(each.held for each in known.values()):
        # Before the state: told twice it is one Notice, after a crash in between it would be none.
        told = _too_much(source, sum(each.held for each in conclusion.suspects))
        await store.notice("suspect", source.id, told, now, notified(desk.routes), since=begun)
    await _end_others(desk, source, swept)
    state = {("active", True): "suspect", ("suspect", False): "active"}.get((source.state, conclusion.is_too_much))
    visit = visits[-1]
    visit.asked_at = None
    facts = SourceFacts(last_sweep_at=begun, state=state)
    await visit.commit(NOTHING, state=None, facts=facts, suspicion=Suspicion(suspects=conclusion.suspects))


async def _end_others(desk: Desk, source: Source, swept: Collection[int]) -> None:
    """End the walks of collections that failed meanwhile and were left out: their next sweep is that of all."""
    others = [each for each in desk.store.endpoints(source.id) if each.kind == "rest" and each.id not in swept]
    walks = [walk for each in others if (walk := desk.store.walk(each.id, "sweep")) is not None and not walk.done]
    await desk.store.keep_walks([replace(walk, done=True) for walk in walks])


def _too_much(source: Source, held: int) -> str:
    return (
        f"{source.name} does not list {held:,} of its posts any more, too many at once to be taken for gone. Nothing "
        f"is reported as removed until {AGREE} sweeps agree. If they are gone, `crawler sweep {source.name} "
        "--accept-removals` says so."
    )
