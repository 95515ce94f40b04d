"""The first line of an alert: where, what, which post."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.model import ChangeView
from crawler.model.change import ChangeKind
from crawler.render.inert import one_line

#: What people call the fields.
NAMES = {"content": "text", "published_at": "date", "featured_image": "featured image"}
_DONE = {
    "published": "published",
    "protected": "put behind a password",
    "unpublished": "unpublished",
    "deleted": "deleted",
    "restored": "public again",
}
_LONGEST_TITLE = 120


def headline(view: ChangeView) -> str:
    """`koreapro.org · title and text edited · “South Korea strengthens defense ties”`."""
    title = one_line(view.post.title or "", _LONGEST_TITLE)
    post = f"“{title}”" if title else one_line(view.post.link or f"post {view.post.id}")
    return f"{one_line(view.source_name)} · {_what(view)} · {post}"


def _what(view: ChangeView) -> str:
    return done(view.kind, [field.name for field in view.fields], silently=bool(view.silent))


def done(kind: ChangeKind, fields: Sequence[str], *, silently: bool = False) -> str:
    """What happened: `title and text edited`."""
    edited = " and ".join(_listed([NAMES.get(name, name) for name in fields]))
    how = "silently edited" if silently else "edited"
    if kind == "edited":
        return f"{edited} {how}" if edited else how
    return _DONE[kind] + (f", {edited} edited" if edited else "")


def _listed(names: Sequence[str]) -> list[str]:
    """At most two parts to put an "and" between."""
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names)
