"""The posts of a site and what editors do to them. Knows nothing of how they are shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

TRASHED = "__trashed"
#: these share one row of ids
TERMS = ("category", "post_tag")
#: the fields of a Post that hold names, and the kind of each
NAMED = {"author": "author", "categories": "category", "tags": "post_tag", "image": "image"}
#: as all times of a Post: without a zone
EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
FIRST_IDS = {("author", "admin"): 1, ("category", "Uncategorized"): 1}


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        """Move on: `clock.advance(minutes=5)`. Returns the new time."""
        self.now += timedelta(**by)
        return self.now


@dataclass(kw_only=True, slots=True)
class Post:
    """A post as a site's database holds it. Local times have no zone: they are kept as they were printed."""

    id: int
    title: str
    #: HTML
    content: str
    #: written by hand; "" lets the site make one of the content
    excerpt: str = ""
    slug: str
    status: str = "publish"
    type: str = "post"
    password: str = ""
    author: str = "admin"
    categories: tuple[str, ...] = ("Uncategorized",)
    tags: tuple[str, ...] = ()
    #: URL of the featured image
    image: str = ""
    sticky: bool = False
    #: "" is /?p=ID, as the editor gives
    guid: str = ""
    date: datetime = EPOCH
    date_gmt: datetime = EPOCH
    modified: datetime = EPOCH
    modified_gmt: datetime = EPOCH


@dataclass(kw_only=True)
class Archive:
    """All posts of a site, changed as an editor would: each action but `silent_edit` moves the modified date."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    #: IANA name; "" is UTC by offset, as on a fresh site
    zone: str = ""
    posts: dict[int, Post] = field(default_factory=dict)
    #: ids of authors, categories, tags and images by kind and name
    ids: dict[tuple[str, str], int] = field(default_factory=lambda: dict(FIRST_IDS))
    #: never given twice, also when its post was deleted
    last_id: int = 0

    def publish(self, title: str, content: str = "<p>Text.</p>", **fields: Any) -> Post:
        """Make a post; keywords are those of Post. `date` and `modified` are aware; a future date schedules it."""
        number = fields.pop("id", self.last_id + 1)
        self.last_id = max(self.last_id, number)
        post = Post(id=number, title=title, content=content, slug="")
        now = self.clock()
        self._set(post, {"date": now, "modified": now, **fields})
        if post.date_gmt > _naive(now) and post.status == "publish":
            post.status = "future"
        post.slug = self._free_slug(post, post.slug or slug_of(title) or str(number))
        self.posts[number] = post
        return post

    def edit(self, number: int, **fields: Any) -> Post:
        """Save the post with these fields; with none it is the Update button, which moves the date all the same."""
        return self._set(self.posts[number], {"modified": self.clock(), **fields})

    def silent_edit(self, number: int, **fields: Any) -> Post:
        """Change the post as SQL and many plugins do: the modified date stays."""
        return self._set(self.posts[number], fields)

    def protect(self, number: int, password: str = "secret") -> Post:  # noqa: S107 - of a site that is made up
        """Put the post behind a password; "" opens it again."""
        return self.edit(number, password=password)

    def trash(self, number: int) -> Post:
        """Move to the trash, which renames the slug."""
        post = self.edit(number, status="trash")
        post.slug += TRASHED
        return post

    def untrash(self, number: int) -> Post:
        """Take out of the trash; its slug may be taken by now."""
        post = self.edit(number, status="publish")
        post.slug = self._free_slug(post, post.slug.removesuffix(TRASHED))
        return post

    def delete(self, number: int) -> None:
        """Delete for good."""
        del self.posts[number]

    def public(self, kind: str | None = None) -> list[Post]:
        """Return what anybody may see, oldest id first. What is due goes live here, its modified date unmoved."""
        now = _naive(self.clock())
        for post in list(self.posts.values()):
            if post.status == "future" and post.date_gmt <= now:
                post.status = "publish"
        shown = [post for post in list(self.posts.values()) if post.status == "publish" and kind in (None, post.type)]
        return sorted(shown, key=lambda post: post.id)

    def local(self, moment: datetime) -> datetime:
        """Return an aware time as the site's clock on the wall shows it, without a zone, to the second."""
        zone = ZoneInfo(self.zone) if self.zone else UTC
        return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)

    def id_of(self, kind: str, name: str) -> int:
        """Return the id of an author, category, tag or image; a new name gets the next one."""
        if (kind, name) not in self.ids:
            family = TERMS if kind in TERMS else (kind,)
            self.ids[kind, name] = 1 + sum(other in family for other, _ in self.ids)
        return self.ids[kind, name]

    def _set(self, post: Post, fields: dict[str, Any]) -> Post:
        for name, value in fields.items():
            if name in ("date", "modified"):
                setattr(post, name, self.local(value))
                setattr(post, f"{name}_gmt", _naive(value))
            elif name in NAMED:
                setattr(post, name, self._named(NAMED[name], value))
            else:
                setattr(post, name, value)
        return post

    def _named(self, kind: str, value: Any) -> Any:
        """Give new names their ids, in the order in which they came; terms are kept by name, as they are shown."""
        names = [value] if isinstance(value, str) else value
        for name in filter(None, names):
            self.id_of(kind, name)
        return value if isinstance(value, str) else tuple(sorted(names, key=str.lower))

    def _free_slug(self, post: Post, wanted: str) -> str:
        taken = {other.slug for other in self.posts.values() if other.id != post.id}
        slug, number = wanted, 1
        while slug in taken:
            number += 1
            slug = f"{wanted}-{number}"
        return slug


def slug_of(title: str) -> str:
    """Return a title as WordPress puts it into a link."""
    plain = re.sub(r"<[^>]*>|&\w+;|[!-,/:-@[-^`{-~]", "", title.lower())
    return quote(re.sub(r"[\s.-]+", "-", plain).strip("-")).lower()


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
