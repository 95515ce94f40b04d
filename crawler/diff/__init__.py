"""Two texts, or two states of a Post, laid side by side: operations on words and the forms they are shown in."""

from crawler.diff.compare import compare
from crawler.diff.forms import SpanStyle, as_json, html, spans, wdiff
from crawler.diff.operations import Op, operations
from crawler.diff.unified import unified
from crawler.text import words

__all__ = [
    "Op",
    "SpanStyle",
    "as_json",
    "compare",
    "html",
    "operations",
    "spans",
    "unified",
    "wdiff",
    "words",
]
