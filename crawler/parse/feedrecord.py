"""One post of a feed as the record that is kept, and the Sighting and Fields derived from such a record."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from crawler.model import Fields, IgnoreRule, Ref, Sighting
from crawler.parse import values
from crawler.parse.mend import UNREADABLE
from crawler.parse.original import seal
from crawler.parse.rawpost import RawFeed, RawPost
from crawler.text import canonical_title, fields_hash, texts

Record = Mapping[str, Any]

_ELLIPSIS = re.compile(r"(?:…|\.\.\.|&#8230;|&#x2026;|&hellip;)\s*\]?\s*(?:</\w+>\s*)*\Z", re.IGNORECASE)
_PASSWORD_FORM = re.compile(r"""<form[^<>]*\sclass=["'][^"'<>]*\bpost-password-form\b""")
#: What WordPress says in place of a protected post's excerpt, where a feed carries only excerpts.
_NO_EXCERPT = "There is no excerpt because this is a protected post."


def is_full_text(posts: Sequence[RawPost]) -> bool:
    """Whether descriptions are the posts' text: not when one of them is cut off and none has content beside it."""
    if any(post.content is not None for post in posts):
        return True
    return not any(_is_cut_off(post.summary) for post in posts)


def _is_cut_off(summary: str | None) -> bool:
    # Only the end is looked at: the pattern need not run over a megabyte of dots.
    return summary is not None and _ELLIPSIS.search(summary.rstrip()[-200:]) is not None


def record(post: RawPost, feed: RawFeed, *, full_text: bool, tells_categories: bool) -> dict[str, Any]:
    """What is kept of a post, checked. Raises ParseError when it cannot be read."""
    if post.damage:
        raise values.damaged(post.damage)
    content, summary = post.content, post.summary
    if content is None and full_text and not _is_cut_off(summary):
        content, summary = summary, None
    kept: dict[str, Any] = {
        "format": feed.info.format,
        "guid": post.guid,
        "link": post.link,
        "title": post.title,
        "author": post.author,
        "published": post.published,
        "published_at": post.published_at and post.published_at.isoformat(),
        "modified": post.modified,
        "modified_at": post.modified_at and post.modified_at.isoformat(),
        "categories": sorted(post.categories) if tells_categories else None,
        "content": content,
        "summary": summary,
        "wp_id": post.wp_id,
    }
    for name, value in kept.items():
        for text in value if isinstance(value, list) else (value,):
            _check(text, name, is_damaged=feed.is_damaged)
    return kept


def _check(value: object, name: str, *, is_damaged: bool) -> None:
    if not isinstance(value, str):
        return
    values.text(value, name, values.ADDRESS_LIMIT if name in ("guid", "link") else values.FIELD_LIMIT)
    if is_damaged and UNREADABLE in value:
        raise values.damaged(f"{name} holds bytes or references that are no characters")


def sighting(kept: Record, rules: Sequence[IgnoreRule], known: Collection[str]) -> Sighting:
    """The Sighting of a record. Nothing is derived when its raw hash is among the known ones."""
    original = seal(kept)
    fresh = original.raw_hash not in known
    derived = fields(kept, rules) if fresh else None
    return Sighting(
        wp_id=kept["wp_id"],
        guid=kept["guid"],
        link=kept["link"],
        protected=is_protected(kept),
        published_at=values.time(kept["published_at"]),
        modified_at=values.time(kept["modified_at"]),
        raw_hash=original.raw_hash,
        fields=derived,
        text_hash=fields_hash(derived, rules) if derived else None,
        original=original.compressed() if fresh else None,
    )


def is_protected(kept: Record) -> bool:
    """Whether a password hides the text. The form tells: "Protected:" before the title is translated."""
    if kept["content"] is not None:
        return _PASSWORD_FORM.search(kept["content"]) is not None
    return (kept["summary"] or "").strip() == _NO_EXCERPT


def fields(kept: Record, rules: Sequence[IgnoreRule]) -> Fields:
    """What is compared of a record. A feed does not tell tags from categories, nor a featured image."""
    protected = is_protected(kept)
    content, excerpt = (None, None) if protected else texts(kept["content"], kept["summary"], rules)
    categories = kept["categories"]
    return Fields(
        title=None if protected or kept["title"] is None else canonical_title(kept["title"]),
        content=content,
        excerpt=excerpt,
        link=kept["link"],
        author=Ref(name=canonical_title(kept["author"])) if kept["author"] else None,
        published_at=values.time(kept["published_at"]),
        categories=None if categories is None else _terms(categories),
    )


def _terms(names: Sequence[str]) -> tuple[Ref, ...]:
    return tuple(Ref(name=name) for name in sorted({canonical_title(each) for each in names}))
