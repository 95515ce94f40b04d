"""The HTML pages of a site: home, posts, what is not there, and robots.txt."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.demo import render
from crawler.demo.answer import HTML, Answer, Headers, html_answer
from crawler.demo.blog import Blog
from crawler.demo.posts import Post

WORDPRESS_ROBOTS = (
    "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n\nSitemap: {url}/wp-sitemap.xml\n"
)


def robots(blog: Blog) -> Answer:
    """Answer `/robots.txt`."""
    default = WORDPRESS_ROBOTS.format(url=blog.url) if blog.kind == "wordpress" else ""
    text = default if blog.robots is None else blog.robots
    if not text:
        return missing(blog)
    return Answer(200, [("Content-Type", "text/plain; charset=utf-8")], text.encode())


def wordpress_page(blog: Blog, path: str, query: Mapping[str, str]) -> Answer:
    """Answer any address that is neither API nor feed."""
    number = query.get("p") or query.get("page_id") or ""
    if number:
        post = next((post for post in blog.public() if str(post.id) == number), None)
        if post is None:
            return missing(blog)
        return _moved(blog.link(post)) if blog.pretty else _post(blog, post)
    if path in ("/", "/index.php") or not blog.pretty:
        return _home(blog)
    if post := blog.at(path):
        return _post(blog, post)
    if post := blog.at(path + "/") or blog.nearest(path):
        return _moved(blog.link(post))
    return missing(blog)


def plain_page(blog: Blog, path: str) -> Answer:
    """Answer any address of a site that is no WordPress."""
    if path == "/":
        return _home(blog)
    post = blog.at(path)
    return _post(blog, post) if post else missing(blog)


def missing(blog: Blog) -> Answer:
    """Answer 404 as the site's theme does."""
    return html_answer("Page not found", "<h1>Not found</h1>", head=_head(blog), status=404)


def _home(blog: Blog) -> Answer:
    posts = sorted(blog.public("post"), key=lambda post: (post.sticky, post.date, post.id), reverse=True)
    shown = (f'<h2><a href="{blog.link(post)}">{render.title(post)}</a></h2>' for post in posts[: blog.feed_size])
    return html_answer(render.escaped(blog.title), "\n".join(shown), head=_head(blog))


def _post(blog: Blog, post: Post) -> Answer:
    text = render.PROTECTION_FORM.format(url=blog.url, id=post.id) if post.password else render.rest_content(post)
    headers: Headers = []
    if blog.kind == "wordpress":
        base = next(base for base, kind in blog.types.items() if kind == post.type)
        own = blog.rest_url(f"/wp/v2/{base}/{post.id}")
        headers = [
            ("Link", f'<{own}>; rel="alternate"; type="application/json"'),
            ("Link", f"<{blog.url}/?p={post.id}>; rel=shortlink"),
        ]
    title = render.title(post)
    return html_answer(title, f"<h1>{title}</h1>\n{text}", head=_head(blog), headers=headers)


def _moved(to: str) -> Answer:
    return Answer(301, [("Content-Type", HTML), ("X-Redirect-By", "WordPress"), ("Location", to)])


def _head(blog: Blog) -> str:
    feeds = {"Feed": blog.url + blog.feed_path}
    if blog.kind == "wordpress":
        main, comments = ("/feed/", "/comments/feed/") if blog.pretty else ("/?feed=rss2", "/?feed=comments-rss2")
        feeds = {"Feed": blog.url + main, "Comments Feed": blog.url + comments}
    title = render.escaped(blog.title)
    lines = [
        f'<link rel="alternate" type="application/rss+xml" title="{title} &raquo; {name}" href="{url}" />\n'
        for name, url in feeds.items()
    ]
    if blog.kind == "wordpress":
        lines.append(f'<link rel="https://api.w.org/" href="{blog.rest_url("/")}" />\n')
    return "".join(lines)
