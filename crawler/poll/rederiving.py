"""Reads stored Revisions again, from their originals, as they would be read today.

A text is compared only with one that was derived alike: by the same normaliser and the same `ignore` rules. So a new
version of this program and a new rule are silent, and an edit that came with them still shows by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from crawler.decide import Look
from crawler.endpoints.asking import Run
from crawler.errors import ParseError
from crawler.model import Fields, IgnoreRule, Known, KnownPost, KnownRevision, Page
from crawler.parse.answers import Derived
from crawler.poll.desk import Desk
from crawler.tasks import Rederive

#: Originals that go to a child process in one go: as many as a page has posts.
AT_ONCE = 100


async def as_read_today(desk: Desk, look: Look, known: Known, page: Page, rules: tuple[IgnoreRule, ...]) -> Known:
    """`known`, with what the page's Sightings will be compared with derived as they were.

    A Revision stays as it is stored where its original is not kept, or cannot be read within the limits.
    """
    unread = {sighting.raw_hash for sighting in page.sightings if sighting.text_hash is None}
    stale = [
        revision
        for post in known.posts.values()
        if post.seen is None or post.seen.raw_hash not in unread
        for revision in (post.latest, post.own)
        if revision is not None and revision.derivation != look.derivation
    ]
    if not stale:
        return known
    ids = {number for each in stale for number in (each.id, each.text_of) if number is not None}
    answers = await derived(desk.run, desk.store.originals(sorted(ids)), rules)
    fields = {number: answer.fields for number, answer in answers.items()}
    return replace(known, posts={key: _renewed(post, look, fields) for key, post in known.posts.items()})


async def derived(run: Run, originals: Mapping[int, bytes], rules: tuple[IgnoreRule, ...]) -> dict[int, Derived]:
    """What stored originals are today, by their Revisions' ids; those that cannot be read within the limits are absent.

    One that is too much for a child process does not take the others with it.
    """
    found: dict[int, Derived] = {}
    for start in range(0, len(originals), AT_ONCE):
        some = dict(islice(originals.items(), start, start + AT_ONCE))
        try:
            found |= await _together(run, some, rules)
        except ParseError:
            for number, original in some.items():
                with suppress(ParseError):
                    found |= await _together(run, {number: original}, rules)
    return found


async def _together(run: Run, originals: Mapping[int, bytes], rules: tuple[IgnoreRule, ...]) -> dict[int, Derived]:
    answers = await run(Rederive(originals=tuple(originals.values()), rules=rules))
    return dict(zip(originals, answers, strict=True))


def _renewed(post: KnownPost, look: Look, fields: Mapping[int, Fields]) -> KnownPost:
    latest, own = (
        _again(revision, fields) if revision is not None and revision.derivation != look.derivation else revision
        for revision in (post.latest, post.own)
    )
    return replace(post, latest=latest, own=own)


def _again(revision: KnownRevision, fields: Mapping[int, Fields]) -> KnownRevision:
    """The Revision as its original reads today; the text told before it, where it tells none, likewise."""
    now = fields.get(revision.id, revision.fields)
    if now.content is None:
        told = revision.fields if revision.text_of is None else fields.get(revision.text_of, revision.fields)
        now = replace(now, content=told.content, excerpt=told.excerpt)
    return replace(revision, fields=now)
