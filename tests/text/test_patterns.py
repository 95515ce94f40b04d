"""Expressions of `regex` rules are written after the page: what is seen there is found, folded and in code."""

from __future__ import annotations

import re

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.model import IgnoreRule
from crawler.text import canonical_text, searched
from crawler.text.patterns import for_folded

#: pattern: (html that shows it, html that does not)
FOUND = {
    "curly quotes": (r"“Read \d+ times”", "“Read 12 times”", "Read 12 times"),
    "an apostrophe": ("Don’t miss", "Don&#8217;t miss", "Dont miss"),
    "a straight quote for a curly one": ("Don't miss", "Don’t miss", "Don-t miss"),
    "a no-break space": ("Read\u00a0\\d+", "Read&nbsp;12", "Read12"),
    "a no-break space and a space": ("Read\u00a0 12", "Read&nbsp; 12", "Read12"),
    "two spaces": ("Read  12", "Read &nbsp;12", "Read12"),
    "an ellipsis": ("Read more…", "Read more&hellip;", "Read more.."),
    "an ellipsis that is repeated": ("Wait…+", "Wait……", "Wait.."),
    "an ellipsis or not": ("Wait…?!", "Wait!", "Wait.!"),
    "dots for an ellipsis": (r"Read more\.\.\.", "Read more…", "Read more.."),
    "dots with spaces": (r"more \. \. \.", "more . . .", "more . ."),
    "an en dash": (r"\d+–\d+ min", "5–10 min", "5-10 min"),
    "an em dash": ("Ad — \\w+", "Ad &mdash; shoes", "Ad - - shoes"),
    "a hyphen between spaces": ("Ad - shoes", "Ad &#8211; shoes", "Ad-shoes"),
    "a hyphen between any spaces": (r"Ad\s-\sshoes", "Ad - shoes", "Ad-shoes"),
    "a hyphen within a word": ("re-sign", "re‑sign", "re–sign"),
    "two hyphens": ("Ad -- shoes", "Ad &#8211; shoes", "Ad = shoes"),
    "figures with an x": (r"\d+x\d+", "300x250", "300 250"),
    "figures with a cross": ("300×250", "300x250", "300 250"),
    "an x in a word": ("Text", "Text", "Te×t"),
    "a trade mark": (r"Shoes \(tm\)", "Shoes™ Shoes (tm)", "Shoes [tm]"),
    "French quotes": ("«\u00a0Lire\u00a0»", "«&nbsp;Lire&nbsp;»", "Lire"),
    "French quotes, any spaces": (r"«\s*Lire\s*»", "«&nbsp;Lire&nbsp;»", "Lire"),
    "French quotes, one space": (r"«\sLire\s+»", "« Lire »", "Lire »"),
    "French quotes by escapes": (r"\u00ab\s?Lire\s{1,2}›", "« Lire ›", "Lire ›"),
    "German quotes": ("„Lesen“", "„Lesen“", "Lesen"),
    "primes": ("6′2″", "6′2″", "62"),
    "fullwidth digits": ("２０回", "２０回", "２１回"),
    "a soft hyphen": ("so\u00adft", "so&shy;ft", "so-ft"),
    "direction marks": ("\u200fright\u200e", "\u200fright\u200e", "left"),
    "nothing but a direction mark before a figure": (r"\u200f\d+ views", "\u200f12 views", "\u200fno views"),
    "a joiner at the end of a word": ("کتاب\u200c ها", "کتاب\u200c ها", "کتابها"),
    "a joiner within a word": ("می\u200cخواهم", "می\u200cخواهم", "نمی"),
    "letters that are composed": ("cafe\u0301", "café", "cafe"),
    "an address": (r"http://example\.org/ads/", "see http://example.org/ads/", "see https://example.com/ads/"),
    "an address and words": (r"http://example\.org/ads/ now", "http://example.org/ads/ now", "http://example.org/now"),
    "an address of either scheme": (r"https?://example\.org/ads/", "see http://example.org/ads/", "example.org/ads/"),
    "an escape of four digits": (r"Don\u2019t", "Don’t", "Dont"),
    "an escape of eight digits": (r"Don\U00002019t", "Don’t", "Dont"),
    "an escape of two digits": (r"Read\xa012", "Read&nbsp;12", "Read12"),
    "an escape by name": (r"Don\N{RIGHT SINGLE QUOTATION MARK}t", "Don’t", "Dont"),
    "a sign that is escaped": (r"\“Ad\”", "“Ad”", "Ad"),
    "a set": ("[“„]Ad[”“]", "“Ad”", "Ad"),
    "a set of escapes": (r"Don[\u2018\u2019]t", "Don’t", "Dont"),
    "a set with an ellipsis": ("more[…!]", "more…", "more."),
    "a range": ("Don[‘-‟]t", "Don’t", "Dont"),
    "a range of all punctuation": (r"Don[\u2000-\u206f]t", "Don’t", "Don+t"),
    "a set with a bracket": ("Don[]’]t", "Don’t", "Dont"),
    "a set with a hyphen": (r"Ad [-|] \w+", "Ad - shoes", "Ad = shoes"),
    "a set of nothing but what is not seen": ("so[\u00ad\u200b]ft", "so&shy;ft", "so-ft"),
    "a set that leaves quotes out": ("“[^”]*” ad", "“Shoes” ad", "“Shoes ad"),
    "a set that leaves an ellipsis out": ("Ad[^…]+…", "Ad shoes…", "Ad…"),
    "a set for all but an ellipsis": ("Ad [^…]+ now", "Ad shoes now", "Ad shoes… now"),
    "figures with any x": (r"\d+[xX]\d+", "300x250", "300 250"),
    "a slash": ("and/ or", "and/ or", "and or"),
    "flags": ("(?i)“read” more", "“READ” MORE", "READ MORE"),
    "flags of a part": ("(?i:“read”) more", "“READ” more", "“READ” MORE"),
    "layout": ("(?x) “ Read ” [ ] – # a dash “\n [ ] more", "“Read” – more", "Read - more"),
    "layout of a part": ("(?x: “ Read ” ) – more", "“Read” – more", "“Read”– more"),
    "layout but in a part": ("(?x) “ (?-x:Read – ) more", "“Read – more", "“Read –more"),
    "a note": ("(?#“)Don’t", "Don’t", "Dont"),
    "a note before a number of times": ("so\u00ad(?#hyphen)?ft", "soft", "sft"),
    "names": (r"(?P<q>“)Ad(?P=q)", "“Ad“", "“Ad"),
    "a condition": ("(“)?Ad(?(1)”|!)", "“Ad”", "Ad"),
    "a look behind": ("(?<=…)Ad", "…Ad", "..Ad"),
    "a number of times": ("Wait…{1,2}", "Wait……", "Wait"),
    "a group said again": (r"(?x) (‘) Ad \1 2", "‘Ad‘2", "‘Ad2"),
    "a figure behind a group said again": ("(A)d\\1\u00ad2", "AdA&shy;2", "AdA"),
}


