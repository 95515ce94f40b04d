"""Feeds: those of a WordPress site, and that of a plain one. RSS 2.0 only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import md5
from typing import Any

from crawler.demo import render
from crawler.demo.answer import RSS, Answer, Headers
from crawler.demo.blog import Blog
from crawler.demo.posts import EPOCH, Post, slug_of

TERM_FEED = re.compile(r"/(category|tag)/([^/]+)/feed")
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)


def wordpress_feed(site: Blog, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
    """Answer `/feed/` and its kind. All feeds of a site share one pair of validators."""
    latest = _latest(site)
    validators = _validators(latest)
    if _is_current(headers, validators):
        return Answer(304, validators)
    posts = _selected(site, path, query)
    page = int(query.get("paged", "1") or "1")
    shown = posts[(page - 1) * site.feed_size : page * site.feed_size]
    title = f"Comments for {site.title}" if path.startswith("/comments/") else site.title
    missing = page > 1 and not shown
    body = _rss(
        site,
        "Page not found" if missing else title,
        [_wordpress_post(site, post, place) for place, post in enumerate(shown)],
        built=max((post.modified_gmt for post in shown), default=latest),
        generator="https://wordpress.org/?v=6.1.9",
    )
    return Answer(404 if missing else 200, [("Content-Type", RSS), *validators, *_term_link(site, path)], body)


def plain_feed(site: Blog, headers: Mapping[str, str]) -> Answer:
    """Answer the one feed of a site that is no WordPress: the newest posts, validators of the body."""
    shown = sorted(site.public(), key=lambda post: (post.date, post.id), reverse=True)[: site.feed_size]
    latest = max((max(post.date_gmt, post.modified_gmt) for post in shown), default=EPOCH)
    body = _rss(site, site.title, [_plain_post(site, post) for post in shown], built=latest)
    etag, modified = f'"{md5(body, usedforsecurity=False).hexdigest()}"', http_date(latest)
    validators = [("Last-Modified", modified), ("ETag", etag)]
    asked_etag = headers.get("if-none-match")
    same = asked_etag.removeprefix("W/") == etag if asked_etag else headers.get("if-modified-since") == modified
    return Answer(304, validators) if same else Answer(200, [("Content-Type", RSS), *validators], body)


def http_date(moment: datetime) -> str:
    """Return a UTC time without a zone as HTTP writes it."""
    return format_datetime(moment.replace(tzinfo=UTC), usegmt=True)


def _latest(site: Blog) -> datetime:
    """Return the latest date of any public post or page: what is edited by SQL or taken away does not move it."""
    moments = [max(post.date_gmt, post.modified_gmt) for post in site.public()]
    return max(moments, default=EPOCH)


def _validators(latest: datetime) -> Headers:
    text = http_date(latest)
    return [("Last-Modified", text), ("ETag", f'"{md5(text.encode(), usedforsecurity=False).hexdigest()}"')]


def _is_current(headers: Mapping[str, str], validators: Headers) -> bool:
    """Say whether it is a 304: of two validators sent both must fit, and a weak ETag never does."""
    modified, etag = (value for _, value in validators)
    asked_etag, asked_date = headers.get("if-none-match"), headers.get("if-modified-since")
    fits = []
    if asked_etag:
        fits.append(asked_etag == etag)
    if asked_date:
        fits.append(parsedate_to_datetime(asked_date) >= parsedate_to_datetime(modified))
    return bool(fits) and all(fits)


def _selected(site: Blog, path: str, query: Mapping[str, str]) -> list[Post]:
    posts = site.public("post")
    if path.startswith("/comments/"):
        return []
    if match := TERM_FEED.match(path):
        folder, slug = match.groups()
        posts = [p for p in posts if slug in map(slug_of, p.categories if folder == "category" else p.tags)]
    orders: dict[str, Callable[[Post], Any]] = {"modified": lambda post: post.modified, "ID": lambda post: post.id}
    key = orders.get(query.get("orderby", ""), lambda post: (post.date, post.id))
    return sorted(posts, key=key, reverse=query.get("order", "desc").lower() != "asc")


def _term_link(site: Blog, path: str) -> Headers:
    """Return the header by which a category's or tag's feed names its term in the API."""
    kinds = {"category": ("category", "categories"), "tag": ("post_tag", "tags")}
    if not (match := TERM_FEED.match(path)):
        return []
    kind, base = kinds[match[1]]
    ids = [number for (other, name), number in site.ids.items() if other == kind and slug_of(name) == match[2]]
    url = site.rest_url(f"/wp/v2/{base}/")
    return [("Link", f'<{url}{number}>; rel="alternate"; type="application/json"') for number in ids]


def _rss(site: Blog, title: str, posts: list[str], *, built: datetime, generator: str = "") -> bytes:
    made_by = f"\t<generator>{generator}</generator>\n" if generator else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {NAMESPACES}>\n<channel>\n'
        f"\t<title>{render.escaped(title)}</title>\n\t<link>{site.url}</link>\n\t<description></description>\n"
        f"\t<lastBuildDate>{_rss_date(built)}</lastBuildDate>\n{made_by}{''.join(posts)}</channel>\n</rss>\n"
    ).encode()


def _wordpress_post(site: Blog, post: Post, place: int) -> str:
    terms = "".join(f"<category>{render.cdata(name)}</category>" for name in (*post.categories, *post.tags))
    text = render.cdata(render.feed_content(post, place, site.url))
    full = f"\n\t\t<content:encoded>{text}</content:encoded>" if site.full_text else ""
    title = "Protected: " * bool(post.password) + render.title(post)
    return (
        f"\t<item>\n\t\t<title>{title}</title>\n\t\t<link>{site.link(post)}</link>\n"
        f"\t\t<dc:creator>{render.cdata(post.author)}</dc:creator>\n"
        f"\t\t<pubDate>{_rss_date(post.date_gmt)}</pubDate>\n\t\t{terms}\n"
        f'\t\t<guid isPermaLink="false">{render.escaped(site.guid(post))}</guid>\n'
        f"\t\t<description>{render.cdata(render.feed_excerpt(post))}</description>{full}\n\t</item>\n"
    )


def _plain_post(site: Blog, post: Post) -> str:
    return (
        f"\t<item>\n\t\t<title>{render.escaped(post.title)}</title>\n\t\t<link>{site.link(post)}</link>\n"
        f"\t\t<pubDate>{_rss_date(post.date_gmt)}</pubDate>\n\t\t<guid>{render.escaped(site.guid(post))}</guid>\n"
        f"\t\t<description>{render.cdata(post.content)}</description>\n\t</item>\n"
    )


def _rss_date(moment: datetime) -> str:
    return format_datetime(moment.replace(tzinfo=UTC))
