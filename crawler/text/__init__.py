"""HTML to canonical text: what a reader would call the words, links and pictures of a post.

Two texts are equal when nothing changed that counts; `markup` reads HTML, `blocks` makes paragraphs of it,
`characters` and `addresses` fold what WordPress, plugins and caches rewrite on their own.
"""

from crawler.text.addresses import canonical_link
from crawler.text.content import canonical_text, texts
from crawler.text.derivation import NORMALIZER_VERSION, derivation
from crawler.text.excerpt import is_generated_excerpt
from crawler.text.fingerprint import field_hashes, fields_hash
from crawler.text.patterns import searched
from crawler.text.title import canonical_title
from crawler.text.words import is_simple, join, tokens, tokens_of, undivided, usual_gap, words
from crawler.text.writer import CROSSED_OUT

__all__ = [
    "CROSSED_OUT",
    "NORMALIZER_VERSION",
    "canonical_link",
    "canonical_text",
    "canonical_title",
    "derivation",
    "field_hashes",
    "fields_hash",
    "is_generated_excerpt",
    "is_simple",
    "join",
    "searched",
    "texts",
    "tokens",
    "tokens_of",
    "undivided",
    "usual_gap",
    "words",
]