def left(pattern, html):
    return canonical_text(f"<p>| {html} |</p>", [IgnoreRule(regex=pattern)])


@pytest.mark.parametrize(("pattern", "shown", "other"), FOUND.values(), ids=FOUND.keys())
def test_what_a_page_shows_is_found_and_nothing_else(pattern, shown, other):
    re.compile(pattern)  # as the config has it
    assert left(pattern, shown) != canonical_text(f"<p>| {shown} |</p>")
    assert left(pattern, other) == canonical_text(f"<p>| {other} |</p>")


@pytest.mark.parametrize(
    "shown", ["“Ad”", "Ad…", "Ad – Ad", "Ad’s", "«\u00a0Ad\u00a0»", "4x4", "Ad\u202f!", "http://a.org/"]
)
def test_in_code_it_is_found_as_it_stands(shown):
    rule = [IgnoreRule(regex=re.escape(shown))]
    for form in ("<pre>{}\n|</pre>", "<p>Type <code>{}</code> |</p>", "<p>{} |</p>"):
        assert "A" not in (found := canonical_text(form.format(shown), rule)) and "4" not in found
        assert "a.org" not in found and "|" in found


ROWS = {
    "[.…]+ more": "." * 60,
    r"(?:\.|…)+ more": "." * 60,
    r"(?:…|\.\.\.)+ more": "." * 60,
    r"[\W…]+ more": "." * 60,
    r"(?:  |\t)+ more": " " * 60,
}


@pytest.mark.parametrize(("pattern", "row"), ROWS.items(), ids=ROWS.keys())
def test_a_row_in_code_is_not_cut_in_all_ways(pattern, row):
    """Which would take for ever, and the post could not be read."""
    code = f"<pre>a{row}x more</pre>"
    assert left(pattern, code) == canonical_text(f"<p>| {code} |</p>")


LEFT_ALONE = [
    r"Read \d+ times",
    r"(?i)\bshare (this|on)\b.*$",
    r"[A-Za-z0-9_.]{2,20}@[^\s@]+",
    r"^\s*(?:Filed under|Tags?): .+",
    r"[\u0080-\uffff]+ views",
    r"[\w-]+\.jpg",
    r"a{2,3}?b++c{e<=1}",
    r"\d{4}年",
    "\u00ad",  # finds nothing where nobody sees it
]


@pytest.mark.parametrize("pattern", LEFT_ALONE)
def test_an_expression_without_typography_stays_as_it_is(pattern):
    assert for_folded(pattern) == pattern


def test_a_search_that_looks_behind_by_an_unknown_length_is_made_as_it_is_written():
    assert searched("Ad…").search("Ad...") and searched("(?<=…)Ad").search("…Ad")


SHOWN = st.text(st.sampled_from("ab1x’“”«»–—…. -\u00a0\u00ad\u200bé/:٣見"), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(SHOWN, SHOWN)
def test_any_text_is_found_as_a_page_shows_it(before, text):
    """Between two words that are known; what stands around it on the page may belong to its signs."""
    seen = f"w{before}w{text}w"
    assert regex.fullmatch(for_folded(re.escape(seen)), canonical_text(f"<p>{seen}</p>"))
