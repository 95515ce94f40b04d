"""Looking at suspects: each is asked for by itself, and what the site says is all that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from crawler.decide import complete_removal
from crawler.decide.removal import found_gone, found_nothing
from crawler.endpoints import evidence
from crawler.endpoints.evidence import Evidence
from crawler.errors import FetchError, PollError
from crawler.model import Gone, Key, Page, Suspect, Suspicion
from crawler.poll.judging import NOTHING, Judged
from crawler.poll.visit import Visit

#: In one poll; the others wait for the next one.
MOST = 20
#: So many looks in a row that show nothing: the site is in trouble.
IN_A_ROW = 3
#: What is said of a Post whose WordPress id is another post's now.
ANOTHER = "its id is another post's now"
#: Other posts that are asked for before a post is believed to be gone.
_WITNESSES = 3
#: After that the rest of them waits for this long.
_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What looking at suspects came to."""

    changes: int = 0
    error: PollError | None = None


async def look(visits: Sequence[Visit], *, most: int | None) -> Looked:
    """Look at a Source's suspects whose turn it is; `visits` are to its collections."""
    return await _Looks(visits).run(most)


class _Looks:
    def __init__(self, visits: Sequence[Visit]) -> None:
        first = visits[0]
        self._desk, self._source, self._config, self._fetch = first.desk, first.source, first.config, first.fetch
        self._visits = {visit.endpoint.id: visit for visit in visits}
        # Also those that cannot be swept yet: a post is gone only where all of them say so.
        self._collections = [each for each in self._desk.store.endpoints(self._source.id) if each.kind == "rest"]
        #: collections that were seen to show other posts
        self._works: set[int] = set()
        #: where the posts are that have all left a host, by that host: to ask of each post anew would take long
        self._left_for: dict[str, tuple[str, str] | None] = {}
        self._changes = self._in_a_row = 0

    async def run(self, most: int | None) -> Looked:
        now = self._desk.clock()
        due = [
            each
            for each in self._desk.store.suspects(self._source.id)
            if not each.held and each.next_check_at <= now and each.endpoint_id in self._visits
        ]
        for suspect in due[:most]:
            trouble = await self._one(self._at_home(suspect))
            self._in_a_row = self._in_a_row + 1 if trouble is not None else 0
            is_limit = isinstance(trouble, FetchError) and trouble.reason == "rate_limited"
            if self._in_a_row >= IN_A_ROW or is_limit:
                await self._desk.store.put_off(self._source.id, self._desk.clock() + _PAUSE)
                return Looked(changes=self._changes, error=trouble)
        return Looked(changes=self._changes)

    def _at_home(self, suspect: Suspect) -> Suspect:
        """A suspect that was last shown before its site moved, with the link that it would have now.

        Its old host may be nobody's, anybody's or another name of the same site, and says nothing of the post. But one
        that no other post has left is its own: a shop, or a page elsewhere that the post only leads to.
        """
        store, source_id = self._desk.store, self._source.id
        parts = urlsplit(suspect.link or "")
        if parts.netloc and parts.netloc not in self._left_for:
            self._left_for[parts.netloc] = store.left_for(source_id, parts.netloc)
        place = self._left_for.get(parts.netloc)
        if place is None:
            return suspect
        link = parts._replace(scheme=place[0], netloc=place[1]).geturl()
        return replace(suspect, link=link, is_replaced=store.is_taken(source_id, link, suspect.post_id))

    async def _one(self, suspect: Suspect) -> PollError | None:
        """Look at one and commit what came of it; returns why it showed nothing."""
        visit = self._visits[suspect.endpoint_id]
        visit.asking()
        found = await evidence.look(self._fetch, self._desk.run, suspect, self._collections, rules=self._config.ignore)
        if found.kind == "public":
            return await self._shown(suspect, found)
        if found.kind is None:
            return await self._nothing(visit, suspect, found.words, found.trouble)
        trouble = await self._doubt(visit)
        if trouble is not None:
            return await self._nothing(visit, suspect, str(trouble), trouble)
        await self._gone(visit, suspect, found.kind, found.words)
        return None

    async def _doubt(self, visit: Visit) -> PollError | None:
        """Why the collection's word is not to be trusted: it shows no other post either."""
        if visit.endpoint.id in self._works:
            return None
        witnesses = self._desk.store.witnesses(visit.endpoint.id, _WITNESSES)
        if not witnesses:
            # It was the collection's last post: the same API shows the posts of the others.
            for other in self._visits.values():
                if self._desk.store.witnesses(other.endpoint.id, 1):
                    return await self._doubt(other)
        trouble = await evidence.works(self._fetch, self._desk.run, visit.endpoint, witnesses)
        if trouble is None:
            self._works.add(visit.endpoint.id)
        return trouble

    async def _shown(self, suspect: Suspect, found: Evidence) -> PollError | None:
        """It is there: read as in any poll, which clears it, and restores it where it had been gone."""
        if found.page is None or found.endpoint is None:
            raise AssertionError("a post that is shown comes with what it says")
        visit = self._visits.get(found.endpoint.id)
        if visit is None:
            asked = self._visits[suspect.endpoint_id]
            visit = replace(asked, endpoint=found.endpoint, continues=False)
        skew = found.date - self._desk.clock() if found.date is not None else timedelta()
        judged = await visit.judge(visit.look(skew=skew), found.page)
        if judged.replaced:
            return await self._replaced(visit, suspect, found.page, skew)
        if judged.unclear:
            trouble = PollError("not_data", "; ".join(judged.unclear))
            return await self._nothing(visit, suspect, str(trouble), trouble)
        await visit.commit(judged, state=None)
        self._changes += judged.changes
        return None

    async def _nothing(self, visit: Visit, suspect: Suspect, words: str, trouble: PollError | None) -> PollError | None:
        wait = trouble.retry_after if isinstance(trouble, FetchError) else None
        later = found_nothing(suspect, words[:500], now=self._desk.clock(), wait=wait)
        await visit.commit(NOTHING, state=None, suspicion=Suspicion(suspects=(later,)))
        return trouble

    async def _replaced(self, visit: Visit, suspect: Suspect, page: Page, skew: timedelta) -> PollError | None:
        """Its id shows another post: where that proves it gone, the other one takes the id in the same commit."""
        judged = await visit.judge(visit.look(skew=skew, gives_up=frozenset({suspect.post_id})), page)
        if judged.unclear or judged.replaced:
            trouble = PollError("not_data", "; ".join(judged.unclear) or "its id shows several posts")
            return await self._nothing(visit, suspect, str(trouble), trouble)
        await self._gone(visit, suspect, "deleted", ANOTHER, by=judged)
        return None

    async def _gone(self, visit: Visit, suspect: Suspect, kind: Gone, words: str, *, by: Judged = NOTHING) -> None:
        """A look that showed it gone; `by`: what is written with it once that is proven."""
        now = self._desk.clock()
        verdict = found_gone(suspect, kind, words, now=now, confirm=self._config.confirm)
        if verdict.gone is None:
            await visit.commit(NOTHING, state=None, suspicion=Suspicion(suspects=(verdict.suspect,)))
            return
        known = self._desk.store.known(self._source.id, visit.endpoint.id, [Key("wp-id", str(suspect.wp_id))])
        post = known.posts.get(suspect.post_id)
        if post is None:
            # Its id is another Post's by now: nobody can tell any more what became of it.
            await visit.commit(NOTHING, state=None, suspicion=Suspicion(cleared=(suspect.post_id,)))
            return
        removal = complete_removal(visit.look(), post, verdict.gone, self._desk.routes, evidence=words)
        suspicion = Suspicion(removals=(removal,), suspects=(verdict.suspect,))
        if verdict.gone == "deleted":
            suspicion = replace(suspicion, suspects=(), cleared=(suspect.post_id,))
        await visit.commit(by, state=None, suspicion=suspicion)
        self._changes += 1 + by.changes
