"""Two texts, or two states of a Post, laid side by side: operations on words and the forms they are shown in."""

from crawler.diff.compare import TEXTS, compare
from crawler.diff.forms import SpanStyle, as_json, as_operations, marked_pair, spans, wdiff
from crawler.diff.operations import Op, operations
from crawler.diff.page import Heading, Section, html
from crawler.diff.unified import unified
from crawler.text import words

__all__ = [
    "TEXTS",
    "Heading",
    "Op",
    "Section",
    "SpanStyle",
    "as_json",
    "as_operations",
    "compare",
    "html",
    "marked_pair",
    "operations",
    "spans",
    "unified",
    "wdiff",
    "words",
]
