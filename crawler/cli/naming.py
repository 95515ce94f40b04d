"""POST on the command line: which Post is meant, and which of its Revisions.

An exact name wins; then a trailing `@3` is a Revision's number and `@2024-03-01` the Revision known at that time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from crawler.cli import times
from crawler.errors import NotFound
from crawler.store import finding, revisions
from crawler.store.reading import Reader
from crawler.store.revisions import StoredRevision


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """What a POST on the command line means."""

    post_id: int
    #: the Change by which it was named
    change_id: str | None = None
    #: the Revision that was asked for
    number: int | None = None
    #: what is to be said of the moment that was asked for
    remark: str | None = None


def meant(reader: Reader, text: str, zone: tzinfo) -> Meant:
    """Find what is meant. Raises NotFound when nothing is, or several things could be."""
    exact = finding.named(reader, text)
    if exact is not None:
        return Meant(post_id=exact.post_id, change_id=exact.change_id)
    name, at, suffix = text.rpartition("@")
    found = finding.named(reader, name) if at and name else None
    if found is None:
        raise NotFound(
            f"no post is known as {text!r}; `crawler posts` lists them."
            " A post is named by its id, link, guid, SOURCE:WP_ID, or a change's id"
        )
    if finding.is_number(suffix):
        return Meant(post_id=found.post_id, number=int(suffix))
    return _at(reader, found.post_id, suffix, zone)


def chosen(reader: Reader, post: Meant) -> StoredRevision:
    """The Revision that is meant: the one asked for, else what a Change led to, else the latest."""
    number = post.number
    if number is None and post.change_id is not None:
        old, new = revisions.numbers_of_change(reader, post.change_id)
        number = new if new is not None else old
    if number is None:
        number = (revisions.numbers(reader, post.post_id) or [1])[-1]
    return revisions.revision(reader, post.post_id, number)


def _at(reader: Reader, post_id: int, text: str, zone: tzinfo) -> Meant:
    """The Revision known at a moment, and between which looks that moment lies."""
    try:
        moment = times.moment(text, zone=zone)
    except ValueError as error:
        raise NotFound(f"after the @ there must be a revision's number or a time: {error}") from None
    number = revisions.number_at(reader, post_id, moment)
    if number is None:
        first = revisions.known_post(reader, post_id).first_seen_at
        raise NotFound(
            f"post {post_id}: not watched then; it was first seen {times.local(first, zone, with_zone=True)}"
        )
    return Meant(post_id=post_id, number=number, remark=_remark(reader, post_id, number, moment, zone))


def _remark(reader: Reader, post_id: int, number: int, moment: datetime, zone: tzinfo) -> str:
    revision = revisions.revision(reader, post_id, number)
    looks = [revision.observed_at, revision.last_seen_at]
    before = max(look for look in looks if look <= moment)
    said = f"revision {number}, last seen before that {times.local(before, zone, with_zone=True)}"
    after = [look for look in looks if look > moment]
    if after:
        return f"{said}, next seen after it {times.local(min(after), zone, with_zone=True)}"
    if revision.superseded_at is None:
        return f"{said}, not seen since"
    state = revisions.known_post(reader, post_id).state
    what = "another revision" if number < revisions.numbers(reader, post_id)[-1] else state
    return f"{said}, then found to be {what} {times.local(revision.superseded_at, zone, with_zone=True)}"
