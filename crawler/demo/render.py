"""How a post's text is shown: REST and feed show the HTML of one post differently, as real sites do."""

from __future__ import annotations

import html
import re

from crawler.demo.posts import Post

EXCERPT_WORDS = 55
#: A generated excerpt is no plain prefix of the content: these are left out.
NOT_IN_EXCERPT = re.compile(r"<(figure|pre|ul|ol|table)\b.*?</\1>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
EMOJI = re.compile("[\U0001f000-\U0001faff☀-➿]")
EMOJI_IMAGE = (
    '<img src="https://s.w.org/images/core/emoji/14.0.0/72x72/{code:x}.png" alt="{text}" class="wp-smiley" '
    'style="height: 1em; max-height: 1em;" />'
)
#: WordPress lets images load lazily when their size is known.
SIZED_IMAGE = re.compile(r"<img (?=[^>]*width=)")
LAZY = '<img loading="lazy" '
PROTECTION_FORM = (
    '<form action="{url}/wp-login.php?action=postpass" class="post-password-form" method="post">\n'
    "<p>This content is password protected. To view it please enter your password below:</p>\n"
    '<p><label for="pwbox-{id}">Password: <input name="post_password" id="pwbox-{id}" type="password" size="20" />'
    '</label> <input type="submit" name="Submit" value="Enter" /></p>\n</form>\n'
)


def title(post: Post) -> str:
    """Return the title as HTML; REST never marks protected ones."""
    return re.sub("&(?!#?[a-z0-9]+;)", "&#038;", post.title)


def rest_content(post: Post) -> str:
    """Return the content as `content.rendered` has it."""
    return SIZED_IMAGE.sub(LAZY, post.content) + "\n"


def feed_content(post: Post, position: int, url: str) -> str:
    """Return the content as `content:encoded` has it: the very first image of a feed is not lazy, emoji are images."""
    if post.password:
        return PROTECTION_FORM.format(url=url, id=post.id)
    first, rest = _split_after_first_image(post.content) if position == 0 else ("", post.content)
    text = first + SIZED_IMAGE.sub(LAZY, rest)
    return EMOJI.sub(lambda match: EMOJI_IMAGE.format(code=ord(match[0]), text=match[0]), text) + "\n"


def rest_excerpt(post: Post) -> str:
    """Return `excerpt.rendered`."""
    return f"<p>{post.excerpt or _generated(post, ' [&hellip;]')}</p>\n"


def feed_excerpt(post: Post) -> str:
    """Return a feed's `description`."""
    if post.password:
        return "There is no excerpt because this is a protected post."
    return post.excerpt or _generated(post, " [&#8230;]")


def _generated(post: Post, more: str) -> str:
    words = TAG.sub(" ", NOT_IN_EXCERPT.sub(" ", post.content)).split()
    return " ".join(words[:EXCERPT_WORDS]) + (more if len(words) > EXCERPT_WORDS else "")


def _split_after_first_image(content: str) -> tuple[str, str]:
    match = SIZED_IMAGE.search(content)
    return (content[: match.end()], content[match.end() :]) if match else ("", content)


def cdata(text: str) -> str:
    """Return text as a CDATA section."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def escaped(text: str) -> str:
    """Return text escaped for XML."""
    return html.escape(text, quote=False)
