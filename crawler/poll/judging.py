"""From a page to what is to be written of its posts: decided, compared in a child process, completed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.decide import Decision, Look, complete, decide, keys_to_ask
from crawler.errors import ParseError
from crawler.model import (
    ChangePlan,
    Comparison,
    FieldDiff,
    Fields,
    Flips,
    IgnoreRule,
    Known,
    KnownPost,
    NoticePlan,
    Page,
    PostPlan,
    Restless,
)
from crawler.poll import unrest
from crawler.poll.desk import Desk
from crawler.poll.rederiving import as_read_today
from crawler.route import patterns
from crawler.tasks import Compare, CompareMany


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What a page means, ready to be written."""

    posts: tuple[PostPlan, ...] = ()
    #: Posts shown with nothing new
    seen: tuple[int, ...] = ()
    #: posts that the page showed, unreadable ones too
    shown: int = 0
    #: a line for each of them that nothing could be made of
    unclear: tuple[str, ...] = ()
    #: Posts whose WordPress id another post was shown under
    replaced: tuple[KnownPost, ...] = ()
    #: of Posts that flip between two states, as they are from now on
    flips: Mapping[int, Flips] = field(default_factory=dict)
    #: None: they rest
    restless: Mapping[int, Restless | None] = field(default_factory=dict)
    notices: tuple[NoticePlan, ...] = ()

    @property
    def new(self) -> int:
        return sum(post.post_id is None for post in self.posts)

    @property
    def changes(self) -> int:
        return sum(post.change is not None for post in self.posts)


NOTHING = Judged()


async def judged(desk: Desk, look: Look, page: Page, rules: tuple[IgnoreRule, ...] = ()) -> Judged:
    """Decide what a page means, as the Look's endpoint shows it, and have its Changes compared.

    `rules`: what the page was read with.
    """
    known = desk.store.known(look.source.id, look.endpoint.id, keys_to_ask(page, look.moved))
    known = await as_read_today(desk, look, known, page, rules)
    decision = decide(look, known, page)
    completed = await _completed(desk, look, known, decision)
    flips, notices = unrest.flapping(desk, look, known, decision.flips)
    posts, restless, told = await unrest.restless(desk, look, known, decision, completed)
    return Judged(
        posts=posts,
        seen=decision.seen,
        shown=len(page.sightings) + len(page.unreadable),
        unclear=(*page.unreadable, *decision.unclear),
        replaced=decision.replaced,
        flips=flips,
        restless=restless,
        notices=(*notices, *told),
    )


async def _completed(desk: Desk, look: Look, known: Known, decision: Decision) -> tuple[PostPlan, ...]:
    asked = patterns(desk.routes)
    pairs = tuple(_pair(post, post.change, asked) for post in decision.posts if post.change is not None)
    if not pairs:
        return decision.posts
    comparisons = await _compared(desk, pairs)
    return complete(look, known, decision.posts, comparisons, desk.routes)


async def _compared(desk: Desk, pairs: tuple[Compare, ...]) -> tuple[Comparison, ...]:
    """Compare in a child. A pair that is too much for it is still a Change, only without details."""
    try:
        return await desk.run(CompareMany(pairs=pairs))
    except ParseError:
        return tuple([await _compared_alone(desk, pair) for pair in pairs])


#: Of texts that a child was stopped over; no Change is without something to read.
_TOO_LARGE = "too large to compare in detail"


async def _compared_alone(desk: Desk, pair: Compare) -> Comparison:
    try:
        return await desk.run(pair)
    except ParseError:
        # Counted as if all of it had been replaced, so that no sink's condition loses it.
        return Comparison(
            fields=tuple(FieldDiff(name=name) for name in pair.fields),
            words_added=len((pair.new.content or "").split()),
            words_removed=len((pair.old.content or "").split()),
            summary=_TOO_LARGE,
            diff="\n\n".join(f"({_TOO_LARGE})" for _ in pair.fields),
            matched=pair.patterns,
        )


def _pair(post: PostPlan, change: ChangePlan, asked: tuple[str, ...]) -> Compare:
    """The two states of a Change; nothing lies on one side of a publication or a removal."""
    old = change.old.fields if change.old is not None else Fields()
    new = post.revision.fields if post.revision is not None else post.sighting.fields or Fields()
    return Compare(old=old, new=new, fields=change.fields, patterns=asked)
