"""Canonical text of a post's HTML, ignore rules applied."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.model import IgnoreRule
from crawler.text.blocks import blocks
from crawler.text.excerpt import is_generated_excerpt
from crawler.text.markup import tree
from crawler.text.rules import without_elements, without_matches

#: What WordPress SEO plugins put below each post in feeds, and only there, in the site's language.
_FEED_FOOTER = re.compile(
    r"(?:the post|der beitrag|l'article|la entrada|il post|l'articolo|o post|het bericht|wpis|inlägget|indlægget)\b"
    r".{0,600}?"
    r"(?:appeared first on|first appeared on|erschien zuerst auf|est apparu en premier sur|se publicó primero en"
    r"|proviene da|apareceu primeiro em|verscheen eerst op|pojawił się poczatkowo|pojawił się pierwszy raz w"
    r"|dök först upp på|blev først udgivet på)\b.{0,600}",
    re.IGNORECASE | re.DOTALL,
)


def canonical_text(html: str, rules: Sequence[IgnoreRule] = ()) -> str:
    """The text of `html`: blocks separated by blank lines, each on one line except preformatted ones.

    A link is followed by its target (`Seoul <//example.org/a>`); pictures and embeds stand as `<image:…>` with
    their alternative text and `<embed:…>`. The same text comes out whichever endpoint showed the post.
    """
    root = tree(html)
    if root is None:
        return ""
    without_elements(root, rules)
    found = blocks(root, html)
    while found and _FEED_FOOTER.fullmatch(found[-1]):
        found.pop()
    return "\n\n".join(without_matches(found, rules))


def texts(content: str | None, excerpt: str | None, rules: Sequence[IgnoreRule] = ()) -> tuple[str | None, str | None]:
    """Canonical content and excerpt of a post; an excerpt that is generated from the content is "".

    Rules take things out of both, but an excerpt has lost the elements that a `css` rule goes by: it is also compared
    with the content as it was.
    """
    text = None if content is None else canonical_text(content, rules)
    summary = None if excerpt is None else canonical_text(excerpt, rules)
    if summary and text is not None and is_generated_excerpt(summary, text):
        summary = ""
    if summary and rules and content is not None and excerpt is not None:
        summary = "" if is_generated_excerpt(canonical_text(excerpt), canonical_text(content)) else summary
    return text, summary
