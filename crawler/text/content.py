"""Canonical text of a post's HTML, ignore rules applied."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.model import IgnoreRule
from crawler.text.blocks import blocks
from crawler.text.excerpt import is_generated_excerpt
from crawler.text.footers import is_footer
from crawler.text.markup import tree
from crawler.text.rules import without_elements, without_matches


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
    while found and is_footer(found[-1]):
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
