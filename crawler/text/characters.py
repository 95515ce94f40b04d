"""Characters that look different and mean the same: folded to one of them."""

from __future__ import annotations

import re
import unicodedata

#: What wptexturize and editors write for plain quotes, hyphens and dots.
_TYPOGRAPHY = {
    **dict.fromkeys("‘’‚‛′ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‒–—―", "–"),
    **dict.fromkeys("‐‑", "-"),
    "…": "...",
}
#: Not seen by readers: soft hyphens, zero-width and direction marks, variation selectors.
_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
_UNSEEN += "\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff\ufff9\ufffa\ufffb"
_CONTROLS = "".join(chr(code) for code in (*range(9), 11, 12, *range(14, 32), *range(127, 160)))

_FOLD_UNSEEN = str.maketrans(dict.fromkeys(_UNSEEN + _CONTROLS, ""))
_FOLD_ALL = str.maketrans({**_TYPOGRAPHY, **dict.fromkeys(_UNSEEN + _CONTROLS, "")})

#: A joiner holds emoji together and is noise elsewhere.
_EMOJI = "\u2600-\u27bf\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(rf"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_DASHES = re.compile(r"-{2,}|(?<!\S)-(?!\S)")
_PRIMES = re.compile(r"''|``")
_TRADEMARK = re.compile(r"\(tm\)", re.IGNORECASE)
_TIMES = re.compile(r"(?<=\d)x(?=\d)")
_LONG_DOTS = re.compile(r"\.(?:\s?\.){2,}")


def fold(text: str) -> str:
    """The text with typography, unseen characters and white space folded: `“a” — b…` is `"a" – b...`."""
    text = " ".join(text.split())
    if not text.isascii():
        text = unseen_removed(text).translate(_FOLD_ALL)
    return _digraphs(text)


def fold_line(text: str) -> str:
    """One line of code or preformatted text: only what nobody sees goes; inner white space stays."""
    return unseen_removed(text.replace("\u00a0", " ").expandtabs(4)).rstrip()


def unseen_removed(text: str) -> str:
    """The text in NFC, without characters that nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    if "\u200d" in text:
        text = _STRAY_JOINER.sub("", text)
    return unicodedata.normalize("NFC", text.translate(_FOLD_UNSEEN))


def _digraphs(text: str) -> str:
    """What wptexturize replaces by one character, whichever way it stands: `--`, `...`, `''`, `(tm)`, `9x9`."""
    if "-" in text:
        text = _DASHES.sub("–", text)
    if "''" in text or "``" in text:
        text = _PRIMES.sub('"', text)
    if ".." in text or ". ." in text:
        text = _LONG_DOTS.sub("...", text)
    if "(" in text:
        text = _TRADEMARK.sub("™", text)
    if "x" in text:
        text = _TIMES.sub("×", text)
    return text
