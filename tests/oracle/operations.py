"""What happens to a site: each operation by name, how often it is drawn, and whom it can happen to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tests.oracle.editor import AUTHORS, CATEGORIES, Editor, Post

ZONES = ("UTC", "Asia/Seoul", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
#: Far ahead of every clock.
LATER = "2099-01-01 00:00:00"


@dataclass(frozen=True)
class Operation:
    """One thing that can happen. It happens to one of the posts that `may` picks, or to the site (None)."""

    name: str
    weight: int
    do: Callable[..., object]
    may: Callable[[Post], bool] | None = None
    #: whether an ordinary poll may see it or not, so that only a sweep makes things plain
    is_quiet: bool = False
    removes: bool = False


def public(post: Post) -> bool:
    return post.is_public


def plain(post: Post) -> bool:
    """Public, and its text is to be seen."""
    return post.is_public and not post.password


def own(post: Post) -> bool:
    """Public, and all of it is known."""
    return post.is_public and not post.is_bulk


def shown_by_feed(post: Post) -> bool:
    """Public, all of it is known, and its text is to be seen."""
    return own(post) and plain(post)


def hidden(post: Post) -> bool:
    return post.status in ("draft", "pending", "private")


def create(site: Editor) -> None:
    site.create()


def create_with_more(site: Editor) -> None:
    site.create(excerpt=site.text(), tags=frozenset({site.text(0)}))


def create_protected(site: Editor) -> None:
    site.create(password="secret")


def create_back_dated(site: Editor) -> None:
    days = site.rng.randint(300, 2000)
    site.create(date=site.clock.now - timedelta(days=days))


def create_draft(site: Editor) -> None:
    site.create(status="draft")


def import_now(site: Editor) -> None:
    """Several at once, with one time, as an importer does."""
    for _ in range(site.rng.randint(3, 8)):
        site.create(direct=1)


def import_old(site: Editor) -> None:
    """Several with one old time, also of `modified`."""
    when = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=site.rng.randint(0, 50_000))
    for _ in range(site.rng.randint(2, 5)):
        site.create(direct=1, date=when, modified=when)


def schedule(site: Editor) -> None:
    site.create(status="future", date=datetime(2099, 1, 1, tzinfo=UTC))


def go_live(site: Editor) -> None:
    """All that is scheduled: `modified` stays as it was."""
    for answer in site.ctl("run-cron", force=1, at=site.clock.text):
        site.refresh(site.posts[answer["id"]])


def title(site: Editor, post: Post) -> None:
    site.edit(post, title=site.text(3))


def content(site: Editor, post: Post) -> None:
    site.edit(post, content=site.text())


def excerpt(site: Editor, post: Post) -> None:
    site.edit(post, excerpt=site.text())


def title_and_content(site: Editor, post: Post) -> None:
    site.edit(post, title=site.text(3), content=site.text())


def author(site: Editor, post: Post) -> None:
    site.edit(post, author=site.rng.choice([name for name in AUTHORS if name != post.author]))


def tags(site: Editor, post: Post) -> None:
    site.edit(post, tags=frozenset({site.text(0), site.text(0)}))


def assign_tags(site: Editor, post: Post) -> None:
    site.assign(post, tags=frozenset({site.text(0)}))


def categories(site: Editor, post: Post) -> None:
    site.edit(post, categories=_others(site, post))


def assign_categories(site: Editor, post: Post) -> None:
    wanted = _others(site, post)
    if wanted not in post.had:
        site.assign(post, categories=wanted)


def _others(site: Editor, post: Post) -> frozenset[str]:
    drawn = frozenset(site.rng.sample(CATEGORIES, site.rng.randint(1, 3)))
    return drawn if drawn != post.categories else frozenset(CATEGORIES) - post.categories


def image(site: Editor, post: Post) -> None:
    site.edit(post, image=site.rng.choice([each for each in site.images if each != post.image]))


def assign_image(site: Editor, post: Post) -> None:
    fresh = [each for each in site.images if each not in post.had]
    if fresh:
        site.assign(post, image=site.rng.choice(fresh))


def raw_content(site: Editor, post: Post) -> None:
    site.raw(post, content=site.text())


def raw_title(site: Editor, post: Post) -> None:
    site.raw(post, title=site.text(3))


def raw_back(site: Editor, post: Post) -> None:
    """What a raw edit has replaced is put back, and the next time that."""
    site.raw(post, **post.undo)


def raw_there_and_back(site: Editor, post: Post) -> None:
    """Nobody has seen it."""
    site.raw(post, content=site.text())
    raw_back(site, post)


def touch(site: Editor, post: Post) -> None:
    site.edit(post)


def back_date_modified(site: Editor, post: Post) -> None:
    site.date(post, post.modified_at - timedelta(days=site.rng.randint(1, 300)))


def comment(site: Editor, post: Post) -> None:
    site.ctl("add-comment", post.id)


def meta(site: Editor, post: Post) -> None:
    site.ctl("meta", post.id, "views", site.rng.randint(1, 1000))


def sticky(site: Editor, post: Post) -> None:
    site.ctl("assign", post.id, sticky=site.rng.randint(0, 1))


def redate(site: Editor, post: Post) -> None:
    when = post.published_at - timedelta(hours=site.rng.randint(1, 2000))
    site.edit(post, date_gmt=f"{when:%Y-%m-%d %H:%M:%S}")


def slug(site: Editor, post: Post) -> None:
    site.saved(post, "set-slug", site.text(0))


def swap_slugs(site: Editor, post: Post) -> None:
    """Two posts exchange their addresses, where they are of one day."""
    day = post.link.rsplit("/", 2)[0]
    others = [each for each in site.public() if each.id != post.id and each.link.rsplit("/", 2)[0] == day]
    if not others:
        return
    other = site.rng.choice(others)
    mine, theirs = post.slug, other.slug
    site.saved(post, "set-slug", site.text(0))
    site.saved(other, "set-slug", mine)
    site.saved(post, "set-slug", theirs)


def take_address(site: Editor, post: Post) -> None:
    """A post is trashed, and a new one takes its address."""
    slug = post.slug
    site.saved(post, "trash")
    site.create(slug=slug, date=post.published_at)


def trash(site: Editor, post: Post) -> None:
    site.saved(post, "trash")


def untrash(site: Editor, post: Post) -> None:
    site.saved(post, "untrash")


def delete(site: Editor, post: Post) -> None:
    site.saved(post, "delete", force=1)


def hide(site: Editor, post: Post) -> None:
    site.saved(post, "set-status", site.rng.choice(("draft", "pending", "private")))


def show(site: Editor, post: Post) -> None:
    site.edit(post, status="publish", date_gmt=f"{post.published_at:%Y-%m-%d %H:%M:%S}")


def show_edited(site: Editor, post: Post) -> None:
    site.edit(post, content=site.text())
    show(site, post)


def raw_hide(site: Editor, post: Post) -> None:
    """Straight in the database: when it is back it reads as it did, `modified` and all."""
    site.raw(post, status="draft")


def raw_show(site: Editor, post: Post) -> None:
    site.raw(post, status="publish")


def postpone(site: Editor, post: Post) -> None:
    """A public post is scheduled once more."""
    site.edit(post, status="future", date_gmt=LATER)


def protect(site: Editor, post: Post) -> None:
    site.edit(post, password="secret")


def unprotect(site: Editor, post: Post) -> None:
    site.edit(post, password="")


def move_to_pages(site: Editor, post: Post) -> None:
    """Its id stays, and no post has it any more."""
    site.edit(post, type="page")


def move_back(site: Editor, post: Post) -> None:
    # Pages have no terms: WordPress gives what was one the default ones.
    site.edit(post, type="post", categories=post.categories, tags=post.tags)


def rename_term(site: Editor) -> None:
    site.ctl("rename-term", "category", site.rng.choice(CATEGORIES), site.text(1))


def rename_author(site: Editor) -> None:
    site.ctl("rename-user", site.rng.choice(AUTHORS), site.text(1))


def change_zone(site: Editor) -> None:
    site.ctl("set-option", "timezone_string", site.rng.choice(ZONES))


def change_permalinks(site: Editor) -> None:
    """Every address is another one, and no `modified` moves."""
    if site.permalinks:
        site.ctl("set-option", "permalink_structure", site.permalinks.pop())
        for post in site.public():
            site.refresh(post)


def move(site: Editor) -> None:
    """The site has another address from now on, and so has every post."""
    site.move()


BACK = Operation("put back by SQL", 4, raw_back, lambda post: own(post) and bool(post.undo))

TABLE = (
    Operation("create", 8, create),
    Operation("create with excerpt and tags", 4, create_with_more),
    Operation("create protected", 1, create_protected),
    Operation("create back-dated", 3, create_back_dated),
    Operation("create a draft", 3, create_draft),
    Operation("import", 1, import_now),
    Operation("import with old times", 1, import_old, is_quiet=True),
    Operation("schedule", 2, schedule),
    Operation("go live", 2, go_live),
    Operation("edit title", 6, title, public),
    Operation("edit content", 8, content, public),
    Operation("edit excerpt", 4, excerpt, public),
    Operation("edit title and content", 4, title_and_content, public),
    Operation("edit author", 3, author, own),
    Operation("edit tags", 3, tags, own),
    Operation("edit categories", 3, categories, own),
    Operation("edit image", 3, image, own),
    Operation("assign tags", 2, assign_tags, own),
    Operation("assign categories", 2, assign_categories, own),
    Operation("assign an image", 2, assign_image, own),
    Operation("raw edit of content", 5, raw_content, public),
    Operation("raw edit of title", 3, raw_title, public),
    BACK,
    Operation("raw edit and back", 2, raw_there_and_back, shown_by_feed),
    Operation("touch", 4, touch, public),
    Operation("back-date modified", 2, back_date_modified, public, is_quiet=True),
    Operation("comment", 2, comment, public),
    Operation("meta", 1, meta, public),
    Operation("stick", 1, sticky, public),
    Operation("change date", 3, redate, public),
    Operation("change slug", 3, slug, public),
    Operation("swap slugs", 3, swap_slugs, public),
    Operation("take an address", 2, take_address, own, removes=True),
    Operation("trash", 4, trash, public, removes=True),
    Operation("untrash", 4, untrash, lambda post: post.status == "trash"),
    Operation("delete", 3, delete, public, removes=True),
    Operation("delete from trash", 2, delete, lambda post: post.status == "trash"),
    Operation("hide", 4, hide, public, removes=True),
    Operation("hide by SQL", 2, raw_hide, own, removes=True, is_quiet=True),
    Operation("show by SQL", 2, raw_show, lambda post: post.status == "draft" and post.slug != "", is_quiet=True),
    Operation("publish", 4, show, hidden),
    Operation("publish edited", 3, show_edited, hidden),
    Operation("postpone", 1, postpone, own, removes=True),
    Operation("move to pages", 2, move_to_pages, own, removes=True),
    Operation("move back to posts", 2, move_back, lambda post: post.type == "page"),
    Operation("protect", 3, protect, plain),
    Operation("unprotect", 3, unprotect, lambda post: post.is_public and bool(post.password)),
    Operation("rename a term", 2, rename_term),
    Operation("rename an author", 2, rename_author),
    Operation("change the zone", 1, change_zone, is_quiet=True),
    Operation("change the permalinks", 1, change_permalinks, is_quiet=True),
    Operation("move to another address", 1, move, is_quiet=True),
)

#: What the feed tells as REST does; the rest of it is noise.
BESIDE_REST = tuple(
    replace(each, may=shown_by_feed)
    for each in TABLE
    if each.name in ("edit title", "edit content", "edit title and content", "touch", "comment", "meta")
)
