"""One post as the REST API prints it, with `_fields` and `_embed`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crawler.demo import render
from crawler.demo.blog import Blog
from crawler.demo.posts import Post, slug_of

ALL_EMBEDS = ("author", "wp:featuredmedia", "wp:term")


def post_json(site: Blog, post: Post, query: Mapping[str, str], *, unlocked: bool = False) -> Any:
    """Return the post as data, cut to `_fields`. `unlocked`: the right password was sent along."""
    hidden = bool(post.password) and not unlocked
    data: dict[str, Any] = {
        "id": post.id,
        "date": post.date.isoformat(),
        "date_gmt": post.date_gmt.isoformat(),
        "guid": {"rendered": site.guid(post)},
        "modified": post.modified.isoformat(),
        "modified_gmt": post.modified_gmt.isoformat(),
        "slug": post.slug,
        "status": post.status,
        "type": post.type,
        "link": site.link(post),
        "title": {"rendered": render.title(post)},
        "content": {"rendered": "" if hidden else render.rest_content(post), "protected": bool(post.password)},
        "excerpt": {"rendered": "" if hidden else render.rest_excerpt(post), "protected": bool(post.password)},
        "author": site.id_of("author", post.author),
        "featured_media": site.id_of("image", post.image) if post.image else 0,
        "comment_status": "open",
        "ping_status": "open",
        "sticky": post.sticky,
        "template": "",
        "format": "standard",
        "meta": [],
        "categories": [site.id_of("category", name) for name in post.categories],
        "tags": [site.id_of("post_tag", name) for name in post.tags],
        "_links": _links(site, post),
    }
    if "_fields" in query:
        data = narrowed(data, query["_fields"])
    if "_embed" in query and "_links" in data:
        data["_embedded"] = _embedded(site, post, query["_embed"], data["_links"])
        if "_fields" in query:
            data = narrowed(data, query["_fields"])
    return data or []  # PHP has one empty array for both


def narrowed(data: dict[str, Any], fields: str) -> dict[str, Any]:
    """Return only the named fields, in their own order; `title.rendered` reaches inside."""
    return _kept(data, [path.strip().split(".") for path in fields.split(",")])


def _kept(data: dict[str, Any], paths: list[list[str]]) -> dict[str, Any]:
    kept = {}
    for name, value in data.items():
        inner = [rest for first, *rest in paths if first == name]
        if inner:
            kept[name] = _kept(value, inner) if all(inner) and isinstance(value, dict) else value
    return kept


def _links(site: Blog, post: Post) -> dict[str, Any]:
    base = next(base for base, kind in site.types.items() if kind == post.type)

    def to(route: str, **more: Any) -> dict[str, Any]:
        return {**more, "href": site.rest_url(f"/wp/v2/{route}")}

    author = site.id_of("author", post.author)
    links = {
        "self": [to(f"{base}/{post.id}")],
        "collection": [to(base)],
        "about": [to(f"types/{post.type}")],
        "author": [to(f"users/{author}", embeddable=True)],
        "replies": [to(f"comments?post={post.id}", embeddable=True)],
        "wp:attachment": [to(f"media?parent={post.id}")],
        "wp:term": [
            to(f"categories?post={post.id}", taxonomy="category", embeddable=True),
            to(f"tags?post={post.id}", taxonomy="post_tag", embeddable=True),
        ],
    }
    if post.image:
        links["wp:featuredmedia"] = [to(f"media/{site.id_of('image', post.image)}", embeddable=True)]
    return links


def _embedded(site: Blog, post: Post, names: str, links: Mapping[str, Any]) -> dict[str, Any]:
    wanted = names.split(",") if names not in ("", "1", "true") else ALL_EMBEDS
    made: dict[str, Callable[[], list[Any]]] = {
        "author": lambda: [_author(site, post.author)],
        "wp:featuredmedia": lambda: [_medium(site, post.image)],
        "wp:term": lambda: [_terms(site, "category", post.categories), _terms(site, "post_tag", post.tags)],
    }
    return {name: make() for name, make in made.items() if name in wanted and name in links}


def _author(site: Blog, name: str) -> dict[str, Any]:
    slug = slug_of(name)
    number, link = site.id_of("author", name), f"{site.url}/author/{slug}/"
    return {"id": number, "name": name, "url": "", "description": "", "link": link, "slug": slug}


def _medium(site: Blog, url: str) -> dict[str, Any]:
    return {"id": site.id_of("image", url), "media_type": "image", "alt_text": "", "source_url": url}


def _terms(site: Blog, taxonomy: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    folder = {"category": "category", "post_tag": "tag"}[taxonomy]
    terms = []
    for name in names:
        slug = slug_of(name)
        link = f"{site.url}/{folder}/{slug}/"
        term = {"id": site.id_of(taxonomy, name), "link": link, "name": render.escaped(name), "slug": slug}
        terms.append({**term, "taxonomy": taxonomy})
    return terms
