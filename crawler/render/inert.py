"""Text of strangers made harmless for terminals, logs and subjects: what would act is shown instead."""

from __future__ import annotations

import re

#: Control characters but newline and tab, marks that turn or hide text, odd line ends, halves of characters.
_ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
#: Stands inside markers that a text itself contains, see crawler.diff; seen by nobody.
_JOINER = "\u2060"


def inert(text: str) -> str:
    r"""The text with everything that acts written out: an escape is `\x1b`, a right-to-left override `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return _ACTIVE.sub(_written_out, text.replace(_JOINER, ""))


def one_line(text: str, longest: int = 200) -> str:
    """The text inert, on one line and of bounded length."""
    line = inert(" ".join(text.split()))
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
