"""The first line of an alert: where, what, which post."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.model import ChangeView
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
    edited = " and ".join(_listed([NAMES.get(field.name, field.name) for field in view.fields]))
    silently = "silently " if view.silent else ""
    if view.kind == "edited":
        return f"{edited} {silently}edited" if edited else f"{silently}edited"
    return _DONE[view.kind] + (f", {edited} edited" if edited else "")


def _listed(names: Sequence[str]) -> list[str]:
    """At most two parts to put an "and" between."""
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names)
