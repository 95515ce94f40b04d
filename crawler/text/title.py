"""Titles as they are compared: one line, without tags and entities."""

from __future__ import annotations

import html
import re

from crawler.text.characters import fold

_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]*|!--[^<>]*--)>")
_BREAK = re.compile(r"<(?:br|/p|/div|/h[1-6])\b[^<>]*>", re.IGNORECASE)
#: No such character, and too many digits for int().
_ENDLESS_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")
_EMOJI = re.compile(r"""<img\b[^<>]*\balt=(["'])([^"'<>]*)\1[^<>]*>""", re.IGNORECASE)


def canonical_title(text: str) -> str:
    """`Tom &#038; <i>Jerry</i>’s&nbsp;day` is `Tom & Jerry's day`. Tags go first: an escaped one is text."""
    if "<" in text:
        text = _EMOJI.sub(r"\2", text)
        text = _BREAK.sub(" ", text)
        text = _TAG.sub("", text)
    if "&" in text:
        text = html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))
    return fold(text)
