"""The keys of a Post, and which known Post a Sighting shows. Values in, values out.

`wp-id` and `guid` are strong and never move; `link` is a hint that follows the Post that shows it now. The number in
a guid such as `?p=55` is no id: an imported post keeps the guid of the site it came from, where 55 was another post.
"""

from __future__ import annotations

from collections.abc import Mapping

from crawler.model import Key, KnownPost, Sighting


class Contradiction(Exception):
    """Two strong keys of one Sighting belong to two Posts."""


def keys_of(sighting: Sighting, *, link: str | None) -> tuple[Key, ...]:
    """The Sighting's keys, strongest first. `link` is its link in the form that is compared."""
    keys = []
    if sighting.wp_id is not None:
        keys.append(Key("wp-id", str(sighting.wp_id)))
    if sighting.guid:
        keys.append(Key("guid", sighting.guid))
    if link:
        keys.append(Key("link", link))
    return tuple(keys)


def match(keys: tuple[Key, ...], owners: Mapping[Key, int], posts: Mapping[int, KnownPost]) -> KnownPost | None:
    """The known Post that these keys name, or None for a new one. Raises Contradiction."""
    strong = {owners[key] for key in keys if key.kind != "link" and key in owners}
    if len(strong) > 1:
        raise Contradiction(f"its keys belong to the posts {' and '.join(str(post) for post in sorted(strong))}")
    if strong:
        post = posts[strong.pop()]
        wp_id = next((key.value for key in keys if key.kind == "wp-id"), None)
        if wp_id is not None and post.wp_id is not None and str(post.wp_id) != wp_id:
            raise Contradiction(f"its guid is that of post {post.id}, which has the WordPress id {post.wp_id}")
        return post
    by_link = next((posts[owners[key]] for key in keys if key.kind == "link" and key in owners), None)
    return by_link if by_link is not None and _may_be(by_link, keys) else None


def _may_be(post: KnownPost, keys: tuple[Key, ...]) -> bool:
    """Whether a Post found by its link alone can be the one meant: no strong key of the same kind says otherwise.

    A trashed post frees its link and another takes it (measured on WordPress), so equal links prove little.
    """
    for key in keys:
        if key.kind == "wp-id" and post.wp_id is not None:
            return False
        if key.kind == "guid" and post.guid is not None and _bare(key.value) != _bare(post.guid):
            return False
    return True


def _bare(guid: str) -> str:
    """A guid without the scheme, which some sites rewrite when they move to https."""
    return guid.removeprefix("https://").removeprefix("http://")
