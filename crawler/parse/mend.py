"""Mends what feeds usually get wrong in XML, so that one mistake in one post never changes how others are read.

A strict parser would refuse the document and a tolerant one would guess about all of it.
"""

from __future__ import annotations

import re
from html.entities import html5

#: What the mended text has where a character reference meant no character.
UNREADABLE = "\ufffd"

_CONTROLS = bytes(each for each in range(0x20) if each not in b"\t\n\r")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:#(\d+|[xX][0-9a-fA-F]+);|([A-Za-z]\w*);)?")
_XML_BASE = re.compile(r"(<[^<>]*\s)xml:base(?=\s*=)")
# A picture's caption and a podcast's blurb: a parser that takes them for the post's own text loses that.
_ASIDE = re.compile(r"(</?)(?:media:(?:description|title)|itunes:(?:summary|subtitle|keywords))(?=[\s>/])")
_BUILT_IN = frozenset(("amp", "lt", "gt", "quot", "apos"))
#: `&#1114111;` is the largest; int() refuses thousands of digits with an error of its own
_LONGEST_REFERENCE = 9


def without_controls(text: str) -> str:
    """The text without those characters that XML forbids, NUL among them."""
    plain = text.encode()
    if len(plain.translate(None, _CONTROLS)) == len(plain) and "\ufffe" not in text and "\uffff" not in text:
        return text  # in a tenth of the time that the pattern takes to find nothing
    return _ILLEGAL.sub("", text)


def markup(text: str) -> str:
    """Markup (no CDATA, no comments) with every reference understood, without `xml:base` and asides.

    Addresses are resolved against the feed's own address only, whatever the document says.
    """
    if "xml:base" in text:
        text = _XML_BASE.sub(r"\1base-unused", text)
    if "media:" in text or "itunes:" in text:
        text = _ASIDE.sub(r"\1aside", text)
    return _REFERENCE.sub(_reference, text) if "&" in text else text


def _reference(match: re.Match[str]) -> str:
    if match[1]:
        return _character(match)
    if match[2] is None:
        return "&amp;"
    if match[2] in _BUILT_IN:
        return match[0]
    meant = html5.get(f"{match[2]};")
    return f"&amp;{match[2]};" if meant is None else "".join(f"&#{ord(each)};" for each in meant)


def _character(match: re.Match[str]) -> str:
    digits = match[1]
    if len(digits) > _LONGEST_REFERENCE:
        return UNREADABLE
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return UNREADABLE
    if 0x80 <= code <= 0x9F:
        # Meant as windows-1252, as in HTML: `&#146;` is an apostrophe.
        return bytes((code,)).decode("cp1252", "ignore")
    return "" if _ILLEGAL.match(chr(code)) else match[0]
