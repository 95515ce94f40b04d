"""What is told of posts that do not come to rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crawler.decide import Decision, Look
from crawler.decide.restless import changed, limited, rests
from crawler.decide.returns import CALM, is_flapping
from crawler.errors import ParseError
from crawler.model import Flips, Known, KnownPost, NoticePlan, Place, PostPlan, Restless
from crawler.poll.desk import Desk
from crawler.render import unrest as words
from crawler.tasks import FindPlaces, Propose

_Known = Mapping[int, Restless | None]


def flapping(
    desk: Desk, look: Look, known: Known, flips: Mapping[int, Flips]
) -> tuple[Mapping[int, Flips], tuple[NoticePlan, ...]]:
    """These Flips with those that are told of now marked, and the Notice, where none of their Source still holds."""
    untold = [post_id for post_id, each in flips.items() if is_flapping(each)]
    if not untold:
        return flips, ()
    marked = {**flips, **{post_id: replace(flips[post_id], told_at=look.now) for post_id in untold}}
    if desk.store.is_flapping(look.source.id, look.now - CALM):
        return marked, ()
    first = known.posts[untold[0]]
    title = first.latest.fields.title if first.latest is not None else None
    text = words.flapping(title, first.link, len(untold) - 1)
    return marked, (NoticePlan(kind="flapping", part="", text=text),)


async def restless(
    desk: Desk, look: Look, known: Known, decision: Decision, posts: Sequence[PostPlan]
) -> tuple[tuple[PostPlan, ...], _Known, tuple[NoticePlan, ...]]:
    """The Posts with Alerts at most once a day where their text does not rest, what is known of them, and Notices."""
    after: dict[int, Restless | None] = {
        post_id: None
        for post_id in decision.seen
        if (post_id not in decision.flips or decision.flips[post_id].held is None) and _rests(known.posts[post_id])
    }
    notices = []
    done = []
    for plan in posts:
        post = known.posts.get(plan.post_id) if plan.post_id is not None else None
        if post is None:
            done.append(plan)
            continue
        now_plan, state = await _one(desk, look, post, plan)
        done.append(now_plan)
        if state != post.restless:
            after[post.id] = state
        if state is not None and state.told_at is not None and state.told_at == look.now:
            notices.append(await _notice(desk, post, plan, state))
    return tuple(done), after, tuple(notices)


def _rests(post: KnownPost) -> bool:
    return rests(post.restless, post.seen.modified_at if post.seen is not None else None)


async def _one(desk: Desk, look: Look, post: KnownPost, plan: PostPlan) -> tuple[PostPlan, Restless | None]:
    modified_at, change = plan.sighting.modified_at, plan.change
    unmoved = post.seen is not None and modified_at is not None and post.seen.modified_at == modified_at
    if change is None or change.kind != "edited" or not unmoved or modified_at is None:
        keeps = change is None and not rests(post.restless, modified_at)
        return plan, post.restless if keeps else None
    state = changed(post.restless, await _places(desk, plan), modified_at, look.now)
    change, state = limited(change, state, look.now)
    return replace(plan, change=change), state


async def _places(desk: Desk, plan: PostPlan) -> tuple[Place, ...]:
    change = plan.change
    if change is None or change.old is None or plan.revision is None or "content" not in change.fields:
        return ()
    try:
        task = FindPlaces(old=change.old.fields.content or "", new=plan.revision.fields.content or "")
        return await desk.run(task)
    except ParseError:
        return ()


async def _notice(desk: Desk, post: KnownPost, plan: PostPlan, state: Restless) -> NoticePlan:
    rule = ""
    if plan.sighting.original:
        try:
            rule = await desk.run(Propose(original=plan.sighting.original, place=state.places[0]))
        except ParseError:
            rule = ""
    title = post.latest.fields.title if post.latest is not None else None
    return NoticePlan(kind="restless", part=f"post {post.id}", text=words.restless(title, post.link, rule))
