"""The REST API of a WordPress site: index, types, collections and single posts."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from math import ceil
from typing import Any
from urllib.parse import quote_plus

from crawler.demo import params
from crawler.demo.answer import Answer, Headers, json_answer
from crawler.demo.blog import Blog
from crawler.demo.post_json import narrowed, post_json
from crawler.demo.posts import Post

ALLOW = ("Allow", "GET")
#: parameter: (field of the post, whether it must be later)
BOUNDS = {
    "after": ("date", True),
    "before": ("date", False),
    "modified_after": ("modified", True),
    "modified_before": ("modified", False),
}


def respond(site: Blog, route: str, query: Mapping[str, str]) -> Answer:
    """Answer one GET of `/wp/v2/posts` and the like. Headers that every answer of the site has come later."""
    route = route.rstrip("/") or "/"
    if route == "/":
        return _index(site, query)
    if route == "/wp/v2/types":
        return json_answer({kind: _type(site, base, kind) for base, kind in site.types.items()}, headers=[ALLOW])
    match = re.fullmatch(r"/wp/v2/([\w-]+)(?:/(\d+))?", route)
    if match and match[1] in site.types:
        kind = site.types[match[1]]
        return _single(site, kind, int(match[2]), query) if match[2] else _collection(site, kind, route, query)
    return params.error(404, "rest_no_route", "No route was found matching the URL and request method.")


def _index(site: Blog, query: Mapping[str, str]) -> Answer:
    routes = ["/", "/wp/v2", "/wp/v2/types", *(f"/wp/v2/{base}" for base in site.types)]
    data = {
        "name": site.title,
        "description": "",
        "url": site.url,
        "home": site.url,
        "gmt_offset": site.gmt_offset(),
        "timezone_string": site.zone,
        "namespaces": ["oembed/1.0", "wp/v2"],
        "authentication": {},
        "routes": {route: {"methods": ["GET"]} for route in routes},
    }
    links = {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]}
    if "_fields" in query:  # the index shows its links whatever was asked for
        data = narrowed(data, query["_fields"])
    return json_answer({**data, "_links": links}, headers=[ALLOW])


def _type(site: Blog, base: str, kind: str) -> dict[str, Any]:
    links = {"wp:items": [{"href": site.rest_url(f"/wp/v2/{base}")}]}
    name = base.capitalize()
    return {"name": name, "slug": kind, "rest_base": base, "rest_namespace": "wp/v2", "_links": links}


def _single(site: Blog, kind: str, number: int, query: Mapping[str, str]) -> Answer:
    site.public()  # a scheduled post may be due
    post = site.posts.get(number)
    if post is None or post.type != kind:
        return params.error(404, "rest_post_invalid_id", "Invalid post ID.")
    if post.status != "publish":
        return params.error(401, "rest_forbidden", "Sorry, you are not allowed to do that.")
    if query.get("context") == "edit":
        return params.error(401, "rest_forbidden_context", "Sorry, you are not allowed to edit this post.")
    password = query.get("password", "")
    if password and password != post.password:
        return params.error(403, "rest_post_incorrect_password", "Incorrect post password.")
    data = post_json(site, post, query, unlocked=bool(password))
    return json_answer(data, headers=[ALLOW, ("Link", f'<{site.link(post)}>; rel="alternate"; type=text/html')])


def _collection(site: Blog, kind: str, route: str, query: Mapping[str, str]) -> Answer:
    wanted = params.read(query, site.zone)
    if isinstance(wanted, Answer):
        return wanted.replacing(ALLOW)
    if wanted.get("context") == "edit":
        message = "Sorry, you are not allowed to edit posts in this post type."
        return params.error(401, "rest_forbidden_context", message)
    size, page = wanted.get("per_page", 10), wanted.get("page", 1)
    start = wanted["offset"] if "offset" in wanted else (page - 1) * size
    start = max(start, 0)
    found = _in_order([post for post in site.public(kind) if _is_wanted(site, post, wanted)], wanted, start)
    shown, total = found[start : start + size], len(found)
    if not shown and "offset" in wanted:
        total = 0  # as measured, and a lie
    pages = ceil(total / size)
    if page > pages and total:
        message = "The page number requested is larger than the number of pages available."
        return params.error(400, "rest_post_invalid_page_number", message).replacing(ALLOW)
    headers: Headers = [("X-WP-Total", str(total)), ("X-WP-TotalPages", str(pages)), ALLOW]
    if link := _page_links(site, route, query, page, pages):
        headers.append(("Link", link))
    return json_answer([post_json(site, post, query) for post in shown], headers=headers)


def _is_wanted(site: Blog, post: Post, wanted: Mapping[str, Any]) -> bool:
    for name, (attribute, later) in BOUNDS.items():
        if name in wanted:
            moment: datetime = getattr(post, attribute)
            if not (moment > wanted[name] if later else moment < wanted[name]):
                return False
    if wanted.get("include"):
        if post.id not in wanted["include"]:
            return False
    elif post.id in wanted.get("exclude", ()):
        return False
    terms: dict[str, list[Any]] = {
        "categories": [site.id_of("category", name) for name in post.categories],
        "tags": [site.id_of("post_tag", name) for name in post.tags],
        "author": [site.id_of("author", post.author)],
        "slug": [post.slug],
    }
    return all(not wanted.get(name) or set(wanted[name]) & set(ids) for name, ids in terms.items())


def _in_order(posts: list[Post], wanted: Mapping[str, Any], start: int) -> list[Post]:
    descending = wanted.get("order", "desc") == "desc"
    if wanted.get("orderby") == "include":
        places = {number: place for place, number in enumerate(wanted.get("include", ()))}
        return sorted(posts, key=lambda post: places.get(post.id, len(places)))
    keys: dict[str, Callable[[Post], Any]] = {
        "id": lambda post: post.id,
        # The database breaks ties anew for every page: posts with one modified date are lost and shown twice.
        "modified": lambda post: (post.modified, zlib.crc32(f"{start}:{post.id}".encode())),
        "title": lambda post: (post.title, post.id),
        "slug": lambda post: (post.slug, post.id),
    }
    key = keys.get(wanted.get("orderby", "date"), lambda post: (post.date, post.id))
    return sorted(posts, key=key, reverse=descending)


def _page_links(site: Blog, route: str, query: Mapping[str, str], page: int, pages: int) -> str:
    base = site.rest_url(route) if site.pretty else f"{site.url}/index.php"

    def link(number: int, rel: str) -> str:
        pairs = {**query, "page": str(number)}.items()
        words = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
        return f'<{base}?{words}>; rel="{rel}"'

    links = [link(min(page - 1, pages), "prev")] if page > 1 else []
    return ", ".join([*links, link(page + 1, "next")] if page < pages else links)
