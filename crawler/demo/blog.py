"""A site's settings, and the addresses of what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote

from crawler.demo.posts import Archive, Post


@dataclass(kw_only=True)
class Blog(Archive):
    """An archive of posts with an address and a way to show them. Every setting may change while it runs."""

    #: base URL without a trailing slash; `serve` sets it to where the site can be reached
    url: str = "http://site.example"
    title: str = "A Site"
    #: `wordpress`, or `feed`: no API, one feed and pages
    kind: str = "wordpress"
    #: pretty permalinks; without them `/wp-json/` and `/feed/` show the home page
    pretty: bool = True
    #: False: a plugin keeps the REST API for people who are logged in
    rest: bool = True
    #: REST collections: rest_base to type
    types: dict[str, str] = field(default_factory=lambda: {"posts": "post", "pages": "page"})
    feed_size: int = 10
    #: False: feeds carry excerpts only
    full_text: bool = True
    #: where the feed of a plain site is
    feed_path: str = "/feed.xml"
    #: None: what WordPress says by itself; "": 404
    robots: str | None = None

    def link(self, post: Post) -> str:
        """Return the post's public address."""
        if self.kind == "feed":
            return f"{self.url}/posts/{post.slug}"
        if not self.pretty:
            return f"{self.url}/?{'page_id' if post.type == 'page' else 'p'}={post.id}"
        if post.type != "post":
            return f"{self.url}/{'' if post.type == 'page' else post.type + '/'}{post.slug}/"
        return f"{self.url}/{post.date:%Y/%m/%d}/{post.slug}/"

    def guid(self, post: Post) -> str:
        """Return the post's guid: as the editor gives it, unless the post brought its own."""
        if post.guid:
            return post.guid
        if self.kind == "feed":
            return self.link(post)
        kind = {"post": "", "page": ""}.get(post.type, f"post_type={post.type}&#038;")
        return f"{self.url}/?{kind}{'page_id' if post.type == 'page' else 'p'}={post.id}"

    def rest_url(self, route: str) -> str:
        """Return the address of a REST route."""
        return f"{self.url}/wp-json{route}" if self.pretty else f"{self.url}/index.php?rest_route={route}"

    def gmt_offset(self) -> str | float:
        """Return what the index says: a number with a zone's name, a string without."""
        if not self.zone:
            return "0"
        now = self.clock()
        offset = (self.local(now) - now.replace(tzinfo=None, microsecond=0)).total_seconds() / 3600
        return int(offset) if offset.is_integer() else offset

    def at(self, path: str) -> Post | None:
        """Return the public post whose address has this path."""
        wanted = unquote(path)
        return next((post for post in self.public() if unquote(self.link(post)) == self.url + wanted), None)

    def nearest(self, path: str) -> Post | None:
        """Return the post that WordPress guesses for an address that is none: same day, slug beginning alike."""
        beginning = self.url + unquote(path).rstrip("/")
        if beginning.count("/") < self.url.count("/") + 4:
            return None
        return next((post for post in self.public("post") if unquote(self.link(post)).startswith(beginning)), None)
